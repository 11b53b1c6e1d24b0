import type { MetricReading, Series } from '../domain/samples.js'
import { formatWindow, type Window, windowEnd } from '../domain/window.js'
import { NamedError } from '../errors.js'
import { labelKey } from '../thanos/labels.js'
import { equals } from '../thanos/promql.js'
import type { Source } from './ask.js'
import { type Mended, readableLabels } from './normalise.js'
import type { CatalogueQuery } from './query.js'
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

/** Points per statistic from which on each is asked for alone: an answer of this many is about a megabyte. */
const MANY_POINTS = 20_000

/**
 * The statistics of a metric that are still to be asked for when the numbers of samples are known, question by
 * question. One question is enough for most; a metric with very many series is not to be held six times at once.
 */
export function questionsAfter(samples: readonly Series[], metric: string): Statistic[][] {
  const points = samples.reduce((sum, series) => sum + series.times.length, 0)
  if (points === 0) return []
  const rest = ALL.filter(one => one !== 'samples' && (one !== 'increase' || isCounter(metric)))
  return points < MANY_POINTS ? [rest] : rest.map(one => [one])
}

/** Statistics of one metric in one question, tagged, because functions drop the name and nothing else differs. */
export function metricQuery(metric: string, statistics: readonly Statistic[]): CatalogueQuery {
  return {
    metric,
    purpose: 'what each series of the exporter said in the hour',
    unit: 'of the metric; samples',
    labels: [TAG],
    merge: 'max',
    shardLabel: 'namespace',
    expression: matchers => {
      // A name in braces may be any; not every one that a sender may write can stand before them.
      const range = `{${equals('__name__', metric)},${matchers}}[1h] offset 1ms`
      return statistics
        .map(one => `label_replace(${STATISTICS[one]}(${range}),"${TAG}","${one}","","")`)
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

/** The statistics of the series of one metric, put together from several answers. */
export class MetricTable {
  readonly #taking: Taking
  readonly #windowByEnd: ReadonlyMap<number, number>
  readonly #found = new Map<string, Found>()

  constructor(taking: Taking) {
    this.#taking = taking
    this.#windowByEnd = new Map(taking.windows.map((window, i) => [windowEnd(window), i]))
  }

  /** Throws THANOS_CONTRACT for an answer whose parts cannot be told apart. */
  add(answer: readonly Series[]): void {
    for (const series of answer) {
      const statistic = ALL.find(name => name === series.labels.get(TAG))
      if (statistic === undefined) throw untagged(this.#taking)
      const { table } = this.#foundOf(series)
      for (let i = 0; i < series.times.length; i++) {
        const window = this.#windowByEnd.get(series.times[i] ?? 0)
        if (window !== undefined) table[positionOf(statistic, window)] = series.values[i] ?? Number.NaN
      }
    }
  }

  #foundOf({ labels }: Series): Found {
    const own = new Map(labels)
    own.delete(TAG)
    // Of all the functions only last_over_time keeps it.
    own.delete('__name__')
    const key = labelKey(own)
    const known = this.#found.get(key)
    if (known !== undefined) return known
    const table = new Float64Array(this.#taking.windows.length * ALL.length).fill(Number.NaN)
    const one = { labels: pooled(own, this.#taking), table }
    this.#found.set(key, one)
    return one
  }

  /**
   * One reading per series and hour. Series that only a replica label tells apart stay two readings with equal labels.
   * Throws SOURCE_INCOMPLETE where a figure of samples is known but not their number: between the answers the source
   * changed.
   */
  readings(): Map<Window, MetricReading[]> {
    const { windows } = this.#taking
    const readings = new Map<Window, MetricReading[]>(windows.map(window => [window, []]))
    for (const found of this.#found.values()) {
      windows.forEach((window, i) => {
        const reading = this.#readingOf(found, i)
        if (!Number.isNaN(reading.samples)) readings.get(window)?.push(reading)
        else if (hasFigure(reading)) throw contradiction(this.#taking, window)
      })
    }
    return readings
  }

  #readingOf({ labels, table }: Found, window: number): MetricReading {
    const { metric } = this.#taking
    const said = (statistic: Statistic) => table[positionOf(statistic, window)] ?? Number.NaN
    // Written out: what is spread into an object takes more memory.
    return {
      metric,
      labels,
      samples: said('samples'),
      avg: said('avg'),
      min: said('min'),
      max: said('max'),
      last: said('last'),
      increase: isCounter(metric) ? said('increase') : undefined,
    }
  }
}

function hasFigure({ avg, min, max, last }: MetricReading): boolean {
  return ![avg, min, max, last].every(Number.isNaN)
}

function positionOf(statistic: Statistic, window: number): number {
  return window * ALL.length + ALL.indexOf(statistic)
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
