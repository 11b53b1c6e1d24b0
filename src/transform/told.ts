import { type FactName, label, type Series } from '../domain/samples.js'
import { HOUR_SECONDS } from '../domain/window.js'
import { isFuller } from './fuller.js'
import { type Hour, readingsOf } from './hour.js'
import { compare } from './tally.js'

/** What one job's samples tell about one thing in the window. */
export interface Told {
  /** The series that was there longest: its labels describe the thing. */
  readonly series: Series
  /** At most 1. */
  readonly hours: number
  /** Mean of the samples. */
  readonly mean: number
  /** Mean × hours: samples × interval, in unit·hours. */
  readonly unitHours: number
}

interface Sums {
  series: Series
  longest: number
  samples: number
  sum: number
  readonly seconds: number
}

/**
 * Levels over their time, by key: of several jobs that tell of the same thing the one that saw it longest, so that a
 * second scrape adds nothing. Several series of one job are stretches of one life (a disk id that is filled in later),
 * and where together they take longer than the window they overlap and count as their mean. Without `sumFact` only
 * times are told (mean 1). Jobs whose interval is unknown tell nothing.
 */
export function toldBy(
  hour: Hour,
  samplesFact: FactName,
  sumFact: FactName | undefined,
  keyOf: (series: Series) => string,
): Map<string, Told> {
  const byKey = new Map<string, Map<string, Sums>>()
  for (const { series, value } of readingsOf(hour, samplesFact)) {
    const job = label(series, 'job')
    const seconds = hour.interval(job)
    if (seconds === undefined || !(value > 0)) continue
    const jobs = byKey.get(keyOf(series)) ?? new Map<string, Sums>()
    byKey.set(keyOf(series), jobs)
    const sums = jobs.get(job)
    if (!sums) jobs.set(job, { series, longest: value, samples: value, sum: 0, seconds })
    else {
      sums.samples += value
      if (value > sums.longest) Object.assign(sums, { series, longest: value })
    }
  }
  for (const { series, value } of sumFact === undefined ? [] : readingsOf(hour, sumFact)) {
    const sums = byKey.get(keyOf(series))?.get(label(series, 'job'))
    if (sums) sums.sum += value
  }
  return new Map([...byKey].map(([key, jobs]) => [key, tell(fullest(jobs), sumFact !== undefined)]))
}

function fullest(jobs: ReadonlyMap<string, Sums>): Sums {
  const ordered = [...jobs].sort(([a], [b]) => compare(a, b)).map(([, sums]) => sums)
  return ordered.reduce((best, sums) => (isFuller(sums, best) ? sums : best))
}

function tell(sums: Sums, hasValues: boolean): Told {
  const hours = Math.min(1, (sums.samples * sums.seconds) / HOUR_SECONDS)
  const mean = hasValues ? sums.sum / sums.samples : 1
  return { series: sums.series, hours, mean, unitHours: mean * hours }
}
