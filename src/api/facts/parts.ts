import { type RawBuilder, sql } from 'kysely'
import {
  type Column,
  columnOf,
  dayOf,
  type FactColumns,
  inDays,
  inHours,
  midnightOf,
  satisfiesAll,
} from './columns.js'
import { type FactQuery, LACKABLE, type Lackable, type Measure } from './scope.js'

/** One table that facts are read from. */
export interface FactSource {
  /** Kind of its rows; null for containers, whose kind is told by their values. */
  readonly kind: Column
  /** `from …`, with the joins that the columns need. */
  readonly from: Column
  /** Alias of the fact table. */
  readonly table: string
  readonly columns: FactColumns
  /** What a row is told apart by, where that isn't what filters look at. */
  readonly rowColumns?: FactColumns
  /** Of one row; null and absent ones count nothing. */
  readonly measures: Partial<Record<Measure, Column>>
  /** Of a fact in an hour: whether it lacks the part. Of a day: the mask of hours in which one did. */
  readonly lacks: Partial<Record<Lackable, Column>>
  readonly grain: 'hour' | 'day'
  /** Each row is a part as it is, as the answer's rows are nearly as fine; else they are summed up. */
  readonly rowsAreParts?: boolean
  readonly having?: Column
}

/**
 * Statement that sums one source up per row of the answer, cluster and slot: the UTC day, or the hour where the step is
 * one. Days keep the groups few, and exact sums are what takes the time; so what would hardly get fewer is left to the
 * answer's own sums. `hours` has a bit for each hour of the day in which there was a fact, so that the coverage of each
 * window counts once however many containers ran in it. `no_<part>` has those in which a fact lacks the part: a part is
 * null where no fact has it, and these tell what was not measured from what does not apply.
 *
 * Where cost is shared out, filters come last: `is_asked` tells which parts they leave, and `is_shared` which are to be
 * spread over the others.
 */
export function partsOf(
  source: FactSource,
  query: FactQuery,
  measures: readonly Measure[],
): RawBuilder<unknown> {
  const { scope, shape } = query
  const rows = source.rowColumns ?? source.columns
  const asked = satisfiesAll(source.columns, scope.filters)
  const isSharing = scope.shareNamespaces.length > 0
  const [first, second] = shape.breakdownBy.map(breakdown => columnOf(rows, breakdown))
  const namespace = source.columns.namespace
  const isShared = sql`coalesce(${source.kind} is null and ${namespace} = any(${[...scope.shareNamespaces]}::text[]), false)`
  const none = sql`null::text`
  return sql`
    select ${source.kind} as kind, ${first ?? none} as value_1, ${second ?? none} as value_2,
      ${source.columns.cluster} as cluster_id, ${slotOf(source, shape.step)} as slot,
      ${isSharing ? asked : sql`true`} as is_asked, ${isSharing ? isShared : sql`false`} as is_shared,
      ${hoursWhere(source, sql`true`)} as hours,
      ${sql.join(measures.map(measure => sql`${measureOf(source, measure)} as ${sql.id(measure)}`))},
      ${sql.join(LACKABLE.map(part => sql`${lackOf(source, part)} as ${sql.id(`no_${part}`)}`))}
    ${source.from}
    where ${sql.ref(`${source.table}.cloud_account_id`)} = ${scope.cloudAccountId}::uuid
      and ${whenOf(source, query)}
      and ${isSharing ? sql`true` : asked}
    ${source.rowsAreParts ? sql`` : sql`group by 1, 2, 3, 4, 5, 6, 7`}
    ${source.having === undefined ? sql`` : sql`having ${source.having}`}`
}

function whenOf({ table, grain }: FactSource, { plan }: FactQuery): RawBuilder<boolean> {
  return grain === 'hour'
    ? inHours(sql.ref(`${table}.window_start`), plan.hours)
    : inDays(sql.ref(`${table}.day`), plan.days)
}

function slotOf({ table, grain }: FactSource, step: string): Column {
  if (grain === 'day') return midnightOf(sql.ref(`${table}.day`))
  const start = sql.ref(`${table}.window_start`)
  return step === 'hour' ? start : dayOf(start)
}

function measureOf({ measures, rowsAreParts }: FactSource, measure: Measure): Column {
  const value = measures[measure]
  if (value === undefined) return sql`null::numeric`
  return rowsAreParts ? value : sql`sum(${value})`
}

function lackOf(source: FactSource, part: Lackable): Column {
  const lack = source.lacks[part]
  if (lack === undefined) return sql`0`
  return source.grain === 'day' ? maskOf(source, lack) : hoursWhere(source, lack)
}

// The condition decides first: reading the hour takes longer than most of what is summed up here.
function hoursWhere(source: FactSource, condition: Column): Column {
  const { table, grain } = source
  if (grain === 'day') return maskOf(source, sql.ref(`${table}.hour_mask`))
  const hour = sql`(date_part('epoch', ${sql.ref(`${table}.window_start`)})::bigint / 3600 % 24)::integer`
  return sql`coalesce(bit_or(1 << ${hour}) filter (where ${condition}), 0)`
}

function maskOf({ rowsAreParts }: FactSource, mask: Column): Column {
  return rowsAreParts ? mask : sql`coalesce(bit_or(${mask}), 0)`
}

/** From-list that turns a mask of hours of the slot's day into windows: `window_start` of `w`. */
export function windowsOf(slot: Column, hours: Column): RawBuilder<unknown> {
  return sql`lateral (
    select ${dayOf(slot)} + h * interval '1 hour' as window_start
    from generate_series(0, 23) as h
    where ${hours} >> h & 1 = 1
  ) w`
}
