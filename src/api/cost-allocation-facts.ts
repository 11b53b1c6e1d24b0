import { type RawBuilder, sql } from 'kysely'
import {
  type AllocationFilters,
  type Breakdown,
  type Dimension,
  isByLabel,
  labelOf,
  type Step,
  type WindowRange,
} from './parameters.js'
import { allOf, satisfies, startsIn } from './where.js'

/** Which facts: those of one account in a range that satisfy the filters. */
export interface FactScope {
  readonly cloudAccountId: string
  readonly range: WindowRange
  readonly filters: AllocationFilters
  /** Without idle where it is `hide`. */
  readonly idle: 'separate' | 'hide'
}

/** What makes a row of the answer. */
export interface RowShape {
  readonly breakdownBy: Breakdown
  readonly step: Step
}

/** What a fact may lack; the column `no_<part>` of the parts tells in which hours. */
export const LACKABLE = ['gpu', 'pv', 'network', 'load_balancer', 'labels'] as const
export type Lackable = (typeof LACKABLE)[number]

const none = sql`null::text`

const containerColumns: Record<Dimension, RawBuilder<unknown>> = {
  cluster: sql.ref('a.cluster_id'),
  node: sql.ref('c.node'),
  namespace: sql.ref('c.namespace'),
  controller_kind: sql.ref('c.controller_kind'),
  controller: sql.ref('c.controller'),
  pod: sql.ref('c.pod'),
  container: sql.ref('c.container'),
}

/** What is summed up per entity, cluster and slot, in the order of the columns. */
const PART_COLUMNS = [
  'minutes',
  'cpu_core_hours',
  'cpu_core_request_hours',
  'cpu_core_used_hours',
  'cpu_judged',
  'cpu_cost',
  'ram_gib_hours',
  'ram_gib_request_hours',
  'ram_gib_used_hours',
  'ram_judged',
  'ram_cost',
  'gpu_hours',
  'gpu_cost',
  'pv_gib_hours',
  'pv_cost',
  'network_zone_cost',
  'network_region_cost',
  'network_internet_cost',
  'load_balancer_cost',
  'management_cost',
  'no_gpu',
  'no_pv',
  'no_network',
  'no_load_balancer',
  'no_labels',
] as const
type PartColumn = (typeof PART_COLUMNS)[number]

/**
 * Parts of the rows per entity (kind and value), cluster and slot: the UTC day, or the hour where the step is one.
 * Days keep the groups few, and exact sums are what takes the time. `hours` has a bit for each hour of the day in
 * which there was a fact, so that the coverage of each window counts once however many containers ran in it.
 * `no_<part>` has those in which a fact lacks the part: a part is null where no fact has it, and these tell what was
 * not measured from what does not apply. `kind` is null for containers, whose kind is told by their value.
 */
export function allocationParts(scope: FactScope, rows: RowShape): RawBuilder<unknown> {
  const sources = [workloadParts(scope, rows), remainderParts(scope, rows)]
  if (scope.idle !== 'hide') sources.push(idleParts(scope, rows))
  return sql.join(sources, sql` union all `)
}

/** Exact cost of all facts of the scope; 0 where there are none. */
export function factsTotal(scope: FactScope): RawBuilder<string> {
  const sums = [
    sql`(select sum(a.total_cost) ${containersIn(scope, labelNames(scope.filters))})`,
    sql`(select sum(r.cost) ${remaindersIn(scope)})`,
  ]
  if (scope.idle !== 'hide') sums.push(sql`(select sum(i.total_cost) ${idleIn(scope)})`)
  return sql`(${sql.join(
    sums.map(sum => sql`coalesce(${sum}, 0)`),
    sql` + `,
  )})`
}

function workloadParts(scope: FactScope, { breakdownBy, step }: RowShape): RawBuilder<unknown> {
  const names = labelNames(scope.filters, breakdownBy)
  return sql`
    select null::text as kind, ${containerColumn(breakdownBy, names)} as value, a.cluster_id, ${slotOf('a', step)} as slot,
      ${hoursSeen('a')},
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
      sum(a.gpu_hours) as gpu_hours,
      sum(a.gpu_cost) as gpu_cost,
      sum(a.pv_gib_hours) as pv_gib_hours,
      sum(a.pv_cost) as pv_cost,
      sum(a.network_zone_cost) as network_zone_cost,
      sum(a.network_region_cost) as network_region_cost,
      sum(a.network_internet_cost) as network_internet_cost,
      sum(a.load_balancer_cost) as load_balancer_cost,
      null::numeric as management_cost,
      ${sql.join(lacksOf(names.length > 0))}
    ${containersIn(scope, names)}
    group by 2, 3, 4`
}

function lacksOf(needsLabels: boolean): RawBuilder<unknown>[] {
  const conditions: Record<Lackable, RawBuilder<unknown>> = {
    gpu: sql`a.gpu_cost is null`,
    pv: sql`a.pv_cost is null`,
    network: sql`a.network_zone_cost is null or a.network_region_cost is null or a.network_internet_cost is null`,
    load_balancer: sql`a.load_balancer_cost is null`,
    labels: needsLabels ? sql`a.label_set_key is null` : sql`false`,
  }
  return LACKABLE.map(part => sql`${hoursWhere('a', conditions[part])} as ${sql.id(`no_${part}`)}`)
}

function slotOf(table: string, step: Step): RawBuilder<unknown> {
  const start = sql.ref(`${table}.window_start`)
  return step === 'hour' ? start : dayOf(start)
}

function hoursSeen(table: string): RawBuilder<unknown> {
  const start = sql.ref(`${table}.window_start`)
  return sql`min(${start}) as first_window, max(${start}) as last_window, ${hoursWhere(table, sql`true`)} as hours`
}

// The condition decides first: reading the hour takes longer than most of what is summed up here.
function hoursWhere(table: string, condition: RawBuilder<unknown>): RawBuilder<unknown> {
  const hour = sql`(date_part('epoch', ${sql.ref(`${table}.window_start`)})::bigint / 3600 % 24)::integer`
  return sql`coalesce(bit_or(1 << ${hour}) filter (where ${condition}), 0)`
}

/** Midnight UTC of an instant's day. */
function dayOf(instant: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`date_bin('1 day', ${instant}, '2000-01-01T00:00Z'::timestamptz)`
}

/** From-list that turns a mask of hours of the slot's day into windows: `window_start` of `w`. */
export function windowsOf(slot: RawBuilder<unknown>, hours: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`lateral (
    select ${dayOf(slot)} + h * interval '1 hour' as window_start
    from generate_series(0, 23) as h
    where ${hours} >> h & 1 = 1
  ) w`
}

// An idle row fills the costs of CPU, memory and GPU with the signed idle of the resource. It has no usage, no minutes
// and no idle_cost: that field is for idle that is shared out over other rows.
function idleParts(scope: FactScope, { breakdownBy, step }: RowShape): RawBuilder<unknown> {
  return sql`
    select 'idle', ${idleColumn(breakdownBy)}, i.cluster_id, ${slotOf('i', step)}, ${hoursSeen('i')}, ${partList(
      {
        cpu_cost: sql`sum(i.cpu_cost)`,
        ram_cost: sql`sum(i.ram_cost)`,
        gpu_cost: sql`sum(i.gpu_cost)`,
        no_gpu: hoursWhere('i', sql`i.gpu_cost is null`),
      },
    )}
    ${idleIn(scope)}
    group by 1, 2, 3, 4`
}

// What no container carries belongs to its cluster and is one row per kind in every other breakdown. It may belong to
// a namespace too, which filters respect, but it isn't cost of that namespace's workloads.
function remainderParts(scope: FactScope, { breakdownBy, step }: RowShape): RawBuilder<unknown> {
  const cost = (part: string) => sql`sum(r.cost) filter (where r.part = ${sql.lit(part)})`
  return sql`
    select r.kind, ${breakdownBy === 'cluster' ? sql.ref('r.cluster_id') : none}, r.cluster_id,
      ${slotOf('r', step)}, ${hoursSeen('r')}, ${partList({
        pv_gib_hours: sql`sum(r.quantity) filter (where r.part = 'pv')`,
        pv_cost: cost('pv'),
        network_zone_cost: cost('network_zone'),
        network_region_cost: cost('network_region'),
        network_internet_cost: cost('network_internet'),
        load_balancer_cost: cost('load_balancer'),
        management_cost: cost('management'),
      })}
    ${remaindersIn(scope)}
    group by 1, 2, 3, 4`
}

function partList(parts: Partial<Record<PartColumn, RawBuilder<unknown>>>): RawBuilder<unknown> {
  return sql.join(PART_COLUMNS.map(column => parts[column] ?? sql`null`))
}

// A fact without its container row would be a fault of the loader: it counts as unallocated and is not lost.
function containersIn(scope: FactScope, names: readonly string[]): RawBuilder<unknown> {
  const { cloudAccountId, range, filters } = scope
  return sql`
    from warehouse.allocation_hourly a
    left join warehouse.container c
      on c.cloud_account_id = a.cloud_account_id and c.container_key = a.container_key
    ${names.length === 0 ? sql`` : joinLabels(cloudAccountId, names)}
    where a.cloud_account_id = ${cloudAccountId}::uuid
      and ${startsIn(sql.ref('a.window_start'), range)}
      and ${allOf([
        satisfies(containerColumns.cluster, filters.cluster),
        satisfies(containerColumns.namespace, filters.namespace),
        satisfies(containerColumns.node, filters.node),
        ...filters.labels.map(({ name, values }) => satisfies(labelColumn(name, names), values)),
      ])}`
}

// offset 0 keeps the planner from moving the reading of JSON behind the join: once per label set, not once per fact.
// An empty label is an absent one, as everywhere in Prometheus.
function joinLabels(cloudAccountId: string, names: readonly string[]): RawBuilder<unknown> {
  const values = names.map((name, index) => sql`nullif(labels ->> ${name}::text, '') as ${labelRef(index)}`)
  return sql`
    left join (
      select label_set_key, ${sql.join(values)}
      from warehouse.label_set
      where cloud_account_id = ${cloudAccountId}::uuid
      offset 0
    ) k on k.label_set_key = a.label_set_key`
}

function idleIn({ cloudAccountId, range, filters }: FactScope): RawBuilder<unknown> {
  return sql`
    from warehouse.idle_hourly i
    where i.cloud_account_id = ${cloudAccountId}::uuid
      and ${startsIn(sql.ref('i.window_start'), range)}
      and ${allOf([
        satisfies(sql.ref('i.cluster_id'), filters.cluster),
        satisfies(none, filters.namespace),
        satisfies(sql.ref('i.node'), filters.node),
        ...filters.labels.map(({ values }) => satisfies(none, values)),
      ])}`
}

function remaindersIn({ cloudAccountId, range, filters }: FactScope): RawBuilder<unknown> {
  return sql`
    from warehouse.remainder_hourly r
    where r.cloud_account_id = ${cloudAccountId}::uuid
      and ${startsIn(sql.ref('r.window_start'), range)}
      and ${allOf([
        satisfies(sql.ref('r.cluster_id'), filters.cluster),
        satisfies(sql`nullif(r.namespace, '')`, filters.namespace),
        satisfies(none, filters.node),
        ...filters.labels.map(({ values }) => satisfies(none, values)),
      ])}`
}

/** The labels that a query looks at, each once. */
function labelNames(filters: AllocationFilters, breakdown?: Breakdown): string[] {
  const asked = breakdown !== undefined && isByLabel(breakdown) ? [labelOf(breakdown)] : []
  return [...new Set([...asked, ...filters.labels.map(({ name }) => name)])]
}

function containerColumn(breakdown: Breakdown, names: readonly string[]): RawBuilder<unknown> {
  return isByLabel(breakdown) ? labelColumn(labelOf(breakdown), names) : containerColumns[breakdown]
}

function labelColumn(name: string, names: readonly string[]): RawBuilder<unknown> {
  return sql`k.${labelRef(names.indexOf(name))}`
}

function labelRef(index: number): RawBuilder<unknown> {
  return sql.id(`label_${index}`)
}

// Idle belongs to a node and its cluster and to nothing smaller: elsewhere it is one row.
function idleColumn(breakdown: Breakdown): RawBuilder<unknown> {
  if (breakdown === 'cluster') return sql.ref('i.cluster_id')
  return breakdown === 'node' ? sql.ref('i.node') : none
}
