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

/**
 * Start of the first day whose sums are kept at `now`, Unix seconds; all days are kept where that is the epoch. Sums are
 * kept at least as long as the hours that they are made of.
 */
export function firstDailyDay(retention: Pick<Retention, 'hourlyDays' | 'dailyDays'>, now: number): number {
  if (retention.dailyDays === 0) return 0
  return Math.min(dayOf(now - retention.dailyDays * DAY_SECONDS), firstHourlyDay(retention, now))
}

/** Days for which usage is kept by hour and by day, at most: what advice looks at. */
const USAGE_HOURLY_DAYS = 35
const USAGE_DAILY_DAYS = 400

/** Start of the first day whose usage is kept by hour at `now`, Unix seconds. */
export function firstUsageHour(retention: Pick<Retention, 'hourlyDays'>, now: number): number {
  return Math.max(firstHourlyDay(retention, now), dayOf(now - USAGE_HOURLY_DAYS * DAY_SECONDS))
}

/** Start of the first day whose usage is kept at all at `now`, Unix seconds. */
export function firstUsageDay(retention: Pick<Retention, 'hourlyDays' | 'dailyDays'>, now: number): number {
  return Math.max(firstDailyDay(retention, now), dayOf(now - USAGE_DAILY_DAYS * DAY_SECONDS))
}
