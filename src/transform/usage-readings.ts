import { label, type Series } from '../domain/samples.js'
import type { UsageBatch, UsageFact } from '../domain/usage-samples.js'
import { HOUR_SECONDS, type Window } from '../domain/window.js'

/** One point of an answer. */
export interface UsageReading {
  readonly series: Series
  /** Unix seconds. */
  readonly time: number
  readonly value: number
}

/** What was read of one window, by fact. */
export type UsageReadings = ReadonlyMap<UsageFact, readonly UsageReading[]>

const NOTHING: readonly UsageReading[] = []

/** The points of a batch by the window that they speak of; those of other windows are nobody's and left out. */
export function readingsByWindow({ windows, facts }: UsageBatch): Map<Window, UsageReadings> {
  const byWindow = new Map(windows.map(window => [window, new Map<UsageFact, UsageReading[]>()]))
  for (const [fact, list] of facts) {
    for (const series of list) {
      series.times.forEach((time, i) => {
        const window = (Math.ceil(time / HOUR_SECONDS) * HOUR_SECONDS - HOUR_SECONDS) as Window
        const readings = byWindow.get(window)
        if (readings === undefined) return
        const reading = { series, time, value: series.values[i] ?? Number.NaN }
        const known = readings.get(fact)
        if (known === undefined) readings.set(fact, [reading])
        else known.push(reading)
      })
    }
  }
  return byWindow
}

export function readingsOf(readings: UsageReadings, fact: UsageFact): readonly UsageReading[] {
  return readings.get(fact) ?? NOTHING
}

/** Who a container of a pod is, as a key. */
export function containerKey(of: {
  readonly namespace: string
  readonly pod: string
  readonly container: string
}): string {
  return `${of.namespace}\0${of.pod}\0${of.container}`
}

function keyOf(series: Series): string {
  return ['namespace', 'pod', 'container'].map(name => label(series, name)).join('\0')
}

/** The readings of each container of a pod. */
export function byContainer(readings: UsageReadings, fact: UsageFact): Map<string, UsageReading[]> {
  const groups = new Map<string, UsageReading[]>()
  for (const reading of readingsOf(readings, fact)) {
    const key = keyOf(reading.series)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [reading])
    else group.push(reading)
  }
  return groups
}

/** The highest usable value of each container of a pod; undefined where the fact isn't told of any. */
export function valuesByContainer(
  readings: UsageReadings,
  fact: UsageFact,
): ReadonlyMap<string, number> | undefined {
  const all = readingsOf(readings, fact)
  if (all.length === 0) return undefined
  const values = new Map<string, number>()
  for (const { series, value } of all) {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) continue
    const key = keyOf(series)
    values.set(key, Math.max(values.get(key) ?? 0, value))
  }
  return values
}

/** The highest usable value of all; null where there is none. */
export function highestOf(readings: UsageReadings, fact: UsageFact): number | null {
  let highest: number | null = null
  for (const { value } of readingsOf(readings, fact))
    if (value > (highest ?? 0) && value < Number.POSITIVE_INFINITY) highest = value
  return highest
}
