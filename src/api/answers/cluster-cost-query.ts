import { type RawBuilder, sql } from 'kysely'
import { type Column, inDays, inHours, midnightOf } from '../facts/columns.js'
import type { DayPlan } from '../facts/day-plan.js'
import { stepStart } from '../facts/shared.js'
import type { Step } from '../query/parameters.js'
import { satisfies } from '../query/where.js'
import type { WindowScope } from './loaded.js'
import { toldParts } from './told-parts.js'

/** Asset-side cost of clusters: which windows, cut into which steps, each day read from where. */
export interface ClusterCostQuery extends WindowScope {
  readonly step: Step
  readonly plan: DayPlan
}

/** A cluster in a step, as the database gives it: money as exact decimal text; null where none was measured. */
export interface ClusterCostRecord {
  cluster: string
  /** Unix seconds. */
  step_start: number
  cpu_cost: string | null
  ram_cost: string | null
  gpu_cost: string | null
  pv_cost: string | null
  load_balancer_cost: string | null
  network_cost: string | null
  management_cost: string | null
  total_cost: string
  allocated_cost: string
  idle_cost: string
  unmounted_cost: string | null
}

/** Totals of all rows beside each row of the page; one record without a row where the page is empty. */
export type ClusterCostPage = { set_count: number; set_cost: string; is_partial: boolean } & (
  | ClusterCostRecord
  | { cluster: null }
)

const NODE_PARTS = ['cpu_cost', 'ram_cost', 'gpu_cost'] as const
const ASSET_PARTS = { pv_cost: 'disk', load_balancer_cost: 'load_balancer', management_cost: 'management' }
const PARTS = [...NODE_PARTS, ...Object.keys(ASSET_PARTS), 'network_cost']
/** What the assets and the network were for. */
const USES = ['allocated_cost', 'idle_cost', 'unmounted_cost']
const SUMMED = ['nodes', 'windows', ...PARTS, ...USES]

/** One page of the rows and the totals of all of them. */
export function clusterCostPage(
  query: ClusterCostQuery,
  selection: { sort: string; order: 'asc' | 'desc'; limit: number; offset: number },
): RawBuilder<ClusterCostPage> {
  const { sort, order, limit, offset } = selection
  const column =
    sort === 'cluster' ? sql`cluster collate "C"` : sql.ref(sort === 'start_date' ? 'step_start' : sort)
  return sql<ClusterCostPage>`
    with ${answerTable(query)},
    totals as (
      select count(*)::int as set_count, coalesce(sum(total_cost), 0)::text as set_cost,
        coalesce(bool_or(num_nulls(${sql.join(PARTS.map(part => sql.ref(part)))}) > 0), false) as is_partial
      from answer
    ),
    page as (
      select *, row_number() over (
        order by ${column} ${order === 'asc' ? sql`asc` : sql`desc`} nulls last, cluster collate "C", step_start
      ) as place
      from answer
      order by place
      limit ${limit} offset ${offset}
    )
    select totals.*, cluster, extract(epoch from step_start)::float8 as step_start,
      ${sql.join([...PARTS, ...USES, 'total_cost'].map(name => sql`${sql.ref(name)}::text`))}
    from totals
    left join page on true
    order by place`
}

/** Exact cost of all clusters of the query, as decimal text; null where no window of theirs is loaded. */
export function clusterCostTotal(query: ClusterCostQuery): RawBuilder<{ total: string | null }> {
  return sql<{ total: string | null }>`
    with ${answerTable(query)}
    select sum(total_cost)::text as total from answer`
}

// A step without any loaded window is no row: what is not known of it stands in the gaps.
function answerTable(query: ClusterCostQuery): RawBuilder<unknown> {
  const { plan } = query
  // A range without any window still makes a statement, which finds nothing.
  const hours = plan.hours.length > 0 || plan.days.length === 0 ? hourSources(query) : []
  const days = plan.days.length > 0 ? daySources(query) : []
  const part = (name: string) => sql.ref(`s.${name}`)
  const known = (name: string, isKnown: Column) =>
    sql`coalesce(${part(name)}, case when ${isKnown} then 0 end) as ${sql.id(name)}`
  return sql`
    summed as (
      select cluster_id, step_start, ${sql.join(SUMMED.map(name => sql`sum(${sql.ref(name)}) as ${sql.id(name)}`))}
      from (${sql.join([...hours, ...days], sql` union all `)}) source
      group by 1, 2
      having sum(windows) > 0
    ),
    told as (${toldParts(query)}),
    part as (
      select s.cluster_id as cluster, s.step_start,
        ${sql.join(NODE_PARTS.map(name => known(name, sql`coalesce(s.nodes, 0) = 0`)))},
        ${known('pv_cost', sql`t.knows_pv`)},
        ${known('load_balancer_cost', sql`t.knows_load_balancers`)},
        ${known('management_cost', sql`t.knows_management`)},
        -- The ledger has 0 where no traffic was counted and where none could be.
        case when s.network_cost <> 0 or t.knows_network then s.network_cost end as network_cost,
        ${sql.join(USES.map(part))}
      from summed s
      left join told t on t.cluster_id = s.cluster_id and t.step_start = s.step_start
    ),
    answer as materialized (
      select *, ${sql.join(
        PARTS.map(name => sql`coalesce(${sql.ref(name)}, 0)`),
        sql` + `,
      )} as total_cost
      from part
    )`
}

/** One table's part of the sums: what it has none of is null. */
function sumsOf(
  query: ClusterCostQuery,
  { table, at, found }: { table: string; at: Column; found: Readonly<Record<string, Column>> },
): RawBuilder<unknown> {
  const { cloudAccountId, clusters, step, range } = query
  const sums = SUMMED.map(name => sql`${found[name] ?? sql`null::numeric`} as ${sql.id(name)}`)
  return sql`
    select x.cluster_id, ${stepStart(step, range, at)} as step_start, ${sql.join(sums)}
    from ${sql.table(`warehouse.${table}`)} x
    where x.cloud_account_id = ${cloudAccountId}::uuid
      and ${satisfies(sql.ref('x.cluster_id'), clusters)}`
}

const ofNodes = (condition: Column) => ({
  nodes: sql`count(*) filter (where ${condition})`,
  ...Object.fromEntries(NODE_PARTS.map(part => [part, sql`sum(${sql.ref(`x.${part}`)})`])),
})
const ofAssets = Object.fromEntries(
  Object.entries(ASSET_PARTS).map(([part, type]) => [
    part,
    sql`sum(x.total_cost) filter (where x.asset_type = ${sql.lit(type)})`,
  ]),
)

function hourSources(query: ClusterCostQuery): RawBuilder<unknown>[] {
  const at = sql.ref('x.window_start')
  const when = sql`and ${inHours(at, query.plan.hours)}`
  const ledger = {
    windows: sql`count(*)`,
    network_cost: sql`sum(x.network_cost)`,
    allocated_cost: sql`sum(x.allocated_cost + coalesce(x.unallocated_cost, 0))`,
    idle_cost: sql`sum(x.idle_cost)`,
    unmounted_cost: sql`sum(x.unmounted_cost)`,
  }
  return [
    sql`${sumsOf(query, { table: 'node_hourly', at, found: ofNodes(sql`true`) })} ${when} group by 1, 2`,
    sql`${sumsOf(query, { table: 'asset_hourly', at, found: ofAssets })} ${when} group by 1, 2`,
    sql`${sumsOf(query, { table: 'window_ledger', at, found: ledger })} ${when} and x.revision > 0 group by 1, 2`,
  ]
}

function daySources(query: ClusterCostQuery): RawBuilder<unknown>[] {
  const at = midnightOf(sql.ref('x.day'))
  const when = sql`and ${inDays(sql.ref('x.day'), query.plan.days)}`
  const assets = { ...ofNodes(sql`x.asset_type = 'node'`), ...ofAssets }
  const ledger = {
    windows: sql`sum(x.windows)`,
    ...Object.fromEntries(['network_cost', ...USES].map(name => [name, sql`sum(${sql.ref(`x.${name}`)})`])),
  }
  return [
    sql`${sumsOf(query, { table: 'asset_daily', at, found: assets })} ${when} group by 1, 2`,
    sql`${sumsOf(query, { table: 'day_ledger', at, found: ledger })} ${when} group by 1, 2`,
  ]
}
