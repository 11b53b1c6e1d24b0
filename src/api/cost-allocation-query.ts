import { type RawBuilder, sql } from 'kysely'
import {
  type CostAllocationRequest,
  type Dimension,
  MISSING_ID,
  type Sort,
  type WindowRange,
} from './parameters.js'
import { allOf, instant, satisfies, startsIn } from './where.js'

/** A row as the database gives it: money as exact decimal text, times in Unix seconds. */
export interface AllocationRecord {
  id: string
  kind: 'workload' | 'unallocated' | 'idle'
  value: string | null
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
  total_cost: string
  cpu_efficiency: number | null
  ram_efficiency: number | null
  total_efficiency: number | null
  coverage: number | null
}

/** Totals of the whole set beside each row of the page; one record without a row where the page is empty. */
export type PageRecord = { set_count: number; set_cost: string } & (AllocationRecord | { id: null })

type Selection = Pick<CostAllocationRequest, 'filters' | 'idle'>

const allocationColumns: Record<Dimension, RawBuilder<unknown>> = {
  cluster: sql.ref('a.cluster_id'),
  node: sql.ref('c.node'),
  namespace: sql.ref('c.namespace'),
  controller_kind: sql.ref('c.controller_kind'),
  controller: sql.ref('c.controller'),
  pod: sql.ref('c.pod'),
  container: sql.ref('c.container'),
}
const none = sql`null::text`
// Idle belongs to a node and its cluster and to nothing smaller: elsewhere it is one row.
const idleColumns: Record<Dimension, RawBuilder<unknown>> = {
  cluster: sql.ref('i.cluster_id'),
  node: sql.ref('i.node'),
  namespace: none,
  controller_kind: none,
  controller: none,
  pod: none,
  container: none,
}

const sortColumns: Record<Sort, RawBuilder<unknown>> = {
  total_cost: sql.ref('total_cost'),
  cpu_cost: sql.ref('cpu_cost'),
  ram_cost: sql.ref('ram_cost'),
  name: sql`name collate "C"`,
  start_date: sql.ref('step_start'),
  minutes: sql.ref('minutes'),
  cpu_core_hours: sql.ref('cpu_core_hours'),
  cpu_core_request_hours: sql.ref('cpu_core_request_hours'),
  cpu_core_used_hours: sql.ref('cpu_core_used_hours'),
  ram_gib_hours: sql.ref('ram_gib_hours'),
  ram_gib_request_hours: sql.ref('ram_gib_request_hours'),
  ram_gib_used_hours: sql.ref('ram_gib_used_hours'),
  cpu_efficiency: sql.ref('cpu_efficiency'),
  ram_efficiency: sql.ref('ram_efficiency'),
  total_efficiency: sql.ref('total_efficiency'),
  coverage: sql.ref('coverage'),
}

/** One page of the rows and the totals of all of them, from one pass over the facts. */
export function allocationPage(
  cloudAccountId: string,
  request: CostAllocationRequest,
  offset: number,
): RawBuilder<PageRecord> {
  const direction = request.order === 'asc' ? sql`asc` : sql`desc`
  const order = sql`${sortColumns[request.sort]} ${direction} nulls last, id, step_start`
  return sql<PageRecord>`
    with parts as (
      ${workloadParts(cloudAccountId, request)}
      ${request.idle === 'hide' ? sql`` : sql`union all ${idleParts(cloudAccountId, request)}`}
    ),
    entity as (${entities(cloudAccountId, request)}),
    answer as materialized (${withIdentity(cloudAccountId, request)}),
    totals as (
      select count(*)::int as set_count, coalesce(sum(total_cost), 0)::text as set_cost
      from answer
    ),
    page as (
      select *, row_number() over (order by ${order}) as place
      from answer
      order by place
      limit ${request.limit} offset ${offset}
    )
    select totals.set_count, totals.set_cost,
      id::text, kind, value, name, extract(epoch from step_start)::float8 as step_start,
      minutes, extract(epoch from first_seen)::float8 as first_seen, extract(epoch from last_seen)::float8 as last_seen,
      cpu_core_hours, cpu_core_request_hours, cpu_core_used_hours, cpu_cost::text,
      ram_gib_hours, ram_gib_request_hours, ram_gib_used_hours, ram_cost::text,
      total_cost::text, cpu_efficiency, ram_efficiency, total_efficiency, coverage
    from totals
    left join page on true
    order by place`
}

// Per entity, cluster and window, so that the coverage of each window counts once however many containers ran in it.
function workloadParts(cloudAccountId: string, request: CostAllocationRequest): RawBuilder<unknown> {
  return sql`
    select ${allocationColumns[request.breakdownBy]} as value, a.cluster_id, a.window_start, false as is_idle,
      sum(a.minutes) as minutes,
      sum(a.cpu_core_hours) as cpu_core_hours,
      sum(a.cpu_core_request_hours) as cpu_core_request_hours,
      sum(a.cpu_core_used_hours) as cpu_core_used_hours,
      -- Where the usage was not measured, the request says nothing about efficiency.
      sum(a.cpu_core_request_hours) filter (where a.cpu_core_used_hours is not null) as cpu_judged,
      sum(a.cpu_cost) as cpu_cost,
      sum(a.ram_gib_hours) as ram_gib_hours,
      sum(a.ram_gib_request_hours) as ram_gib_request_hours,
      sum(a.ram_gib_used_hours) as ram_gib_used_hours,
      sum(a.ram_gib_request_hours) filter (where a.ram_gib_used_hours is not null) as ram_judged,
      sum(a.ram_cost) as ram_cost,
      sum(a.total_cost) as total_cost
    ${chargedIn(cloudAccountId, request.range, request)}
    group by 1, 2, 3`
}

// An idle row fills cpu_cost and ram_cost with the signed idle of the resource and total_cost with their sum. It has no
// usage, no minutes and no idle_cost: that field is for idle that is shared out over other rows.
function idleParts(cloudAccountId: string, request: CostAllocationRequest): RawBuilder<unknown> {
  return sql`
    select ${idleColumns[request.breakdownBy]}, i.cluster_id, i.window_start, true,
      null, null, null, null, null, sum(i.cpu_cost), null, null, null, null, sum(i.ram_cost), sum(i.total_cost)
    ${idleIn(cloudAccountId, request.range, request)}
    group by 1, 2, 3`
}

// A fact without its container row would be a fault of the loader: it counts as unallocated and is not lost.
function chargedIn(cloudAccountId: string, range: WindowRange, { filters }: Selection): RawBuilder<unknown> {
  return sql`
    from warehouse.allocation_hourly a
    left join warehouse.container c
      on c.cloud_account_id = a.cloud_account_id and c.container_key = a.container_key
    where a.cloud_account_id = ${cloudAccountId}::uuid
      and ${startsIn(sql.ref('a.window_start'), range)}
      and ${allOf([
        satisfies(allocationColumns.cluster, filters.cluster),
        satisfies(allocationColumns.namespace, filters.namespace),
        satisfies(allocationColumns.node, filters.node),
      ])}`
}

function idleIn(cloudAccountId: string, range: WindowRange, { filters }: Selection): RawBuilder<unknown> {
  return sql`
    from warehouse.idle_hourly i
    where i.cloud_account_id = ${cloudAccountId}::uuid
      and ${startsIn(sql.ref('i.window_start'), range)}
      and ${allOf([
        satisfies(idleColumns.cluster, filters.cluster),
        satisfies(idleColumns.namespace, filters.namespace),
        satisfies(idleColumns.node, filters.node),
      ])}`
}

function entities(cloudAccountId: string, request: CostAllocationRequest): RawBuilder<unknown> {
  return sql`
    select case when p.is_idle then 'idle' when p.value is null then 'unallocated' else 'workload' end as kind,
      p.value,
      ${stepStart(request)} as step_start,
      sum(p.minutes) as minutes,
      min(p.window_start) as first_seen,
      max(p.window_start) + interval '1 hour' as last_seen,
      sum(p.cpu_core_hours) as cpu_core_hours,
      sum(p.cpu_core_request_hours) as cpu_core_request_hours,
      sum(p.cpu_core_used_hours) as cpu_core_used_hours,
      sum(p.cpu_cost) as cpu_cost,
      sum(p.ram_gib_hours) as ram_gib_hours,
      sum(p.ram_gib_request_hours) as ram_gib_request_hours,
      sum(p.ram_gib_used_hours) as ram_gib_used_hours,
      sum(p.ram_cost) as ram_cost,
      sum(p.total_cost) as total_cost,
      ${efficiency(sql`sum(p.cpu_core_used_hours)`, sql`sum(p.cpu_judged)`)} as cpu_efficiency,
      ${efficiency(sql`sum(p.ram_gib_used_hours)`, sql`sum(p.ram_judged)`)} as ram_efficiency,
      avg(l.coverage) as coverage
    from parts p
    left join warehouse.window_ledger l
      on l.cloud_account_id = ${cloudAccountId}::uuid
      and l.cluster_id = p.cluster_id
      and l.window_start = p.window_start
    group by 1, 2, 3`
}

function withIdentity(cloudAccountId: string, request: CostAllocationRequest): RawBuilder<unknown> {
  return sql`
    select *,
      case kind when 'idle' then '__idle__' when 'unallocated' then '__unallocated__' else value end as name,
      case kind when 'unallocated' then ${MISSING_ID}::uuid else ${stableId(cloudAccountId, request)} end as id,
      -- Weighted by cost over the resources whose efficiency is known; disks and network have none.
      (coalesce(cpu_efficiency * cpu_cost::float8, 0) + coalesce(ram_efficiency * ram_cost::float8, 0))
        / nullif(
          case when cpu_efficiency is null then 0 else cpu_cost::float8 end
            + case when ram_efficiency is null then 0 else ram_cost::float8 end,
          0
        ) as total_efficiency
    from entity`
}

// The first half of a SHA-256, written as a UUID: the same entity and step have the same id in every answer.
function stableId(cloudAccountId: string, request: CostAllocationRequest): RawBuilder<unknown> {
  return sql`substr(encode(sha256(convert_to(
    jsonb_build_array(
      ${cloudAccountId}::text, kind, ${request.breakdownBy}::text, value, ${request.step}::text, extract(epoch from step_start)
    )::text, 'UTF8')), 'hex'), 1, 32)::uuid`
}

function stepStart({ step, range }: CostAllocationRequest): RawBuilder<unknown> {
  if (step === 'all') return instant(range.from)
  if (step === 'hour') return sql`p.window_start`
  return sql`date_trunc(${sql.lit(step)}, p.window_start, 'UTC')`
}

/** Ratio of sums: used / requested; 1 for usage with no request at all; null for neither. May exceed 1. */
function efficiency(used: RawBuilder<unknown>, requested: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`case
    when ${used} is null then null
    when ${requested} > 0 then ${used} / ${requested}
    when ${used} > 0 then 1
  end::float8`
}

/** Cost of the same selection in another range as decimal text; null where no window of it is loaded. */
export function selectionTotal(
  cloudAccountId: string,
  range: WindowRange,
  selection: Selection,
): RawBuilder<{ total: string | null }> {
  const idle = sql`(select sum(i.total_cost) ${idleIn(cloudAccountId, range, selection)})`
  return sql<{ total: string | null }>`
    select case when exists (
      select from warehouse.window_ledger l
      where l.cloud_account_id = ${cloudAccountId}::uuid
        and l.revision > 0
        and ${startsIn(sql.ref('l.window_start'), range)}
        and ${satisfies(sql.ref('l.cluster_id'), selection.filters.cluster)}
    ) then (
      coalesce((select sum(a.total_cost) ${chargedIn(cloudAccountId, range, selection)}), 0)
        + ${selection.idle === 'hide' ? sql`0` : sql`coalesce(${idle}, 0)`}
    )::text end as total`
}
