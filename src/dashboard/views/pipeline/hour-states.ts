import type { BodyOf, Gap } from '../../api/routes.js'
import { GAP_REASONS } from '../../format/gap-reasons.js'
import { percent } from '../../format/quantity.js'
import { clock, fullDay } from '../../format/time.js'

const HOUR = 3600
const DAY = 86_400
const HOURS_A_DAY = 24
/** From here on a measured share reads as all of it. */
const WHOLE = 0.9995

type Cluster = BodyOf<'status'>['status'][number]
type Window = NonNullable<Cluster['windows']>[number]
type Reason = Gap['reason']

/** What became of an hour, in the order of the legend. */
export const HOUR_STATES = {
  loaded: { sign: '', title: 'Loaded', word: 'loaded' },
  partial: { sign: '◐', title: 'In part', word: 'loaded in part' },
  missing: { sign: '○', title: 'Missing', word: 'missing' },
  failed: { sign: '×', title: 'Refused', word: 'refused or set aside' },
  none: { sign: '·', title: 'Not due', word: 'not due' },
} as const

export type HourState = keyof typeof HOUR_STATES

/** An hour of a cluster. */
export interface Hour {
  /** Unix seconds. */
  readonly start: number
  readonly state: HourState
  /** What there is to know of it, in sentences. */
  readonly facts: string
}

/** A UTC day and its 24 hours. */
export interface HoursOfDay {
  /** Unix seconds. */
  readonly start: number
  readonly hours: readonly Hour[]
}

/**
 * The hours of a cluster by day, newest first, but for days of which no hour was due. Hours that nothing is known of
 * were not due, or are a gap.
 */
export function hoursByDay(
  { windows, gaps }: Pick<Cluster, 'windows' | 'gaps'>,
  { start, end }: { readonly start: number; readonly end: number },
): HoursOfDay[] {
  const known = new Map((windows ?? []).map(window => [window.start_date, window]))
  const reasonAt = reasonsByHour(gaps)
  const days: HoursOfDay[] = []
  for (let day = end - DAY; day >= start; day -= DAY) {
    const hours = Array.from({ length: HOURS_A_DAY }, (_, index) => day + index * HOUR)
    days.push({ start: day, hours: hours.map(at => hourOf(at, known.get(at), reasonAt.get(at))) })
  }
  return days.filter(({ hours }) => hours.some(({ state }) => state !== 'none'))
}

function reasonsByHour(gaps: Cluster['gaps']): ReadonlyMap<number, Reason> {
  const reasons = new Map<number, Reason>()
  for (const { start_date, end_date, reason } of gaps)
    for (let at = start_date; at < end_date; at += HOUR) reasons.set(at, reason)
  return reasons
}

function hourOf(start: number, window: Window | undefined, reason: Reason | undefined): Hour {
  const state = stateOf(window, reason)
  const why = reason === undefined ? '' : `: ${GAP_REASONS[reason]}`
  const when = `${fullDay(start)}, ${clock(start)} to ${clock(start + HOUR)} UTC`
  return { start, state, facts: `${when}. ${sentence(HOUR_STATES[state].word + why)}${measured(window)}` }
}

function stateOf(window: Window | undefined, reason: Reason | undefined): HourState {
  if (window === undefined || window.revision === 0) return stateOfUnloaded(reason)
  const { coverage } = window
  if (reason === 'source_silent' && !coverage) return 'missing'
  return reason !== undefined || (coverage !== null && coverage < WHOLE) ? 'partial' : 'loaded'
}

function stateOfUnloaded(reason: Reason | undefined): HourState {
  switch (reason) {
    case 'not_loaded':
    case 'source_silent':
      return 'missing'
    case 'source_incomplete':
    case 'missing_series':
    case 'suspect':
    case 'quarantined':
      return 'failed'
    default:
      return 'none'
  }
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

function measured(window: Window | undefined): string {
  if (window === undefined || window.revision === 0) return ''
  const times = window.revision === 1 ? 'once' : `${window.revision} times`
  const share = window.coverage === null ? '' : ` Measured: ${percent(window.coverage)}.`
  return `${share} Published ${times}.`
}

/** How many hours of a day are in each state. */
export function countStates(hours: readonly Hour[]): Readonly<Record<HourState, number>> {
  const counts = { loaded: 0, partial: 0, missing: 0, failed: 0, none: 0 }
  for (const { state } of hours) counts[state] += 1
  return counts
}
