import { label } from '../domain/samples.js'
import { HOUR_SECONDS } from '../domain/window.js'
import { containerOnNodeKey, type Hour, readingsOf } from './hour.js'
import type { Tally } from './tally.js'

/** No container has more. */
const MOST_GPUS = 256

/** GPU-hours of a container on a node while it ran so many hours; null: not known. */
export type GpuHours = (containerOnNode: string, job: string, hours: number) => number | null

/**
 * GPUs are charged as reserved. The exporter's own series comes first; where it has none the request × running time
 * serves, and where nothing tells of GPUs though machines have some, nothing is known.
 */
export function gpuHours(hour: Hour, hasGpuNodes: boolean, tally: Tally): GpuHours {
  const isTold = readingsOf(hour, 'gpuSeries').length > 0
  const requested = new Map<string, number>()
  for (const { series, value } of readingsOf(hour, 'gpuRequested')) {
    if (value >= 0 && value <= MOST_GPUS) requested.set(containerOnNodeKey(series), value)
    else tally.reject('impossible_request', 'kube_pod_container_resource_requests', series)
  }
  if (!isTold && requested.size === 0) {
    if (!hasGpuNodes) return () => 0
    tally.warn('gpu_not_collected', 'machines have GPUs, but container_gpu_allocation is absent')
    return () => null
  }
  if (!isTold) return (key, _job, hours) => (requested.get(key) ?? 0) * hours
  const { allocated, refused } = allocatedByJob(hour, tally)
  return (key, job, hours) => {
    if (!refused.has(`${key}\0${job}`)) return allocated.get(key)?.get(job) ?? 0
    const gpus = requested.get(key)
    return gpus === undefined ? null : gpus * hours
  }
}

function allocatedByJob(
  hour: Hour,
  tally: Tally,
): { allocated: Map<string, Map<string, number>>; refused: Set<string> } {
  const refused = new Set<string>()
  const allocated = new Map<string, Map<string, number>>()
  for (const { series, value } of readingsOf(hour, 'gpuAllocated')) {
    const job = label(series, 'job')
    const hours = (value * (hour.interval(job) ?? Number.NaN)) / HOUR_SECONDS
    if (!(hours >= 0 && hours <= MOST_GPUS)) {
      tally.reject('impossible_allocation', 'container_gpu_allocation', series)
      tally.warn('gpu_not_measured', 'GPUs of containers that cannot be were left out; see the rejects')
      refused.add(`${containerOnNodeKey(series)}\0${job}`)
      continue
    }
    const key = containerOnNodeKey(series)
    const jobs = allocated.get(key) ?? new Map<string, number>()
    allocated.set(key, jobs)
    jobs.set(job, (jobs.get(job) ?? 0) + hours)
  }
  return { allocated, refused }
}
