import type { NodeRow } from '../domain/rows.js'
import { label } from '../domain/samples.js'
import { GIB } from '../domain/units.js'
import { HOUR_SECONDS } from '../domain/window.js'
import { isFuller } from './fuller.js'
import type { GpuHours } from './gpus.js'
import { containerKey, containerOnNodeKey, type Hour, type Reading, readingsOf } from './hour.js'
import type { Tally } from './tally.js'
import { type RunningContainer, usedHours } from './used.js'

/** Quantities of one container on one node in one window, before any price. Hours are core-hours and GiB-hours. */
export interface ContainerHours extends RunningContainer {
  readonly cpuAllocated: number
  readonly ramAllocated: number
  readonly cpuRequested: number | null
  readonly ramRequested: number | null
  /** GPU-hours; null: not known. */
  readonly gpuHours: number | null
  /** The job whose samples these are. */
  readonly job: string
  /** As `containerOnNodeKey` makes it. */
  readonly onNode: string
  cpuUsed: number | null
  ramUsed: number | null
}

/** Sums of one job's samples about one container on one node. */
interface Sums {
  readonly reading: Reading
  samples: number
  cpu: number | undefined
  ram: number | undefined
}

/**
 * Container-hours of one window. Running time and allocation come from the same series: samples × the interval of
 * their job. A request counts for as long as the container ran, whatever the exporter says after it ended.
 */
export function containerHours(
  hour: Hour,
  nodes: readonly NodeRow[],
  gpuHours: GpuHours,
  tally: Tally,
): ContainerHours[] {
  const limits = limitsOf(nodes)
  const requested = {
    cpu: byContainerOnNode(hour, 'cpuRequested'),
    ram: byContainerOnNode(hour, 'ramRequested'),
  }
  const containers: ContainerHours[] = []
  for (const [key, { sums, seconds }] of bestSource(hour, tally)) {
    const believed = withinLimits(sums, limits, tally)
    const most = limits(label(sums.reading.series, 'node'))
    const container = measure(key, believed, seconds, most, requested, tally)
    if (container) containers.push({ ...container, gpuHours: gpuHours(key, container.job, container.hours) })
  }
  assignUsed(hour, containers)
  return containers
}

/** Per container and node the job that saw it longest, so that a second scrape of the same series adds nothing. */
function bestSource(hour: Hour, tally: Tally): Map<string, { sums: Sums; seconds: number }> {
  const best = new Map<string, { sums: Sums; seconds: number }>()
  for (const [key, jobs] of sumsByJob(hour, tally)) {
    for (const sums of jobs) {
      const seconds = hour.interval(label(sums.reading.series, 'job')) ?? 0
      const known = best.get(key)
      const isMore = known && isFuller({ ...sums, seconds }, { ...known.sums, seconds: known.seconds })
      if (!known || isMore) best.set(key, { sums, seconds })
    }
  }
  return best
}

function sumsByJob(hour: Hour, tally: Tally): Map<string, Sums[]> {
  const all = new Map<string, Sums[]>()
  for (const reading of readingsOf(hour, 'containerSamples')) {
    const sums: Sums = { reading, samples: reading.value, cpu: undefined, ram: undefined }
    const jobs = all.get(containerOnNodeKey(reading.series))
    if (jobs) jobs.push(sums)
    else all.set(containerOnNodeKey(reading.series), [sums])
  }
  const sumsOf = ({ series }: Reading) =>
    all
      .get(containerOnNodeKey(series))
      ?.find(sums => label(sums.reading.series, 'job') === label(series, 'job'))
  for (const reading of readingsOf(hour, 'cpuAllocated')) {
    const sums = sumsOf(reading)
    if (sums) sums.cpu = reading.value
  }
  for (const reading of readingsOf(hour, 'ramAllocated')) {
    const sums = sumsOf(reading)
    if (sums) sums.ram = reading.value
    else if (!all.has(containerOnNodeKey(reading.series))) {
      tally.reject('cpu_allocation_absent', 'container_cpu_allocation', reading.series)
      tally.warn(
        'allocation_missing',
        'containers without a usable allocation were left out; see the rejects',
      )
    }
  }
  return all
}

interface Limits {
  readonly cpuCores: number
  readonly ramBytes: number
}

/** Beyond these no container is believed, unless its node is as large as that. */
const MOST: Limits = { cpuCores: 512, ramBytes: 32 * 2 ** 40 }

function limitsOf(nodes: readonly NodeRow[]): (node: string) => Limits {
  const capacities = new Map(nodes.map(row => [row.node, row]))
  return node => {
    const capacity = capacities.get(node)
    return {
      cpuCores: Math.max(MOST.cpuCores, 2 * (capacity?.cpuCores ?? 0)),
      ramBytes: Math.max(MOST.ramBytes, 2 * (capacity?.ramGib ?? 0) * GIB),
    }
  }
}

/** An allocation that no machine could hold is left out, so that the request stands in for it. */
function withinLimits(sums: Sums, limits: (node: string) => Limits, tally: Tally): Sums {
  const { series } = sums.reading
  const { cpuCores, ramBytes } = limits(label(series, 'node'))
  const believed = (sum: number | undefined, most: number, metric: string): number | undefined => {
    if (sum === undefined) tally.reject('allocation_absent', metric, series)
    else if (!(sum >= 0 && Number.isFinite(sum))) tally.reject('allocation_not_a_number', metric, series)
    else if (sum / sums.samples > most) tally.reject('impossible_allocation', metric, series)
    else return sum
    return undefined
  }
  const cpu = believed(sums.cpu, cpuCores, 'container_cpu_allocation')
  const ram = believed(sums.ram, ramBytes, 'container_memory_allocation_bytes')
  return { ...sums, cpu, ram }
}

function byContainerOnNode(hour: Hour, fact: 'cpuRequested' | 'ramRequested'): Map<string, Reading> {
  return new Map(readingsOf(hour, fact).map(reading => [containerOnNodeKey(reading.series), reading]))
}

function measure(
  key: string,
  sums: Sums,
  seconds: number,
  most: Limits,
  requested: { cpu: Map<string, Reading>; ram: Map<string, Reading> },
  tally: Tally,
): Omit<ContainerHours, 'gpuHours'> | undefined {
  const { series } = sums.reading
  const hours = Math.min(1, (sums.samples * seconds) / HOUR_SECONDS)
  const perHour = seconds / HOUR_SECONDS
  const cpuRequested = requestHours(requested.cpu.get(key), hours, 1, most.cpuCores, tally)
  const ramRequested = requestHours(requested.ram.get(key), hours, GIB, most.ramBytes, tally)
  const cpuAllocated = allocated(sums.cpu, perHour, cpuRequested)
  const ramAllocated = allocated(sums.ram, perHour / GIB, ramRequested)
  if (cpuAllocated === undefined || ramAllocated === undefined) {
    tally.warn('allocation_missing', 'containers without a usable allocation were left out; see the rejects')
    return undefined
  }
  if (sums.cpu === undefined || sums.ram === undefined)
    tally.warn('allocation_estimated', 'requests stand in for allocations that cannot be; see the rejects')
  return {
    key: containerKey(series),
    job: label(series, 'job'),
    onNode: key,
    namespace: label(series, 'namespace'),
    pod: label(series, 'pod'),
    container: label(series, 'container'),
    node: label(series, 'node'),
    hours,
    cpuAllocated,
    ramAllocated,
    cpuRequested,
    ramRequested,
    cpuUsed: null,
    ramUsed: null,
  }
}

/** The larger of what the samples say and what was reserved; a broken sum leaves the reservation. */
function allocated(sum: number | undefined, scale: number, requested: number | null): number | undefined {
  return sum === undefined ? (requested ?? undefined) : Math.max(sum * scale, requested ?? 0)
}

function requestHours(
  reading: Reading | undefined,
  hours: number,
  unit: number,
  most: number,
  tally: Tally,
): number | null {
  if (!reading) return null
  if (reading.value >= 0 && reading.value <= most) return (reading.value / unit) * hours
  tally.reject('impossible_request', 'kube_pod_container_resource_requests', reading.series)
  return null
}

/** Usage series know the pod, not always the node: a pod seen on several nodes shares what names none by running time. */
function assignUsed(hour: Hour, containers: readonly ContainerHours[]): void {
  const used = usedHours(hour, containers)
  for (const container of containers) {
    container.cpuUsed = used.cpu(container)
    container.ramUsed = used.ram(container)
  }
}
