import type { Money } from './money.js'
import type { Reject } from './rows.js'
import type { Series } from './samples.js'
import type { CpuSource, ToldOfUsage, UsageRow } from './usage.js'
import type { Window } from './window.js'

/** What is read of how containers use their nodes; what each means and how it is asked stands in the catalogue. */
export type UsageFact =
  | 'cpuPoints'
  | 'ramPeak'
  | 'ramMean'
  | 'cpuLimit'
  | 'ramLimit'
  | 'restarts'
  | 'oomTold'
  | 'reasonsTold'
  | 'cpuPeriods'
  | 'cpuThrottledPeriods'
  | 'scalers'
  | 'scalerTargets'
  | 'largestCpu'
  | 'largestRam'

/** Where the CPU points of a window come from, and how many seconds each stands for. */
export interface CpuPace {
  readonly source: CpuSource
  readonly stepSeconds: number
}

/**
 * Usage of some windows of one cluster, as read. A point at H+1h speaks of window H; CPU points lie within
 * `(H, H+1h]`, each at the end of what it speaks of.
 */
export interface UsageBatch {
  readonly windows: readonly Window[]
  readonly facts: ReadonlyMap<UsageFact, readonly Series[]>
  /** Windows that are not here have no CPU points. */
  readonly pace: ReadonlyMap<Window, CpuPace>
}

/** A container of a pod as the costs of one window have it; null = not measured, or none asked for. */
export interface PublishedContainer {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** '' for none. */
  readonly controllerKind: string
  readonly controller: string
  readonly minutes: number
  readonly cpuCoreHours: number
  readonly cpuCoreRequestHours: number | null
  readonly ramGibHours: number
  readonly ramGibRequestHours: number | null
  readonly ramGibUsedHours: number | null
  readonly cpuCost: Money
  readonly ramCost: Money
}

/** The costs of one window that usage is joined with. */
export interface PublishedWindow {
  readonly window: Window
  readonly revision: number
  /** Whether the cluster was heard of. */
  readonly isHeard: boolean
  readonly containers: readonly PublishedContainer[]
  /** Largest node by its capacity; null where unknown. */
  readonly largestCpuCores: number | null
  readonly largestRamBytes: number | null
}

/** What one window says of usage: a row for each container of a workload, and how far the source could tell. */
export interface UsageWindowRows extends ToldOfUsage {
  readonly window: Window
  /** Of the costs that it was joined with. */
  readonly revision: number
  /** Whether the cluster was heard of. */
  readonly isHeard: boolean
  readonly rows: readonly UsageRow[]
  readonly rejects: readonly Reject[]
  /** CPU points and memory peaks that entered the rows. */
  readonly points: number
  readonly stepSeconds: number | null
}
