import type { Estate } from './estate.js'
import { HOUR } from './machines.js'
import { allocatableOf, type ClusterModel } from './model.js'
import { measuredHours, type UsageTruth, usageOf } from './truth-usage.js'

type Action = 'none' | 'set' | 'keep' | 'decrease' | 'increase' | 'suppressed'

interface ResourceAdvice {
  /** Millicores or bytes; null where nothing was measured. */
  readonly recommended: number | null
  readonly action: Action
}

/** What the method makes of a workload that is known exactly, with the knobs of the profile `balanced`. */
export interface AdviceTruth {
  readonly usage: UsageTruth
  readonly cpu: ResourceAdvice
  readonly ram: ResourceAdvice
  /** What decided besides the figures, in the order in which it is looked for. */
  readonly reasons: readonly string[]
  readonly confidence: number
  /**
   * Currency that a month of 730 hours would cost less with such requests (cores or bytes), by the cost model; negative
   * where it would cost more.
   */
  savingWith(resource: 'cpu' | 'ram', request: number): number
}

const MARGIN = 1.15
const QUANTILE = 0.95
const MIB = 2 ** 20
const CPU = { unit: 1, floor: 10, gate: 10 } as const
const RAM = { unit: MIB, floor: 100 * MIB, gate: 32 * MIB } as const
const GATE_SHARE = 0.1
const THROTTLED_SHARE = 0.25
const FEWEST_POINTS = 100
const LEAST_CONFIDENCE = 0.1
const SURE_AFTER_HOURS = 168
const MONTH_HOURS = 730

/** What is to be advised on a cluster from the windows that start in `[from, to)`, Unix seconds of whole hours. */
export function adviceOf(estate: Estate, cluster: ClusterModel, from: number, to: number): AdviceTruth[] {
  const perMonth = MONTH_HOURS / measuredHours(estate, cluster, { from, to })
  return usageOf(estate, cluster, from, to).map(usage => {
    const reasons: string[] = []
    const confidence = confidenceOf(usage, measuredHours(estate, cluster, usage.span))
    const isEnough = usage.cpuPoints.length >= FEWEST_POINTS && confidence >= LEAST_CONFIDENCE
    if (!isEnough) reasons.push('too_little_data')
    return {
      usage,
      cpu: orNone(isEnough, cpuAdvice(usage, cluster, reasons)),
      ram: orNone(isEnough, ramAdvice(usage, cluster, reasons)),
      reasons,
      confidence,
      savingWith: (resource, request) => {
        const asked = resource === 'cpu' ? usage.cpuRequest : usage.ramRequest
        return (usage.costWith(resource, asked) - usage.costWith(resource, request)) * perMonth
      },
    }
  })
}

/** A week makes sure, as far as hours of it were not missed: `measured` of the hours from first to last. */
function confidenceOf({ span, hours }: UsageTruth, measured: number): number {
  const all = (span.to - span.from) / HOUR
  const coverage = hours / (hours + all - measured)
  return Math.min(1, all / SURE_AFTER_HOURS) * coverage
}

/** The lowest value that a share of ascending values does not exceed. */
export function exactQuantile(ascending: Float64Array, share: number): number {
  const rank = Math.ceil(share * ascending.length - 1e-9)
  return ascending[Math.max(0, rank - 1)] ?? Number.NaN
}

function orNone(isEnough: boolean, advice: ResourceAdvice): ResourceAdvice {
  return isEnough ? advice : { ...advice, action: 'none' }
}

function cpuAdvice(usage: UsageTruth, cluster: ClusterModel, reasons: string[]): ResourceAdvice {
  const { cpuPoints, cpuMean, cpuHot, cpuRequest } = usage
  if (cpuPoints.length === 0) {
    reasons.push('no_cpu_usage')
    return { recommended: null, action: 'none' }
  }
  const current = cpuRequest === null ? null : cpuRequest * 1000
  let recommended = up(Math.max(exactQuantile(cpuPoints, QUANTILE), cpuMean) * 1000 * MARGIN, CPU.unit)
  recommended = raisedTo(floorOf(CPU.floor, current), recommended, 'cpu_floor', reasons)
  const hot = up(cpuHot * 1000 * MARGIN, CPU.unit)
  if (hot > recommended && current !== null)
    recommended = raisedTo(Math.min(current, hot), recommended, 'imbalanced_replicas', reasons)
  recommended = capped(recommended, largest(cluster, 'cpu') * 1000, reasons)
  const isHeldBack = cluster.collection.throttling && usage.throttled >= THROTTLED_SHARE
  if (isHeldBack) {
    reasons.push('throttled')
    recommended = Math.max(recommended, current ?? 0)
  }
  if (isAutoscaled(usage, cluster, 'cpu', reasons)) return { recommended, action: 'suppressed' }
  return { recommended, action: actionOf(current, recommended, CPU.gate, 'cpu_inside_gate', reasons) }
}

function ramAdvice(usage: UsageTruth, cluster: ClusterModel, reasons: string[]): ResourceAdvice {
  const { ramPeak, ramRequest: current, isOomKilled } = usage
  let recommended = up(ramPeak * MARGIN, RAM.unit)
  if (isOomKilled) {
    reasons.push('oom')
    const limit = cluster.collection.limits.length > 0 ? (usage.ramLimit ?? 0) : 0
    const base = Math.max(limit, ramPeak)
    recommended = up(Math.max(recommended, 1.2 * base, base + 100 * MIB, current ?? 0), RAM.unit)
  }
  recommended = raisedTo(floorOf(RAM.floor, current), recommended, 'ram_floor', reasons)
  recommended = capped(recommended, largest(cluster, 'ram'), reasons)
  if (isAutoscaled(usage, cluster, 'memory', reasons)) return { recommended, action: 'suppressed' }
  const gate = isOomKilled ? 0 : RAM.gate
  return { recommended, action: actionOf(current, recommended, gate, 'ram_inside_gate', reasons) }
}

/** A floor alone never raises a request. */
function floorOf(floor: number, current: number | null): number {
  return current === null ? floor : Math.min(floor, current)
}

function raisedTo(least: number, recommended: number, reason: string, reasons: string[]): number {
  if (least > recommended) reasons.push(reason)
  return Math.max(least, recommended)
}

function capped(recommended: number, most: number, reasons: string[]): number {
  if (recommended > most) reasons.push('exceeds_node')
  return Math.min(recommended, Math.floor(most))
}

function largest(cluster: ClusterModel, resource: 'cpu' | 'ram'): number {
  const { allocatable } = cluster.collection
  return cluster.machines.reduce((best, machine) => {
    const whole = resource === 'cpu' ? machine.cores : machine.ramBytes
    return Math.max(best, allocatable === null ? whole : allocatableOf(machine)[resource])
  }, 0)
}

function isAutoscaled(
  { namespace, controllerKind, controller }: UsageTruth,
  { autoscalers, collection }: ClusterModel,
  metric: string,
  reasons: string[],
): boolean {
  if (!collection.autoscalers) {
    if (!reasons.includes('hpa_unknown')) reasons.push('hpa_unknown')
    return false
  }
  const isDriven = autoscalers.some(
    one =>
      one.namespace === namespace &&
      one.target.kind === controllerKind &&
      one.target.name === controller &&
      one.metric === metric &&
      one.targetType === 'utilization',
  )
  if (isDriven) reasons.push('hpa')
  return isDriven
}

/** `gate` is what a change has to be at least, besides a tenth of the request; 0: every change counts. */
function actionOf(
  current: number | null,
  recommended: number,
  gate: number,
  inside: string,
  reasons: string[],
): Action {
  if (current === null) return 'set'
  const change = recommended - current
  const isSmall = Math.abs(change) < gate || Math.abs(change) < GATE_SHARE * current
  if (gate > 0 && isSmall) {
    if (change !== 0) reasons.push(inside)
    return 'keep'
  }
  if (change === 0) return 'keep'
  return change < 0 ? 'decrease' : 'increase'
}

/** Rounded up to whole units, but for what rounding errors leave over. */
function up(amount: number, unit: number): number {
  return Math.ceil(amount / unit - 1e-6) * unit
}
