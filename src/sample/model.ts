import type { CloudAccount } from '../domain/account.js'
import type { Wave } from './wave.js'

/** Half-open, Unix seconds. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Prices from an instant on: currency per core-hour and per GiB-hour. */
export interface PriceStep {
  readonly from: number
  readonly cpu: number
  readonly ram: number
}

/** One machine, which is not the same as one node name. */
export interface Machine extends Span {
  readonly node: string
  readonly providerId: string
  readonly instanceType: string
  readonly cores: number
  readonly ramBytes: number
  readonly isSpot: boolean
  /** Ascending; the first one begins before the machine does. */
  readonly prices: readonly PriceStep[]
  /** When the exporter says NaN instead of the price. */
  readonly unreadable: readonly Span[]
  /** False: the exporter never says anything about the price of this machine. */
  readonly isPriced: boolean
}

export interface ContainerModel {
  readonly name: string
  /** Cores; null: none asked for. */
  readonly cpuRequest: number | null
  /** Bytes; null: none asked for. */
  readonly ramRequest: number | null
  /** Cores. */
  readonly cpu: Wave
  /** Bytes. */
  readonly ram: Wave
  /** When the container was started anew within the pod's life. */
  readonly restarts: readonly number[]
}

export interface Controller {
  readonly kind: string
  readonly name: string
}

export interface PodModel extends Span {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly machine: Machine
  /** The immediate owner as the API server knows it, with its own controller; null for a bare pod. */
  readonly owner: (Controller & { readonly ownedBy: Controller | null }) | null
  readonly labels: ReadonlyMap<string, string>
  readonly containers: readonly ContainerModel[]
  /** Until when kube-state-metrics still tells of the ended pod; `to` where it doesn't. */
  readonly remembered: number
}

/** A pod that waits for a node: it has requests and nothing else. */
export interface PendingPod extends Span {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly containers: readonly ContainerModel[]
}

export interface DeploymentModel extends Span {
  readonly namespace: string
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
}

interface LoadBalancer {
  readonly namespace: string
  readonly service: string
  readonly ingressIp: string
  readonly hourlyCost: number
}

/** What a cluster's Prometheus collects. */
interface Collection {
  /** Kubecost's own copies of kube-state-metrics in the old form. */
  readonly kubecostCopies: boolean
  /** A kube-state-metrics of its own, in the new form. */
  readonly kubeStateMetrics: boolean
  /** Kubecost's recording rules. */
  readonly recordingRules: boolean
  /** cAdvisor names the node in `node` and itself in `instance` as address; else `instance` is the node. */
  readonly cadvisorNodeLabel: boolean
  /** Newer exporters put the pod's uid on their allocation series. */
  readonly allocationUid: boolean
}

export interface ClusterModel {
  readonly clusterId: string
  readonly provider: string
  readonly region: string
  readonly provisioner: string
  readonly managementHourlyCost: number
  readonly collection: Collection
  readonly machines: readonly Machine[]
  readonly pods: readonly PodModel[]
  readonly pending: readonly PendingPod[]
  readonly deployments: readonly DeploymentModel[]
  readonly loadBalancers: readonly LoadBalancer[]
  /** When nothing of this cluster was collected. */
  readonly gaps: readonly Span[]
}

export interface AccountModel extends CloudAccount {
  readonly clusters: readonly ClusterModel[]
}

/** When samples are taken: at `offset + k · interval`. Seconds. */
export interface Grid {
  readonly interval: number
  readonly offset: number
}

/** The price of a machine at an instant, whether or not the exporter told it. */
export function priceAt(machine: Machine, t: number): PriceStep {
  let found = machine.prices[0]
  for (const step of machine.prices) if (step.from <= t) found = step
  if (!found) throw new RangeError(`machine ${machine.providerId} has no price`)
  return found
}

export function isWithin(spans: readonly Span[], t: number): boolean {
  return spans.some(span => span.from <= t && t < span.to)
}

export const GIB = 2 ** 30
