import { type AssetDay, NODE_DAY, OTHER_ASSET_DAY, partialParts, quantitySum } from '../db/asset-days.js'
import { usedCost } from '../db/used-cost.js'

/**
 * The statements that make the sums of one cluster's day out of its hours. Parameters of all: $1 account, $2 cluster,
 * $3 the day as a date, $4 and $5 its bounds in Unix seconds.
 *
 * Amounts and quantities alike are summed as decimals, so that a sum is the same in whatever order its rows come.
 */
const OF_DAY = `cloud_account_id = $1 and cluster_id = $2 and day = $3::date`
const HOURS = `h.cloud_account_id = $1 and h.cluster_id = $2
  and h.window_start >= to_timestamp($4) and h.window_start < to_timestamp($5)`

const QUANTITIES = [
  'minutes',
  'cpu_core_hours',
  'cpu_core_request_hours',
  'cpu_core_used_hours',
  'ram_gib_hours',
  'ram_gib_request_hours',
  'ram_gib_used_hours',
  'gpu_hours',
  'pv_gib_hours',
  'network_zone_gib',
  'network_region_gib',
  'network_internet_gib',
  'load_balancer_hours',
]
const COSTS = [
  'cpu_cost',
  'ram_cost',
  'gpu_cost',
  'pv_cost',
  'network_zone_cost',
  'network_region_cost',
  'network_internet_cost',
  'load_balancer_cost',
]
const JUDGED = ['cpu_core_judged_hours', 'ram_gib_judged_hours']
/** What the API needs of a workload beside, signed where it is idle cost. */
const SHARED = ['cpu_used_cost', 'ram_used_cost', 'idle_by_cluster_cost', 'idle_by_node_cost']
/** What null says "not measured" of. Requests are no such: a null there says that there is none. */
const MEASURED = ['cpu_core_used_hours', 'ram_gib_used_hours', 'gpu_hours', 'pv_gib_hours', ...COSTS.slice(2)]

function quantity(expression: string, name = expression): string {
  return `${quantitySum(expression)} as ${name}`
}

/** The hours of the day, as bits, in which there is a row of the group that satisfies the condition. */
function hourMask(condition = 'true'): string {
  const hour = `extract(hour from h.window_start at time zone 'UTC')::integer`
  return `coalesce(bit_or(1 << ${hour}) filter (where ${condition}), 0)`
}

/** What may be lacking of a container's fact, with when it is. */
const LACKS = [
  ['no_gpu', 'h.gpu_cost is null'],
  ['no_pv', 'h.pv_cost is null'],
  ['no_network', 'num_nulls(h.network_zone_cost, h.network_region_cost, h.network_internet_cost) > 0'],
  ['no_load_balancer', 'h.load_balancer_cost is null'],
] as const

const MASKS = ['hour_mask', ...LACKS.map(([name]) => name)]

const RESOURCES = ['cpu', 'ram', 'gpu'] as const

// Ratios of the day's hours. In tables with a key, not in the statements that use them: of a month that has just begun
// the planner knows nothing, and would look through all ratios for each fact.
const ratios = [
  `create temp table if not exists share_by_cluster (
    window_start timestamptz primary key, cpu_ratio numeric, ram_ratio numeric, gpu_ratio numeric
  ) on commit delete rows`,
  `create temp table if not exists share_by_node (
    window_start timestamptz, node text, cpu_ratio numeric, ram_ratio numeric, gpu_ratio numeric,
    primary key (window_start, node)
  ) on commit delete rows`,
  `insert into share_by_cluster
    select h.window_start, h.cpu_ratio, h.ram_ratio, h.gpu_ratio from warehouse.idle_share_by_cluster h where ${HOURS}`,
  `insert into share_by_node
    select h.window_start, h.node, h.cpu_ratio, h.ram_ratio, h.gpu_ratio from warehouse.idle_share_by_node h
    where ${HOURS} and h.node is not null`,
]

/** Idle cost that the rows of the group bear, each at the ratios of its hour; exact to the last digit of the ratios. */
function idleBorne(unit: string): string {
  return RESOURCES.map(one => `coalesce(sum(h.${one}_cost * ${unit}.${one}_ratio), 0)`).join(' + ')
}

const workload = `
  insert into warehouse.allocation_daily (cloud_account_id, cluster_id, day, kind, namespace, controller_kind, controller,
    container, node, hours, pods, ${QUANTITIES.join(', ')}, ${COSTS.join(', ')},
    ${JUDGED.join(', ')}, partial_parts, ${MASKS.join(', ')}, ${SHARED.join(', ')})
  select $1, $2, $3::date, 'workload', coalesce(c.namespace, ''), coalesce(c.controller_kind, ''),
    coalesce(c.controller, ''), coalesce(c.container, ''), coalesce(c.node, ''),
    count(distinct h.window_start), count(distinct c.pod),
    ${QUANTITIES.map(column => quantity(`h.${column}`, column)).join(', ')},
    ${COSTS.map(column => `sum(h.${column})`).join(', ')},
    (sum(h.cpu_core_request_hours::numeric) filter (where h.cpu_core_used_hours is not null))::float8,
    (sum(h.ram_gib_request_hours::numeric) filter (where h.ram_gib_used_hours is not null))::float8,
    ${partialParts(MEASURED)},
    ${[hourMask(), ...LACKS.map(([, condition]) => hourMask(condition))].join(', ')},
    sum(${usedCost('h.cpu_cost', 'h.cpu_core_used_hours', 'h.cpu_core_hours')}),
    sum(${usedCost('h.ram_cost', 'h.ram_gib_used_hours', 'h.ram_gib_hours')}),
    ${idleBorne('by_cluster')}, ${idleBorne('by_node')}
  from warehouse.allocation_hourly h
  -- A left join: money whose name is missing is money all the same.
  left join warehouse.container c on c.cloud_account_id = h.cloud_account_id and c.container_key = h.container_key
  left join share_by_cluster by_cluster on by_cluster.window_start = h.window_start
  left join share_by_node by_node on by_node.window_start = h.window_start and by_node.node = c.node
  where ${HOURS}
  group by 5, 6, 7, 8, 9`

/** Which part of a remainder is which column, with its quantity where there is one. */
const REMAINDER_PARTS = [
  ['pv', 'pv_cost', 'pv_gib_hours'],
  ['load_balancer', 'load_balancer_cost', 'load_balancer_hours'],
  ['network_zone', 'network_zone_cost', 'network_zone_gib'],
  ['network_region', 'network_region_cost', 'network_region_gib'],
  ['network_internet', 'network_internet_cost', 'network_internet_gib'],
] as const

const remainder = `
  insert into warehouse.allocation_daily (cloud_account_id, cluster_id, day, kind, namespace, controller_kind, controller,
    container, node, ${REMAINDER_PARTS.flatMap(([, cost, amount]) => [cost, amount]).join(', ')}, management_cost,
    ${MASKS.join(', ')})
  select $1, $2, $3::date, h.kind, h.namespace, '', '', '', '',
    ${REMAINDER_PARTS.flatMap(([part]) => [
      `sum(h.cost) filter (where h.part = '${part}')`,
      `(sum(h.quantity::numeric) filter (where h.part = '${part}'))::float8`,
    ]).join(', ')},
    sum(h.cost) filter (where h.part = 'management'),
    ${hourMask()}, ${LACKS.map(() => '0').join(', ')}
  from warehouse.remainder_hourly h
  where ${HOURS}
  group by h.kind, h.namespace`

// Of the rows that were just made, not of the hours, so that the two can't differ.
const namespaces = `
  insert into warehouse.namespace_daily (cloud_account_id, cluster_id, day, kind, namespace,
    ${[...QUANTITIES, ...JUDGED, ...COSTS, 'management_cost', ...SHARED, ...MASKS].join(', ')})
  select $1, $2, $3::date, d.kind, d.namespace,
    ${[...QUANTITIES, ...JUDGED].map(column => quantity(`d.${column}`, column)).join(', ')},
    ${[...COSTS, 'management_cost', ...SHARED].map(column => `sum(d.${column})`).join(', ')},
    ${MASKS.map(column => `bit_or(d.${column})`).join(', ')}
  from warehouse.allocation_daily d
  where ${OF_DAY}
  group by d.kind, d.namespace`

/** Idle cost of the rows of the group that nothing can bear. */
function idleLeft(unit: string): string {
  return RESOURCES.map(
    one => `coalesce(sum(h.${one}_cost) filter (where ${unit}.${one}_ratio is null), 0)`,
  ).join(', ')
}

const idle = `
  insert into warehouse.idle_daily (cloud_account_id, cluster_id, day, node, hours, cpu_cost, ram_cost, gpu_cost,
    partial_parts, hour_mask, no_gpu, ${['cluster', 'node'].flatMap(unit => RESOURCES.map(one => `${one}_left_by_${unit}`)).join(', ')})
  select $1, $2, $3::date, h.node, count(*), sum(h.cpu_cost), sum(h.ram_cost), sum(h.gpu_cost), ${partialParts(['gpu_cost'])},
    ${hourMask()}, ${hourMask('h.gpu_cost is null')}, ${idleLeft('by_cluster')}, ${idleLeft('by_node')}
  from warehouse.idle_hourly h
  left join share_by_cluster by_cluster on by_cluster.window_start = h.window_start
  left join share_by_node by_node on by_node.window_start = h.window_start and by_node.node = h.node
  where ${HOURS}
  group by h.node`

function assetDay({ table, key, columns }: AssetDay): string {
  return `
    insert into warehouse.asset_daily (cloud_account_id, cluster_id, day, ${[...columns.keys()].join(', ')})
    select $1, $2, $3::date, ${[...columns.values()].join(', ')}
    from warehouse.${table} h
    where ${HOURS}
    group by ${key}`
}

/** Tables that a roll-up writes, in the order in which it locks them. */
export const DAILY_TABLES = ['allocation_daily', 'idle_daily', 'asset_daily', 'namespace_daily'] as const

/** In this order: what was there of the day, then the sums. */
export const ROLL_UP = [
  ...DAILY_TABLES.map(table => `delete from warehouse.${table} where ${OF_DAY}`),
  ...ratios,
  workload,
  remainder,
  namespaces,
  idle,
  assetDay(NODE_DAY),
  assetDay(OTHER_ASSET_DAY),
]

/** Notes of which versions of which windows the sums were made. */
export const NOTE_ROLLED = `
  update warehouse.day_ledger d
  set rolled_at = now(), windows = w.windows, revision_sum = w.revision_sum, shared_revision_sum = w.revision_sum,
    allocation_rows = w.allocation_rows, node_rows = w.node_rows,
    asset_cost = coalesce((select sum(total_cost) from warehouse.asset_daily where ${OF_DAY}), 0),
    idle_cost = coalesce((select sum(total_cost) from warehouse.idle_daily where ${OF_DAY}), 0),
    allocated_cost = a.allocated_cost, unmounted_cost = a.unmounted_cost, management_cost = a.management_cost,
    network_cost = a.network_cost
  from (
      select count(*) as windows, coalesce(sum(h.revision), 0) as revision_sum,
        coalesce(sum(h.allocation_rows), 0) as allocation_rows, coalesce(sum(h.node_rows), 0) as node_rows
      from warehouse.window_ledger h
      where ${HOURS} and h.revision > 0
    ) w,
    (
      select coalesce(sum(total_cost) filter (where kind in ('workload', 'unallocated')), 0) as allocated_cost,
        coalesce(sum(total_cost) filter (where kind = 'unmounted'), 0) as unmounted_cost,
        coalesce(sum(total_cost) filter (where kind = 'cluster_management'), 0) as management_cost,
        coalesce(sum(coalesce(network_zone_cost, 0) + coalesce(network_region_cost, 0)
          + coalesce(network_internet_cost, 0)), 0) as network_cost
      from warehouse.allocation_daily
      where ${OF_DAY}
    ) a
  where d.cloud_account_id = $1 and d.cluster_id = $2 and d.day = $3::date`

/** Notes that the day's containers, label sets and series are in use, so that they outlive it as long as its hours. */
export const NOTE_USED = [
  used('container', 'container_key', 'allocation_hourly'),
  used('label_set', 'label_set_key', 'allocation_hourly'),
  used('metric_series', 'series_key', 'metric_hourly'),
]

function used(table: string, key: string, facts: string): string {
  return `
    update warehouse.${table} t set last_day = $3::date
    from (select distinct h.${key} from warehouse.${facts} h where ${HOURS}) u
    where t.cloud_account_id = $1 and t.${key} = u.${key} and (t.last_day is null or t.last_day < $3::date)`
}
