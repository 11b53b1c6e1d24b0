import { ALWAYS, HOUR } from './machines.js'
import type { ClusterModel, ContainerModel, Grid, PodModel } from './model.js'
import { allocatedAt } from './model.js'
import type { SeriesRegistry } from './registry.js'
import { levelAt } from './wave.js'

const SAVINGS = {
  cpu: 'kubecost_savings_cpu_allocation',
  ram: 'kubecost_savings_memory_allocation_bytes',
} as const

/** Kubecost's recording rules, per container and for the cluster. */
export function emitRules(registry: SeriesRegistry, cluster: ClusterModel, grid: Grid): void {
  for (const pod of cluster.pods) {
    for (const container of pod.containers) emitContainer(registry, pod, container, grid)
  }
  emitSums(registry, cluster, grid)
}

function emitContainer(registry: SeriesRegistry, pod: PodModel, container: ContainerModel, grid: Grid): void {
  const labels = { namespace: pod.namespace, pod: pod.name, container: container.name }
  registry.add('kubecost_container_cpu_usage_irate', labels, grid, pod, t => levelAt(container.cpu, t))
  registry.add('kubecost_container_memory_working_set_bytes', labels, grid, pod, t =>
    levelAt(container.ram, t),
  )
}

function emitSums(registry: SeriesRegistry, cluster: ClusterModel, grid: Grid): void {
  const pods = podsByHour(cluster.pods)
  const sumOf =
    (counts: (pod: PodModel) => boolean, of: (container: ContainerModel, t: number) => number) =>
    (t: number): number => {
      let sum = 0
      for (const pod of pods(t)) {
        if (pod.from > t || pod.to <= t || !counts(pod)) continue
        for (const container of pod.containers) sum += of(container, t)
      }
      return sum
    }
  const used = sumOf(
    () => true,
    (container, t) => levelAt(container.ram, t),
  )
  registry.add('kubecost_cluster_memory_working_set_bytes', {}, grid, ALWAYS, used)
  const isOfSet = (pod: PodModel) => pod.owner?.kind === 'DaemonSet'
  for (const resource of ['cpu', 'ram'] as const) {
    const name = SAVINGS[resource]
    const reserved = (container: ContainerModel, t: number) => allocatedAt(container, resource, t)
    registry.add(
      name,
      { daemonset: 'false' },
      grid,
      ALWAYS,
      sumOf(pod => !isOfSet(pod), reserved),
    )
    // The other rule divides by the number of nodes as only kube-state-metrics tells it.
    if (!cluster.collection.kubeStateMetrics) continue
    const sum = sumOf(isOfSet, reserved)
    registry.add(name, { daemonset: 'true' }, grid, ALWAYS, t => sum(t) / Math.max(1, nodesAt(cluster, t)))
  }
}

function nodesAt(cluster: ClusterModel, t: number): number {
  return cluster.machines.filter(machine => machine.from <= t && t < machine.to).length
}

/** The pods that live in the hour of an instant; found once per hour. */
function podsByHour(pods: readonly PodModel[]): (t: number) => readonly PodModel[] {
  const hours = new Map<number, readonly PodModel[]>()
  return t => {
    const hour = Math.floor(t / HOUR)
    const known = hours.get(hour)
    if (known) return known
    const found = pods.filter(pod => pod.from < (hour + 1) * HOUR && pod.to > hour * HOUR)
    hours.set(hour, found)
    return found
  }
}
