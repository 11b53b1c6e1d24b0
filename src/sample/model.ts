import type { CloudAccount } from '../domain/account.js'
import { levelAt, type Wave } from './wave.js'

/** Half-open, Unix seconds. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Prices from an instant on: currency per core-hour, per GiB-hour and per GPU-hour. */
export interface PriceStep {
  readonly from: number
  readonly cpu: number
  readonly ram: number
  /** 0 where the machine has no GPU. */
  readonly gpu: number
}

/** One machine, which is not the same as one node name. */
export interface Machine extends Span {
  readonly node: string
  readonly providerId: string
  readonly instanceType: string
  readonly cores: number
  readonly ramBytes: number
  readonly gpus: number
  /** null: its node carries no such label. */
  readonly zone: string | null
  readonly nodePool: string | null
  /** null: cAdvisor tells nothing of the machine's own disk. */
  readonly localDiskBytes: number | null
  readonly isSpot: boolean
  /** Ascending; the first one begins before the machine does. */
  readonly prices: readonly PriceStep[]
  /** When the exporter says NaN instead of the price. */
  readonly unreadable: readonly Span[]
  /** False: the exporter never says anything about the price of this machine. */
  readonly isPriced: boolean
  /** The exporter tells its prices a second time, without an instance type. */
  readonly hasUntypedTwin: boolean
}

export interface ContainerModel {
  readonly name: string
  /** Cores; null: none asked for. */
  readonly cpuRequest: number | null
  /** Bytes; null: none asked for. */
  readonly ramRequest: number | null
  readonly gpus: number
  /** Cores. */
  readonly cpu: Wave
  /** Bytes. */
  readonly ram: Wave
  /** Cores and bytes; null: none. */
  readonly cpuLimit: number | null
  readonly ramLimit: number | null
  /** Share of scheduling periods in which the CPU limit holds the container back. */
  readonly throttled: number
  /** When the container was started anew within the pod's life. */
  readonly restarts: readonly number[]
  /** Why it ended each time. */
  readonly endsBy: 'Error' | 'OOMKilled'
}

export interface Controller {
  readonly kind: string
  readonly name: string
}

/** Labels from an instant on, by their names as Prometheus has them, `label_` included. */
export interface LabelStep {
  readonly from: number
  readonly labels: ReadonlyMap<string, string>
}

/** How far traffic goes, which decides on its price. */
export type EgressClass = 'in_zone' | 'cross_zone' | 'cross_region' | 'internet'

/** What a pod sends all its life. */
export interface Traffic {
  readonly egressClass: EgressClass
  readonly bytesPerSecond: number
  /** The service of a cloud that it goes to; '' for none. */
  readonly service: string
}

export interface PodModel extends Span {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly machine: Machine
  /** The immediate owner as the API server knows it, with its own controller; null for a bare pod. */
  readonly owner: (Controller & { readonly ownedBy: Controller | null }) | null
  /** Ascending; the first one begins with the pod or before. */
  readonly labels: readonly LabelStep[]
  readonly containers: readonly ContainerModel[]
  /** Names of the claims that it mounts, of its own namespace. */
  readonly claims: readonly string[]
  readonly egress: readonly Traffic[]
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

/** An autoscaler and what it holds a metric of its workload's pods to. */
export interface AutoscalerModel extends Span {
  readonly namespace: string
  readonly target: Controller
  readonly metric: string
  /** `utilization`: percent of the request; `average`: an amount per pod. */
  readonly targetType: 'utilization' | 'average'
  readonly value: number
}

export interface LoadBalancer extends Span {
  readonly namespace: string
  readonly service: string
  /** Ascending, the first one begins with the balancer; '' while it has no address yet. */
  readonly addresses: readonly { readonly from: number; readonly address: string }[]
  readonly hourlyCost: number
  /** By label names as Prometheus has them; null: the service has no selector. */
  readonly selector: ReadonlyMap<string, string> | null
}

/** A size from an instant on. */
export interface SizeStep {
  readonly from: number
  readonly bytes: number
}

/** A persistent volume and its claim, which lives as long. */
export interface VolumeModel extends Span {
  readonly name: string
  readonly providerId: string
  readonly storageClass: string
  /** Currency per GiB-hour. */
  readonly gibHourlyCost: number
  /** Ascending; the first step begins with the volume or before. */
  readonly capacity: readonly SizeStep[]
  /** null: nobody claims it. */
  readonly claim: ClaimModel | null
}

export interface ClaimModel {
  readonly namespace: string
  readonly name: string
  readonly requested: readonly SizeStep[]
}

/** Who sends traffic. */
export type Sender = Span & Pick<PodModel, 'namespace' | 'name' | 'machine' | 'egress'>

/** Kubecost's agents on the nodes that classify traffic. */
interface NetworkAgents {
  /** How the labels of the class are written: `same_zone` or, by older agents, `sameZone`. */
  readonly isOldSpelling: boolean
  /** When the agent of a node starts anew and counts from zero, Unix seconds ascending. */
  readonly restarts: ReadonlyMap<string, readonly number[]>
  /** Pods that nobody but the agents knows of. */
  readonly strangers: readonly Sender[]
}

/** Currency per GiB. */
interface EgressPrices {
  readonly zone: number
  readonly region: number
  readonly internet: number
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
  /** Requests under their names of the old form as well. */
  readonly oldRequestNames: boolean
  /** Limits in the new form, and in the old one from Kubecost's copies. */
  readonly limits: readonly ('new' | 'old')[]
  /** How often containers were started anew, and why they ended: now, or the last time. */
  readonly ends: readonly ('now' | 'last')[]
  /** Scheduling periods under CPU limits. */
  readonly throttling: boolean
  readonly autoscalers: boolean
  /** What of a node pods may have, in the new or the old form. */
  readonly allocatable: 'new' | 'old' | null
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
  readonly autoscalers: readonly AutoscalerModel[]
  readonly loadBalancers: readonly LoadBalancer[]
  readonly volumes: readonly VolumeModel[]
  /** Labels of namespaces, by their names as Prometheus has them. */
  readonly namespaceLabels: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** null: nothing classifies the traffic of this cluster. */
  readonly network: NetworkAgents | null
  readonly egressPrices: EgressPrices
  /** When nothing of this cluster was collected. */
  readonly gaps: readonly Span[]
}

/** Samples of one cluster that were taken in a span and arrive later. */
export interface LateSamples extends Span {
  readonly cloudAccountId: string
  readonly clusterId: string
  /** Unix seconds: when they have arrived. */
  readonly visibleFrom: number
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
  return stepAt(machine.prices, t)
}

/** What holds at an instant of steps that each hold until the next one. */
export function stepAt<T extends { readonly from: number }>(steps: readonly T[], t: number): T {
  let found = steps[0]
  for (const step of steps) if (step.from <= t) found = step
  if (!found) throw new RangeError('no steps at all')
  return found
}

/** The stretches of a span in which each step holds. */
export function stretches<T extends { readonly from: number }>(
  steps: readonly T[],
  span: Span,
): (Span & { readonly step: T })[] {
  return steps
    .map((step, i) => ({
      step,
      from: i === 0 ? span.from : Math.max(span.from, step.from),
      to: Math.min(span.to, steps[i + 1]?.from ?? span.to),
    }))
    .filter(stretch => stretch.from < stretch.to)
}

/** Cores or bytes that a container reserved or used at an instant, whichever is more. */
export function allocatedAt(container: ContainerModel, resource: 'cpu' | 'ram', t: number): number {
  const asked = resource === 'cpu' ? container.cpuRequest : container.ramRequest
  return Math.max(asked ?? 0, levelAt(container[resource], t))
}

export function isWithin(spans: readonly Span[], t: number): boolean {
  return spans.some(span => span.from <= t && t < span.to)
}

export const GIB = 2 ** 30

/** What a node keeps for itself: cores and bytes. */
const RESERVED = { cpu: 0.09, ram: 0.75 * GIB } as const

/** Cores and bytes that the pods of a machine may ask for. */
export function allocatableOf(machine: Machine): { readonly cpu: number; readonly ram: number } {
  return { cpu: machine.cores - RESERVED.cpu, ram: machine.ramBytes - RESERVED.ram }
}

export const LOCAL_DISK_DEVICE = '/dev/nvme0n1'
/** What a local disk costs per GiB-hour, which no exporter tells. */
export const LOCAL_DISK_GIB_HOURLY_COST = 0.04 / 730
