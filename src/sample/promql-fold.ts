import type { OverTime } from './promql-expr.js'
import { slopeOf } from './promql-slope.js'
import { eachRun, type SeriesModel, valueAt } from './series.js'

/** Where engines differ. */
export interface EngineRules {
  /** Ranges and lookback leave out a sample exactly at their start: Prometheus from 3.0 on. */
  readonly isLeftOpen: boolean
  /** `increase` looks for the counter's zero before it looks how far the first sample is: Prometheus before 2.52. */
  readonly looksForZeroFirst: boolean
}

export const CURRENT_ENGINE: EngineRules = { isLeftOpen: true, looksForZeroFirst: false }

/** Samples of one series in one range; times in ms. Reused from range to range. */
export class Samples {
  times = new Float64Array(256)
  values = new Float64Array(256)
  count = 0

  push(time: number, value: number): void {
    this.#reserve(1)
    this.times[this.count] = time
    this.values[this.count] = value
    this.count++
  }

  /** Holds the samples of `[from, to)` (seconds) and nothing else. */
  fill(series: SeriesModel, from: number, to: number): void {
    this.count = 0
    eachRun(series, from, to, (segment, first, count) => {
      this.#reserve(count)
      const { times, values, count: held } = this
      for (let i = 0; i < count; i++) {
        const t = first + i * series.interval
        times[held + i] = t * 1000
        values[held + i] = valueAt(segment, t)
      }
      this.count = held + count
    })
  }

  #reserve(more: number): void {
    if (this.count + more <= this.times.length) return
    const [times, values] = [this.times, this.values]
    this.times = new Float64Array((this.count + more) * 2)
    this.values = new Float64Array((this.count + more) * 2)
    this.times.set(times)
    this.values.set(values)
  }
}

/**
 * What the function says of the samples of a range that begins and ends at these times (ms), if it says anything.
 * `quantile` is the share that quantile_over_time is asked for.
 */
export function fold(
  fn: OverTime,
  samples: Samples,
  begin: number,
  end: number,
  rules: EngineRules,
  quantile = Number.NaN,
): number | undefined {
  if (samples.count === 0) return undefined
  switch (fn) {
    case 'count_over_time':
      return samples.count
    case 'last_over_time':
      return samples.values[samples.count - 1]
    case 'sum_over_time':
      return sumOf(samples)
    case 'avg_over_time':
      return sumOf(samples) / samples.count
    case 'max_over_time':
      return extreme(samples, (value, best) => value > best)
    case 'min_over_time':
      return extreme(samples, (value, best) => value < best)
    case 'changes':
      return countSteps(samples, (value, before) => value !== before && !isBothNaN(value, before))
    case 'resets':
      return countSteps(samples, (value, before) => value < before)
    case 'quantile_over_time':
      return quantileOf(samples, quantile)
    case 'increase':
      return increase(samples, begin, end, rules)
    case 'deriv':
      return samples.count < 2 ? undefined : slopeOf(samples.times, samples.values, samples.count)
  }
}

function at(list: Float64Array, i: number): number {
  return list[i] ?? Number.NaN
}

/** Kahan's sum in Neumaier's form, as the engines do. */
function sumOf({ values, count }: Samples): number {
  let sum = 0
  let lost = 0
  for (let i = 0; i < count; i++) {
    const value = at(values, i)
    const next = sum + value
    if (!Number.isFinite(next)) lost = 0
    else lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return sum + lost
}

function extreme({ values, count }: Samples, isBetter: (value: number, best: number) => boolean): number {
  let best = at(values, 0)
  for (let i = 1; i < count; i++) {
    const value = at(values, i)
    if (isBetter(value, best) || Number.isNaN(best)) best = value
  }
  return best
}

function countSteps({ values, count }: Samples, isOne: (value: number, before: number) => boolean): number {
  let steps = 0
  for (let i = 1; i < count; i++) if (isOne(at(values, i), at(values, i - 1))) steps++
  return steps
}

function isBothNaN(a: number, b: number): boolean {
  return Number.isNaN(a) && Number.isNaN(b)
}

/** Between the two samples next to the rank, in proportion; NaN comes before all numbers. */
function quantileOf({ values, count }: Samples, quantile: number): number {
  if (Number.isNaN(quantile)) return Number.NaN
  if (quantile < 0) return Number.NEGATIVE_INFINITY
  if (quantile > 1) return Number.POSITIVE_INFINITY
  const sorted = [...values.subarray(0, count)].sort((a, b) => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a))
    return a - b
  })
  const rank = quantile * (count - 1)
  const lower = Math.floor(rank)
  const upper = Math.min(count - 1, lower + 1)
  const weight = rank - lower
  return (sorted[lower] ?? Number.NaN) * (1 - weight) + (sorted[upper] ?? Number.NaN) * weight
}

/**
 * The rise of a counter, resets added back, stretched to the edges of the range where samples come near them, by half
 * a distance between samples where they don't, and never to before the counter was zero.
 */
function increase(samples: Samples, begin: number, end: number, rules: EngineRules): number | undefined {
  const { times, values, count } = samples
  if (count < 2) return undefined
  const first = at(values, 0)
  let rise = at(values, count - 1) - first
  for (let i = 1; i < count; i++) if (at(values, i) < at(values, i - 1)) rise += at(values, i - 1)
  const covered = (at(times, count - 1) - at(times, 0)) / 1000
  const distance = covered / (count - 1)
  const near = distance * 1.1
  const toZero = rise > 0 && first >= 0 ? covered * (first / rise) : Number.POSITIVE_INFINITY
  let before = (at(times, 0) - begin) / 1000
  if (rules.looksForZeroFirst) before = Math.min(before, toZero)
  if (before >= near) before = distance / 2
  if (!rules.looksForZeroFirst) before = Math.min(before, toZero)
  let after = (end - at(times, count - 1)) / 1000
  if (after >= near) after = distance / 2
  return rise * ((covered + before + after) / covered)
}
