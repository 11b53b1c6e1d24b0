import { emitKubecost } from './emit-kubecost.js'
import { emitLabels } from './emit-labels.js'
import { emitNetwork } from './emit-network.js'
import { emitRules } from './emit-rules.js'
import { emitSizing } from './emit-sizing.js'
import { paceOfKubeState } from './emit-sources.js'
import { emitKubeState } from './emit-state.js'
import { emitTelemetry } from './emit-telemetry.js'
import { emitUsage } from './emit-usage.js'
import { emitVolumes } from './emit-volumes.js'
import type { AccountModel, ClusterModel, Grid, Span } from './model.js'
import { SeriesRegistry } from './registry.js'
import type { SeriesModel } from './series.js'

/** All that the Prometheus of one cluster sends: Kubecost, its agents and rules, kube-state-metrics and cAdvisor. */
export function seriesOfCluster(
  account: AccountModel,
  cluster: ClusterModel,
  grid: Grid,
  bounds: Span,
): SeriesModel[] {
  const common = { tenant_id: account.tenantId, cluster_id: cluster.clusterId }
  const registry = new SeriesRegistry(common, bounds, cluster.gaps)
  emitKubecost(registry, cluster, grid)
  emitTelemetry(registry, cluster, grid)
  emitVolumes(registry, cluster, grid)
  emitLabels(registry, cluster, grid)
  emitNetwork(registry, cluster, grid)
  emitUsage(registry, cluster, grid)
  emitSizing(registry, cluster, grid)
  if (cluster.collection.recordingRules) emitRules(registry, cluster, grid)
  if (cluster.collection.kubeStateMetrics) emitKubeState(registry, cluster, paceOfKubeState(grid))
  return registry.series()
}
