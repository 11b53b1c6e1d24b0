import { emitKubecost } from './emit-kubecost.js'
import { emitKubeState } from './emit-state.js'
import { emitUsage } from './emit-usage.js'
import type { AccountModel, ClusterModel, Grid, Span } from './model.js'
import { SeriesRegistry } from './registry.js'
import type { SeriesModel } from './series.js'

/** All that the Prometheus of one cluster sends: Kubecost, its rules, kube-state-metrics and cAdvisor. */
export function seriesOfCluster(
  account: AccountModel,
  cluster: ClusterModel,
  grid: Grid,
  bounds: Span,
): SeriesModel[] {
  const common = { tenant_id: account.tenantId, cluster_id: cluster.clusterId }
  const registry = new SeriesRegistry(common, bounds, cluster.gaps)
  emitKubecost(registry, cluster, grid)
  emitUsage(registry, cluster, grid)
  if (cluster.collection.kubeStateMetrics) emitKubeState(registry, cluster, paceOfKubeState(grid))
  return registry.series()
}

/** kube-state-metrics is scraped at a pace of its own: twice as often as a slow Kubecost, half as often as a fast one. */
function paceOfKubeState(grid: Grid): Grid {
  const interval = grid.interval >= 60 ? grid.interval / 2 : grid.interval * 2
  return { interval, offset: grid.offset % interval }
}
