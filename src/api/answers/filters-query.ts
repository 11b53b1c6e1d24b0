import { type RawBuilder, sql } from 'kysely'
import { columnOf, inDays, inHours, satisfiesAll } from '../facts/columns.js'
import type { FactSource } from '../facts/parts.js'
import type { FactQuery } from '../facts/scope.js'
import { containerHours, sourcesOf } from '../facts/sources.js'
import { MISSING_ID } from '../query/parameters.js'

/** A value and the cost of what a filter by it leaves, as exact decimal text. */
export interface ValueRecord {
  value: string
  name: string
  total_cost: string
}

/** Totals of all values beside each of the page; one record without a value where the page is empty. */
export type ValuePage = { set_count: number; set_cost: string } & (ValueRecord | { value: null })

const NOT_SET = '(not set)'

/** Values of the query's dimension; names of labels where it has none. */
export interface ValueQuery {
  readonly facts: FactQuery
  /** Part of the name, in any case; every name has the empty one. */
  readonly search: string
}

/** One page of the values that have `search` in their names. */
export function valuePage(
  query: ValueQuery,
  selection: { sort: string; order: 'asc' | 'desc'; limit: number; offset: number },
): RawBuilder<ValuePage> {
  const { sort, order, limit, offset } = selection
  const column = sort === 'name' ? sql`name collate "C"` : sql.ref('total_cost')
  return sql<ValuePage>`
    with ${valueTables(query)},
    totals as (select (select count(*)::int from named) as set_count, ${totalOf(query)} as set_cost),
    page as (
      select *, row_number() over (
        order by ${column} ${order === 'asc' ? sql`asc` : sql`desc`}, name collate "C", value nulls first
      ) as place
      from named
      order by place
      limit ${limit} offset ${offset}
    )
    select totals.*, case when place is not null then coalesce(value, ${MISSING_ID}) end as value, name,
      total_cost::text as total_cost
    from totals
    left join page on true
    order by place`
}

/** Exact cost of all that these values have, as decimal text; null unless `isLoaded`. */
export function valueTotal(
  query: ValueQuery,
  isLoaded: RawBuilder<unknown>,
): RawBuilder<{ total: string | null }> {
  return sql<{ total: string | null }>`
    with ${valueTables(query)}
    select case when ${isLoaded} then ${totalOf(query)} end as total`
}

function valueTables(query: ValueQuery): RawBuilder<unknown> {
  const values = isByNames(query) ? labelNames(query.facts) : dimensionValues(query.facts)
  return sql`
    ${values},
    named as materialized (
      select value, coalesce(value, ${NOT_SET}::text) as name, total_cost
      from valued
      where position(lower(${query.search}::text) in lower(coalesce(value, ${NOT_SET}::text))) > 0
    )`
}

// What has several of the labels is in each of their rows, and once in the total.
function totalOf(query: ValueQuery): RawBuilder<unknown> {
  if (!isByNames(query)) return sql`(select coalesce(sum(total_cost), 0) from named)::text`
  return sql`(
    select coalesce(sum(cost), 0) from labelled s
    where exists (select from named n where coalesce(s.labels ->> n.value, '') <> '')
  )::text`
}

function isByNames({ facts }: ValueQuery): boolean {
  return facts.shape.breakdownBy.length === 0
}

// By what filters look at: a volume that no pod holds counts for its namespace, as a filter by it leaves it.
function dimensionValues(facts: FactQuery): RawBuilder<unknown> {
  const sources = sourcesOf(facts).map(source => valuesOf(source, facts))
  return sql`valued as (
    select value, sum(cost) as total_cost
    from (${sql.join(sources, sql` union all `)}) source
    group by 1
  )`
}

function valuesOf(
  { from, table, grain, columns, measures }: FactSource,
  facts: FactQuery,
): RawBuilder<unknown> {
  const { scope, shape, plan } = facts
  const value = shape.breakdownBy.map(dimension => columnOf(columns, dimension))[0] ?? sql`null::text`
  const when =
    grain === 'hour'
      ? inHours(sql.ref(`${table}.window_start`), plan.hours)
      : inDays(sql.ref(`${table}.day`), plan.days)
  return sql`
    select ${value} as value, coalesce(sum(${measures.own_cost ?? sql`null::numeric`}), 0) as cost
    ${from}
    where ${sql.ref(`${table}.cloud_account_id`)} = ${scope.cloudAccountId}::uuid
      and ${when}
      and ${satisfiesAll(columns, scope.filters)}
    group by 1`
}

// Label sets are few and shared by many facts, so each is taken apart once. An empty label is an absent one.
function labelNames(facts: FactQuery): RawBuilder<unknown> {
  const { from, columns } = containerHours(facts)
  const { cloudAccountId, filters } = facts.scope
  return sql`
    labelled as materialized (
      select s.labels, f.cost
      from (
        select a.label_set_key, sum(a.total_cost) as cost
        ${from}
        where a.cloud_account_id = ${cloudAccountId}::uuid
          and ${inHours(sql.ref('a.window_start'), facts.plan.hours)}
          and ${satisfiesAll(columns, filters)}
        group by 1
      ) f
      join warehouse.label_set s
        on s.cloud_account_id = ${cloudAccountId}::uuid and s.label_set_key = f.label_set_key
    ),
    valued as (
      select l.key as value, sum(s.cost) as total_cost
      from labelled s
      cross join lateral jsonb_each_text(s.labels) l
      where l.value <> ''
      group by 1
    )`
}
