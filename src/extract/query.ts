import { label, type Series } from '../domain/samples.js'
import { equals, oneOf } from '../thanos/promql.js'

/**
 * How the queries of a batch are written. Each is a range query at `step=3600`, unless it says otherwise, that gives one
 * point per series and hour; the point at H+1h speaks of the samples in `[H, H+1h)`, because every range is
 * `[1h] offset 1ms`: exactly the half-open window on engines with closed ranges (Prometheus < 3, Thanos < 0.38) and
 * left-open ones alike.
 *
 * Sums are sums of samples and are multiplied by the sample interval of their job later (`intervals.ts`); averages
 * are used only for what is a level (a price, a capacity, a request). `max by (… uid)` or `(… id)` inside the sum
 * folds the same series arriving from several sources and keeps two lives of one pod name apart.
 */
export interface CatalogueQuery {
  readonly metric: string
  /** Names under which others tell the same fact, where the expression looks for them too. */
  readonly otherNames?: readonly string[]
  readonly purpose: string
  /** Unit of the answer's values. */
  readonly unit: string
  /** The labels of the answer beside the tenant label and `cluster_id`; undefined: all that the series has. */
  readonly labels?: readonly string[]
  /** How series that turn out to be one are put together: counts and sums add up, levels don't. */
  readonly merge: 'sum' | 'max'
  /** Large families can be asked namespace by namespace when an answer is too big. */
  readonly shardLabel?: 'namespace'
  /** Seconds between points, a part of an hour; an hour unless told. */
  readonly stepSeconds?: number
  /** `matchers` is the inside of the braces: tenant, cluster and, when sharded, a namespace matcher. */
  readonly expression: (matchers: string, identity: string) => string
}

export const RANGE = '[1h] offset 1ms'
export const REAL_CONTAINER = 'container!="",container!="POD"'

/** Labels that a scrape without `honor_labels` moves out of the way; the moved ones are the true ones. */
const MOVABLE = new Set(['namespace', 'pod', 'container', 'node', 'instance', 'service'])

/** These labels, and where they may have been moved to. */
export function withMoved(labels: readonly string[]): string[] {
  return [...labels, ...labels.filter(name => MOVABLE.has(name)).map(name => `exported_${name}`)]
}

/** A label's value wherever a scrape put it, of a series as the source names it. */
export function trueLabel(series: Pick<Series, 'labels'>, name: string): string {
  return label(series, `exported_${name}`) || label(series, name)
}

/** What follows the identity labels in a `by (…)`: the labels, and where they may have been moved to. */
export function grouping(labels: readonly string[]): string {
  return withMoved(labels)
    .map(name => `,${name}`)
    .join('')
}

/** The matcher of a query's series by name, under whichever of its names they come. */
export function nameMatcher({
  metric,
  otherNames = [],
}: Pick<CatalogueQuery, 'metric' | 'otherNames'>): string {
  return otherNames.length === 0 ? equals('__name__', metric) : oneOf('__name__', [metric, ...otherNames])
}

type Expression = CatalogueQuery['expression']

/** Per life (`uid`, `id`) the fullest source, and the lives added up. */
export function sumOfLives(
  fn: string,
  metric: string,
  extra: string,
  labels: readonly string[],
  life: string,
): Expression {
  const by = grouping(labels)
  return (matchers, identity) =>
    `sum by (${identity}${by}) (max by (${identity}${by},${life}) (${fn}(${metric}{${matchers},${extra}}${RANGE})))`
}

export function averageBy(metric: string, extra: string, labels: readonly string[]): Expression {
  return (matchers, identity) =>
    `avg by (${identity}${grouping(labels)}) (avg_over_time(${metric}{${matchers}${extra}}${RANGE}))`
}

export function maxBy(
  fn: string,
  metric: string,
  extra: string,
  labels: readonly string[],
  range = RANGE,
): Expression {
  return (matchers, identity) =>
    `max by (${identity}${grouping(labels)}) (${fn}(${metric}{${matchers}${extra}}${range}))`
}

/** How many samples each series has, with all of its labels. */
export function counted(metric: string): Expression {
  return matchers => `count_over_time(${metric}{${matchers}}${RANGE})`
}

/** Several forms of one fact: where the first has a series the others are not looked at. */
export function firstOf(...forms: readonly Expression[]): Expression {
  return (matchers, identity) => forms.map(form => form(matchers, identity)).join(' or ')
}

/** Only what is above zero, where nearly all series are zero. */
export function aboveZero(form: Expression): Expression {
  return (matchers, identity) => `${form(matchers, identity)} > 0`
}
