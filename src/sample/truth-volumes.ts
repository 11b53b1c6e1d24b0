import {
  type ClaimModel,
  type ClusterModel,
  GIB,
  LOCAL_DISK_DEVICE,
  LOCAL_DISK_GIB_HOURLY_COST,
  type Machine,
  stepAt,
  type VolumeModel,
} from './model.js'
import { aliveAt, type PodTime, podKey, type Sampling } from './truth-pods.js'
import type { AssetTruth, RemainderTruth } from './truth-types.js'

/** Its pods' part of something, by namespace and pod name. */
export type Shares = Map<string, { quantity: number; cost: number }>

export interface PartTruth {
  readonly assets: readonly AssetTruth[]
  readonly remainders: readonly RemainderTruth[]
  readonly shares: Shares
}

/** Adds to what a pod has of something. */
export function share(shares: Shares, key: string, quantity: number, cost: number): void {
  const known = shares.get(key) ?? { quantity: 0, cost: 0 }
  known.quantity += quantity
  known.cost += cost
  shares.set(key, known)
}

/**
 * Volumes and local disks. At every sample the pods that hold a claim have equal parts of what is claimed; what lies
 * beyond the claim, or is held by nobody, remains. Quantities are GiB-hours.
 */
export function volumesOf(cluster: ClusterModel, pods: readonly PodTime[], sampling: Sampling): PartTruth {
  const shares: Shares = new Map()
  const assets: AssetTruth[] = []
  const remainders: RemainderTruth[] = []
  for (const volume of cluster.volumes) {
    const alive = aliveAt(volume, sampling.instants)
    if (alive.length === 0) continue
    const asset = assetOf(volume, alive, sampling.hours)
    assets.push(asset)
    const unheld = volume.claim
      ? holdersOf(volume, volume.claim, pods, alive, sampling.hours, shares)
      : (asset.gib ?? 0) * alive.length * sampling.hours
    if (unheld === 0) continue
    const cost = unheld * volume.gibHourlyCost
    remainders.push(remainder(volume.claim?.namespace ?? '', volume.name, unheld, cost))
  }
  const disks = localDisks(cluster, sampling)
  assets.push(...disks)
  for (const disk of disks) {
    const gibHours = ((disk.gib ?? 0) * disk.minutes) / 60
    remainders.push(remainder('', disk.name, gibHours, disk.totalCost))
  }
  return { assets, remainders, shares }
}

function remainder(namespace: string, name: string, quantity: number, cost: number): RemainderTruth {
  return { kind: 'unmounted', part: 'pv', namespace, name, quantity, cost }
}

function assetOf(volume: VolumeModel, alive: readonly number[], hours: number): AssetTruth {
  const gib = alive.reduce((sum, t) => sum + stepAt(volume.capacity, t).bytes / GIB, 0) / alive.length
  return {
    assetType: 'disk',
    assetId: volume.name,
    name: volume.name,
    namespace: volume.claim?.namespace ?? null,
    claim: volume.claim?.name ?? null,
    storageClass: volume.storageClass,
    providerId: volume.providerId,
    minutes: alive.length * hours * 60,
    gib,
    totalCost: gib * alive.length * hours * volume.gibHourlyCost,
  }
}

/** Gives each holder its part; resolves to the GiB-hours of the volume that nobody has. */
function holdersOf(
  volume: VolumeModel,
  claim: ClaimModel,
  pods: readonly PodTime[],
  alive: readonly number[],
  hours: number,
  shares: Shares,
): number {
  const candidates = pods.filter(
    ({ pod }) => pod.namespace === claim.namespace && pod.claims.includes(claim.name),
  )
  let unheld = 0
  for (const t of alive) {
    const capacity = stepAt(volume.capacity, t).bytes / GIB
    const claimed = stepAt(claim.requested, t).bytes / GIB
    const holders = candidates.filter(({ pod }) => pod.from <= t && t < pod.to)
    unheld += (holders.length === 0 ? capacity : capacity - claimed) * hours
    for (const { pod } of holders) {
      const gibHours = (claimed / holders.length) * hours
      share(shares, podKey(pod.namespace, pod.name), gibHours, gibHours * volume.gibHourlyCost)
    }
  }
  return unheld
}

/** The disks of all machines that had a node name in the window are one disk of that node. */
function localDisks(cluster: ClusterModel, { instants, hours }: Sampling): AssetTruth[] {
  const disks = new Map<string, { minutes: number; gibHours: number }>()
  for (const machine of cluster.machines) {
    const alive = aliveAt(machine, instants).length
    if (machine.localDiskBytes === null || alive === 0) continue
    const known = disks.get(machine.node) ?? { minutes: 0, gibHours: 0 }
    known.minutes += alive * hours * 60
    known.gibHours += (machine.localDiskBytes / GIB) * alive * hours
    disks.set(machine.node, known)
  }
  return [...disks].map(([node, { minutes, gibHours }]) => localDisk(node, minutes, gibHours))
}

function localDisk(node: Machine['node'], minutes: number, gibHours: number): AssetTruth {
  const id = `${node}:${LOCAL_DISK_DEVICE}`
  return {
    assetType: 'disk',
    assetId: id,
    name: id,
    namespace: null,
    claim: null,
    storageClass: null,
    providerId: null,
    minutes,
    gib: (gibHours * 60) / minutes,
    totalCost: gibHours * LOCAL_DISK_GIB_HOURLY_COST,
  }
}
