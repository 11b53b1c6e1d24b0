import type { BodyOf } from '../../api/routes.js'

type Cluster = BodyOf<'status'>['status'][number]

/** Series that some clusters' sources don't send, and what is not known without them. */
export interface MissingGroup {
  readonly id: string
  /** Null where the loader names none. */
  readonly metric: string | null
  /** The part of the cost that is not known; null where the hours are not loaded for want of it. */
  readonly part: string | null
  readonly hint: string
  readonly clusters: readonly string[]
  /** Start of the first hour that lacks it, Unix seconds. */
  readonly since: number
  /** Hours that lack it, of all these clusters. */
  readonly hours: number
}

/** What is missing, told once however many clusters lack it: what keeps hours from being loaded comes first. */
export function groupMissing(
  clusters: readonly Pick<Cluster, 'cluster' | 'missing_metrics'>[],
): MissingGroup[] {
  const groups = new Map<string, MissingGroup>()
  for (const { cluster, missing_metrics } of clusters)
    for (const { metric, part, hint, since, windows } of missing_metrics) {
      const id = JSON.stringify([metric ?? hint, part])
      const known = groups.get(id) ?? { id, metric, part, hint, clusters: [], since, hours: 0 }
      groups.set(id, {
        ...known,
        clusters: known.clusters.includes(cluster) ? known.clusters : [...known.clusters, cluster],
        since: Math.min(known.since, since),
        hours: known.hours + windows,
      })
    }
  const first = ({ part }: MissingGroup) => Number(part !== null)
  return [...groups.values()].sort(
    (left, right) =>
      first(left) - first(right) || right.clusters.length - left.clusters.length || right.hours - left.hours,
  )
}
