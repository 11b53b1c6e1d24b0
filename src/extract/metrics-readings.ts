import type { MetricReading, Series } from '../domain/samples.js'
import { formatWindow, type Window, windowEnd } from '../domain/window.js'
import { NamedError } from '../errors.js'
import { labelKey } from '../thanos/labels.js'
import { equals } from '../thanos/promql.js'
import type { Source } from './ask.js'
import type { CatalogueQuery } from './catalogue.js'
import { type Mended, readableLabels } from './normalise.js'
import { REPLICA_LABELS } from './replicas.js'

/** What is asked of a series in an hour, and by which function. */
const STATISTICS = {
  samples: 'count_over_time',
  avg: 'avg_over_time',
  min: 'min_over_time',
  max: 'max_over_time',
  last: 'last_over_time',
  increase: 'increase',
} as const

type Statistic = keyof typeof STATISTICS
const ALL = Object.keys(STATISTICS) as Statistic[]

/** Tells the statistics of one answer apart. No scraped label begins with two underscores. */
const TAG = '__stat__'

/**
 * Whether a metric only ever rises. By its name, because the type does not travel: remote writes carry samples, and the
 * metadata of what was written so is normally empty. `_ingestions` is how the aggregator ends its counters.
 */
function isCounter(metric: string): boolean {
  return /_(?:total|count|sum|bucket|ingestions)$/.test(metric)
}

/** All statistics of one metric in one question, tagged, because functions drop the name and nothing else differs. */
export function metricQuery(metric: string): CatalogueQuery {
  const wanted = ALL.filter(statistic => statistic !== 'increase' || isCounter(metric))
  return {
    metric,
    purpose: 'what each series of the exporter said in the hour',
    unit: 'of the metric; samples',
    labels: [TAG],
    shardLabel: 'namespace',
    expression: matchers => {
      // A name in braces may be any; not every one that a sender may write can stand before them.
      const range = `{${equals('__name__', metric)},${matchers}}[1h] offset 1ms`
      return wanted
        .map(statistic => `label_replace(${STATISTICS[statistic]}(${range}),"${TAG}","${statistic}","","")`)
        .join(' or ')
    },
  }
}

/** Label sets that are equal become one object: a series has the same in every hour, and often in another metric. */
export type LabelPool = Map<string, ReadonlyMap<string, string>>

interface Taking {
  readonly source: Source
  readonly metric: string
  readonly windows: readonly Window[]
  readonly pool: LabelPool
  readonly mended: Mended
}

interface Found {
  readonly labels: ReadonlyMap<string, string>
  /** One value per window and statistic, NaN where there is none. */
  readonly table: Float64Array
}

/**
 * Puts the statistics of each series and hour together again. Series that only a replica label tells apart stay two
 * readings with equal labels. Throws SOURCE_INCOMPLETE for an answer that knows a figure of samples but not their
 * number (between its parts the source changed) and THANOS_CONTRACT for one whose parts cannot be told apart.
 */
export function metricReadings(answer: readonly Series[], taking: Taking): Map<Window, MetricReading[]> {
  const { windows, metric } = taking
  const found = collected(answer, taking)
  const readings = new Map<Window, MetricReading[]>(windows.map(window => [window, []]))
  const counts = isCounter(metric)
  for (const { labels, table } of found) {
    windows.forEach((window, i) => {
      const said = (statistic: Statistic) => table[positionOf(statistic, i)] ?? Number.NaN
      const samples = said('samples')
      const figures = { avg: said('avg'), min: said('min'), max: said('max'), last: said('last') }
      const increase = counts ? said('increase') : undefined
      if (!Number.isNaN(samples))
        readings.get(window)?.push({ metric, labels, samples, ...figures, increase })
      else if (!Object.values(figures).every(Number.isNaN)) throw contradiction(taking, window)
    })
  }
  return readings
}

function positionOf(statistic: Statistic, window: number): number {
  return window * ALL.length + ALL.indexOf(statistic)
}

function collected(answer: readonly Series[], taking: Taking): Iterable<Found> {
  const indices = new Map(taking.windows.map((window, i) => [windowEnd(window), i]))
  const found = new Map<string, Found>()
  for (const series of answer) {
    const statistic = ALL.find(name => name === series.labels.get(TAG))
    if (statistic === undefined) throw untagged(taking)
    const { table } = foundOf(series, found, taking)
    for (let i = 0; i < series.times.length; i++) {
      const window = indices.get(series.times[i] ?? 0)
      if (window !== undefined) table[positionOf(statistic, window)] = series.values[i] ?? Number.NaN
    }
  }
  return found.values()
}

function foundOf({ labels }: Series, found: Map<string, Found>, taking: Taking): Found {
  const own = new Map(labels)
  own.delete(TAG)
  // Of all the functions only last_over_time keeps it.
  own.delete('__name__')
  const key = labelKey(own)
  const known = found.get(key)
  if (known !== undefined) return known
  const table = new Float64Array(taking.windows.length * ALL.length).fill(Number.NaN)
  const one = { labels: pooled(own, taking), table }
  found.set(key, one)
  return one
}

function pooled(labels: Map<string, string>, { source, pool, mended }: Taking): ReadonlyMap<string, string> {
  for (const name of [source.tenantLabel, 'cluster_id', ...REPLICA_LABELS]) labels.delete(name)
  const key = labelKey(labels)
  const known = pool.get(key)
  if (known !== undefined) return known
  const own = readableLabels(labels, mended)
  pool.set(key, own)
  return own
}

function contradiction(taking: Taking, window: Window): NamedError {
  const saw = `an answer about ${taking.metric} in ${formatWindow(window)} contradicts itself`
  return new NamedError(
    'SOURCE_INCOMPLETE',
    `${about(taking)}: ${saw}, nothing of it was used; it is asked again`,
  )
}

function untagged(taking: Taking): NamedError {
  const saw = `an answer about ${taking.metric} does not carry the label ${TAG} that it was asked for`
  return new NamedError(
    'THANOS_CONTRACT',
    `${about(taking)}: ${saw}, nothing of it was used; look at what rewrites the queries or answers of Thanos`,
  )
}

function about({ source }: Taking): string {
  return `account ${source.account.cloudAccountId}, cluster "${source.clusterId}"`
}
