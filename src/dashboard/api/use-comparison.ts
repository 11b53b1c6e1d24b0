import type { Answer } from './answer.js'
import { comparable, comparedEnd } from './comparable.js'
import type { BodyOf, QueryOf } from './routes.js'
import { useRead } from './use-read.js'

/** Routes that tell the total of the range before beside that of the range. */
export type ComparedRoute = 'clusters' | 'cost_allocation' | 'efficiency' | 'assets'

/** What is loaded of a range, beside the equally long range before it. */
export interface Comparison<R extends ComparedRoute> {
  /** The answer for the range, up to where all clusters are loaded. */
  readonly part: BodyOf<R>
  /** Total of the equally long range before; null where it can't be compared. */
  readonly before: number | null
  /** Since when each cluster has data, Unix seconds; null where there is none. */
  readonly firstSeen: number | null
}

interface Asked<R extends ComparedRoute> {
  readonly query: QueryOf<R> & { readonly start_date: number; readonly end_date: number }
  /** The answer for the whole range, once it is here. */
  readonly body: BodyOf<R> | undefined
  /** The clusters that may have cost something in it. */
  readonly clusters: Answer<Pick<BodyOf<'clusters'>, 'clusters'>>
}

/**
 * Compares a range with the equally long one before it. The hours that aren't loaded yet are left out of both: three
 * hours of a day are compared with three.
 */
export function useComparison<R extends ComparedRoute>(
  route: R,
  { query, body, clusters }: Asked<R>,
): Answer<Comparison<R>> {
  const { start_date: start, end_date } = query
  const end = comparedEnd({ start, end: end_date }, body?.meta.data_to)
  const loaded = useRead(route, { ...query, end_date: end ?? end_date }, { enabled: end !== null })
  const part = end === null ? body : loaded.data
  return {
    data: part === undefined || clusters.data === undefined ? undefined : compare(part, clusters.data),
    error: clusters.error ?? loaded.error,
    refetch: () => {
      for (const answer of [clusters, loaded]) if (answer.error !== null) answer.refetch()
    },
  }
}

function compare<R extends ComparedRoute>(
  part: BodyOf<R>,
  { clusters }: Pick<BodyOf<'clusters'>, 'clusters'>,
): Comparison<R> {
  const { previous_total, previous_range_start } = part
  return {
    part,
    before: comparable({ clusters, previous_total, previous_range_start }),
    firstSeen: clusters.length === 0 ? null : Math.max(...clusters.map(one => one.first_seen)),
  }
}
