import {
  type ClusterModel,
  type ContainerModel,
  type Grid,
  LOCAL_DISK_DEVICE,
  type Machine,
  type PodModel,
  type Span,
} from './model.js'
import type { SeriesRegistry } from './registry.js'
import { hash } from './seed.js'
import { areaBetween, levelAt } from './wave.js'

const JOB = 'kubernetes-nodes-cadvisor'
const PERIODS_PER_SECOND = 10

/** cAdvisor's counters and working sets, one series per start of a container, and the disks of machines. */
export function emitUsage(registry: SeriesRegistry, cluster: ClusterModel, grid: Grid): void {
  for (const machine of cluster.machines) {
    registry.add('up', { job: JOB, ...scraped(cluster, machine.node) }, grid, machine, 1)
    emitDisk(registry, cluster, machine, grid)
  }
  for (const pod of cluster.pods) {
    for (const container of pod.containers) {
      emitContainer(registry, cluster, pod, container, grid)
    }
    if (pod.containers.length > 1) emitRollUp(registry, cluster, pod, grid)
  }
}

function emitDisk(registry: SeriesRegistry, cluster: ClusterModel, machine: Machine, grid: Grid): void {
  if (machine.localDiskBytes === null) return
  const labels = { job: JOB, ...scraped(cluster, machine.node), id: '/' }
  const say = (device: string, bytes: number): void =>
    registry.add('container_fs_limit_bytes', { ...labels, device }, grid, machine, bytes)
  say(LOCAL_DISK_DEVICE, machine.localDiskBytes)
  // No disk at all, and nobody pays for it.
  say('tmpfs', machine.ramBytes / 2)
}

function scraped(cluster: ClusterModel, node: string): Record<string, string> {
  if (!cluster.collection.cadvisorNodeLabel) return { instance: node }
  return { node, instance: `10.0.${hash(node) % 200}.${hash(node, 'b') % 200}:10250` }
}

function emitContainer(
  registry: SeriesRegistry,
  cluster: ClusterModel,
  pod: PodModel,
  container: ContainerModel,
  grid: Grid,
): void {
  for (const life of lives(pod, container)) {
    const cgroup = hash(pod.uid, container.name, life.from).toString(16).padStart(8, '0')
    const labels = {
      job: JOB,
      ...scraped(cluster, pod.machine.node),
      namespace: pod.namespace,
      pod: pod.name,
      container: container.name,
      id: `/kubepods/burstable/pod${pod.uid}/${cgroup}`,
      image: `registry.example.com/${container.name.replace(/[^a-z0-9-]/g, '')}:1`,
      name: `k8s_${container.name}_${cgroup}`,
    }
    registry.add('container_cpu_usage_seconds_total', { ...labels, cpu: 'total' }, grid, life, t =>
      areaBetween(container.cpu, life.from, t),
    )
    registry.add('container_memory_working_set_bytes', labels, grid, life, t => levelAt(container.ram, t))
    if (container.cpuLimit === null || !cluster.collection.throttling) continue
    const periods = (t: number) => Math.floor((t - life.from) * PERIODS_PER_SECOND)
    registry.add('container_cpu_cfs_periods_total', labels, grid, life, periods)
    registry.add('container_cpu_cfs_throttled_periods_total', labels, grid, life, t =>
      Math.floor(periods(t) * container.throttled),
    )
  }
}

function lives(pod: PodModel, container: ContainerModel): Span[] {
  const edges = [pod.from, ...container.restarts, pod.to]
  return edges.slice(1).map((to, i) => ({ from: edges[i] ?? pod.from, to }))
}

/** The same pod once more as a whole, which has no container and must not be added to its containers. */
function emitRollUp(registry: SeriesRegistry, cluster: ClusterModel, pod: PodModel, grid: Grid): void {
  const labels = {
    job: JOB,
    ...scraped(cluster, pod.machine.node),
    namespace: pod.namespace,
    pod: pod.name,
    id: `/kubepods/burstable/pod${pod.uid}`,
  }
  const sum = (of: (container: ContainerModel) => number): number =>
    pod.containers.reduce((total, container) => total + of(container), 0)
  registry.add('container_cpu_usage_seconds_total', { ...labels, cpu: 'total' }, grid, pod, t =>
    sum(container => areaBetween(container.cpu, pod.from, t)),
  )
  registry.add('container_memory_working_set_bytes', labels, grid, pod, t =>
    sum(container => levelAt(container.ram, t)),
  )
  const pause = {
    ...labels,
    id: `${labels.id}/pause`,
    container: 'POD',
    image: 'registry.example.com/pause:3.9',
  }
  registry.add('container_memory_working_set_bytes', pause, grid, pod, 409_600)
}
