import { label } from '../domain/samples.js'
import { GIB } from '../domain/units.js'
import { HOUR_SECONDS } from '../domain/window.js'
import { containerKey, type Hour, type Reading, readingsOf } from './hour.js'

/** A container on a node, and for how long: all that usage has to know of it. */
export interface RunningContainer {
  /** As `containerKey` makes it: what usage series know it by. */
  readonly key: string
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly node: string
  /** At most 1. */
  readonly hours: number
}

/** Used core-hours and GiB-hours per container row; null = not measured. */
export interface UsedHours {
  readonly cpu: (container: RunningContainer) => number | null
  readonly ram: (container: RunningContainer) => number | null
}

/** What one job saw a container use: per node where the series says, else in one sum. */
interface Usage {
  readonly byNode: Map<string, number>
  nowhere: number
  total: number
}

/**
 * CPU use is the recording rule's mean × running time where the rule exists (it holds for pods of a few minutes), else
 * the counters' increase. Memory use is the sum of working-set samples × the interval of their job.
 */
export function usedHours(hour: Hour, containers: readonly RunningContainer[]): UsedHours {
  const rows = rowsByContainer(containers)
  const rule = ruleMeans(hour)
  const counters = usageByContainer(hour, 'cpuUsedCounter', rows, () => 1 / HOUR_SECONDS)
  const memory = usageByContainer(
    hour,
    'ramUsed',
    rows,
    job => (hour.interval(job) ?? Number.NaN) / HOUR_SECONDS / GIB,
  )
  return {
    cpu: container => {
      const mean = rule.get(container.key)
      return mean === undefined ? share(counters, container, rows) : mean * container.hours
    },
    ram: container => share(memory, container, rows),
  }
}

type Rows = ReadonlyMap<string, readonly RunningContainer[]>

function rowsByContainer(containers: readonly RunningContainer[]): Rows {
  const rows = new Map<string, RunningContainer[]>()
  for (const container of containers) {
    const list = rows.get(container.key)
    if (list) list.push(container)
    else rows.set(container.key, [container])
  }
  return rows
}

function ruleMeans(hour: Hour): Map<string, number> {
  const means = new Map<string, number>()
  for (const reading of readingsOf(hour, 'cpuUsedRule')) {
    if (Number.isFinite(reading.value) && reading.value >= 0)
      means.set(containerKey(reading.series), reading.value)
  }
  return means
}

/** Per container the job that saw most of it: two scrapes of one cAdvisor are one use. */
function usageByContainer(
  hour: Hour,
  fact: 'cpuUsedCounter' | 'ramUsed',
  rows: Rows,
  scale: (job: string) => number,
): Map<string, Usage> {
  const byContainer = new Map<string, Map<string, Usage>>()
  for (const reading of readingsOf(hour, fact)) {
    const job = label(reading.series, 'job')
    const amount = reading.value * scale(job)
    if (!Number.isFinite(amount) || amount < 0) continue
    const key = containerKey(reading.series)
    const usage = usageOf(byContainer, key, job)
    const node = nodeOf(reading, rows.get(key) ?? [])
    if (node === undefined) usage.nowhere += amount
    else usage.byNode.set(node, (usage.byNode.get(node) ?? 0) + amount)
    usage.total += amount
  }
  const most = (jobs: Map<string, Usage>) =>
    [...jobs.values()].reduce((best, usage) => (usage.total > best.total ? usage : best))
  return new Map([...byContainer].map(([key, jobs]) => [key, most(jobs)]))
}

function usageOf(byContainer: Map<string, Map<string, Usage>>, key: string, job: string): Usage {
  let jobs = byContainer.get(key)
  if (!jobs) {
    jobs = new Map()
    byContainer.set(key, jobs)
  }
  let usage = jobs.get(job)
  if (!usage) {
    usage = { byNode: new Map(), nowhere: 0, total: 0 }
    jobs.set(job, usage)
  }
  return usage
}

/** The node a usage series speaks of, if it is one of those that the container ran on. */
function nodeOf({ series }: Reading, rows: readonly RunningContainer[]): string | undefined {
  const node = label(series, 'node')
  const instance = label(series, 'instance')
  return rows.find(row => row.node === node || row.node === instance)?.node
}

function share(usages: ReadonlyMap<string, Usage>, container: RunningContainer, rows: Rows): number | null {
  const usage = usages.get(container.key)
  if (!usage) return null
  const siblings = rows.get(container.key) ?? [container]
  const hours = siblings.reduce((sum, row) => sum + row.hours, 0)
  const unplaced = hours === 0 ? 0 : (usage.nowhere * container.hours) / hours
  return (usage.byNode.get(container.node) ?? 0) + unplaced
}
