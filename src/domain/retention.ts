import { DAY_SECONDS, dayOf } from './window.js'

/** How long an account's facts are kept. */
export interface Retention {
  readonly cloudAccountId: string
  /** Days that hours are kept. */
  readonly hourlyDays: number
  /** Days that daily sums are kept; 0 = for ever. */
  readonly dailyDays: number
}

/**
 * Start of the first day whose hours are kept at `now`, Unix seconds. Whole days go at once: half of a day's hours would
 * look like a cheap day.
 */
export function firstHourlyDay({ hourlyDays }: Pick<Retention, 'hourlyDays'>, now: number): number {
  return dayOf(now - hourlyDays * DAY_SECONDS)
}

/** Start of the first day whose sums are kept at `now`, Unix seconds; all days are kept where that is the epoch. */
export function firstDailyDay({ dailyDays }: Pick<Retention, 'dailyDays'>, now: number): number {
  return dailyDays === 0 ? 0 : dayOf(now - dailyDays * DAY_SECONDS)
}
