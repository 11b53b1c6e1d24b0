import { emitRequests } from './emit-kubecost.js'
import { emitPodLabels } from './emit-labels.js'
import { KUBE_STATE as LABELS } from './emit-sources.js'
import type { ClusterModel, Grid, Machine, PodModel, Span } from './model.js'
import type { SeriesRegistry } from './registry.js'

const NONE = '<none>'

/** What a kube-state-metrics of the second generation exposes: zeros too, and pods that have already ended. */
export function emitKubeState(registry: SeriesRegistry, cluster: ClusterModel, grid: Grid): void {
  registry.add('up', LABELS, grid, { from: 0, to: Number.POSITIVE_INFINITY }, 1)
  for (const machine of cluster.machines) emitMachine(registry, machine, grid)
  for (const pod of cluster.pods) emitPod(registry, pod, grid)
  for (const set of ownerSets(cluster.pods)) emitSet(registry, set, grid)
  for (const pod of cluster.pending) {
    const labels = { ...LABELS, namespace: pod.namespace, pod: pod.name, uid: pod.uid }
    for (const container of pod.containers) {
      const own = { ...labels, container: container.name }
      registry.add('kube_pod_container_status_running', own, grid, pod, 0)
      emitRequests(registry, own, container, grid, pod)
    }
  }
}

function emitMachine(registry: SeriesRegistry, machine: Machine, grid: Grid): void {
  const labels = { ...LABELS, node: machine.node }
  const say = (name: string, more: Record<string, string>, value: number): void =>
    registry.add(name, { ...labels, ...more }, grid, machine, value)
  say('kube_node_info', { provider_id: machine.providerId, kubelet_version: 'v1.29.4' }, 1)
  say('kube_node_status_capacity', { resource: 'cpu', unit: 'core' }, machine.cores)
  say('kube_node_status_capacity', { resource: 'memory', unit: 'byte' }, machine.ramBytes)
  say('kube_node_status_capacity', { resource: 'pods', unit: 'integer' }, 58)
  if (machine.gpus > 0)
    say('kube_node_status_capacity', { resource: 'nvidia_com_gpu', unit: 'integer' }, machine.gpus)
}

function emitPod(registry: SeriesRegistry, pod: PodModel, grid: Grid): void {
  const labels = { ...LABELS, namespace: pod.namespace, pod: pod.name, uid: pod.uid }
  const remembered = { from: pod.from, to: pod.remembered }
  const owner = {
    owner_kind: pod.owner?.kind ?? NONE,
    owner_name: pod.owner?.name ?? NONE,
    owner_is_controller: pod.owner ? 'true' : NONE,
  }
  registry.add('kube_pod_owner', { ...labels, ...owner }, grid, remembered, 1)
  emitPodLabels(registry, labels, grid, pod, remembered)
  for (const container of pod.containers) {
    const own = { ...labels, container: container.name }
    registry.add('kube_pod_container_status_running', own, grid, pod, 1)
    const ended = { from: pod.to, to: pod.remembered }
    registry.add('kube_pod_container_status_running', own, grid, ended, 0)
    emitRequests(registry, { ...own, node: pod.machine.node }, container, grid, remembered)
  }
}

interface OwnerSet {
  readonly pod: PodModel
  readonly span: Span
}

/** ReplicaSets and Jobs with the time in which any of their pods was known. */
function ownerSets(pods: readonly PodModel[]): OwnerSet[] {
  const sets = new Map<string, OwnerSet>()
  for (const pod of pods) {
    if (pod.owner?.kind !== 'ReplicaSet' && pod.owner?.kind !== 'Job') continue
    const key = `${pod.owner.kind}\0${pod.namespace}\0${pod.owner.name}`
    const known = sets.get(key)
    const from = Math.min(known?.span.from ?? pod.from, pod.from)
    const to = Math.max(known?.span.to ?? pod.remembered, pod.remembered)
    sets.set(key, { pod, span: { from, to } })
  }
  return [...sets.values()]
}

function emitSet(registry: SeriesRegistry, { pod, span }: OwnerSet, grid: Grid): void {
  if (!pod.owner) return
  const by = pod.owner.ownedBy
  const labels = {
    ...LABELS,
    namespace: pod.namespace,
    owner_kind: by?.kind ?? NONE,
    owner_name: by?.name ?? NONE,
    owner_is_controller: by ? 'true' : NONE,
  }
  if (pod.owner.kind === 'Job')
    registry.add('kube_job_owner', { ...labels, job_name: pod.owner.name }, grid, span, 1)
  else registry.add('kube_replicaset_owner', { ...labels, replicaset: pod.owner.name }, grid, span, 1)
}
