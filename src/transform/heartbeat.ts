import { type FactName, label, PACED_FACTS } from '../domain/samples.js'
import { HOUR_SECONDS } from '../domain/window.js'
import { type Hour, readingsOf } from './hour.js'
import { compare } from './tally.js'

/** Series of the cost exporter itself, whose pace money depends on: any of them present means that the cluster was measured. */
const HEARTBEATS: readonly FactName[] = ['nodeSamples', 'heartbeat', 'containerSamples']

/** Why the window can't be timed, in words; undefined: every job that money depends on has a known interval. */
export function jobWithoutInterval(hour: Hour): string | undefined {
  for (const fact of HEARTBEATS) {
    const lost = readingsOf(hour, fact).find(
      ({ series }) => hour.interval(label(series, 'job')) === undefined,
    )
    if (lost) return `the sample interval of job "${label(lost.series, 'job')}" could not be found`
  }
  return undefined
}

/** Essential metrics that are absent though the cluster was there. A single unpriced node is no absence. */
export function missingSeries(hour: Hour): string[] {
  if (!HEARTBEATS.some(fact => readingsOf(hour, fact).length > 0)) return []
  const has = (fact: FactName) => readingsOf(hour, fact).length > 0
  const missing: string[] = []
  if (!has('nodeCpuPrice')) missing.push('node_cpu_hourly_cost')
  if (!has('nodeRamPrice')) missing.push('node_ram_hourly_cost')
  if (!has('nodeCpuCapacity')) missing.push('kube_node_status_capacity (cpu)')
  if (!has('nodeRamCapacity')) missing.push('kube_node_status_capacity (memory)')
  const runsContainers =
    has('containerSamples') ||
    has('ramAllocated') ||
    has('ramUsed') ||
    has('cpuUsedCounter') ||
    has('cpuRequested')
  if (runsContainers && !has('containerSamples')) missing.push('container_cpu_allocation')
  if (runsContainers && !has('ramAllocated')) missing.push('container_memory_allocation_bytes')
  return missing
}

export interface Heartbeat {
  readonly coverage: number
  readonly seen: number
  readonly expected: number
  readonly intervals: Readonly<Record<string, number>>
}

/** The longest-seen series of the cost exporter tells for how much of the hour the cluster was measured. */
export function heartbeatOf(hour: Hour): Heartbeat {
  let best = { coverage: 0, seen: 0, expected: 0 }
  for (const fact of HEARTBEATS) {
    for (const { series, value } of readingsOf(hour, fact)) {
      const interval = hour.interval(label(series, 'job')) ?? 0
      const coverage = Math.min(1, (value * interval) / HOUR_SECONDS)
      if (coverage > best.coverage)
        best = { coverage, seen: value, expected: Math.round(HOUR_SECONDS / interval) }
    }
  }
  const jobs = new Set(
    PACED_FACTS.flatMap(fact => readingsOf(hour, fact).map(({ series }) => label(series, 'job'))),
  )
  const intervals = Object.fromEntries(
    [...jobs]
      .sort(compare)
      .map(job => [job, hour.interval(job)])
      .filter(([, seconds]) => seconds !== undefined),
  )
  return { ...best, intervals }
}
