import { EXPORTER, KUBECOST_JOB, kubeSources } from './emit-sources.js'
import {
  type ClaimModel,
  type ClusterModel,
  type Grid,
  type PodModel,
  type Span,
  stepAt,
  stretches,
  type VolumeModel,
} from './model.js'
import type { SeriesRegistry } from './registry.js'

/** Volumes, claims and which pods hold them: prices from Kubecost, sizes from every source that tells them. */
export function emitVolumes(registry: SeriesRegistry, cluster: ClusterModel, grid: Grid): void {
  for (const volume of cluster.volumes) {
    emitPrice(registry, volume, grid)
    for (const { labels, grid: pace } of kubeSources(cluster, grid)) {
      emitSizes(registry, volume, labels, pace)
    }
    if (volume.claim) emitHolders(registry, cluster, volume, volume.claim, grid)
  }
}

function emitPrice(registry: SeriesRegistry, volume: VolumeModel, grid: Grid): void {
  const labels = {
    job: KUBECOST_JOB,
    instance: EXPORTER,
    persistentvolume: volume.name,
    provider_id: volume.providerId,
  }
  const priced = { ...labels, volumename: volume.name }
  registry.add('pv_hourly_cost', priced, grid, volume, volume.gibHourlyCost)
  registry.add('kubecost_pv_info', { ...labels, storageclass: volume.storageClass }, grid, volume, 1)
}

function emitSizes(
  registry: SeriesRegistry,
  volume: VolumeModel,
  source: { readonly job: string; readonly instance: string },
  grid: Grid,
): void {
  const { claim } = volume
  const labels = { ...source, persistentvolume: volume.name }
  for (const { step, ...span } of stretches(volume.capacity, volume)) {
    registry.add('kube_persistentvolume_capacity_bytes', labels, grid, span, step.bytes)
  }
  if (!claim) return
  const claimed = { ...source, namespace: claim.namespace, persistentvolumeclaim: claim.name }
  const info = { ...claimed, storageclass: volume.storageClass, volumename: volume.name }
  registry.add('kube_persistentvolumeclaim_info', info, grid, volume, 1)
  const requests = 'kube_persistentvolumeclaim_resource_requests_storage_bytes'
  for (const { step, ...span } of stretches(claim.requested, volume)) {
    registry.add(requests, claimed, grid, span, step.bytes)
  }
}

/** The claim's bytes divided by the pods that hold it, as long as neither changes. */
function emitHolders(
  registry: SeriesRegistry,
  cluster: ClusterModel,
  volume: VolumeModel,
  claim: ClaimModel,
  grid: Grid,
): void {
  const holders = cluster.pods.filter(
    pod => pod.namespace === claim.namespace && pod.claims.includes(claim.name),
  )
  for (const { from, to, pods } of occupancy(volume, claim, holders)) {
    for (const pod of pods) {
      const labels = {
        job: KUBECOST_JOB,
        instance: EXPORTER,
        namespace: claim.namespace,
        pod: pod.name,
        persistentvolumeclaim: claim.name,
        persistentvolume: volume.name,
      }
      const bytes = stepAt(claim.requested, from).bytes / pods.length
      registry.add('pod_pvc_allocation', labels, grid, { from, to }, bytes)
    }
  }
}

/** The volume's life cut wherever its holders or the size of the claim change. */
function occupancy(
  volume: VolumeModel,
  claim: ClaimModel,
  holders: readonly PodModel[],
): (Span & { readonly pods: readonly PodModel[] })[] {
  const cuts = [...holders.flatMap(pod => [pod.from, pod.to]), ...claim.requested.map(step => step.from)]
  const edges = [...new Set([volume.from, ...cuts, volume.to])]
    .filter(t => t >= volume.from && t <= volume.to)
    .sort((a, b) => a - b)
  const coming = [...holders].sort((a, b) => a.from - b.from)
  let next = 0
  let pods: PodModel[] = []
  return edges.slice(1).map((to, i) => {
    const from = edges[i] ?? volume.from
    const staying = pods.filter(pod => pod.to > from)
    for (let pod = coming[next]; pod && pod.from <= from; pod = coming[++next]) {
      if (pod.to > from) staying.push(pod)
    }
    pods = staying
    return { from, to, pods }
  })
}
