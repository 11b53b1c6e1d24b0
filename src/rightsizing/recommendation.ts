import type { Money } from '../domain/money.js'
import type { CpuSource, WorkloadContainer } from '../domain/usage.js'
import type { Reason } from './reasons.js'

/** `suppressed`: there is a value, and a reason not to follow it. `none`: no advice. */
export type Action = 'none' | 'set' | 'keep' | 'decrease' | 'increase' | 'suppressed'

export const CONFIDENCE_LEVELS = ['high', 'medium', 'low', 'insufficient'] as const
export type ConfidenceLevel = (typeof CONFIDENCE_LEVELS)[number]

export type Severity = 'CRITICAL' | 'WARNING' | 'OK' | 'GOOD' | 'UNKNOWN'

/**
 * What a container of a workload should request, and why. CPU in millicores, memory in bytes, money in account currency
 * a month of 730 hours. null = not measured, not set, or no advice.
 */
export interface Recommendation extends WorkloadContainer {
  readonly clusterId: string
  /** Mean number of pods over the hours with one. */
  readonly replicas: number
  readonly cpuRequest: number | null
  readonly cpuLimit: number | null
  readonly cpuMean: number | null
  readonly cpuP95: number | null
  readonly cpuP99: number | null
  readonly cpuMax: number | null
  readonly cpuRecommended: number | null
  readonly cpuAction: Action
  /** Negative for what costs more; 0 for what stays as it is; null without advice or price. */
  readonly cpuSaving: Money | null
  readonly ramRequest: number | null
  readonly ramLimit: number | null
  readonly ramMean: number | null
  readonly ramP95: number | null
  readonly ramP99: number | null
  readonly ramMax: number | null
  readonly ramRecommended: number | null
  readonly ramAction: Action
  readonly ramSaving: Money | null
  readonly savingMonth: Money | null
  /** The weightier of both. */
  readonly action: Action
  readonly reasons: readonly Reason[]
  readonly severity: Severity
  /** 0 to 1. */
  readonly confidence: number
  readonly confidenceLevel: ConfidenceLevel
  readonly spanHours: number
  readonly coverage: number
  /** Points of CPU use. */
  readonly samples: number
  readonly oom: boolean | null
  readonly hpa: boolean | null
  /** YAML and command that change what is to be changed; null where nothing is, or where no command can. */
  readonly snippet: string | null
  readonly kubectl: string | null
  /** Range of the history, Unix seconds. */
  readonly windowStart: number
  readonly windowEnd: number
  /** What CPU and memory cost as they are. */
  readonly costMonth: Money | null
  readonly cpuSource: CpuSource | null
  readonly stepSeconds: number | null
  /** Hours of the cluster that were measured within the range. */
  readonly measuredHours: number
}
