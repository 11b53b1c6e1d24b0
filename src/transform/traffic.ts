import { label, type Series } from '../domain/samples.js'
import { windowEnd } from '../domain/window.js'
import type { Hour } from './hour.js'

/**
 * Bytes of the counters that were read sample by sample, by the key of their traffic: those that began or ended within
 * the window, or were reset, of which the engine's extrapolation is right by half an interval only.
 */
export function countedBytes(
  hour: Hour,
  keyOf: (series: Series) => string,
): Map<string, { series: Series; bytes: number }[]> {
  const found = new Map<string, { series: Series; bytes: number }[]>()
  for (const series of hour.raw.get('networkEgress') ?? []) {
    const interval = hour.interval(label(series, 'job'))
    if (interval === undefined) continue
    const list = found.get(keyOf(series)) ?? []
    found.set(keyOf(series), list)
    list.push({ series, bytes: growth(series, hour.window, windowEnd(hour.window), interval) })
  }
  return found
}

/**
 * What a counter grew by in `[from, to)`, a sample standing for the interval (seconds) that it begins: the growth up to
 * the next sample, and after its very last one its mean pace. Where it fell, it began anew: what it then shows is less
 * than what was counted since the sample before, and the pace of the rest, for the one interval that the sample stands
 * for, stands in if that is more. A single sample without neighbours tells no growth.
 */
export function growth(
  { times, values }: Pick<Series, 'times' | 'values'>,
  from: number,
  to: number,
  interval: number,
): number {
  const pace = meanPace(times, values)
  let grown = 0
  times.forEach((time, i) => {
    if (time < from || time >= to) return
    const next = times[i + 1]
    if (next === undefined) grown += pace * interval
    else {
      const shown = values[i + 1] ?? 0
      const step = shown - (values[i] ?? 0)
      grown += step >= 0 ? step : Math.max(shown, pace * Math.min(next - time, interval))
    }
  })
  return grown
}

/** Growth per second over all samples between which the counter did not begin anew. */
function meanPace(times: readonly number[], values: readonly number[]): number {
  let grown = 0
  let seconds = 0
  for (let i = 1; i < times.length; i++) {
    const step = (values[i] ?? 0) - (values[i - 1] ?? 0)
    if (step < 0) continue
    grown += step
    seconds += (times[i] ?? 0) - (times[i - 1] ?? 0)
  }
  return seconds > 0 ? grown / seconds : 0
}
