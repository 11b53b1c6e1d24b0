import type { ClusterUsage, UsageHistory, UsageRow } from '../domain/usage.js'
import { UsageSum } from '../domain/usage-sum.js'
import { recommendContainer } from './container.js'
import type { Knobs } from './profiles.js'
import type { Recommendation } from './recommendation.js'

/**
 * What every container of the history should request, by cluster, namespace, workload and container. `range` is that of
 * the history, Unix seconds. RangeError where a row is of a cluster that the history doesn't tell of, or holds a sketch
 * that can't be read.
 */
export function recommend(
  history: UsageHistory,
  range: { readonly from: number; readonly to: number },
  knobs: Knobs,
): Recommendation[] {
  return [...summed(history).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { clusterId, sum }]) =>
      recommendContainer(clusterId, sum.total(), clusterOf(history, clusterId), range, knobs),
    )
}

function summed({ rows }: UsageHistory): Map<string, { clusterId: string; sum: UsageSum }> {
  const sums = new Map<string, { clusterId: string; sum: UsageSum }>()
  for (const row of rows) {
    const key = keyOf(row)
    const found = sums.get(key) ?? { clusterId: row.clusterId, sum: new UsageSum() }
    sums.set(key, found)
    found.sum.add(row)
  }
  return sums
}

function keyOf(row: UsageRow & { readonly clusterId: string }): string {
  return [row.clusterId, row.namespace, row.controllerKind, row.controller, row.container].join('\0')
}

function clusterOf({ clusters }: UsageHistory, clusterId: string): ClusterUsage {
  const cluster = clusters.get(clusterId)
  if (cluster === undefined) throw new RangeError(`a history with usage of no cluster it knows: ${clusterId}`)
  return cluster
}
