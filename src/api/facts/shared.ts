import { type RawBuilder, sql } from 'kysely'
import type { WindowRange } from '../query/asked.js'
import type { Step } from '../query/parameters.js'
import { instant } from '../query/where.js'
import type { Column } from './columns.js'
import { partsOf } from './parts.js'
import { type FactQuery, LACKABLE, type Measure } from './scope.js'
import { sourcesOf } from './sources.js'

// Places enough for what a quotient of it is multiplied by: shares add up to what is shared.
const WIDE_COST = sql`s.cost::numeric(60, 30)`

const GIVEN = sql`given as (
  select v.*, ${WIDE_COST} / s.receivers / v.weight as ratio
  from receiver v
  join pool s using (cluster_id, step_start)
),`
// As arrays, of which nulls are equal too: each receiver is found by its hash, and not by looking through all.
const JOIN_GIVEN = sql`left join given g on g.cluster_id = raw.cluster_id and g.step_start = raw.step_start
  and array[g.value_1, g.value_2] = array[raw.value_1, raw.value_2]`

/**
 * Common tables that end in `parts`: what the answer's rows are summed up from. Beside the measures a part has
 * `step_start` and `shared_cost`: what it was given of the namespaces that are spread.
 *
 * A part's weight is its cost with its idle. `weighted`: it gets as much of its cluster's spread cost of the step as its
 * weight is of all weights there. `even`: every row of the cluster and step that costs anything gets the same, and a
 * part of the row as much of that as it is of the row. So filters, which come last, leave every share as it is, and
 * sharing moves cost within cluster and step but makes none.
 */
export function partTables(query: FactQuery, measures: readonly Measure[]): RawBuilder<unknown> {
  const { scope } = query
  const start = stepStart(query.shape.step, scope.range, sql`p.slot`)
  const sources = sourcesOf(query).map(source => partsOf(source, query, measures))
  const raw = sql`select p.*, ${start} as step_start from (${sql.join(sources, sql` union all `)}) p`
  if (scope.shareNamespaces.length === 0) {
    return sql`parts as (select r.*, 0::numeric as shared_cost from (${raw}) r)`
  }
  const isEven = scope.shareSplit === 'even'
  const row = sql`cluster_id, step_start, value_1, value_2`
  return sql`
    raw as materialized (
      select r.*, case when kind is null then coalesce(own_cost, 0) + coalesce(idle_cost, 0) else 0 end as weight
      from (${raw}) r
    ),
    receiver as (
      select ${row}, sum(weight) as weight
      from raw
      where kind is null and not is_shared
      group by ${row}
      having sum(weight) <> 0
    ),
    pool as (
      select cluster_id, step_start, s.cost, r.receivers, ${WIDE_COST} / r.weight as ratio
      from (
        select cluster_id, step_start, sum(weight) as cost from raw where is_shared group by 1, 2
      ) s
      join (
        select cluster_id, step_start, sum(weight) as weight, count(*) as receivers from receiver group by 1, 2
      ) r using (cluster_id, step_start)
      where r.weight <> 0
    ),
    ${isEven ? GIVEN : sql``}
    parts as (
      select ${sql.join([
        ...['kind', 'value_1', 'value_2', 'cluster_id', 'slot', 'step_start', 'hours'].map(name =>
          sql.ref(`raw.${name}`),
        ),
        ...measures.map(measure => sql.ref(`raw.${measure}`)),
        ...LACKABLE.map(part => sql.ref(`raw.no_${part}`)),
      ])},
        coalesce(case when raw.kind is null and not raw.is_shared then raw.weight * ${isEven ? sql`g.ratio` : sql`p.ratio`} end, 0)
          as shared_cost
      from raw
      left join pool p on p.cluster_id = raw.cluster_id and p.step_start = raw.step_start
      ${isEven ? JOIN_GIVEN : sql``}
      where raw.is_asked
        -- What is spread is no row of its own; without anybody to spread it over it stays one.
        and not (raw.is_shared and p.cost is not null)
    )`
}

/** Start of the step that holds a moment; that of `all` is the range's. */
export function stepStart(step: Step, range: WindowRange, moment: Column): Column {
  if (step === 'all') return instant(range.from)
  if (step === 'hour') return moment
  return sql`date_trunc(${sql.lit(step)}, ${moment}, 'UTC')`
}

/** Exact cost of all that a query covers, as decimal text; null where no window of its clusters is loaded. */
export function totalOf(query: FactQuery, isLoaded: Column): RawBuilder<{ total: string | null }> {
  return sql<{ total: string | null }>`
    with ${partTables(query, ['own_cost', 'idle_cost'])}
    select case when ${isLoaded} then
      (select round(coalesce(sum(coalesce(own_cost, 0) + coalesce(idle_cost, 0) + shared_cost), 0), 12) from parts)::text
    end as total`
}
