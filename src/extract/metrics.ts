import type { MetricReading } from '../domain/samples.js'
import { type Window, windowEnd } from '../domain/window.js'
import { askHours, isBeyondLimits, type Source, sourceMatchers } from './ask.js'
import { type LabelPool, MetricTable, metricQuery, questionsAfter } from './metrics-readings.js'
import type { Mended } from './normalise.js'

/** Told of what an operator has to know about the reading of the exporter's own series. */
export interface MetricReport {
  /** A metric of which one namespace in one hour is more than Thanos, or the size limit, allows. */
  notLanded(metric: string, window: Window): void
  /** Added to where characters of a label had to be replaced. */
  readonly mended: Mended
}

/** Every series of the cost exporter, its recording rules and its network component; whichever there are. */
const OWN_SERIES = '__name__=~"kubecost_.+"'
/** Names read at once. An answer is held while it is taken apart, so few; with one, Thanos would be idle meanwhile. */
const LANES = 2
/** Names that may run out of time before the rest is given up: the windows of the money are not to wait for them. */
const MOST_TIMEOUTS = 2

interface Reading {
  readonly source: Source
  readonly windows: readonly Window[]
  readonly report: MetricReport
  readonly pool: LabelPool
  timeouts: number
}

/**
 * What the exporter's own series said in each of the windows, all of them between `first` and `last`. The names are
 * those that Thanos has for the cluster. What is too much even for one namespace and one hour is reported and left
 * out; everything else that goes wrong is thrown, as for the facts that money is made of.
 */
export async function readMetrics(
  source: Source,
  first: Window,
  last: Window,
  windows: readonly Window[],
  report: MetricReport,
): Promise<ReadonlyMap<Window, readonly MetricReading[]>> {
  const names = await metricNames(source, first, last)
  const reading: Reading = { source, windows, report, pool: new Map(), timeouts: 0 }
  const byName = new Map<string, ReadonlyMap<Window, readonly MetricReading[]>[]>()
  const rest = names.values()
  const lane = async () => {
    for (const name of rest) byName.set(name, await readName(reading, name, first, last))
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  // In the order of the names, not of the answers: the same source is to give the same bytes.
  const parts = names.flatMap(name => byName.get(name) ?? [])
  return new Map(windows.map(window => [window, parts.flatMap(part => part.get(window) ?? [])]))
}

/** Names without any sample in the windows may be among them, as stores know their names by blocks of hours. */
async function metricNames(source: Source, first: Window, last: Window): Promise<string[]> {
  const names = await source.client.labelValues({
    account: source.account,
    label: '__name__',
    matchers: `${OWN_SERIES},${sourceMatchers(source)}`,
    start: first,
    end: windowEnd(last),
    ...(source.signal ? { signal: source.signal } : {}),
  })
  return [...names].sort()
}

/** One metric; where it is too much in one of several hours, hour by hour, to lose that hour only. */
async function readName(
  reading: Reading,
  name: string,
  first: Window,
  last: Window,
): Promise<ReadonlyMap<Window, readonly MetricReading[]>[]> {
  const { source, report, pool } = reading
  const windows = reading.windows.filter(window => window >= first && window <= last)
  const giveUp = (): [] => {
    for (const window of windows) report.notLanded(name, window)
    return []
  }
  if (reading.timeouts >= MOST_TIMEOUTS) return giveUp()
  try {
    const table = new MetricTable({ source, metric: name, windows, pool, mended: report.mended })
    const samples = await askHours(source, metricQuery(name, ['samples']), first, last)
    table.add(samples)
    for (const statistics of questionsAfter(samples, name))
      table.add(await askHours(source, metricQuery(name, statistics), first, last))
    return [table.readings()]
  } catch (error) {
    if (!isBeyondLimits(error)) throw error
    if (error.code === 'THANOS_TIMEOUT') reading.timeouts++
    // What took too long in one hour is not asked for in 23 others: each would take as long.
    if (error.code === 'THANOS_TIMEOUT' || first === last) return giveUp()
  }
  const parts: ReadonlyMap<Window, readonly MetricReading[]>[] = []
  for (const window of windows) parts.push(...(await readName(reading, name, window, window)))
  return parts
}
