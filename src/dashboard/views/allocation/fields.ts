import type { QueryOf } from '../../api/routes.js'
import { type Dimension, HAS_NONE, isDimension } from '../../state/dimensions.js'
import { choice, type Field, type StateOf } from '../../state/fields.js'
import { type Filter, filterQuery, type Place, pathField } from '../../state/filters.js'
import { PAGE_FIELDS } from '../../state/page.js'
import { type Hours, STEPS, type Step, usualStep } from '../../state/range.js'
import { stepsOf } from '../../state/steps.js'

/** What the API sorts by and the table has a column for. */
export const SORTS = [
  'name',
  'total_cost',
  'cpu_cost',
  'ram_cost',
  'gpu_cost',
  'pv_cost',
  'network_cost',
  'load_balancer_cost',
  'idle_cost',
  'shared_cost',
  'cpu_core_hours',
  'ram_gib_hours',
  'total_efficiency',
  'coverage',
] as const

/** Columns that can be shown or left out, in their order; the name is always there. */
export const COLUMNS = {
  cost: 'Cost',
  share: 'Share',
  change: 'Change',
  cpu: 'CPU',
  ram: 'Memory',
  gpu: 'GPU',
  pv: 'Volumes',
  network: 'Network',
  lb: 'Balancers',
  idle: 'Idle share',
  shared: 'Shared',
  core_hours: 'Core-hours',
  gib_hours: 'GiB-hours',
  efficiency: 'Efficiency',
  coverage: 'Measured',
} as const

export type ColumnId = keyof typeof COLUMNS

const COLUMN_IDS = Object.keys(COLUMNS) as ColumnId[]
const NO_COLUMNS = 'none'

/** One dimension or two different ones. */
const by: Field<readonly Dimension[]> = {
  fallback: ['namespace'],
  parse: names => {
    const dimensions = names.filter(isDimension)
    const isWhole = dimensions.length === names.length && new Set(names).size === names.length
    return isWhole && names.length <= 2 ? dimensions : undefined
  },
  print: dimensions => dimensions,
}

/** Namespaces whose cost is spread over the others; as many as the API takes. */
const share: Field<readonly string[]> = {
  fallback: [],
  parse: names => (names.length <= 100 && names.every(isNamespace) ? [...new Set(names)] : undefined),
  print: names => names,
}

const isNamespace = (name: string): boolean => name !== '' && name.length <= 253

/** Null: those that the way of sharing asks for. */
const cols: Field<readonly ColumnId[] | null> = {
  fallback: null,
  parse: names => {
    if (names.length === 1 && names[0] === NO_COLUMNS) return []
    const known = COLUMN_IDS.filter(id => names.includes(id))
    return known.length === new Set(names).size ? known : undefined
  },
  print: ids => (ids === null ? [] : ids.length === 0 ? [NO_COLUMNS] : ids),
}

/** What is chosen in the view, beside range and filters. */
export const FIELDS = {
  by,
  path: pathField,
  idle: choice(['separate', 'hide', 'share'], 'separate'),
  idle_by: choice(['cluster', 'node'], 'cluster'),
  share,
  split: choice(['weighted', 'even'], 'weighted'),
  step: choice(['auto', ...STEPS], 'auto'),
  sort: choice(SORTS, 'total_cost'),
  order: choice(['asc', 'desc'], 'desc'),
  ...PAGE_FIELDS,
  limit: choice(['25', '100', '500'], '100'),
  cols,
}

export type AllocationState = StateOf<typeof FIELDS>

/** What every question of the view is about: which hours, of what, and where idle and shared cost are. */
export type Scope = Omit<QueryOf<'cost_allocation'>, 'breakdown_by' | 'step' | 'sort' | 'order' | 'limit'>

export function scopeOf(hours: Hours, filters: readonly Filter[], state: AllocationState): Scope {
  const { path, idle, idle_by, share: shared, split } = state
  return {
    start_date: hours.start,
    end_date: hours.end,
    ...placeQuery(filters, path),
    ...(idle === 'separate' ? {} : { idle }),
    ...(idle === 'share' && idle_by !== 'cluster' ? { idle_by } : {}),
    ...(shared.length === 0 ? {} : { share_namespaces: [...shared], share_split: split }),
  }
}

// A row that was looked into is the cost of its containers. What nobody carries, such as idle of the same cluster, has
// rows of its own beside it: within the row it would make the total another one than that of the row.
function placeQuery(filters: readonly Filter[], path: readonly Place[]) {
  const query = filterQuery(filters, path)
  if (path.length === 0) return query
  return { ...query, k8s_container: [...(query.k8s_container ?? []), `!${HAS_NONE}`] }
}

/** The question that the table answers. */
export function tableQuery(scope: Scope, state: AllocationState): QueryOf<'cost_allocation'> {
  const { sort, order, limit } = state
  return { ...scope, breakdown_by: [...state.by], sort, order, limit: Number(limit) }
}

/** More bars than these can't be told apart. */
const MOST_BARS = 400

/** Whether a range can be drawn in such steps. */
export const isDrawable = (hours: Hours, step: Step): boolean => stepsOf(hours, step).length <= MOST_BARS

/** The step that is drawn: the one that was asked for, unless it makes too many bars. */
export function drawnStep(hours: Hours, asked: AllocationState['step']): Step {
  return asked === 'auto' || !isDrawable(hours, asked) ? usualStep(hours) : asked
}

/** The columns that are shown. */
export function shownColumns({ cols: chosen, idle, share: shared }: AllocationState): readonly ColumnId[] {
  const isUsual: Partial<Record<ColumnId, boolean>> = {
    idle: idle === 'share',
    shared: shared.length > 0,
    core_hours: false,
    gib_hours: false,
    coverage: false,
  }
  return chosen ?? COLUMN_IDS.filter(id => isUsual[id] ?? true)
}
