import { DAY_SECONDS, HOUR_SECONDS } from '../domain/window.js'
import { ArgumentReader, type RawArguments } from './arguments.js'

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

export const DIMENSIONS = [
  'cluster',
  'node',
  'namespace',
  'controller_kind',
  'controller',
  'pod',
  'container',
] as const
export type Dimension = (typeof DIMENSIONS)[number]

export const STEPS = ['all', 'hour', 'day', 'week', 'month'] as const
export type Step = (typeof STEPS)[number]

const FILTERS = ['cluster', 'namespace', 'node'] as const
type FilterName = (typeof FILTERS)[number]

const SORTS = [
  'total_cost',
  'cpu_cost',
  'ram_cost',
  'name',
  'start_date',
  'minutes',
  'cpu_core_hours',
  'cpu_core_request_hours',
  'cpu_core_used_hours',
  'ram_gib_hours',
  'ram_gib_request_hours',
  'ram_gib_used_hours',
  'cpu_efficiency',
  'ram_efficiency',
  'total_efficiency',
  'coverage',
] as const
export type Sort = (typeof SORTS)[number]

export interface CostAllocationRequest {
  /** As given, Unix seconds. */
  readonly startDate: number
  readonly endDate: number
  readonly range: WindowRange
  readonly breakdownBy: Dimension
  readonly step: Step
  readonly idle: 'separate' | 'hide'
  readonly filters: Readonly<Record<FilterName, ValueFilter>>
  readonly sort: Sort
  readonly order: 'asc' | 'desc'
  readonly limit: number
  readonly cursor: string | undefined
}

export const MISSING_ID = '00000000-0000-0000-0000-000000000000'
const END_OF_YEAR_9999 = 253_402_300_799
const LONGEST_DAYS = 400

/** Reads and checks the arguments of `cost_allocation`; throws the ApiError that wins. */
export function readCostAllocationRequest(given: RawArguments): CostAllocationRequest {
  const reader = new ArgumentReader(given)
  const dates = readDates(reader)
  const request: CostAllocationRequest = {
    ...dates,
    range: windowsTouching(dates.startDate, dates.endDate),
    breakdownBy: reader.choice('breakdown_by', DIMENSIONS, 'namespace'),
    step: reader.choice('step', STEPS, 'all'),
    idle: reader.choice('idle', ['separate', 'hide'], 'separate'),
    filters: {
      cluster: readFilter(reader, 'k8s_cluster'),
      namespace: readFilter(reader, 'k8s_namespace'),
      node: readFilter(reader, 'k8s_node'),
    },
    sort: reader.choice('sort', SORTS, 'total_cost'),
    order: reader.choice('order', ['asc', 'desc'], 'desc'),
    limit: reader.integer('limit', { min: 1, max: 1000, fallback: 100 }),
    cursor: reader.text('cursor'),
  }
  reader.finish()
  return request
}

function readDates(reader: ArgumentReader): { startDate: number; endDate: number } {
  const bounds = { min: 0, max: END_OF_YEAR_9999 }
  const startDate = reader.integer('start_date', bounds)
  const endDate = reader.integer('end_date', bounds)
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

// `!x` excludes x; the all-zero UUID stands for "has none".
function readFilter(reader: ArgumentReader, name: string): ValueFilter {
  const values = reader.list(name)
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
