import type { Static } from 'typebox'
import { DAY_SECONDS, HOUR_SECONDS } from '../../domain/window.js'
import type { ArgumentReader } from './arguments.js'
import type { FILTERS } from './parameters.js'
import { MISSING_ID } from './parameters.js'

/** The windows of an answer: every window that starts in `[from, to)`, both whole hours in Unix seconds. */
export interface WindowRange {
  readonly from: number
  readonly to: number
}

/** What a filter asks of one column. Empty lists ask nothing. */
export interface ValueFilter {
  readonly anyOf: readonly string[]
  readonly noneOf: readonly string[]
  /** Rows that have no value: among the asked ones, among the excluded ones. */
  readonly orMissing: boolean
  readonly notMissing: boolean
}

export interface Filters {
  readonly cluster: ValueFilter
  readonly namespace: ValueFilter
  readonly node: ValueFilter
  readonly controllerKind: ValueFilter
  readonly controller: ValueFilter
  readonly pod: ValueFilter
  readonly container: ValueFilter
  /** By name, each name once. */
  readonly labels: readonly { readonly name: string; readonly values: ValueFilter }[]
}

/** The dates of a request as given and as windows. */
export interface AskedDates {
  readonly startDate: number
  readonly endDate: number
  readonly range: WindowRange
}

const LONGEST_DAYS = 400

export function askedDates(startDate: number, endDate: number, reader: ArgumentReader): AskedDates {
  if (endDate < startDate) {
    reader.refuse('OE0446', ['end_date', 'start_date'], `${endDate} is before ${startDate}`)
  }
  if (endDate - startDate > LONGEST_DAYS * DAY_SECONDS) {
    reader.refuse(
      'OE0515',
      [],
      `${endDate - startDate} seconds, and ${LONGEST_DAYS} days are the most; ask in parts`,
    )
  }
  return { startDate, endDate, range: windowsTouching(startDate, endDate) }
}

/** Dates of which either may be left out; what then holds depends on the moment of the answer. */
export interface OptionalDates {
  readonly startDate: number | undefined
  readonly endDate: number | undefined
}

export function askedOptionalDates(
  startDate: number | undefined,
  endDate: number | undefined,
  reader: ArgumentReader,
): OptionalDates {
  if (startDate !== undefined && endDate !== undefined) askedDates(startDate, endDate, reader)
  return { startDate, endDate }
}

/** The windows that start before `end` and end after `start`. */
function windowsTouching(start: number, end: number): WindowRange {
  return {
    from: Math.floor(start / HOUR_SECONDS) * HOUR_SECONDS,
    to: Math.ceil(end / HOUR_SECONDS) * HOUR_SECONDS,
  }
}

/** The equally long range immediately before. */
export function previousRange({ from, to }: WindowRange): WindowRange {
  return { from: from - (to - from), to: from }
}

type FilterValues = { readonly [Name in keyof typeof FILTERS]: Static<(typeof FILTERS)[Name]> }

export function askedFilters(values: FilterValues): Filters {
  return {
    cluster: askedValues(values.k8s_cluster),
    namespace: askedValues(values.k8s_namespace),
    node: askedValues(values.k8s_node),
    controllerKind: askedValues(values.created_by_kind),
    controller: askedValues(values.created_by_name),
    pod: askedValues(values.k8s_pod),
    container: askedValues(values.k8s_container),
    labels: [...values.label].map(([name, asked]) => ({ name, values: askedValues(asked) })),
  }
}

// `!x` excludes x; the all-zero UUID stands for "has none".
export function askedValues(values: readonly string[]): ValueFilter {
  const asked = values.filter(value => !value.startsWith('!'))
  const excluded = values.filter(value => value.startsWith('!')).map(value => value.slice(1))
  const named = (list: string[]) => [...new Set(list.filter(value => value !== MISSING_ID))].sort()
  return {
    anyOf: named(asked),
    noneOf: named(excluded),
    orMissing: asked.includes(MISSING_ID),
    notMissing: excluded.includes(MISSING_ID),
  }
}

/** Whether a filter leaves a value, null being none: what `satisfies` is to a statement. */
export function accepts(value: string | null, filter: ValueFilter): boolean {
  const { anyOf, noneOf, orMissing, notMissing } = filter
  if (value === null) return !notMissing && (orMissing || anyOf.length === 0)
  const isWanted = anyOf.includes(value) || (anyOf.length === 0 && !orMissing)
  return isWanted && !noneOf.includes(value)
}
