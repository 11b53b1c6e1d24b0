import { comparable, comparedEnd } from '../../api/comparable.js'
import type { BodyOf } from '../../api/routes.js'
import { useRead } from '../../api/use-read.js'
import type { Scope } from './fields.js'

/** The range before that is as long as what is loaded of this one, as far as it can be compared with. */
export interface Before {
  /** Its total; null where it can't be compared. */
  readonly total: number | null
  /** The total that it is compared with. */
  readonly now: number
  /** Unix seconds of its beginning. */
  readonly start: number
  /** Where it can't be compared: since when there is data, Unix seconds. */
  readonly firstSeen: number | null
}

/** Null as long as it isn't known. */
export function useBefore(scope: Scope, body: BodyOf<'cost_allocation'> | undefined): Before | null {
  const { start_date, end_date, k8s_cluster } = scope
  const { data } = useRead('clusters', {
    start_date,
    end_date,
    ...(k8s_cluster === undefined ? {} : { k8s_cluster }),
    limit: 1000,
  })
  const end = comparedEnd({ start: start_date, end: end_date }, body?.meta.data_to)
  const loaded = useRead(
    'cost_allocation',
    { ...scope, end_date: end ?? end_date, breakdown_by: ['cluster'], limit: 1 },
    { enabled: end !== null },
  )
  const compared = end === null ? body : loaded.data
  if (data === undefined || compared === undefined) return null
  const { total_cost, previous_total, previous_range_start } = compared
  return {
    total: comparable({ clusters: data.clusters, previous_total, previous_range_start }),
    now: total_cost,
    start: previous_range_start,
    firstSeen: data.clusters.length === 0 ? null : Math.max(...data.clusters.map(one => one.first_seen)),
  }
}
