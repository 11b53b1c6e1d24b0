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
 * the next sample, and after its very last one its pace. Where it fell, it began anew: what it then shows is less than
 * what was counted since the sample before, and its pace before that stands in if that is more. Behind a hole it is
 * another pod's, so that the first one's pace goes on for the interval of its last sample and no longer. A single sample
 * without neighbours tells no growth.
 */
export function growth(
  { times, values }: Pick<Series, 'times' | 'values'>,
  from: number,
  to: number,
  interval: number,
): number {
  const paces = pacesOf(times, values)
  let grown = 0
  times.forEach((time, i) => {
    if (time < from || time >= to) return
    const pace = paces[i] ?? 0
    const next = times[i + 1]
    if (next === undefined) grown += pace * interval
    else {
      const shown = values[i + 1] ?? 0
      const step = shown - (values[i] ?? 0)
      const isNewLife = next - time > 1.5 * interval
      grown += step >= 0 ? step : isNewLife ? pace * interval : Math.max(shown, pace * (next - time))
    }
  })
  return grown
}

/**
 * Growth per second at each sample: of the stretch between two new beginnings that it is part of, or of all stretches
 * together where it is alone in its own.
 */
function pacesOf(times: readonly number[], values: readonly number[]): number[] {
  const stretches: { from: number; to: number }[] = []
  let from = 0
  for (let i = 1; i <= times.length; i++) {
    if (i < times.length && (values[i] ?? 0) >= (values[i - 1] ?? 0)) continue
    stretches.push({ from, to: i - 1 })
    from = i
  }
  const at = (list: readonly number[], i: number) => list[i] ?? 0
  const grown = (one: { from: number; to: number }) => at(values, one.to) - at(values, one.from)
  const lasted = (one: { from: number; to: number }) => at(times, one.to) - at(times, one.from)
  const seconds = stretches.reduce((sum, one) => sum + lasted(one), 0)
  const mean = seconds > 0 ? stretches.reduce((sum, one) => sum + grown(one), 0) / seconds : 0
  return stretches.flatMap(one => {
    const pace = lasted(one) > 0 ? grown(one) / lasted(one) : mean
    return new Array<number>(one.to - one.from + 1).fill(pace)
  })
}
