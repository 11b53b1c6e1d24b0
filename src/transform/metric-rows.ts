import type { Labels, MetricRow } from '../domain/rows.js'
import type { MetricReading } from '../domain/samples.js'
import { compare, type Tally } from './tally.js'

interface Named {
  readonly key: string
  readonly labels: Labels
}

/** A label set is that of many hours and metrics, so each is looked at once. */
const named = new WeakMap<Labels, Named>()

/**
 * The exporter's own series of one window, by name and labels. Where readings have equal labels (replicas of one
 * series, of which only a label that is not kept told them apart) the one with the most samples is kept whole, so that
 * the figures of a row belong together, and the others are counted as rejects. NaN and infinities become null.
 */
export function metricRows(readings: readonly MetricReading[], tally: Tally): MetricRow[] {
  const best = new Map<string, MetricReading>()
  for (const reading of readings) {
    const key = `${reading.metric}\0${nameOf(reading.labels).key}`
    const known = best.get(key)
    if (known !== undefined) tally.reject('duplicate_series', reading.metric, reading)
    if (known === undefined || isBetter(reading, known)) best.set(key, reading)
  }
  return [...best].sort(([a], [b]) => compare(a, b)).map(([, reading]) => rowOf(reading))
}

/** Tells of metrics that were too much to be read; money does not depend on them. */
export function warnNotLanded(metrics: readonly string[], tally: Tally): void {
  if (metrics.length === 0) return
  const names = [...new Set(metrics)].sort(compare).join(', ')
  tally.warn(
    'metric_not_landed',
    `more than Thanos or the size limit allows, even of one namespace in one hour: ${names}`,
  )
}

function nameOf(labels: Labels): Named {
  const known = named.get(labels)
  if (known !== undefined) return known
  const sorted = [...labels].sort(([a], [b]) => compare(a, b))
  const key = sorted.map(([name, value]) => `${name}\0${value}\0`).join('')
  const isSorted = [...labels.keys()].every((name, i) => name === sorted[i]?.[0])
  const made = { key, labels: isSorted ? labels : new Map(sorted) }
  named.set(labels, made)
  return made
}

/** More samples, or else larger figures: whichever, but the same one in every order of coming. */
function isBetter(one: MetricReading, other: MetricReading): boolean {
  for (const figure of ['samples', 'avg', 'min', 'max', 'last', 'increase'] as const) {
    const [mine, its] = [rankOf(one[figure]), rankOf(other[figure])]
    if (mine !== its) return mine > its
  }
  return false
}

function rankOf(figure: number | undefined): number {
  return finite(figure) ?? Number.NEGATIVE_INFINITY
}

function rowOf({ metric, labels, samples, avg, min, max, last, increase }: MetricReading): MetricRow {
  return {
    metric,
    labels: nameOf(labels).labels,
    samples,
    avg: finite(avg),
    min: finite(min),
    max: finite(max),
    last: finite(last),
    increase: finite(increase),
  }
}

function finite(figure: number | undefined): number | null {
  return figure !== undefined && Number.isFinite(figure) ? figure : null
}
