import type { Money } from './money.js'
import type { Window } from './window.js'

/** A container of a workload, the unit of advice. '' for none, as these are keys. */
export interface WorkloadContainer {
  readonly namespace: string
  readonly controllerKind: string
  readonly controller: string
  readonly container: string
}

/**
 * How the pods of a workload used one container over some hours: one window, a day or any range. Everything in it can
 * be added up, so that a range is the sum of its hours in whatever order. null = not measured, or unknown.
 */
export interface UsageRow extends WorkloadContainer {
  /** First and last window with a pod; the same for one window. */
  readonly firstWindow: Window
  readonly lastWindow: Window
  /** Windows with a pod, and those of them in which three quarters of the expected CPU points were read. */
  readonly hours: number
  readonly hoursCovered: number
  /** What the covered hours are worth by the step of their points, 0.5 to 1 each. */
  readonly stepWorth: number
  /** The most distinct pods in any hour. */
  readonly pods: number
  readonly podSeconds: number
  /** Points of CPU use read, and how many the running time lets one expect. */
  readonly cpuPoints: number
  readonly cpuPointsExpected: number
  /** Seconds between points, the coarsest. */
  readonly stepSeconds: number | null
  /** Points in units of five minutes, which is what the sketches count. */
  readonly cpuWeight: number
  /** Sum of the points by their weight, cores. */
  readonly cpuSum: number | null
  readonly cpuMax: number | null
  /** Sum over hours of the hottest pod's mean, cores, and over how many hours. */
  readonly cpuHotSum: number | null
  readonly cpuHotHours: number
  /** Encoded sketches of cores. `cpuHotSketch`: of each hour's hottest pod; null where each hour had a single pod. */
  readonly cpuSketch: Uint8Array | null
  readonly cpuHotSketch: Uint8Array | null
  /** Cores, as of the last hour. */
  readonly cpuRequest: number | null
  readonly cpuLimit: number | null
  readonly cpuCoreHours: number
  readonly cpuCoreRequestHours: number | null
  readonly cpuCost: Money
  /** Pod-hours with a memory peak, which is what the memory sketches count. */
  readonly ramWeight: number
  /** Bytes. */
  readonly ramMax: number | null
  /** Encoded sketches of GiB: peaks and means of each pod and hour. */
  readonly ramPeakSketch: Uint8Array | null
  readonly ramMeanSketch: Uint8Array | null
  /** GiB-hours in use, and the pod-hours over which they were measured. */
  readonly ramUsedGibHours: number | null
  readonly ramMeasuredHours: number
  /** Bytes, as of the last hour. */
  readonly ramRequest: number | null
  readonly ramLimit: number | null
  readonly ramGibHours: number
  readonly ramGibRequestHours: number | null
  readonly ramCost: Money
  readonly oom: boolean | null
  /** Nobody said so: there was a restart at a peak next to the limit. */
  readonly oomInferred: boolean
  /** Bytes: the larger of limit and peak when memory ran out. */
  readonly oomBytes: number | null
  readonly restarts: number | null
  /** Scheduling periods under the CPU limit, and those in which it held the container back. */
  readonly cpuPeriods: number | null
  readonly cpuThrottledPeriods: number | null
  /** Whether an autoscaler drives the workload by use of the resource relative to its request. */
  readonly hpaCpu: boolean | null
  readonly hpaRam: boolean | null
}

/** Where CPU points come from: cAdvisor's counters, or Kubecost's recording rule, which is spikier. */
export type CpuSource = 'counter' | 'rule'

/** How far the source could tell of usage. */
export interface ToldOfUsage {
  /** Of several windows `rule` where the points of any came from there; null without points. */
  readonly cpuSource: CpuSource | null
  /** Whether the source tells of these at all: otherwise they are unknown, not absent. */
  readonly knowsRequests: boolean
  readonly knowsLimits: boolean
  readonly knowsOom: boolean
  readonly knowsThrottling: boolean
  readonly knowsHpa: boolean
  /** Largest allocatable node seen; null where unknown. */
  readonly largestCpuCores: number | null
  readonly largestRamBytes: number | null
}

/** What is known of the usage of a cluster as a whole over some hours. */
export interface ClusterUsage extends ToldOfUsage {
  /** Windows whose usage was collected, ascending; not those without a heartbeat, in which nothing was measured. */
  readonly windows: readonly Window[]
}

/** Usage over a range of hours: any number of rows per container, which are to be added up. */
export interface UsageHistory {
  readonly clusters: ReadonlyMap<string, ClusterUsage>
  readonly rows: readonly (UsageRow & { readonly clusterId: string })[]
}

/** Seconds that a CPU point stands for unless the source is coarser. */
export const POINT_SECONDS = 300
