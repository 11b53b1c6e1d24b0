import { sortByLabels } from './label-order.js'
import { aggregate, arithmetic, compare, scaled, union } from './promql-combine.js'
import type { Expr, OverTime, RangeExpr } from './promql-expr.js'
import { CURRENT_ENGINE, type EngineRules, fold, Samples } from './promql-fold.js'
import type { Matcher } from './promql-matchers.js'
import { parsePromql } from './promql-parse.js'
import { relabel } from './promql-relabel.js'
import {
  constantRow,
  emptyRow,
  isOneMetric,
  isPresent,
  type Row,
  refuseSameLabels,
  set,
  withoutName,
} from './promql-rows.js'
import { PromqlError } from './promql-text.js'
import { countSamples, eachSample, newestSample, type SeriesModel } from './series.js'
import type { SeriesStore } from './store.js'

/** Milliseconds. */
export interface Steps {
  readonly start: number
  readonly step: number
  readonly count: number
}

interface Point {
  /** Milliseconds. */
  readonly t: number
  readonly value: number
}

export interface ResultSeries {
  readonly labels: ReadonlyMap<string, string>
  readonly points: readonly Point[]
}

export type QueryResult =
  | { readonly type: 'scalar'; readonly point: Point }
  | { readonly type: 'vector' | 'matrix'; readonly series: readonly ResultSeries[] }

const LOOKBACK_MS = 300_000

/** Answers queries over a store as it looks at `now` (Unix seconds): later samples are not there yet. */
export class PromqlEngine {
  readonly #store: SeriesStore
  readonly #rules: EngineRules

  constructor(store: SeriesStore, rules: EngineRules = CURRENT_ENGINE) {
    this.#store = store
    this.#rules = rules
  }

  /** An instant query at `time` (ms). A range selector answers raw samples. */
  instant(text: string, time: number, now: number): QueryResult {
    const expr = parsePromql(text)
    const run = new Evaluation(this.#store, this.#rules, now)
    if (expr.kind === 'number') return { type: 'scalar', point: { t: time, value: expr.value } }
    if (expr.kind === 'range') return { type: 'matrix', series: run.raw(expr, time) }
    const steps = { start: time, step: 1, count: 1 }
    if (expr.kind === 'subquery') return { type: 'matrix', series: run.subquery(expr, time) }
    return { type: 'vector', series: run.series(expr, steps) }
  }

  /** A range query: points at every step. */
  range(text: string, steps: Steps, now: number): QueryResult {
    const expr = parsePromql(text)
    if (expr.kind === 'range' || expr.kind === 'subquery') {
      throw new PromqlError(
        'bad_data',
        'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
      )
    }
    return { type: 'matrix', series: new Evaluation(this.#store, this.#rules, now).series(expr, steps) }
  }
}

class Evaluation {
  readonly #store: SeriesStore
  readonly #rules: EngineRules
  /** Unix seconds. */
  readonly #now: number
  /** Seconds: the first instant that is not visible yet. */
  readonly #visibleTo: number
  readonly #samples = new Samples()

  constructor(store: SeriesStore, rules: EngineRules, now: number) {
    this.#store = store
    this.#rules = rules
    this.#now = now
    this.#visibleTo = Math.floor(now) + 1
  }

  series(expr: Expr, steps: Steps): ResultSeries[] {
    const series = this.#rows(expr, steps).map(row => ({ labels: row.labels, points: pointsOf(row, steps) }))
    return sortByLabels(series.filter(one => one.points.length > 0))
  }

  raw(expr: Extract<RangeExpr, { kind: 'range' }>, time: number): ResultSeries[] {
    const found: ResultSeries[] = []
    const end = time - expr.offset
    for (const series of this.#store.select(expr.matchers, this.#now)) {
      const points: Point[] = []
      const { from, to } = this.#bounds(end - expr.range, end)
      eachSample(series, from, to, (t, value) => points.push({ t: t * 1000, value }))
      if (points.length > 0) found.push({ labels: series.labels, points })
    }
    return sortByLabels(found)
  }

  subquery(expr: Extract<RangeExpr, { kind: 'subquery' }>, time: number): ResultSeries[] {
    const end = time - expr.offset
    return this.series(expr.inner, this.#subSteps(expr, end, end))
  }

  #rows(expr: Expr, steps: Steps): Row[] {
    switch (expr.kind) {
      case 'number':
      case 'vector':
        return [constantRow(steps.count, expr.value)]
      case 'selector':
        return this.#selected(expr.matchers, expr.offset, steps, sample => sample.value, false)
      case 'timestamp':
        return this.#timestamps(expr.of, steps)
      case 'over_time':
        return this.#overTime(expr, steps)
      case 'aggregate':
        return aggregate(expr.fn, expr.grouping, this.#rows(expr.of, steps), steps.count)
      case 'label_replace':
        return relabel(expr, this.#rows(expr.of, steps))
      case 'scale':
        return scaled(expr.fn, this.#rows(expr.of, steps), expr.by, expr.isReversed)
      case 'arithmetic':
        return arithmetic(expr.fn, this.#rows(expr.left, steps), this.#rows(expr.right, steps))
      case 'compare':
        return compare(expr.fn, this.#rows(expr.left, steps), expr.right)
      case 'or':
        return union(this.#rows(expr.left, steps), this.#rows(expr.right, steps))
    }
  }

  #timestamps(expr: Expr, steps: Steps): Row[] {
    if (expr.kind === 'selector')
      return this.#selected(expr.matchers, expr.offset, steps, sample => sample.t, true)
    const rows = this.#rows(expr, steps)
    return refuseSameLabels(
      rows.map(row => ({
        labels: withoutName(row.labels),
        present: row.present,
        values: row.values.map((_, i) => (steps.start + i * steps.step) / 1000),
      })),
    )
  }

  #selected(
    matchers: readonly Matcher[],
    offset: number,
    steps: Steps,
    pick: (sample: { t: number; value: number }) => number,
    dropsName: boolean,
  ): Row[] {
    const rows: Row[] = []
    for (const series of this.#store.select(matchers, this.#now)) {
      const last = steps.start + (steps.count - 1) * steps.step - offset
      if (!isAliveWithin(series, steps.start - offset - LOOKBACK_MS, last)) continue
      const row = emptyRow(dropsName ? withoutName(series.labels) : series.labels, steps.count)
      for (let i = 0; i < steps.count; i++) {
        const end = steps.start + i * steps.step - offset
        const { from, to } = this.#bounds(end - LOOKBACK_MS, end)
        const sample = newestSample(series, to - 1, from)
        if (sample) set(row, i, pick(sample))
      }
      rows.push(row)
    }
    return dropsName ? refuseSameLabels(rows) : rows
  }

  #overTime(expr: Extract<Expr, { kind: 'over_time' }>, steps: Steps): Row[] {
    const keepsName = expr.fn === 'last_over_time'
    const { of } = expr
    const found =
      of.kind === 'range' ? this.#foldSeries(expr, of, steps) : this.#foldSubquery(expr, of, steps)
    if (keepsName) return found
    const rows = found.map(row => ({ ...row, labels: withoutName(row.labels) }))
    return isOneMetric(found) ? rows : refuseSameLabels(rows)
  }

  #foldSeries(
    { fn, quantile }: { readonly fn: OverTime; readonly quantile?: number },
    of: Extract<RangeExpr, { kind: 'range' }>,
    steps: Steps,
  ) {
    const rows: Row[] = []
    const samples = this.#samples
    for (const series of this.#store.select(of.matchers, this.#now)) {
      const last = steps.start + (steps.count - 1) * steps.step - of.offset
      if (!isAliveWithin(series, steps.start - of.offset - of.range, last)) continue
      const row = emptyRow(series.labels, steps.count)
      for (let i = 0; i < steps.count; i++) {
        const end = steps.start + i * steps.step - of.offset
        const { from, to } = this.#bounds(end - of.range, end)
        if (fn === 'count_over_time') {
          set(row, i, countSamples(series, from, to) || undefined)
          continue
        }
        samples.fill(series, from, to)
        set(row, i, fold(fn, samples, end - of.range, end, this.#rules, quantile))
      }
      rows.push(row)
    }
    return rows
  }

  #foldSubquery(
    { fn, quantile }: { readonly fn: OverTime; readonly quantile?: number },
    of: Extract<RangeExpr, { kind: 'subquery' }>,
    steps: Steps,
  ): Row[] {
    const firstEnd = steps.start - of.offset
    const sub = this.#subSteps(of, firstEnd, firstEnd + (steps.count - 1) * steps.step)
    const samples = this.#samples
    return this.#rows(of.inner, sub).map(inner => {
      const row = emptyRow(inner.labels, steps.count)
      for (let i = 0; i < steps.count; i++) {
        const end = firstEnd + i * steps.step
        samples.count = 0
        const own = this.#subSteps(of, end, end)
        const skipped = (own.start - sub.start) / of.step
        for (let k = 0; k < own.count; k++) {
          if (isPresent(inner, skipped + k))
            samples.push(own.start + k * of.step, inner.values[skipped + k] ?? Number.NaN)
        }
        set(row, i, fold(fn, samples, end - of.range, end, this.#rules, quantile))
      }
      return row
    })
  }

  /** The whole multiples of the step within the ranges that end between `firstEnd` and `lastEnd` (ms). */
  #subSteps(of: Extract<RangeExpr, { kind: 'subquery' }>, firstEnd: number, lastEnd: number): Steps {
    const begin = firstEnd - of.range
    let start = Math.ceil(begin / of.step) * of.step
    if (this.#rules.isLeftOpen && start === begin) start += of.step
    return { start, step: of.step, count: Math.max(0, Math.floor((lastEnd - start) / of.step) + 1) }
  }

  /** Whole seconds `[from, to)` within a range of milliseconds, as far as the present. */
  #bounds(begin: number, end: number): { from: number; to: number } {
    const from = this.#rules.isLeftOpen ? Math.floor(begin / 1000) + 1 : Math.ceil(begin / 1000)
    return { from, to: Math.min(Math.floor(end / 1000) + 1, this.#visibleTo) }
  }
}

function isAliveWithin(series: SeriesModel, begin: number, end: number): boolean {
  const first = series.segments[0]
  const last = series.segments[series.segments.length - 1]
  return first !== undefined && last !== undefined && first.from * 1000 <= end && last.to * 1000 >= begin
}

function pointsOf(row: Row, steps: Steps): Point[] {
  const points: Point[] = []
  for (let i = 0; i < steps.count; i++) {
    if (isPresent(row, i))
      points.push({ t: steps.start + i * steps.step, value: row.values[i] ?? Number.NaN })
  }
  return points
}
