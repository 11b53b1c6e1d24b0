import type { Labels, RemainderPart, RemainderRow } from '../domain/rows.js'
import type { Window } from '../domain/window.js'

/** What one container used or reserved in one window, known exactly. Costs in the account's currency. */
export interface ContainerTruth {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly node: string
  readonly providerId: string
  readonly controllerKind: string | null
  readonly controller: string | null
  /** Of several pods of one name in one hour the one that ran longest. */
  podUid: string
  /** Of the namespace, overlaid by the pod's; of labels that changed those that held for most of the pod's samples. */
  labels: Labels
  minutes: number
  cpuCoreHours: number
  ramGibHours: number
  /** null: nothing was requested. */
  cpuCoreRequestHours: number | null
  ramGibRequestHours: number | null
  cpuCoreUsedHours: number
  ramGibUsedHours: number
  gpuHours: number
  cpuCost: number
  ramCost: number
  gpuCost: number
  /** What the pod has as a whole, from here on: spread evenly over its containers of the window. */
  pvGibHours: number
  pvCost: number
  loadBalancerHours: number
  loadBalancerCost: number
  /** null: nothing classifies the traffic of the cluster. 0: the pod sends nothing of that class. */
  networkZoneGib: number | null
  networkRegionGib: number | null
  networkInternetGib: number | null
  networkZoneCost: number | null
  networkRegionCost: number | null
  networkInternetCost: number | null
}

/** How the price of a machine can be known: told all hour, in part of it, not at all but before, or never. */
export type PriceKnown = 'all' | 'part' | 'before' | 'never'

export interface NodeTruth {
  readonly node: string
  readonly providerId: string
  readonly instanceType: string
  readonly isSpot: boolean
  readonly zone: string | null
  readonly nodePool: string | null
  readonly cpuCores: number
  readonly ramGib: number
  readonly gpus: number
  readonly minutes: number
  readonly cpuCost: number
  readonly ramCost: number
  readonly gpuCost: number
  readonly priceKnown: PriceKnown
  /** The price changed after the machine's first and before its last sample of the window. */
  readonly hasPriceChange: boolean
}

/** Cost of all machines of a node name less that of their containers, signed. */
export interface IdleTruth {
  readonly node: string
  readonly cpuCost: number
  readonly ramCost: number
  readonly gpuCost: number
}

/** What is paid for besides nodes. */
export interface AssetTruth {
  readonly assetType: 'disk' | 'load_balancer' | 'management'
  /** Volume name, `node:device` of a local disk, `namespace/service` of a load balancer, provisioner of the fee. */
  readonly assetId: string
  readonly name: string
  readonly namespace: string | null
  readonly claim: string | null
  readonly storageClass: string | null
  readonly providerId: string | null
  readonly minutes: number
  /** Mean capacity of a disk over its minutes. */
  readonly gib: number | null
  readonly totalCost: number
}

/** What of the assets and of the network no container carries. Only what costs anything is a row. */
export interface RemainderTruth {
  readonly kind: RemainderRow['kind']
  readonly part: RemainderPart
  /** '' for what belongs to no namespace. */
  readonly namespace: string
  readonly name: string
  /** GiB-hours of a volume, hours of a load balancer or fee, GiB of traffic. */
  readonly quantity: number
  readonly cost: number
}

export interface WindowTruth {
  readonly cloudAccountId: string
  readonly cluster: string
  readonly window: Window
  readonly samplesSeen: number
  readonly samplesExpected: number
  /** 0..1 */
  readonly coverage: number
  /** Fully covered, every price told all hour, and no price change within it: figures have to come out as here. */
  readonly isPlain: boolean
  readonly containers: readonly ContainerTruth[]
  readonly nodes: readonly NodeTruth[]
  readonly idle: readonly IdleTruth[]
  readonly assets: readonly AssetTruth[]
  readonly remainders: readonly RemainderTruth[]
}
