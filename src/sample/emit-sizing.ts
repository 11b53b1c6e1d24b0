import { type KubeSource, kubeSources } from './emit-sources.js'
import { allocatableOf, type ClusterModel, type ContainerModel, type Grid, type PodModel } from './model.js'
import type { SeriesRegistry } from './registry.js'

/** How long a container that ended is told to have ended before it is running again. */
const ENDED_SECONDS = 120

/** What advice on sizes needs besides use and requests: limits, how containers ended, autoscalers, room on nodes. */
export function emitSizing(registry: SeriesRegistry, cluster: ClusterModel, grid: Grid): void {
  for (const source of kubeSources(cluster, grid)) {
    for (const pod of cluster.pods) {
      for (const container of pod.containers) {
        emitLimits(registry, cluster, source, pod, container)
        emitEnds(registry, cluster, source, pod, container)
      }
    }
    emitAllocatable(registry, cluster, source)
    if (cluster.collection.autoscalers) emitAutoscalers(registry, cluster, source)
  }
}

function labelsOf(source: KubeSource, pod: PodModel, container: ContainerModel): Record<string, string> {
  return {
    ...source.labels,
    namespace: pod.namespace,
    pod: pod.name,
    uid: pod.uid,
    container: container.name,
  }
}

/** The old names come from Kubecost's copies only. */
function emitLimits(
  registry: SeriesRegistry,
  { collection: { limits } }: ClusterModel,
  source: KubeSource,
  pod: PodModel,
  container: ContainerModel,
): void {
  const labels = { ...labelsOf(source, pod, container), node: pod.machine.node }
  const span = { from: pod.from, to: source.remembersPods ? pod.remembered : pod.to }
  const say = (resource: string, unit: string, oldName: string, value: number | null): void => {
    if (value === null) return
    const name = 'kube_pod_container_resource_limits'
    if (limits.includes('new')) registry.add(name, { ...labels, resource, unit }, source.grid, span, value)
    if (limits.includes('old') && !source.remembersPods)
      registry.add(`${name}_${oldName}`, labels, source.grid, span, value)
  }
  say('cpu', 'core', 'cpu_cores', container.cpuLimit)
  say('memory', 'byte', 'memory_bytes', container.ramLimit)
}

function emitEnds(
  registry: SeriesRegistry,
  { collection: { ends } }: ClusterModel,
  source: KubeSource,
  pod: PodModel,
  container: ContainerModel,
): void {
  if (ends.length === 0) return
  const { grid } = source
  const { restarts, endsBy } = container
  const labels = labelsOf(source, pod, container)
  const count = restarts.length === 0 ? 0 : (t: number) => restarts.filter(at => at <= t).length
  registry.add('kube_pod_container_status_restarts_total', labels, grid, pod, count)
  const [first] = restarts
  if (first === undefined) return
  const why = { ...labels, reason: endsBy }
  if (ends.includes('last')) {
    const name = 'kube_pod_container_status_last_terminated_reason'
    registry.add(name, why, grid, { from: first, to: pod.to }, 1)
  }
  if (!ends.includes('now')) return
  for (const from of restarts) {
    const span = { from, to: from + Math.max(ENDED_SECONDS, grid.interval) }
    registry.add('kube_pod_container_status_terminated_reason', why, grid, span, 1)
  }
}

function emitAllocatable(registry: SeriesRegistry, cluster: ClusterModel, source: KubeSource): void {
  const { allocatable } = cluster.collection
  if (allocatable === null) return
  for (const machine of cluster.machines) {
    const labels = { ...source.labels, node: machine.node }
    const { cpu, ram } = allocatableOf(machine)
    const say = (suffix: string, more: Record<string, string>, value: number): void =>
      registry.add(
        `kube_node_status_allocatable${suffix}`,
        { ...labels, ...more },
        source.grid,
        machine,
        value,
      )
    if (allocatable === 'old') {
      say('_cpu_cores', {}, cpu)
      say('_memory_bytes', {}, ram)
    } else {
      say('', { resource: 'cpu', unit: 'core' }, cpu)
      say('', { resource: 'memory', unit: 'byte' }, ram)
    }
  }
}

function emitAutoscalers(registry: SeriesRegistry, cluster: ClusterModel, source: KubeSource): void {
  for (const { namespace, target, metric, targetType, value, ...life } of cluster.autoscalers) {
    const labels = { ...source.labels, namespace, horizontalpodautoscaler: target.name }
    const info = {
      ...labels,
      scaletargetref_api_version: 'apps/v1',
      scaletargetref_kind: target.kind,
      scaletargetref_name: target.name,
    }
    registry.add('kube_horizontalpodautoscaler_info', info, source.grid, life, 1)
    const goal = { ...labels, metric_name: metric, metric_target_type: targetType }
    registry.add('kube_horizontalpodautoscaler_spec_target_metric', goal, source.grid, life, value)
  }
}
