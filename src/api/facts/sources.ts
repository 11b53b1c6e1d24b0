import { type RawBuilder, sql } from 'kysely'
import { usedCost } from '../../db/used-cost.js'
import { isByLabel, labelOf } from '../query/parameters.js'
import { allFilters, asks, type Column, columnsOf, inHours } from './columns.js'
import type { FactSource } from './parts.js'
import type { FactQuery, Measure } from './scope.js'

const noKind: Column = sql`null::text`

/** The tables that a query reads, given where each of its days is read from. */
export function sourcesOf(query: FactQuery): FactSource[] {
  const hasDays = query.plan.days.length > 0
  // A range without any window still makes a statement, which finds nothing.
  const hasHours = query.plan.hours.length > 0 || !hasDays
  const hasIdle = query.scope.idle !== 'hide'
  return [
    ...(hasHours ? [containerHours(query), remainderHours()] : []),
    ...(hasDays ? [workloadDays(query), remainderDays()] : []),
    ...(hasHours && hasIdle ? [idleHours(query)] : []),
    ...(hasDays && hasIdle ? [idleDays(query)] : []),
  ]
}

const MEASURED = [
  'minutes',
  'cpu_core_hours',
  'cpu_core_request_hours',
  'cpu_core_used_hours',
  'cpu_cost',
  'ram_gib_hours',
  'ram_gib_request_hours',
  'ram_gib_used_hours',
  'ram_cost',
  'gpu_hours',
  'gpu_cost',
  'pv_gib_hours',
  'pv_cost',
  'network_zone_cost',
  'network_region_cost',
  'network_internet_cost',
  'load_balancer_cost',
] as const

function named(table: string, columns: readonly Measure[]): Partial<Record<Measure, Column>> {
  return Object.fromEntries(columns.map(column => [column, sql.ref(`${table}.${column}`)]))
}

// A fact without its container row would be a fault of the loader: it counts as unallocated and is not lost.
export function containerHours(query: FactQuery): FactSource {
  const names = labelNames(query)
  const label = (name: string) => sql`k.${sql.id(`label_${names.indexOf(name)}`)}`
  const used = (cost: string, usage: string, allocated: string) =>
    sql.raw(usedCost(`a.${cost}`, `a.${usage}`, `a.${allocated}`))
  return {
    kind: noKind,
    table: 'a',
    grain: 'hour',
    from: sql`
      from warehouse.allocation_hourly a
      left join warehouse.container c
        on c.cloud_account_id = a.cloud_account_id and c.container_key = a.container_key
      ${names.length === 0 ? sql`` : joinLabels(query.scope.cloudAccountId, names)}
      ${query.scope.idle === 'share' ? joinShares(query) : sql``}`,
    columns: {
      cluster: sql.ref('a.cluster_id'),
      node: sql.ref('c.node'),
      namespace: sql.ref('c.namespace'),
      controller_kind: sql.ref('c.controller_kind'),
      controller: sql.ref('c.controller'),
      pod: sql.ref('c.pod'),
      container: sql.ref('c.container'),
      label,
    },
    measures: {
      ...named('a', MEASURED),
      // Where the usage was not measured, the request says nothing about efficiency.
      cpu_judged: sql`case when a.cpu_core_used_hours is not null then a.cpu_core_request_hours end`,
      ram_judged: sql`case when a.ram_gib_used_hours is not null then a.ram_gib_request_hours end`,
      cpu_used_cost: used('cpu_cost', 'cpu_core_used_hours', 'cpu_core_hours'),
      ram_used_cost: used('ram_cost', 'ram_gib_used_hours', 'ram_gib_hours'),
      own_cost: sql.ref('a.total_cost'),
      ...(query.scope.idle === 'share' ? { idle_cost: sharedIdle() } : {}),
    },
    lacks: {
      gpu: sql`a.gpu_cost is null`,
      pv: sql`a.pv_cost is null`,
      network: sql`a.network_zone_cost is null or a.network_region_cost is null or a.network_internet_cost is null`,
      load_balancer: sql`a.load_balancer_cost is null`,
      ...(names.length > 0 ? { labels: sql`a.label_set_key is null` } : {}),
    },
  }
}

/** The table of daily sums with the fewest rows that knows what is asked for; that of workloads knows all of it. */
function workloadTable({ scope, shape }: FactQuery): string {
  const { cluster: _cluster, namespace: _namespace, ...finer } = scope.filters
  const isCoarse = shape.breakdownBy.every(one => one === 'cluster' || one === 'namespace')
  return isCoarse && !allFilters(finer).some(asks)
    ? 'warehouse.namespace_daily'
    : 'warehouse.allocation_daily'
}

// Both tables have the columns that are named here; that of namespaces is asked for none that it lacks.
function workloadDays(query: FactQuery): FactSource {
  const { scope, shape } = query
  return {
    kind: noKind,
    table: 'd',
    grain: 'day',
    rowsAreParts: shape.breakdownBy.some(one => one === 'controller' || one === 'container'),
    from: sql`from (select * from ${sql.table(workloadTable(query))} where kind = 'workload') d`,
    columns: columnsOf({
      cluster: sql.ref('d.cluster_id'),
      node: orNull('d.node'),
      namespace: orNull('d.namespace'),
      controller_kind: orNull('d.controller_kind'),
      controller: orNull('d.controller'),
      container: orNull('d.container'),
    }),
    measures: {
      ...named('d', [...MEASURED, 'cpu_used_cost', 'ram_used_cost']),
      cpu_judged: sql.ref('d.cpu_core_judged_hours'),
      ram_judged: sql.ref('d.ram_gib_judged_hours'),
      own_cost: sql.ref('d.total_cost'),
      ...(scope.idle === 'share' ? { idle_cost: sql.ref(`d.idle_by_${scope.idleBy}_cost`) } : {}),
    },
    lacks: {
      gpu: sql.ref('d.no_gpu'),
      pv: sql.ref('d.no_pv'),
      network: sql.ref('d.no_network'),
      load_balancer: sql.ref('d.no_load_balancer'),
    },
  }
}

// What no container carries belongs to its cluster and is one row per kind in every other breakdown. It may belong to
// a namespace too, which filters respect, but it isn't cost of that namespace's workloads.
function remainderHours(): FactSource {
  const cost = (part: string) => sql`case when r.part = ${sql.lit(part)} then r.cost end`
  return {
    kind: sql.ref('r.kind'),
    table: 'r',
    grain: 'hour',
    from: sql`from warehouse.remainder_hourly r`,
    columns: columnsOf({ cluster: sql.ref('r.cluster_id'), namespace: orNull('r.namespace') }),
    rowColumns: columnsOf({ cluster: sql.ref('r.cluster_id') }),
    measures: {
      pv_gib_hours: sql`case when r.part = 'pv' then r.quantity end`,
      pv_cost: cost('pv'),
      network_zone_cost: cost('network_zone'),
      network_region_cost: cost('network_region'),
      network_internet_cost: cost('network_internet'),
      load_balancer_cost: cost('load_balancer'),
      management_cost: cost('management'),
      own_cost: sql.ref('r.cost'),
    },
    lacks: {},
  }
}

function remainderDays(): FactSource {
  return {
    kind: sql.ref('d.kind'),
    table: 'd',
    grain: 'day',
    from: sql`from (select * from warehouse.namespace_daily where kind <> 'workload') d`,
    columns: columnsOf({ cluster: sql.ref('d.cluster_id'), namespace: orNull('d.namespace') }),
    rowColumns: columnsOf({ cluster: sql.ref('d.cluster_id') }),
    measures: {
      ...named('d', [
        'pv_gib_hours',
        'pv_cost',
        'network_zone_cost',
        'network_region_cost',
        'network_internet_cost',
        'load_balancer_cost',
        'management_cost',
      ]),
      own_cost: sql.ref('d.total_cost'),
    },
    lacks: {},
  }
}

// An idle row fills the costs of CPU, memory and GPU with the signed idle of the resource. It belongs to a node and its
// cluster and to nothing smaller. Where idle is shared out, it is what nobody could be given: idle of a resource of
// which nothing was allocated.
function idleHours({ scope, plan }: FactQuery): FactSource {
  const isShared = scope.idle === 'share'
  const left = (resource: string) => {
    const cost = sql.ref(`i.${resource}_cost`)
    return isShared ? sql`case when ${sql.ref(`s.${resource}_ratio`)} is null then ${cost} end` : cost
  }
  return {
    ...idleSource(left, isShared),
    table: 'i',
    grain: 'hour',
    from: sql`from warehouse.idle_hourly i ${isShared ? sharesOn(scope, plan, 'i', sql.ref('i.node')) : sql``}`,
    columns: columnsOf({ cluster: sql.ref('i.cluster_id'), node: sql.ref('i.node') }),
    lacks: { gpu: sql`i.gpu_cost is null` },
  }
}

function idleDays({ scope }: FactQuery): FactSource {
  const isShared = scope.idle === 'share'
  const left = (resource: string) =>
    isShared ? sql.ref(`i.${resource}_left_by_${scope.idleBy}`) : sql.ref(`i.${resource}_cost`)
  return {
    ...idleSource(left, isShared),
    table: 'i',
    grain: 'day',
    from: sql`from warehouse.idle_daily i`,
    columns: columnsOf({ cluster: sql.ref('i.cluster_id'), node: sql.ref('i.node') }),
    lacks: { gpu: sql.ref('i.no_gpu') },
  }
}

function idleSource(
  left: (resource: string) => Column,
  isShared: boolean,
): Pick<FactSource, 'kind' | 'measures' | 'having'> {
  const [cpu, ram, gpu] = ['cpu', 'ram', 'gpu'].map(left) as [Column, Column, Column]
  const any = sql`(coalesce(sum(${cpu}), 0) <> 0 or coalesce(sum(${ram}), 0) <> 0 or coalesce(sum(${gpu}), 0) <> 0)`
  return {
    kind: sql`'idle'`,
    measures: {
      cpu_cost: cpu,
      ram_cost: ram,
      gpu_cost: gpu,
      own_cost: sql`coalesce(${cpu}, 0) + coalesce(${ram}, 0) + coalesce(${gpu}, 0)`,
    },
    ...(isShared ? { having: any } : {}),
  }
}

/** The container's share of the idle cost of its hour: its cost of each resource times the unit's ratio. */
function sharedIdle(): Column {
  return sql`coalesce(a.cpu_cost * s.cpu_ratio, 0) + coalesce(a.ram_cost * s.ram_ratio, 0)
    + coalesce(a.gpu_cost * s.gpu_ratio, 0)`
}

function joinShares({ scope, plan }: FactQuery): Column {
  return sharesOn(scope, plan, 'a', sql.ref('c.node'))
}

// The ratios are told their hours by themselves, as a join would not carry the bounds over.
function sharesOn(
  { cloudAccountId, idleBy }: FactQuery['scope'],
  plan: FactQuery['plan'],
  facts: string,
  node: Column,
): RawBuilder<unknown> {
  return sql`
    left join (
      select * from ${sql.table(`warehouse.idle_share_by_${idleBy}`)}
      where cloud_account_id = ${cloudAccountId}::uuid and ${inHours(sql.ref('window_start'), plan.hours)}
    ) s on s.cluster_id = ${sql.ref(`${facts}.cluster_id`)} and s.window_start = ${sql.ref(`${facts}.window_start`)}
      ${idleBy === 'node' ? sql`and s.node = ${node}` : sql``}`
}

// offset 0 keeps the planner from moving the reading of JSON behind the join: once per label set, not once per fact.
// An empty label is an absent one, as everywhere in Prometheus.
function joinLabels(cloudAccountId: string, names: readonly string[]): Column {
  const values = names.map(
    (name, index) => sql`nullif(labels ->> ${name}::text, '') as ${sql.id(`label_${index}`)}`,
  )
  return sql`
    left join (
      select label_set_key, ${sql.join(values)}
      from warehouse.label_set
      where cloud_account_id = ${cloudAccountId}::uuid
      offset 0
    ) k on k.label_set_key = a.label_set_key`
}

/** The labels that a query looks at, each once. */
function labelNames({ scope, shape }: FactQuery): string[] {
  const asked = shape.breakdownBy.flatMap(one => (isByLabel(one) ? [labelOf(one)] : []))
  return [...new Set([...asked, ...scope.filters.labels.map(({ name }) => name)])]
}

// Daily sums have '' for none, as these columns are their key.
function orNull(column: string): Column {
  return sql`nullif(${sql.ref(column)}, '')`
}
