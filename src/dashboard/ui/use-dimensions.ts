import { useRead } from '../api/use-read.js'
import { DIMENSIONS, type Dimension } from '../state/dimensions.js'
import type { Hours } from '../state/range.js'

/** As many labels are offered, the dearest. */
const MOST_LABELS = 50

/** The labels that workloads of these hours have; `isPending` as long as they aren't known. */
export function useLabels(
  { start, end }: Hours,
  enabled = true,
): { labels: Dimension[]; isPending: boolean } {
  const query = { start_date: start, end_date: end, dimension: 'label', limit: MOST_LABELS } as const
  const { data, isPending } = useRead('filters', query, { enabled })
  return { labels: (data?.filters ?? []).map(({ value }): Dimension => `label:${value}`), isPending }
}

/** Everything that costs of these hours can be broken down or filtered by, and what else is to be among it. */
export function useDimensions(hours: Hours, besides: readonly Dimension[] = []): Dimension[] {
  const { labels } = useLabels(hours)
  return [...new Set<Dimension>([...(Object.keys(DIMENSIONS) as Dimension[]), ...labels, ...besides])]
}
