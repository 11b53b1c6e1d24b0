import { type RawBuilder, sql } from 'kysely'
import { MISSING_ID } from '../query/parameters.js'
import { satisfies, startsIn } from '../query/where.js'
import { wholeDays } from './day-plan.js'
import { type MissingPart, missingParts } from './missing.js'
import { windowsOf } from './parts.js'
import { type FactQuery, type Lackable, MEASURES } from './scope.js'
import { partTables } from './shared.js'

export type Kind = 'workload' | 'idle' | 'unmounted' | 'cluster_management' | 'unallocated'

/** A row as the database gives it: money as exact decimal text, times in Unix seconds. */
export interface FactRecord {
  id: string
  kind: Kind
  value_1: string | null
  value_2: string | null
  name: string
  step_start: number
  minutes: number | null
  first_seen: number
  last_seen: number
  cpu_core_hours: number | null
  cpu_core_request_hours: number | null
  cpu_core_used_hours: number | null
  cpu_cost: string
  ram_gib_hours: number | null
  ram_gib_request_hours: number | null
  ram_gib_used_hours: number | null
  ram_cost: string
  gpu_hours: number | null
  gpu_cost: string | null
  pv_gib_hours: number | null
  pv_cost: string | null
  network_zone_cost: string | null
  network_region_cost: string | null
  network_internet_cost: string | null
  network_cost: string | null
  load_balancer_cost: string | null
  management_cost: string
  shared_cost: string
  idle_cost: string
  total_cost: string
  cpu_efficiency: number | null
  ram_efficiency: number | null
  total_efficiency: number | null
  no_requests: boolean
  used_cost: string
  workload_idle_cost: string
  infra_idle_cost: string
  /** Of a workload and of infrastructure together. */
  wasted_cost: string
  coverage: number | null
}

/** Totals of the whole set beside each row of the page; one record without a row where the page is empty. */
export type PageRecord = { set_count: number; set_cost: string; missing: MissingPart[] } & (
  | FactRecord
  | { id: null }
)

/** Which rows of the answer, in which order. */
export interface Selection {
  /** Name of the column; one of those below. */
  readonly sort: string
  readonly order: 'asc' | 'desc'
  readonly limit: number
  readonly offset: number
}

const COUNTED = [
  ...['minutes', 'cpu_core_hours', 'cpu_core_request_hours', 'cpu_core_used_hours'],
  ...['ram_gib_hours', 'ram_gib_request_hours', 'ram_gib_used_hours', 'gpu_hours', 'pv_gib_hours'],
] as const
const COSTS = [
  ...['cpu_cost', 'ram_cost', 'gpu_cost', 'pv_cost', 'network_zone_cost', 'network_region_cost'],
  ...['network_internet_cost', 'network_cost', 'load_balancer_cost', 'management_cost', 'shared_cost'],
  ...['idle_cost', 'total_cost', 'used_cost', 'workload_idle_cost', 'infra_idle_cost', 'wasted_cost'],
] as const
const RATIOS = ['cpu_efficiency', 'ram_efficiency', 'total_efficiency', 'coverage'] as const

const sortColumns = new Map<string, RawBuilder<unknown>>([
  ...[...COUNTED, ...COSTS, ...RATIOS].map(name => [name, sql.ref(`answer.${name}`)] as const),
  ['name', sql`answer.name collate "C"`],
  ['start_date', sql.ref('answer.step_start')],
])

// Money keeps its twelve places; what is shared out has more behind them, which no reader could use.
const SELECTED = sql.join([
  sql`id::text, kind, value_1, value_2, name, no_requests`,
  ...['step_start', 'first_seen', 'last_seen'].map(
    name => sql`extract(epoch from ${sql.ref(name)})::float8 as ${sql.id(name)}`,
  ),
  ...[...COUNTED, ...RATIOS].map(name => sql.ref(name)),
  ...COSTS.map(name => sql`${sql.ref(name)}::text`),
])

/** One page of the rows and the totals of all of them, from one pass over the facts. */
export function factPage(query: FactQuery, selection: Selection): RawBuilder<PageRecord> {
  return sql<PageRecord>`
    with ${answerTables(query)},
    missing as (${missingParts(query.scope)}),
    totals as (
      select count(*)::int as set_count, round(coalesce(sum(total_cost), 0), 12)::text as set_cost,
        (select coalesce(json_agg(missing order by part, code, cluster), '[]') from missing) as missing
      from answer
    ),
    page as (
      select *, row_number() over (order by ${orderOf(selection)}) as place
      from answer
      order by place
      limit ${selection.limit} offset ${selection.offset}
    )
    select totals.set_count, totals.set_cost, totals.missing, ${SELECTED}
    from totals
    left join page on true
    order by place`
}

/** All rows in order, to be read one after the other. */
export function factRows(
  query: FactQuery,
  selection: Pick<Selection, 'sort' | 'order'>,
): RawBuilder<FactRecord> {
  return sql<FactRecord>`
    with ${answerTables(query)}
    select ${SELECTED}
    from answer
    order by ${orderOf(selection)}`
}

function orderOf({ sort, order }: Pick<Selection, 'sort' | 'order'>): RawBuilder<unknown> {
  const column = sortColumns.get(sort)
  if (column === undefined) throw new Error(`no column to sort by is named ${sort}`)
  // Of the answer, as the text that money is selected as would sort otherwise.
  return sql`${column} ${order === 'asc' ? sql`asc` : sql`desc`} nulls last, answer.id, answer.step_start`
}

function answerTables(query: FactQuery): RawBuilder<unknown> {
  return sql`
    ${partTables(query, MEASURES)},
    covered as (${covered(query)}),
    entity as (${entities(query)}),
    answer as materialized (${withIdentity(query)})`
}

// Most parts have one mask of hours in common, so that few windows have to be looked up. Of days whose hours have expired
// the ledger has none.
function covered({ scope }: FactQuery): RawBuilder<unknown> {
  return sql`
    select m.cluster_id, m.slot, m.hours, sum(l.coverage) as coverage, count(l.coverage) as windows,
      min(w.window_start) as first_seen, max(w.window_start) + interval '1 hour' as last_seen
    from (select distinct cluster_id, slot, hours from parts) m
    cross join ${windowsOf(sql`m.slot`, sql`m.hours`)}
    left join warehouse.window_ledger l
      on l.cloud_account_id = ${scope.cloudAccountId}::uuid
      and l.cluster_id = m.cluster_id
      and l.window_start = w.window_start
      -- Told here too: a join would not carry the bounds over.
      and ${startsIn(sql.ref('l.window_start'), wholeDays(scope.range))}
    group by 1, 2, 3`
}

// A workload that lacks what the rows are told apart by is unallocated: a bucket, not another kind of cost.
function entities({ shape }: FactQuery): RawBuilder<unknown> {
  const values = [sql`p.value_1`, sql`p.value_2`].slice(0, shape.breakdownBy.length)
  const sum = (name: string) => sql`sum(${sql.ref(`p.${name}`)}) as ${sql.id(name)}`
  const sumOrZero = (name: string) => sql`coalesce(sum(${sql.ref(`p.${name}`)}), 0) as ${sql.id(name)}`
  return sql`
    select coalesce(p.kind, case when num_nulls(${sql.join(values)}) > 0 then 'unallocated' else 'workload' end) as kind,
      p.value_1, p.value_2, p.step_start,
      min(v.first_seen) as first_seen, max(v.last_seen) as last_seen,
      ${sql.join(COUNTED.map(sum))},
      ${sql.join(
        [
          'cpu_cost',
          'ram_cost',
          'management_cost',
          'shared_cost',
          'idle_cost',
          'own_cost',
          'cpu_used_cost',
          'ram_used_cost',
        ].map(sumOrZero),
      )},
      ${partCost('gpu_cost', 'gpu')},
      ${partCost('pv_cost', 'pv')},
      ${partCost('network_zone_cost', 'network')},
      ${partCost('network_region_cost', 'network')},
      ${partCost('network_internet_cost', 'network')},
      ${partCost('load_balancer_cost', 'load_balancer')},
      ${efficiency(sql`sum(p.cpu_core_used_hours)`, sql`sum(p.cpu_judged)`)} as cpu_efficiency,
      ${efficiency(sql`sum(p.ram_gib_used_hours)`, sql`sum(p.ram_judged)`)} as ram_efficiency,
      coalesce(sum(p.cpu_core_request_hours), 0) + coalesce(sum(p.ram_gib_request_hours), 0) = 0
        and coalesce(sum(p.cpu_core_used_hours), 0) + coalesce(sum(p.ram_gib_used_hours), 0) > 0 as no_requests,
      sum(v.coverage) / nullif(sum(v.windows), 0)::float8 as coverage
    from parts p
    left join covered v using (cluster_id, slot, hours)
    group by 1, 2, 3, 4`
}

// Null only where nothing of it was measured; a part that no fact should have is known to be 0.
function partCost(column: string, part: Lackable): RawBuilder<unknown> {
  const isKnown = sql`coalesce(bit_or(${sql.ref(`p.no_${part}`)}), 0) = 0`
  return sql`coalesce(sum(${sql.ref(`p.${column}`)}), case when ${isKnown} then 0 end) as ${sql.id(column)}`
}

// Quotients beyond what a floating point number can be are errors to PostgreSQL; no cluster measures so little.
const TINY = sql`1e-250::float8`

/** Ratio of sums: used / requested; 1 for usage with no request at all; null for neither. May exceed 1. */
export function efficiency(used: RawBuilder<unknown>, requested: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`case
    when ${used} is null then null
    when ${requested} > ${TINY} then case when ${used} > ${TINY} then ${used} / ${requested} else 0 end
    when ${used} > 0 then 1
  end::float8`
}

function withIdentity(query: FactQuery): RawBuilder<unknown> {
  return sql`
    select *,
      case kind when 'workload' then concat_ws('/', value_1, value_2) else '__' || kind || '__' end as name,
      case when kind = 'unallocated' and num_nonnulls(value_1, value_2) = 0 then ${MISSING_ID}::uuid
        else ${stableId(query)} end as id,
      case when num_nonnulls(network_zone_cost, network_region_cost, network_internet_cost) > 0 then
        coalesce(network_zone_cost, 0) + coalesce(network_region_cost, 0) + coalesce(network_internet_cost, 0)
      end as network_cost,
      own_cost + idle_cost + shared_cost as total_cost,
      -- Weighted by cost over the resources whose efficiency is known; disks and network have none.
      (coalesce(cpu_efficiency * cpu_cost::float8, 0) + coalesce(ram_efficiency * ram_cost::float8, 0))
        / nullif(
          case when cpu_efficiency is null then 0 else cpu_cost::float8 end
            + case when ram_efficiency is null then 0 else ram_cost::float8 end,
          0
        ) as total_efficiency,
      -- What is idle neither of a workload nor of infrastructure was used: network, volumes and balancers as bought.
      own_cost - unused_cost - unclaimed_cost + shared_cost as used_cost,
      unused_cost as workload_idle_cost,
      unclaimed_cost + idle_cost as infra_idle_cost,
      unused_cost + unclaimed_cost + idle_cost as wasted_cost
    from (
      select *,
        case when kind in ('workload', 'unallocated') then cpu_cost + ram_cost - cpu_used_cost - ram_used_cost else 0 end
          as unused_cost,
        case when kind in ('idle', 'unmounted') then own_cost else 0 end as unclaimed_cost
      from entity
    ) e`
}

// The first half of a SHA-256, written as a UUID: the same entity and step have the same id in every answer.
function stableId({ scope, shape }: FactQuery): RawBuilder<unknown> {
  const asked = JSON.stringify([scope.cloudAccountId, shape.breakdownBy, shape.step])
  return sql`encode(
    substr(sha256(convert_to(${asked}::text || row(kind, value_1, value_2, extract(epoch from step_start))::text, 'UTF8')), 1, 16),
    'hex')::uuid`
}

/** Condition: some window of the query's clusters is loaded in its range. */
export function isLoaded({ scope }: FactQuery): RawBuilder<unknown> {
  return sql`exists (
    select from warehouse.window_ledger l
    where l.cloud_account_id = ${scope.cloudAccountId}::uuid
      and l.revision > 0
      and ${startsIn(sql.ref('l.window_start'), scope.range)}
      and ${satisfies(sql.ref('l.cluster_id'), scope.filters.cluster)}
  ) or exists (
    -- Days whose hours have expired.
    select from warehouse.day_ledger d
    where d.cloud_account_id = ${scope.cloudAccountId}::uuid
      and d.hours_expired
      and ${startsIn(sql`(d.day::timestamp at time zone 'UTC')`, scope.range)}
      and ${satisfies(sql.ref('d.cluster_id'), scope.filters.cluster)}
  )`
}
