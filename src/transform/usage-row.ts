import { sumMoney } from '../domain/money.js'
import { Sketch } from '../domain/sketch.js'
import { GIB } from '../domain/units.js'
import { POINT_SECONDS, type UsageRow } from '../domain/usage.js'
import { HOUR_SECONDS, type Window } from '../domain/window.js'
import type { PodUsage } from './usage-pods.js'
import type { Scaled } from './usage-scalers.js'

/** The share of the expected points that makes an hour a covered one. */
const COVERED = 0.75
/** A restart with so much of the limit in use is taken for memory that ran out, where nobody tells. */
const NEXT_TO_LIMIT = 0.95

/** What of a window holds for all of its containers. */
export interface WindowFacts {
  readonly window: Window
  /** Seconds between CPU points; null where there are none. */
  readonly stepSeconds: number | null
  readonly knowsOom: boolean
}

/** One container of a workload in one window, from the pods that had it. */
export function usageRow(pods: readonly PodUsage[], facts: WindowFacts, scaled: Scaled): UsageRow {
  const [first] = pods
  if (first === undefined) throw new RangeError('a container of a workload without pods')
  const { namespace, controllerKind, controller, container } = first
  const podSeconds = total(pods, pod => pod.seconds)
  const cpu = cpuOf(pods, podSeconds, facts.stepSeconds)
  return {
    ...{ namespace, controllerKind, controller, container },
    firstWindow: facts.window,
    lastWindow: facts.window,
    hours: 1,
    pods: pods.length,
    podSeconds,
    ...cpu,
    ...cpuCosts(pods),
    ...ramOf(pods),
    ...ramCosts(pods),
    ...oomOf(pods, facts.knowsOom),
    restarts: sumKnown(pods.map(pod => pod.restarts)),
    cpuPeriods: sumKnown(pods.map(pod => pod.cpuPeriods)),
    cpuThrottledPeriods: sumKnown(pods.map(pod => pod.cpuThrottledPeriods)),
    ...scaled,
  }
}

function cpuOf(pods: readonly PodUsage[], podSeconds: number, stepSeconds: number | null) {
  const cpuPointsExpected = podSeconds / (stepSeconds ?? POINT_SECONDS)
  const measured = pods.filter(pod => pod.cpu.length > 0)
  const points = measured.flatMap(pod => pod.cpu)
  const weight = weightOf(stepSeconds)
  const isCovered = points.length > 0 && points.length >= COVERED * cpuPointsExpected
  const hot = hottest(measured)
  return {
    hoursCovered: isCovered ? 1 : 0,
    stepWorth: isCovered ? stepWorth(stepSeconds) : 0,
    cpuPoints: points.length,
    cpuPointsExpected,
    stepSeconds: points.length > 0 ? stepSeconds : null,
    cpuWeight: points.length * weight,
    cpuSum: points.length > 0 ? sumOf(points) * weight : null,
    cpuMax: highestOf(points),
    cpuHotSum: hot === undefined ? null : meanOf(hot.cpu),
    cpuHotHours: hot === undefined ? 0 : 1,
    cpuSketch: encoded(points, weight),
    cpuHotSketch: hot === undefined || measured.length === 1 ? null : encoded(hot.cpu, weight),
  }
}

/** Points in units of five minutes that one point stands for. */
function weightOf(stepSeconds: number | null): number {
  return Math.max(1, Math.round((stepSeconds ?? POINT_SECONDS) / POINT_SECONDS))
}

/** 1 up to five minutes, 0.5 at an hour, and as much less for each doubling in between. */
function stepWorth(stepSeconds: number | null): number {
  const steps = Math.max(1, (stepSeconds ?? POINT_SECONDS) / POINT_SECONDS)
  return 1 - 0.5 * Math.min(1, Math.log(steps) / Math.log(HOUR_SECONDS / POINT_SECONDS))
}

/** The pod with the highest mean, the first by name of several. */
function hottest(pods: readonly PodUsage[]): PodUsage | undefined {
  let best: PodUsage | undefined
  for (const pod of pods) if (best === undefined || meanOf(pod.cpu) > meanOf(best.cpu)) best = pod
  return best
}

function cpuCosts(pods: readonly PodUsage[]) {
  const costs = pods.flatMap(pod => pod.costs)
  return {
    cpuRequest: mostHeld(pods, pod => pod.cpuRequest),
    cpuLimit: mostHeld(pods, pod => pod.cpuLimit),
    cpuCoreHours: total(costs, cost => cost.cpuCoreHours),
    cpuCoreRequestHours: sumKnown(costs.map(cost => cost.cpuCoreRequestHours)),
    cpuCost: sumMoney(costs.map(cost => cost.cpuCost)),
  }
}

function ramOf(pods: readonly PodUsage[]) {
  const peaks = pods.flatMap(pod => pod.ramPeak ?? [])
  const used = pods.flatMap(pod => ramUsedBy(pod) ?? [])
  return {
    ramWeight: peaks.length,
    ramMax: highestOf(peaks),
    ramPeakSketch: encoded(
      peaks.map(bytes => bytes / GIB),
      1,
    ),
    ramMeanSketch: encoded(
      used.map(({ gibHours, hours }) => gibHours / hours),
      1,
    ),
    ramUsedGibHours: sumKnown(used.map(({ gibHours }) => gibHours)),
    ramMeasuredHours: total(used, ({ hours }) => hours),
  }
}

/** What a pod had in use while it ran, as its costs tell or else as the mean does; null where not measured. */
function ramUsedBy({ costs, ramMean, seconds }: PodUsage): { gibHours: number; hours: number } | null {
  const measured = costs.filter(cost => cost.ramGibUsedHours !== null)
  const hours = total(measured, cost => cost.minutes / 60)
  if (hours > 0) return { gibHours: total(measured, cost => cost.ramGibUsedHours ?? 0), hours }
  if (ramMean === null || seconds === 0) return null
  return { gibHours: (ramMean / GIB) * (seconds / HOUR_SECONDS), hours: seconds / HOUR_SECONDS }
}

function ramCosts(pods: readonly PodUsage[]) {
  const costs = pods.flatMap(pod => pod.costs)
  return {
    ramRequest: mostHeld(pods, pod => pod.ramRequest),
    ramLimit: mostHeld(pods, pod => pod.ramLimit),
    ramGibHours: total(costs, cost => cost.ramGibHours),
    ramGibRequestHours: sumKnown(costs.map(cost => cost.ramGibRequestHours)),
    ramCost: sumMoney(costs.map(cost => cost.ramCost)),
  }
}

type Oom = 'told' | 'inferred' | 'no' | 'unknown'

/** Whether memory ran out in any pod, and how much there was of it then. */
function oomOf(pods: readonly PodUsage[], knowsOom: boolean) {
  const found = pods.map(pod => ({ pod, oom: knowsOom ? toldOom(pod) : inferredOom(pod) }))
  const hit = found.filter(({ oom }) => oom === 'told' || oom === 'inferred')
  const isUnknown = hit.length === 0 && found.some(({ oom }) => oom === 'unknown')
  return {
    oom: isUnknown ? null : hit.length > 0,
    oomInferred: hit.some(({ oom }) => oom === 'inferred'),
    oomBytes: highestOf(
      hit.flatMap(({ pod }) => [pod.ramLimit, pod.ramPeak].filter(bytes => bytes !== null)),
    ),
  }
}

/** The reason of the last end is told for as long as the pod lives: it is of this hour with a restart only. */
function toldOom(pod: PodUsage): Oom {
  if (!pod.isToldOom) return 'no'
  if (pod.restarts === null) return 'unknown'
  return pod.restarts > 0 ? 'told' : 'no'
}

function inferredOom({ restarts, ramPeak, ramLimit }: PodUsage): Oom {
  if (restarts === null) return 'unknown'
  if (restarts === 0) return 'no'
  if (ramPeak === null || ramLimit === null) return 'unknown'
  return ramPeak >= NEXT_TO_LIMIT * ramLimit ? 'inferred' : 'no'
}

/** The value that pods had for the longest time, none being one too; of two the higher. */
function mostHeld(pods: readonly PodUsage[], of: (pod: PodUsage) => number | null): number | null {
  const seconds = new Map<number | null, number>()
  for (const pod of pods) {
    const value = of(pod)
    seconds.set(value, (seconds.get(value) ?? 0) + pod.seconds)
  }
  let best: number | null = null
  let longest = Number.NEGATIVE_INFINITY
  for (const [value, held] of seconds) {
    if (held < longest || (held === longest && (value ?? 0) <= (best ?? 0))) continue
    best = value
    longest = held
  }
  return best
}

function encoded(values: readonly number[], weight: number): Uint8Array | null {
  if (values.length === 0) return null
  const sketch = new Sketch()
  for (const value of values) sketch.add(value, weight)
  return sketch.encode()
}

function total<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((sum, one) => sum + of(one), 0)
}

function sumOf(values: readonly number[]): number {
  return total(values, value => value)
}

function meanOf(values: readonly number[]): number {
  return sumOf(values) / values.length
}

/** Of those that are known; null where none is. */
function sumKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter(value => value !== null)
  return known.length === 0 ? null : sumOf(known)
}

function highestOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b))
}
