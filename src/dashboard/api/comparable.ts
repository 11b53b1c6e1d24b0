import type { BodyOf } from './routes.js'

/**
 * Total of the equally long range before, where every cluster that now costs something was measured from its beginning on:
 * less would make growth out of missing data. Null where it can't be compared.
 */
export function comparable({
  clusters,
  previous_total,
  previous_range_start,
}: Pick<BodyOf<'clusters'>, 'previous_total' | 'previous_range_start'> & {
  readonly clusters: readonly { readonly first_seen: number }[]
}): number | null {
  return clusters.every(cluster => cluster.first_seen <= previous_range_start) ? previous_total : null
}

/**
 * Where a range ends that is compared with the one before, Unix seconds: with the hours that all clusters have loaded.
 * Those that are still to come would make a decline: three hours of a day are compared with three. Null where all of the
 * range is loaded, or nothing.
 */
export function comparedEnd(
  { start, end }: { readonly start: number; readonly end: number },
  dataTo: number | null | undefined,
): number | null {
  return typeof dataTo === 'number' && dataTo > start && dataTo < end ? dataTo : null
}
