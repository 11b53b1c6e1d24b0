import type { ClusterUsage, UsageHistory } from '../domain/usage.js'
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
  return [...byContainer(history).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, rows]) => {
      const usage = totalOf(rows)
      return recommendContainer(usage, clusterOf(history, usage.clusterId), range, knobs)
    })
}

type Row = UsageHistory['rows'][number]

function byContainer({ rows }: UsageHistory): Map<string, [Row, ...Row[]]> {
  const containers = new Map<string, [Row, ...Row[]]>()
  for (const row of rows) {
    const key = keyOf(row)
    const known = containers.get(key)
    if (known === undefined) containers.set(key, [row])
    else known.push(row)
  }
  return containers
}

function totalOf(rows: readonly [Row, ...Row[]]): Row {
  // Mostly they have been added up already.
  if (rows.length === 1) return rows[0]
  const sum = new UsageSum()
  for (const row of rows) sum.add(row)
  return { ...sum.total(), clusterId: rows[0].clusterId }
}

function keyOf(row: Row): string {
  return [row.clusterId, row.namespace, row.controllerKind, row.controller, row.container].join('\0')
}

function clusterOf({ clusters }: UsageHistory, clusterId: string): ClusterUsage {
  const cluster = clusters.get(clusterId)
  if (cluster === undefined) throw new RangeError(`a history with usage of no cluster it knows: ${clusterId}`)
  return cluster
}
