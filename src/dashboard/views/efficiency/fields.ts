import type { QueryOf } from '../../api/routes.js'
import { type Dimension, isDimension } from '../../state/dimensions.js'
import { choice, type Field, type StateOf } from '../../state/fields.js'
import { type Filter, filterQuery } from '../../state/filters.js'
import { PAGE_FIELDS } from '../../state/page.js'
import type { Hours } from '../../state/range.js'

/** What the API sorts by and the table has a column for. */
export const SORTS = [
  'name',
  'total_cost',
  'used_cost',
  'workload_idle_cost',
  'infra_idle_cost',
  'wasted_cost',
  'cpu_core_request_hours',
  'cpu_core_used_hours',
  'cpu_efficiency',
  'ram_gib_request_hours',
  'ram_gib_used_hours',
  'ram_efficiency',
  'total_efficiency',
  'coverage',
] as const

const dimension: Field<Dimension> = {
  fallback: 'namespace',
  parse: ([name]) => (name !== undefined && isDimension(name) ? name : undefined),
  print: name => [name],
}

/** What is chosen in the view, beside range and filters. */
export const FIELDS = {
  by: dimension,
  /** Whether nodes' idle cost is in rows of its own, or shared out over the others. */
  idle: choice(['separate', 'share'], 'separate'),
  trend: choice(['money', 'cpu', 'ram'], 'money'),
  sort: choice(SORTS, 'wasted_cost'),
  order: choice(['asc', 'desc'], 'desc'),
  ...PAGE_FIELDS,
}

export type EfficiencyState = StateOf<typeof FIELDS>

/** What every question of the view is about: which hours, of what, and where idle cost is. */
export function scopeOf(hours: Hours, filters: readonly Filter[], idle: EfficiencyState['idle']) {
  return {
    start_date: hours.start,
    end_date: hours.end,
    ...filterQuery(filters),
    ...(idle === 'separate' ? {} : { idle }),
  }
}

export type Scope = ReturnType<typeof scopeOf>

/** Rows of a page. */
const PAGE_ROWS = 100

/** The question that the table answers. */
export function tableQuery(scope: Scope, { by, sort, order }: EfficiencyState): QueryOf<'efficiency'> {
  return { ...scope, breakdown_by: [by], sort, order, limit: PAGE_ROWS }
}
