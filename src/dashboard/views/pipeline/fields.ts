import { choice, type Field, whole } from '../../state/fields.js'
import { hoursOf, problemOfDays } from '../../state/range.js'

const DAY = 86_400
/** The API tells single hours of so many days at once. */
export const SHOWN_DAYS = 31

/** What the API sorts clusters by and the table has a column for. */
export const SORTS = [
  'cluster',
  'data_to',
  'lag_seconds',
  'usage_to',
  'coverage',
  'loaded',
  'open',
  'failed',
  'incomplete',
  'quarantined',
  'last_import_at',
  'last_import_attempt_at',
] as const

/** Empty: up to today. */
const day: Field<string> = {
  fallback: '',
  parse: ([text]) => (text !== undefined && problemOfDays(text, text) === null ? text : undefined),
  print: text => (text === '' ? [] : [text]),
}

export const FIELDS = {
  /** The last of the days, `2026-11-12`. */
  until: day,
  sort: choice(SORTS, 'lag_seconds'),
  order: choice(['asc', 'desc'], 'desc'),
  /** Which of the clusters' hours are in sight: a number of a page. */
  clusters: whole(1, 1, 99_999),
}

/** Whole UTC days, Unix seconds; the end is not part of them. */
export interface Days {
  readonly start: number
  readonly end: number
  /** Whether today is the last of them. */
  readonly isLatest: boolean
}

/** The days that end with `until`, with today where that is empty or yet to come. */
export function daysUntil(until: string, now: number): Days {
  const today = now - (now % DAY)
  const last = until === '' ? today : Math.min(today, hoursOf({ from: until, to: until }, now).start)
  return { start: last - (SHOWN_DAYS - 1) * DAY, end: last + DAY, isLatest: last === today }
}
