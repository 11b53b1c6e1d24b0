import type { BodyOf, QueryOf } from '../../api/routes.js'
import { isAdvised } from '../../state/dimensions.js'
import { amount, choice, flag, type StateOf, texts } from '../../state/fields.js'
import { type Filter, filterQuery } from '../../state/filters.js'
import { PAGE_FIELDS } from '../../state/page.js'

const HOUR = 3600
const DAY = 86_400
/** Rows of a page. */
const PAGE_ROWS = 50

/** What the API sorts by and the table has a column for. */
export const SORTS = [
  'saving_month',
  'cost_month',
  'controller',
  'namespace',
  'cpu_request',
  'cpu_saving',
  'ram_request',
  'ram_saving',
  'confidence',
] as const

/** What is chosen in the view, beside filters. */
export const FIELDS = {
  profile: choice(['cost', 'balanced', 'safe', 'krr', 'kubecost'], 'balanced'),
  /** Days of use. */
  history: choice(['7', '14', '30'], '14'),
  action: choice(['any', 'decrease', 'increase', 'set', 'keep', 'suppressed', 'none'], 'any'),
  min_confidence: choice(['0', '0.1', '0.4', '0.75'], '0'),
  min_saving: amount,
  include_system: flag,
  include_ignored: flag,
  sort: choice(SORTS, 'saving_month'),
  order: choice(['asc', 'desc'], 'desc'),
  ...PAGE_FIELDS,
  /** Keys of the rows that are open. */
  open: texts,
}

export type RightsizingState = StateOf<typeof FIELDS>
export type Body = BodyOf<'rightsizing'>
export type Row = Body['rightsizing'][number]

/** The filters that requests can be told apart by, and those that can't be asked for. */
export function splitFilters(filters: readonly Filter[]): {
  readonly used: readonly Filter[]
  readonly left: readonly Filter[]
} {
  return {
    used: filters.filter(({ dimension }) => isAdvised(dimension)),
    left: filters.filter(({ dimension }) => !isAdvised(dimension)),
  }
}

/**
 * The question that the choices make. 14 days are asked for without dates, others up to the end of the running hour, which
 * is how the API finds what it has computed in advance.
 */
export function rightsizingQuery(
  state: RightsizingState,
  filters: readonly Filter[],
  now: number,
): QueryOf<'rightsizing'> {
  const { profile, history, action, min_confidence, min_saving, sort, order } = state
  const end = now - (now % HOUR) + HOUR
  return {
    ...(history === '14' ? {} : { start_date: end - Number(history) * DAY, end_date: end }),
    profile,
    ...(action === 'any' ? {} : { action }),
    ...(min_confidence === '0' ? {} : { min_confidence: Number(min_confidence) }),
    ...(min_saving === null ? {} : { min_saving }),
    ...(state.include_system ? { include_system: true } : {}),
    ...(state.include_ignored ? { include_ignored: true } : {}),
    ...filterQuery(filters),
    sort,
    order,
    limit: PAGE_ROWS,
  }
}

/** Whether something is chosen that leaves rows out. */
export const isNarrowed = (
  { action, min_confidence, min_saving }: RightsizingState,
  filters: readonly Filter[],
): boolean => action !== 'any' || min_confidence !== '0' || min_saving !== null || filters.length > 0

/** What a row is told apart by from all others; names have no slashes. */
export const keyOf = (row: Row): string =>
  [row.cluster, row.namespace, row.controller_kind, row.controller, row.container].join('/')
