import { label, type Series } from '../domain/samples.js'
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
    list.push({ series, bytes: growth(series.times, series.values, interval) })
  }
  return found
}

/**
 * What a counter grew by while it was there, a sample standing for the interval (seconds) that it begins: the growth
 * between its samples, and for the interval after the last one its mean pace. Where it fell, it began anew: what it
 * then shows is less than what was counted since the sample before, and the pace of the rest stands in if it is more.
 * A single sample tells no growth.
 */
export function growth(times: readonly number[], values: readonly number[], interval: number): number {
  let counted = 0
  let seconds = 0
  const resets: { shown: number; seconds: number }[] = []
  for (let i = 1; i < times.length; i++) {
    const elapsed = (times[i] ?? 0) - (times[i - 1] ?? 0)
    const step = (values[i] ?? 0) - (values[i - 1] ?? 0)
    if (step < 0) resets.push({ shown: values[i] ?? 0, seconds: elapsed })
    else {
      counted += step
      seconds += elapsed
    }
  }
  const pace = seconds > 0 ? counted / seconds : 0
  const restarted = resets.reduce((sum, reset) => sum + Math.max(reset.shown, pace * reset.seconds), 0)
  return counted + restarted + pace * interval
}
