import { type RawBuilder, sql } from 'kysely'
import {
  allocationParts,
  type FactScope,
  factsTotal,
  type Lackable,
  windowsOf,
} from './cost-allocation-facts.js'
import { type MissingPart, missingParts } from './cost-allocation-missing.js'
import { type CostAllocationRequest, MISSING_ID, type Sort } from './parameters.js'
import type { CostAllocationRow } from './schemas/cost-allocation.js'
import { instant, satisfies, startsIn } from './where.js'

/** A row as the database gives it: money as exact decimal text, times in Unix seconds. */
export interface AllocationRecord {
  id: string
  kind: CostAllocationRow['kind']
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
  total_cost: string
  cpu_efficiency: number | null
  ram_efficiency: number | null
  total_efficiency: number | null
  coverage: number | null
}

/** Totals of the whole set beside each row of the page; one record without a row where the page is empty. */
export type PageRecord = { set_count: number; set_cost: string; missing: MissingPart[] } & (
  | AllocationRecord
  | { id: null }
)

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
  gpu_hours: sql.ref('gpu_hours'),
  gpu_cost: sql.ref('gpu_cost'),
  pv_gib_hours: sql.ref('pv_gib_hours'),
  pv_cost: sql.ref('pv_cost'),
  network_zone_cost: sql.ref('network_zone_cost'),
  network_region_cost: sql.ref('network_region_cost'),
  network_internet_cost: sql.ref('network_internet_cost'),
  network_cost: sql.ref('network_cost'),
  load_balancer_cost: sql.ref('load_balancer_cost'),
  management_cost: sql.ref('management_cost'),
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
  const scope: FactScope = { cloudAccountId, ...request }
  const direction = request.order === 'asc' ? sql`asc` : sql`desc`
  const order = sql`${sortColumns[request.sort]} ${direction} nulls last, id, step_start`
  return sql<PageRecord>`
    with parts as (${allocationParts(scope, request)}),
    missing as (${missingParts(scope)}),
    covered as (${covered(cloudAccountId)}),
    entity as (${entities(request)}),
    answer as materialized (${withIdentity(cloudAccountId, request)}),
    totals as (
      select count(*)::int as set_count, coalesce(sum(total_cost), 0)::text as set_cost,
        (select coalesce(json_agg(missing order by part, code, cluster), '[]') from missing) as missing
      from answer
    ),
    page as (
      select *, row_number() over (order by ${order}) as place
      from answer
      order by place
      limit ${request.limit} offset ${offset}
    )
    select totals.set_count, totals.set_cost, totals.missing,
      id::text, kind, value, name, extract(epoch from step_start)::float8 as step_start,
      minutes, extract(epoch from first_seen)::float8 as first_seen, extract(epoch from last_seen)::float8 as last_seen,
      cpu_core_hours, cpu_core_request_hours, cpu_core_used_hours, cpu_cost::text,
      ram_gib_hours, ram_gib_request_hours, ram_gib_used_hours, ram_cost::text,
      gpu_hours, gpu_cost::text, pv_gib_hours, pv_cost::text, network_zone_cost::text, network_region_cost::text,
      network_internet_cost::text, network_cost::text, load_balancer_cost::text, management_cost::text,
      total_cost::text, cpu_efficiency, ram_efficiency, total_efficiency, coverage
    from totals
    left join page on true
    order by place`
}

// Most parts have one mask of hours in common, so that few windows have to be looked up.
function covered(cloudAccountId: string): RawBuilder<unknown> {
  return sql`
    select m.cluster_id, m.slot, m.hours, sum(l.coverage) as coverage, count(l.coverage) as windows
    from (select distinct cluster_id, slot, hours from parts) m
    cross join ${windowsOf(sql`m.slot`, sql`m.hours`)}
    join warehouse.window_ledger l
      on l.cloud_account_id = ${cloudAccountId}::uuid
      and l.cluster_id = m.cluster_id
      and l.window_start = w.window_start
    group by 1, 2, 3`
}

function entities(request: CostAllocationRequest): RawBuilder<unknown> {
  return sql`
    select coalesce(p.kind, case when p.value is null then 'unallocated' else 'workload' end) as kind,
      p.value,
      ${stepStart(request)} as step_start,
      sum(p.minutes) as minutes,
      min(p.first_window) as first_seen,
      max(p.last_window) + interval '1 hour' as last_seen,
      sum(p.cpu_core_hours) as cpu_core_hours,
      sum(p.cpu_core_request_hours) as cpu_core_request_hours,
      sum(p.cpu_core_used_hours) as cpu_core_used_hours,
      coalesce(sum(p.cpu_cost), 0) as cpu_cost,
      sum(p.ram_gib_hours) as ram_gib_hours,
      sum(p.ram_gib_request_hours) as ram_gib_request_hours,
      sum(p.ram_gib_used_hours) as ram_gib_used_hours,
      coalesce(sum(p.ram_cost), 0) as ram_cost,
      sum(p.gpu_hours) as gpu_hours,
      ${partCost('gpu_cost', 'gpu')},
      sum(p.pv_gib_hours) as pv_gib_hours,
      ${partCost('pv_cost', 'pv')},
      ${partCost('network_zone_cost', 'network')},
      ${partCost('network_region_cost', 'network')},
      ${partCost('network_internet_cost', 'network')},
      ${partCost('load_balancer_cost', 'load_balancer')},
      coalesce(sum(p.management_cost), 0) as management_cost,
      ${efficiency(sql`sum(p.cpu_core_used_hours)`, sql`sum(p.cpu_judged)`)} as cpu_efficiency,
      ${efficiency(sql`sum(p.ram_gib_used_hours)`, sql`sum(p.ram_judged)`)} as ram_efficiency,
      sum(v.coverage) / nullif(sum(v.windows), 0)::float8 as coverage
    from parts p
    left join covered v using (cluster_id, slot, hours)
    group by 1, 2, 3`
}

// Null only where nothing of it was measured; a part that no fact should have is known to be 0.
function partCost(column: string, part: Lackable): RawBuilder<unknown> {
  const isKnown = sql`coalesce(bit_or(${sql.ref(`p.no_${part}`)}), 0) = 0`
  return sql`coalesce(sum(${sql.ref(`p.${column}`)}), case when ${isKnown} then 0 end) as ${sql.id(column)}`
}

function withIdentity(cloudAccountId: string, request: CostAllocationRequest): RawBuilder<unknown> {
  return sql`
    select *,
      case kind when 'workload' then value else '__' || kind || '__' end as name,
      case when kind = 'unallocated' and value is null then ${MISSING_ID}::uuid else ${stableId(cloudAccountId, request)} end as id,
      case when num_nonnulls(network_zone_cost, network_region_cost, network_internet_cost) > 0 then
        coalesce(network_zone_cost, 0) + coalesce(network_region_cost, 0) + coalesce(network_internet_cost, 0)
      end as network_cost,
      -- Summed up last, over few rows: exact, so that it is what the facts' own totals add up to.
      cpu_cost + ram_cost + coalesce(gpu_cost, 0) + coalesce(pv_cost, 0) + coalesce(network_zone_cost, 0)
        + coalesce(network_region_cost, 0) + coalesce(network_internet_cost, 0) + coalesce(load_balancer_cost, 0)
        + management_cost as total_cost,
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
  if (step === 'hour') return sql`p.slot`
  return sql`date_trunc(${sql.lit(step)}, p.slot, 'UTC')`
}

/** Ratio of sums: used / requested; 1 for usage with no request at all; null for neither. May exceed 1. */
function efficiency(used: RawBuilder<unknown>, requested: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`case
    when ${used} is null then null
    when ${requested} > 0 then ${used} / ${requested}
    when ${used} > 0 then 1
  end::float8`
}

/** Cost of the scope as decimal text; null where no window of it is loaded. */
export function scopeTotal(scope: FactScope): RawBuilder<{ total: string | null }> {
  return sql<{ total: string | null }>`
    select case when exists (
      select from warehouse.window_ledger l
      where l.cloud_account_id = ${scope.cloudAccountId}::uuid
        and l.revision > 0
        and ${startsIn(sql.ref('l.window_start'), scope.range)}
        and ${satisfies(sql.ref('l.cluster_id'), scope.filters.cluster)}
    ) then ${factsTotal(scope)}::text end as total`
}
