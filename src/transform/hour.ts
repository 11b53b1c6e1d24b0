import type { ClusterBatch, FactName, MetricReading, RawName, Series } from '../domain/samples.js'
import { type Window, windowEnd } from '../domain/window.js'

/** One series' value in one window. */
export interface Reading {
  readonly series: Series
  readonly value: number
}

/** The readings of one window: what every rule of the cost model is given. */
export interface Hour {
  readonly window: Window
  readonly readings: ReadonlyMap<FactName, readonly Reading[]>
  /** Samples of what sums can't tell. */
  readonly raw: ReadonlyMap<RawName, readonly Series[]>
  /** The exporter's own series. */
  readonly metrics: readonly MetricReading[]
  /** Metrics of the exporter's own that were too much to be read. */
  readonly notLanded: readonly string[]
  /** Seconds between samples by job; undefined where it could not be found. */
  readonly interval: (job: string) => number | undefined
  /** Names and values that had to be changed to be stored: how many, by what was done. */
  readonly mended: ReadonlyMap<string, number>
  /** ISO 4217 code of the prices; undefined where nobody said. */
  readonly currency: string | undefined
  /** Metrics of which the query engine said that it left something out. */
  readonly flagged: ReadonlySet<string>
  /** Points of the answers that speak of this window. */
  readonly points: number
}

/**
 * A key that two series share exactly when they share the values of these labels. The rules ask every series for it
 * once per window, so each is made once.
 */
export function keyBy(...labels: readonly string[]): (series: Series) => string {
  const made = new WeakMap<Series, string>()
  return series => {
    let key = made.get(series)
    if (key === undefined) {
      key = labels.map(name => series.labels.get(name) ?? '').join('\0')
      made.set(series, key)
    }
    return key
  }
}

export const containerKey = keyBy('namespace', 'pod', 'container')
export const containerOnNodeKey = keyBy('namespace', 'pod', 'container', 'node')

/** Deals a batch's answers out to its windows in one pass. */
export function hoursOf(batch: ClusterBatch): Hour[] {
  const byEnd = new Map<number, Map<FactName, Reading[]>>(
    batch.windows.map(window => [windowEnd(window), new Map<FactName, Reading[]>()]),
  )
  for (const [fact, answers] of batch.facts) {
    for (const series of answers) {
      for (let i = 0; i < series.times.length; i++) {
        const readings = byEnd.get(series.times[i] as number)
        if (!readings) continue
        const reading = { series, value: series.values[i] as number }
        const list = readings.get(fact)
        if (list) list.push(reading)
        else readings.set(fact, [reading])
      }
    }
  }
  return batch.windows.map(window => hourOf(batch, window, byEnd.get(windowEnd(window)) ?? new Map()))
}

function hourOf(
  batch: ClusterBatch,
  window: Window,
  readings: ReadonlyMap<FactName, readonly Reading[]>,
): Hour {
  const intervals = batch.intervals.get(window)
  let points = 0
  for (const list of readings.values()) points += list.length
  const { flagged, mended, currency } = batch
  return {
    window,
    readings,
    raw: batch.raw.get(window) ?? new Map(),
    metrics: batch.metrics.get(window) ?? [],
    notLanded: batch.notLanded?.get(window) ?? [],
    interval: job => intervals?.get(job),
    mended,
    currency,
    flagged,
    points,
  }
}

export function readingsOf(hour: Hour, fact: FactName): readonly Reading[] {
  return hour.readings.get(fact) ?? []
}
