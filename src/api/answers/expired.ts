import { firstDailyDay, firstHourlyDay } from '../../domain/retention.js'
import { ApiError } from '../errors.js'
import type { AskedRange, Subject } from './subject.js'

const END_OF_YEAR_9999 = 253_402_300_799

/** Start of the first day of which what is asked for is still kept, Unix seconds; 0 where everything is. */
export function keptSince(
  { retention, now }: Pick<Subject<unknown>, 'retention' | 'now'>,
  needs: 'hours' | 'days',
): number {
  return needs === 'hours' ? firstHourlyDay(retention, now) : firstDailyDay(retention, now)
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
