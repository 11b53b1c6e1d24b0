import { firstHourlyDay } from '../../domain/retention.js'
import { ApiError } from '../errors.js'
import type { AskedRange, Subject } from './subject.js'

const END_OF_YEAR_9999 = 253_402_300_799

/**
 * From when on there may be what is asked for, Unix seconds: since when hours are kept and planned, or earlier where
 * older ones, or for answers from days older sums, are still there.
 */
export function keptSince(
  { retention, now, data }: Pick<Subject<unknown>, 'retention' | 'now' | 'data'>,
  needs: 'hours' | 'days',
): number {
  const held = [data.firstWindow, needs === 'days' ? data.firstDay : null]
  return Math.min(firstHourlyDay(retention, now), ...held.filter(start => start !== null))
}

/** Refuses a range that lies wholly before what is kept, and says from when on there is something. */
export function refuseExpired(subject: Subject<AskedRange>, needs: 'hours' | 'days'): void {
  const since = keptSince(subject, needs)
  if (subject.asked.range.to > since) return
  const what = needs === 'hours' ? 'hours, which this question needs, are' : 'data is'
  throw new ApiError('OE0224', ['end_date', since + 1, END_OF_YEAR_9999], {
    detail: `${what} kept from ${new Date(since * 1000).toISOString()} (${since}) on, and the range ends before`,
  })
}
