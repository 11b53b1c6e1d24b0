import type { Field } from './fields.js'

const HOUR = 3600
const DAY = 86_400
/** The longest range that the API answers, days. */
export const MOST_DAYS = 400

/** What the ready-made ranges are called in URLs and on the page. */
export const PRESETS = {
  today: 'Today',
  yesterday: 'Yesterday',
  '7d': 'Last 7 days',
  '14d': 'Last 14 days',
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
  month: 'This month',
  last_month: 'Last month',
  '365d': 'Last 365 days',
} as const

export type Preset = keyof typeof PRESETS

/** A ready-made range, or days of one's own: both ends are part of it, `2026-11-01`. */
export type Range = { readonly preset: Preset } | { readonly from: string; readonly to: string }

/** Unix seconds, UTC; the end is not part of it. */
export interface Hours {
  readonly start: number
  readonly end: number
  /** Whether it reaches into the day that is not over yet. */
  readonly isSoFar: boolean
}

/** `range=7d`, or `range=2026-11-01..2026-11-12`. */
export const rangeField: Field<Range> = {
  fallback: { preset: '7d' },
  parse: ([text]) => (text === undefined ? undefined : parseRange(text)),
  print: range => ['preset' in range ? range.preset : `${range.from}..${range.to}`],
}

function parseRange(text: string): Range | undefined {
  if (Object.hasOwn(PRESETS, text)) return { preset: text as Preset }
  const [from, to, ...rest] = text.split('..')
  if (from === undefined || to === undefined || rest.length > 0) return undefined
  return problemOfDays(from, to) === null ? { from, to } : undefined
}

/** What is wrong with days of one's own; null where nothing is. */
export function problemOfDays(from: string, to: string): string | null {
  const first = startOfDay(from)
  const last = startOfDay(to)
  if (first === null || last === null) return 'Enter both days as year, month and day.'
  if (first > last) return 'The first day has to be before the last one.'
  const days = (last - first) / DAY + 1
  return days > MOST_DAYS ? `${days} days are too many: ${MOST_DAYS} are the most.` : null
}

/**
 * The hours of a range at a time. One that reaches to now ends with the hour that is running; one that is still to come
 * stays as it was asked for, without data.
 */
export function hoursOf(range: Range, now: number): Hours {
  const today = now - (now % DAY)
  const running = now - (now % HOUR) + HOUR
  const [start, end] = 'preset' in range ? hoursOfPreset(range.preset, today) : hoursOfDays(range)
  return {
    start,
    end: start < running ? Math.min(end, running) : end,
    isSoFar: end > today && start < running,
  }
}

function hoursOfPreset(preset: Preset, today: number): [number, number] {
  switch (preset) {
    case 'today':
      return [today, today + DAY]
    case 'yesterday':
      return [today - DAY, today]
    case 'month':
      return [startOfMonth(today, 0), today + DAY]
    case 'last_month':
      return [startOfMonth(today, -1), startOfMonth(today, 0)]
    default:
      return [today - (Number.parseInt(preset, 10) - 1) * DAY, today + DAY]
  }
}

function hoursOfDays({ from, to }: { from: string; to: string }): [number, number] {
  const first = startOfDay(from)
  const last = startOfDay(to)
  if (first === null || last === null) throw new RangeError(`no days: ${from}..${to}`)
  return [first, last + DAY]
}

function startOfMonth(seconds: number, months: number): number {
  const date = new Date(seconds * 1000)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1) / 1000
}

// `Date.parse` takes the 31st of February for a day of March.
function startOfDay(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return null
  const ms = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? null : ms / 1000
}

export const STEPS = ['hour', 'day', 'week', 'month'] as const
export type Step = (typeof STEPS)[number]

/** The step in which a range is drawn unless another is asked for: not more bars than can be told apart. */
export function usualStep({ start, end }: Hours): Step {
  const days = (end - start) / DAY
  if (days <= 2) return 'hour'
  return days <= 92 ? 'day' : 'week'
}
