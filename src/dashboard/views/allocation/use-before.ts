import { comparable } from '../../api/comparable.js'
import type { BodyOf } from '../../api/routes.js'
import { useRead } from '../../api/use-read.js'
import type { Scope } from './fields.js'

/** The equally long range before, as far as it can be compared with. */
export interface Before {
  /** Its total; null where it can't be compared. */
  readonly total: number | null
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
  if (data === undefined || body === undefined) return null
  const { previous_total, previous_range_start } = body
  return {
    total: comparable({ clusters: data.clusters, previous_total, previous_range_start }),
    start: previous_range_start,
    firstSeen: data.clusters.length === 0 ? null : Math.max(...data.clusters.map(one => one.first_seen)),
  }
}
