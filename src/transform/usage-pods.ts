import { GIB } from '../domain/units.js'
import type { CpuPace, PublishedContainer } from '../domain/usage-samples.js'
import type { Tally } from './tally.js'
import {
  byContainer,
  containerKey,
  type UsageReading,
  type UsageReadings,
  valuesByContainer,
} from './usage-readings.js'

/** A container of a pod in one window: its costs and what was read of it. null = not measured, or unknown. */
export interface PodUsage {
  readonly pod: string
  readonly namespace: string
  readonly container: string
  readonly controllerKind: string
  readonly controller: string
  readonly seconds: number
  readonly costs: readonly PublishedContainer[]
  /** Cores, in order of time. */
  readonly cpu: readonly number[]
  /** Bytes. */
  readonly ramPeak: number | null
  /** Of what was read here; costs may know better. */
  readonly ramMean: number | null
  readonly cpuRequest: number | null
  readonly ramRequest: number | null
  readonly cpuLimit: number | null
  readonly ramLimit: number | null
  readonly restarts: number | null
  readonly isToldOom: boolean
  readonly cpuPeriods: number | null
  readonly cpuThrottledPeriods: number | null
}

/** What no container can use: cores and bytes. */
export interface Bounds {
  readonly cores: number
  readonly bytes: number
}

const NANO = 1e9
const CPU_METRIC = {
  counter: 'container_cpu_usage_seconds_total',
  rule: 'kubecost_container_cpu_usage_irate',
} as const
const RAM_METRIC = 'container_memory_working_set_bytes'

/**
 * The containers of a window's costs with what was read of each, in order of their names. What was read of others, and
 * what no container can use, is counted as rejected and enters nothing.
 */
export function podsOf(
  costs: readonly PublishedContainer[],
  readings: UsageReadings,
  pace: CpuPace | undefined,
  bounds: Bounds,
  tally: Tally,
): PodUsage[] {
  const groups = new Map<string, PublishedContainer[]>()
  for (const cost of costs) {
    const key = containerKey(cost)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [cost])
    else group.push(cost)
  }
  const cpuMetric = CPU_METRIC[pace?.source ?? 'counter']
  const cpu = accepted(byContainer(readings, 'cpuPoints'), groups, bounds.cores, cpuMetric, tally)
  const ram = accepted(byContainer(readings, 'ramPeak'), groups, bounds.bytes, RAM_METRIC, tally)
  const facts = factsOf(readings)
  const means = valuesByContainer(readings, 'ramMean')
  return [...groups.keys()].sort().map(key => ({
    ...identityOf(groups.get(key) ?? []),
    cpu: cpu.get(key) ?? [],
    ramPeak: highest(ram.get(key)),
    // No mean is above its peak: one of what was rejected as a peak is none either.
    ramMean: ram.has(key) ? (means?.get(key) ?? null) : null,
    ...facts(key),
  }))
}

/** Values that can be true, in order of time. */
function accepted(
  found: ReadonlyMap<string, readonly UsageReading[]>,
  known: ReadonlyMap<string, unknown>,
  bound: number,
  metric: string,
  tally: Tally,
): Map<string, number[]> {
  const values = new Map<string, number[]>()
  for (const [key, readings] of found) {
    const own: number[] = []
    for (const { series, value } of [...readings].sort((a, b) => a.time - b.time)) {
      if (!known.has(key)) tally.reject('usage_without_allocation', metric, series)
      else if (!(value >= 0 && value <= bound)) tally.reject('impossible_usage', metric, series)
      else own.push(value)
    }
    if (own.length > 0) values.set(key, own)
  }
  return values
}

/** The container's parts on several nodes as one, of the workload that it was longest of. */
function identityOf(costs: readonly PublishedContainer[]) {
  const [first] = costs
  if (first === undefined) throw new RangeError('a container without costs')
  const longest = costs.reduce((best, cost) => (cost.minutes > best.minutes ? cost : best), first)
  const { namespace, pod, container, controllerKind, controller } = longest
  const seconds = costs.reduce((sum, { minutes }) => sum + minutes * 60, 0)
  const cpuRequest = perHour(costs, seconds, cost => cost.cpuCoreRequestHours)
  const ramRequest = perHour(costs, seconds, cost => cost.ramGibRequestHours)
  return {
    ...{ namespace, pod, container, controllerKind, controller, seconds, costs },
    cpuRequest: cpuRequest === null ? null : Math.round(cpuRequest * NANO) / NANO,
    ramRequest: ramRequest === null ? null : Math.round(ramRequest * GIB),
  }
}

/** What was asked for while the container ran; a request of nothing is none. */
function perHour(
  costs: readonly PublishedContainer[],
  seconds: number,
  hoursOf: (cost: PublishedContainer) => number | null,
): number | null {
  const hours = costs.reduce((sum, cost) => sum + (hoursOf(cost) ?? 0), 0)
  return hours > 0 && seconds > 0 ? hours / (seconds / 3600) : null
}

function factsOf(readings: UsageReadings) {
  const cpuLimit = valuesByContainer(readings, 'cpuLimit')
  const ramLimit = valuesByContainer(readings, 'ramLimit')
  const restarts = valuesByContainer(readings, 'restarts')
  const oom = valuesByContainer(readings, 'oomTold')
  const periods = valuesByContainer(readings, 'cpuPeriods')
  const throttled = valuesByContainer(readings, 'cpuThrottledPeriods')
  return (key: string) => ({
    cpuLimit: positive(cpuLimit?.get(key), NANO),
    ramLimit: positive(ramLimit?.get(key), 1),
    // Stretched to the edges of the hour, it is seldom a whole number.
    restarts: restarts === undefined ? null : Math.round(restarts.get(key) ?? 0),
    isToldOom: (oom?.get(key) ?? 0) > 0,
    cpuPeriods: periods?.get(key) ?? null,
    cpuThrottledPeriods: throttled?.get(key) ?? null,
  })
}

/** Rounded to a part of the unit; null for none. */
function positive(value: number | undefined, parts: number): number | null {
  return value === undefined || value <= 0 ? null : Math.round(value * parts) / parts
}

function highest(values: readonly number[] | undefined): number | null {
  return values === undefined ? null : Math.max(...values)
}
