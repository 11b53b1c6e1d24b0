import { DAY_SECONDS, HOUR_SECONDS } from '../../domain/window.js'
import { ArgumentReader } from '../query/arguments.js'
import { type AskedDates, askedDates, type OptionalDates } from '../query/asked.js'
import type { Subject } from './subject.js'

/** Days of an answer about the present that is asked without dates. */
const RECENT_DAYS = 7
/** Days of an answer that judges by what has been, asked without dates. */
const HISTORY_DAYS = 14

/**
 * The dates of an answer that may be asked without: the last days up to the end of the newest due window. Of two dates
 * the one that is left out lies so many days from the other.
 */
export function recentDates({ asked, newestDue }: Subject<OptionalDates>): AskedDates {
  const length = RECENT_DAYS * DAY_SECONDS
  if (asked.startDate !== undefined) {
    return checkedDates(asked.startDate, asked.endDate ?? asked.startDate + length)
  }
  const endDate = asked.endDate ?? newestDue + HOUR_SECONDS
  return checkedDates(Math.max(0, endDate - length), endDate)
}

/** The dates of an answer that judges by what has been: the last days up to now, where they are left out. */
export function historyDates({ asked, now }: Pick<Subject<OptionalDates>, 'asked' | 'now'>): AskedDates {
  const endDate = asked.endDate ?? Math.floor(now)
  return checkedDates(asked.startDate ?? Math.max(0, endDate - HISTORY_DAYS * DAY_SECONDS), endDate)
}

/** Dates of which one is no argument of the request: refused for the same reasons as if both were. */
function checkedDates(startDate: number, endDate: number): AskedDates {
  const reader = new ArgumentReader({})
  const dates = askedDates(startDate, endDate, reader)
  reader.finish()
  return dates
}
