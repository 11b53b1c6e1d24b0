const HOUR = 3600
const DAY = 86_400
const UTC = { timeZone: 'UTC' } as const

const dayMonth = new Intl.DateTimeFormat('en-GB', { ...UTC, day: 'numeric', month: 'short' })
const dayMonthYear = new Intl.DateTimeFormat('en-GB', {
  ...UTC,
  day: 'numeric',
  month: 'short',
  year: 'numeric',
})
const monthYear = new Intl.DateTimeFormat('en-GB', { ...UTC, month: 'short', year: 'numeric' })
const hourMinute = new Intl.DateTimeFormat('en-GB', { ...UTC, hour: '2-digit', minute: '2-digit' })

const dateOf = (seconds: number): Date => new Date(seconds * 1000)

/** `12 Nov`, UTC, of Unix seconds. */
export const day = (seconds: number): string => dayMonth.format(dateOf(seconds))

/** `12 Nov 2026`, UTC, of Unix seconds. */
export const fullDay = (seconds: number): string => dayMonthYear.format(dateOf(seconds))

/** `Nov 2026`, UTC, of Unix seconds. */
export const month = (seconds: number): string => monthYear.format(dateOf(seconds))

/** `14:00`, UTC, of Unix seconds. */
export const clock = (seconds: number): string => hourMinute.format(dateOf(seconds))

/** `12 Nov, 14:00`, UTC, of Unix seconds. */
export const moment = (seconds: number): string => `${day(seconds)}, ${clock(seconds)}`

/** `2026-11-12`, UTC, of Unix seconds. */
export const isoDay = (seconds: number): string => dateOf(seconds).toISOString().slice(0, 10)

/** `2026-11-12T14:00:00Z`, of Unix seconds. */
export const isoMoment = (seconds: number): string => dateOf(seconds).toISOString().replace('.000Z', 'Z')

/** `1 Nov to 12 Nov 2026`, UTC, of a range of seconds whose end is not part of it; with hours where it cuts days. */
export function range(start: number, end: number): string {
  const isOfDays = start % DAY === 0 && end % DAY === 0
  if (!isOfDays) return `${moment(start)} to ${moment(end)} UTC`
  if (end - start === DAY) return fullDay(start)
  return `${day(start)} to ${fullDay(end - DAY)}`
}

/** `38 min`, `5 h`, `3 d`, of seconds. */
export function duration(seconds: number): string {
  if (seconds < HOUR) return `${Math.max(0, Math.floor(seconds / 60))} min`
  return seconds < 2 * DAY ? `${Math.floor(seconds / HOUR)} h` : `${Math.floor(seconds / DAY)} d`
}
