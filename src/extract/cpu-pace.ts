import type { Series } from '../domain/samples.js'
import { POINT_SECONDS } from '../domain/usage.js'
import { HOUR_SECONDS, type Window, windowEnd } from '../domain/window.js'
import { askHours, type Source } from './ask.js'
import { cpuSamples } from './catalogue-usage.js'

/** How CPU counters of a window are read: a point every `stepSeconds`, each from the samples of `rangeSeconds`. */
export interface CounterPace {
  readonly stepSeconds: number
  readonly rangeSeconds: number
}

/** Parts of an hour in whole points, so that a point of a longer step counts as so many. */
const STEPS = [POINT_SECONDS, 600, 900, 1200, 1800, HOUR_SECONDS]

/**
 * The pace at which each window's CPU counters can be read; windows without any are left out. Each window is judged by
 * itself, so that it is read the same whatever is read with it.
 */
export async function findCounterPaces(
  source: Source,
  windows: readonly Window[],
): Promise<Map<Window, CounterPace>> {
  const first = Math.min(...windows) as Window
  const last = Math.max(...windows) as Window
  const slots = highestAt(await askHours(source, cpuSamples(POINT_SECONDS), first, last))
  const paces = new Map<Window, CounterPace>()
  const sparse: Window[] = []
  for (const window of windows) {
    const counts = slotsOf(slots, window).map(time => slots.get(time) ?? 0)
    if (counts.length === 0) continue
    // Three samples in a range leave no two of them further apart than half of it.
    const most = Math.max(...counts)
    if (most > 2) paces.set(window, paceFor(POINT_SECONDS / most))
    else sparse.push(window)
  }
  if (sparse.length === 0) return paces
  const hours = highestAt(await askHours(source, cpuSamples(HOUR_SECONDS), first, last))
  for (const window of sparse) {
    const interval = sparseInterval(hours.get(windowEnd(window)) ?? 0, slotsOf(slots, window))
    paces.set(window, paceFor(interval))
  }
  return paces
}

/** The smallest step that holds two samples; samples an hour or so apart need a range that is longer than that. */
export function paceFor(intervalSeconds: number): CounterPace {
  const needed = Math.ceil(2 * intervalSeconds)
  const stepSeconds = STEPS.find(step => step >= needed) ?? HOUR_SECONDS
  return { stepSeconds, rangeSeconds: Math.max(stepSeconds, needed) }
}

/**
 * Seconds between samples, from how many the fullest counter has in the hour and the five minutes in which there were
 * any. A single one is taken for an hour's.
 */
function sparseInterval(samples: number, slots: readonly number[]): number {
  if (samples > slots.length) return (slots.length * POINT_SECONDS) / samples
  const span = (slots.at(-1) ?? 0) - (slots[0] ?? 0)
  return samples > 1 && span > 0 ? span / (samples - 1) : HOUR_SECONDS
}

/** Ends of the five minutes of a window in which there was a sample, ascending. */
function slotsOf(slots: ReadonlyMap<number, number>, window: Window): number[] {
  const times: number[] = []
  for (let time = window + POINT_SECONDS; time <= windowEnd(window); time += POINT_SECONDS)
    if ((slots.get(time) ?? 0) > 0) times.push(time)
  return times
}

/** Highest value of all series by time. */
function highestAt(series: readonly Series[]): Map<number, number> {
  const highest = new Map<number, number>()
  for (const { times, values } of series) {
    times.forEach((time, i) => {
      highest.set(time, Math.max(highest.get(time) ?? 0, values[i] ?? 0))
    })
  }
  return highest
}
