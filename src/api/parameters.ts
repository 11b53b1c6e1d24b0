import { DAY_SECONDS, HOUR_SECONDS } from '../domain/window.js'
import { ArgumentReader, type RawArguments, shown } from './arguments.js'

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
/** What makes a row: a dimension, or a label by its name as in Prometheus, without `label_`. */
export type Breakdown = Dimension | LabelBreakdown
type LabelBreakdown = `label:${string}`

export const STEPS = ['all', 'hour', 'day', 'week', 'month'] as const
export type Step = (typeof STEPS)[number]

export interface AllocationFilters {
  readonly cluster: ValueFilter
  readonly namespace: ValueFilter
  readonly node: ValueFilter
  /** By name, each name once. */
  readonly labels: readonly { readonly name: string; readonly values: ValueFilter }[]
}

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
  'gpu_hours',
  'gpu_cost',
  'pv_gib_hours',
  'pv_cost',
  'network_zone_cost',
  'network_region_cost',
  'network_internet_cost',
  'network_cost',
  'load_balancer_cost',
  'management_cost',
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
  readonly breakdownBy: Breakdown
  readonly step: Step
  readonly idle: 'separate' | 'hide'
  readonly filters: AllocationFilters
  readonly sort: Sort
  readonly order: 'asc' | 'desc'
  readonly limit: number
  readonly cursor: string | undefined
}

export const MISSING_ID = '00000000-0000-0000-0000-000000000000'
const END_OF_YEAR_9999 = 253_402_300_799
const LONGEST_DAYS = 400
// Prometheus knows no other characters in a label name that came from Kubernetes; there a name has up to 317.
const LABEL_NAME = /^[A-Za-z0-9_]{1,400}$/
const LABEL_NAME_RULE = 'a label name has letters, digits and _ only, as in Prometheus, without label_'
const LABEL_BREAKDOWN = 'label:'
const LABEL_FILTER = 'label.'
const MOST_LABEL_FILTERS = 10

/** Reads and checks the arguments of `cost_allocation`; throws the ApiError that wins. */
export function readCostAllocationRequest(given: RawArguments): CostAllocationRequest {
  const reader = new ArgumentReader(given)
  const dates = readDates(reader)
  const request: CostAllocationRequest = {
    ...dates,
    range: windowsTouching(dates.startDate, dates.endDate),
    breakdownBy: readBreakdown(reader),
    step: reader.choice('step', STEPS, 'all'),
    idle: reader.choice('idle', ['separate', 'hide'], 'separate'),
    filters: {
      cluster: readFilter(reader, 'k8s_cluster'),
      namespace: readFilter(reader, 'k8s_namespace'),
      node: readFilter(reader, 'k8s_node'),
      labels: readLabelFilters(reader),
    },
    sort: reader.choice('sort', SORTS, 'total_cost'),
    order: reader.choice('order', ['asc', 'desc'], 'desc'),
    limit: reader.integer('limit', { min: 1, max: 1000, fallback: 100 }),
    cursor: reader.text('cursor'),
  }
  reader.finish()
  return request
}

export function isByLabel(breakdown: string): breakdown is LabelBreakdown {
  return breakdown.startsWith(LABEL_BREAKDOWN)
}

export function labelOf(breakdown: LabelBreakdown): string {
  return breakdown.slice(LABEL_BREAKDOWN.length)
}

function readBreakdown(reader: ArgumentReader): Breakdown {
  const text = reader.text('breakdown_by') ?? 'namespace'
  const dimension = DIMENSIONS.find(candidate => candidate === text)
  if (dimension !== undefined) return dimension
  if (isByLabel(text)) {
    if (LABEL_NAME.test(labelOf(text))) return text
    reader.refuse('OE0217', ['breakdown_by'], `${shown(text)}: ${LABEL_NAME_RULE}`)
  } else {
    const allowed = `${DIMENSIONS.join(', ')}, ${LABEL_BREAKDOWN}<name>`
    reader.refuse('OE0217', ['breakdown_by'], `${shown(text)} is not one of ${allowed}`)
  }
  return 'namespace'
}

function readLabelFilters(reader: ArgumentReader): AllocationFilters['labels'] {
  const given = reader.namesFrom(LABEL_FILTER).sort()
  if (given.length > MOST_LABEL_FILTERS) {
    reader.refuse('OE0217', [`${LABEL_FILTER}<name>`], `${MOST_LABEL_FILTERS} labels are the most`)
  }
  return given.map(argument => {
    const name = argument.slice(LABEL_FILTER.length)
    if (!LABEL_NAME.test(name)) reader.refuse('OE0217', [argument], LABEL_NAME_RULE)
    return { name, values: readFilter(reader, argument) }
  })
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
