import type { Money } from './money.js'
import type { Window } from './window.js'

/** Label values by name (as in Prometheus, without `label_`), in order of the names. */
export type Labels = ReadonlyMap<string, string>

/** Where a node's price came from, best first. */
export type PriceSource = 'measured' | 'repaired' | 'carried' | 'instance_type' | 'node_total' | 'default'

/** Who a container is in one window. `providerId` null: the source did not say which machine the node was. */
export interface ContainerIdentity {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly node: string
  readonly providerId: string | null
  readonly controllerKind: string | null
  readonly controller: string | null
  /** null: the source did not say. Of several pods of one name in one hour the one that ran longest. */
  readonly podUid: string | null
}

/** What one container used or reserved in one window and what that cost. null = not measured. */
export interface AllocationRow extends ContainerIdentity {
  readonly minutes: number
  readonly cpuCoreHours: number
  readonly cpuCoreRequestHours: number | null
  readonly cpuCoreUsedHours: number | null
  readonly ramGibHours: number
  readonly ramGibRequestHours: number | null
  readonly ramGibUsedHours: number | null
  readonly gpuHours: number | null
  readonly pvGibHours: number | null
  readonly networkZoneGib: number | null
  readonly networkRegionGib: number | null
  readonly networkInternetGib: number | null
  readonly loadBalancerHours: number | null
  readonly cpuCost: Money
  readonly ramCost: Money
  /** The parts below are null where they could not be measured; a warning then says why. */
  readonly gpuCost: Money | null
  readonly pvCost: Money | null
  readonly networkZoneCost: Money | null
  readonly networkRegionCost: Money | null
  readonly networkInternetCost: Money | null
  readonly loadBalancerCost: Money | null
  readonly priceSource: PriceSource
  /** Of the namespace, overlaid by those of the pod; null: not collected. */
  readonly labels: Labels | null
}

/** One machine in one window. Costs are null where the capacity of that resource is unknown. */
export interface NodeRow {
  readonly node: string
  /** '' where the source did not say. */
  readonly providerId: string
  readonly instanceType: string | null
  readonly region: string | null
  readonly minutes: number
  readonly cpuCores: number | null
  readonly ramGib: number | null
  /** null: it is not known whether the machine has any. */
  readonly gpus: number | null
  /** Currency per core-hour, GiB-hour and GPU-hour. */
  readonly cpuPrice: number
  readonly ramPrice: number
  /** null: the machine has no GPU, or it is not known to have any. */
  readonly gpuPrice: number | null
  /** Lowest and highest price of the hour; equal to the price where it did not move. */
  readonly cpuPriceRange: PriceRange
  readonly ramPriceRange: PriceRange
  readonly priceSource: PriceSource
  readonly spotRatio: number | null
  readonly zone: string | null
  readonly nodePool: string | null
  readonly cpuCost: Money | null
  readonly ramCost: Money | null
  /** 0 for a machine without GPUs. */
  readonly gpuCost: Money | null
}

export interface PriceRange {
  readonly min: number
  readonly max: number
}

/** Node cost that no container was charged for, signed, by node name. */
export interface IdleRow {
  readonly node: string
  readonly cpuCost: Money
  readonly ramCost: Money
  readonly gpuCost: Money | null
}

/** Where the price of a volume, a load balancer or a fee came from. */
export type AssetPriceSource = 'measured' | 'repaired' | 'default'

/** What is paid for besides nodes. */
export interface AssetRow {
  readonly assetType: 'disk' | 'load_balancer' | 'management'
  /** Volume name, `node:device` of a local disk, `namespace/service` of a load balancer, provisioner of the fee. */
  readonly assetId: string
  readonly name: string
  /** Of the claim or the service; null for what belongs to none. */
  readonly namespace: string | null
  readonly claim: string | null
  readonly storageClass: string | null
  readonly providerId: string | null
  readonly minutes: number
  /** Mean capacity of a disk over its minutes. */
  readonly gib: number | null
  /** Currency per GiB-hour of a disk, per hour of the others. */
  readonly price: number
  readonly priceSource: AssetPriceSource
  readonly totalCost: Money
}

/** What of the assets and of the network no container carries. */
export interface RemainderRow {
  readonly kind: 'unmounted' | 'cluster_management' | 'unallocated'
  readonly part: RemainderPart
  /** '' for what belongs to no namespace. */
  readonly namespace: string
  /** Of the volume, service, provisioner or pod. */
  readonly name: string
  /** GiB-hours of a volume, hours of a load balancer or fee, GiB of traffic. */
  readonly quantity: number
  readonly cost: Money
}

export type RemainderPart =
  | 'pv'
  | 'load_balancer'
  | 'management'
  | 'network_zone'
  | 'network_region'
  | 'network_internet'

/** One series of the exporter in one window. null: no sample was a number, or, for `increase`, it is no counter. */
export interface MetricRow {
  readonly metric: string
  /** Without the tenant's and the cluster's. */
  readonly labels: Labels
  readonly samples: number
  readonly avg: number | null
  readonly min: number | null
  readonly max: number | null
  readonly last: number | null
  readonly increase: number | null
}

/** An identity of the cost model, looked at. Amounts as exact decimal text. */
export interface CheckResult {
  readonly check: string
  readonly ok: boolean
  readonly observed: string
  readonly expected: string
  /** What it failed on, for a person; absent where it held. */
  readonly detail?: string
}

/** Something of the source that could not become a row: never dropped silently. */
export interface Reject {
  readonly reason: string
  readonly metric: string
  readonly count: number
  /** Identity of one of them, for a person; capped in length. */
  readonly example: string
}

/** A window that is not whole for a reason, or a part of it that was estimated. */
export interface Warning {
  readonly code: string
  readonly detail: string
}

/** All that is published for one window of one cluster. */
export interface WindowRows {
  readonly window: Window
  readonly allocations: readonly AllocationRow[]
  readonly nodes: readonly NodeRow[]
  readonly idle: readonly IdleRow[]
  readonly assets: readonly AssetRow[]
  readonly remainders: readonly RemainderRow[]
  readonly metrics: readonly MetricRow[]
  readonly checks: readonly CheckResult[]
  /** Samples of container series that the window was made of. */
  readonly sourceSamples: number
  /** Measured minutes of the heartbeat / 60, 0..1. */
  readonly coverage: number
  /** Samples of the heartbeat seen and expected. */
  readonly samplesSeen: number
  readonly samplesExpected: number
  /** Sample interval in seconds by job (`''` = no job label). */
  readonly intervals: Readonly<Record<string, number>>
  readonly warnings: readonly Warning[]
  readonly rejects: readonly Reject[]
  /** Points of the answers that this window was made of. */
  readonly points: number
}
