/** How grave it is: E, the numbers are not to be trusted; W, worth a look. */
export type Severity = 'E' | 'W'

/**
 * A check as data. Its SQL gives columns `ok`, `observed`, `expected` and `detail` (what it failed on, for a person);
 * checks of windows give `window_start` as well, one row for each published one.
 */
export interface Check {
  readonly id: string
  readonly severity: Severity
  readonly means: string
  readonly sql: string
}

/** The windows of `$1` account and `$2` cluster that start from `$3` to before `$4`, Unix seconds, of a table alias. */
export function inWindows(alias: string): string {
  return `${alias}.cloud_account_id = $1 and ${alias}.cluster_id = $2
    and ${alias}.window_start >= to_timestamp($3) and ${alias}.window_start < to_timestamp($4)`
}

const PUBLISHED = `select l.* from warehouse.window_ledger l where ${inWindows('l')} and l.revision > 0`

/**
 * A check that holds where a query finds nothing. `broken` gives `window_start` and `item`, a row for each thing that
 * breaks the rule; three of them are named.
 */
function none(id: string, severity: Severity, means: string, broken: string): Check {
  return {
    id,
    severity,
    means,
    sql: `
      select extract(epoch from p.window_start)::float8 as "window", b.n is null as ok,
        coalesce(b.n, 0)::text as observed, '0' as expected, b.items as detail
      from (${PUBLISHED}) p
      left join (
        select x.window_start, count(*) as n, left(array_to_string((array_agg(x.item order by x.item))[1:3], '; '), 500) as items
        from (${broken}) x
        group by x.window_start
      ) b on b.window_start = p.window_start`,
  }
}

/** A check of two amounts by window, `sums` giving `window_start`, `observed` and `expected`; absent ones are 0. */
function equal(id: string, severity: Severity, means: string, sums: string): Check {
  return {
    id,
    severity,
    means,
    sql: `
      select extract(epoch from p.window_start)::float8 as "window", coalesce(s.observed, 0) = coalesce(s.expected, 0) as ok,
        coalesce(s.observed, 0)::text as observed, coalesce(s.expected, 0)::text as expected,
        case when coalesce(s.observed, 0) <> coalesce(s.expected, 0)
          then 'difference ' || (coalesce(s.observed, 0) - coalesce(s.expected, 0))::text end as detail
      from (${PUBLISHED}) p
      left join (${sums}) s on s.window_start = p.window_start`,
  }
}

const CONTAINERS = `
  select h.*, c.namespace, c.pod, c.container, c.node, c.container_key is not null as is_known
  from warehouse.allocation_hourly h
  left join warehouse.container c on c.cloud_account_id = h.cloud_account_id and c.container_key = h.container_key
  where ${inWindows('h')}`

const CHARGED_BY_NODE = `
  select window_start, node, sum(cpu_cost) as cpu, sum(ram_cost) as ram, coalesce(sum(gpu_cost), 0) as gpu
  from (${CONTAINERS}) a
  group by window_start, node`

/** A node's cost is known where each of its machines' is. */
const NODES = `
  select h.window_start, h.node, sum(h.cpu_cost) as cpu, sum(h.ram_cost) as ram, sum(h.gpu_cost) as gpu,
    sum(h.total_cost) as total, bool_and(h.cpu_cost is not null and h.ram_cost is not null) as is_known
  from warehouse.node_hourly h
  where ${inWindows('h')}
  group by h.window_start, h.node`

const IDLE = `select h.* from warehouse.idle_hourly h where ${inWindows('h')}`

/** Where idle is not known, as a capacity isn't, neither side is: such nodes are left out. GPUs likewise. */
const CLUSTER_SIDES = `
  select window_start, sum(observed) as observed, sum(expected) as expected
  from (
    select i.window_start, i.total_cost + coalesce(a.cpu + a.ram, 0)
        + case when i.gpu_cost is null then 0 else coalesce(a.gpu, 0) end as observed,
      n.cpu + n.ram + case when i.gpu_cost is null then 0 else coalesce(n.gpu, 0) end as expected
    from (${IDLE}) i
    left join (${CHARGED_BY_NODE}) a on a.window_start = i.window_start and a.node = i.node
    left join (${NODES}) n on n.window_start = i.window_start and n.node = i.node
    union all
    select h.window_start, coalesce(h.pv_cost, 0) + coalesce(h.load_balancer_cost, 0) + coalesce(h.network_zone_cost, 0)
        + coalesce(h.network_region_cost, 0) + coalesce(h.network_internet_cost, 0),
      coalesce(h.network_zone_cost, 0) + coalesce(h.network_region_cost, 0) + coalesce(h.network_internet_cost, 0)
    from warehouse.allocation_hourly h where ${inWindows('h')}
    union all
    select h.window_start, h.cost, case when h.part like 'network_%' then h.cost else 0 end
    from warehouse.remainder_hourly h where ${inWindows('h')}
    union all
    select h.window_start, 0, h.total_cost from warehouse.asset_hourly h where ${inWindows('h')}
  ) sides
  group by window_start`

function assetSides(column: string, part: string, assetType: string): string {
  return `
    select window_start, sum(observed) as observed, sum(expected) as expected
    from (
      select h.window_start, coalesce(h.${column}, 0) as observed, 0 as expected
      from warehouse.allocation_hourly h where ${inWindows('h')}
      union all
      select h.window_start, h.cost, 0 from warehouse.remainder_hourly h where ${inWindows('h')} and h.part = '${part}'
      union all
      select h.window_start, 0, h.total_cost from warehouse.asset_hourly h
      where ${inWindows('h')} and h.asset_type = '${assetType}'
    ) sides
    group by window_start`
}

const POD_OF = `a.namespace || '/' || a.pod || '/' || a.container`
/** Nine digits are what doubles that were summed in another order share. */
const ALMOST = 1 + 1e-6

/** What every published window is looked at for. The first ones are the identities of the cost model. */
export const WINDOW_CHECKS: readonly Check[] = [
  none(
    'I1',
    'E',
    'containers and signed idle are the cost of each node, per resource',
    `select coalesce(i.window_start, n.window_start) as window_start, coalesce(i.node, n.node) as item
     from (${IDLE}) i
     full join (${NODES}) n on n.window_start = i.window_start and n.node = i.node
     left join (${CHARGED_BY_NODE}) a on a.window_start = i.window_start and a.node = i.node
     where (n.is_known or i.node is not null) and not coalesce(
       coalesce(a.cpu, 0) + i.cpu_cost = n.cpu and coalesce(a.ram, 0) + i.ram_cost = n.ram
         and (i.gpu_cost is null or coalesce(a.gpu, 0) + i.gpu_cost = coalesce(n.gpu, 0)), false)`,
  ),
  equal(
    'I2',
    'E',
    'volumes that are mounted and those that are not are the disks',
    assetSides('pv_cost', 'pv', 'disk'),
  ),
  equal(
    'I2_load_balancers',
    'E',
    'load balancers with and without pods are all load balancers',
    assetSides('load_balancer_cost', 'load_balancer', 'load_balancer'),
  ),
  equal('I3', 'E', 'allocations, idle, fee and unmounted are the assets and the network', CLUSTER_SIDES),
  equal(
    'I4',
    'E',
    'the sum over namespaces is the sum of all containers',
    `select window_start, sum(named) as observed, sum(total) as expected
     from (
       select window_start, namespace, sum(total_cost) filter (where is_known) as named, sum(total_cost) as total
       from (${CONTAINERS}) a group by window_start, namespace
     ) n
     group by window_start`,
  ),
  none(
    'I6',
    'E',
    'every window belongs to a cluster of an account',
    `select p.window_start, p.cluster_id as item
     from (${PUBLISHED}) p
     where not exists (select from warehouse.cloud_account o where o.cloud_account_id = p.cloud_account_id)
       or not exists (select from warehouse.cluster k
         where k.cloud_account_id = p.cloud_account_id and k.cluster_id = p.cluster_id)`,
  ),
  none(
    'I7',
    'E',
    'nothing is allocated less than requested, runs longer than the hour or is covered more than whole',
    `select a.window_start, ${POD_OF} as item from (${CONTAINERS}) a
     where a.cpu_core_hours * ${ALMOST} < a.cpu_core_request_hours or a.minutes > 60 * ${ALMOST}
       or a.ram_gib_hours * ${ALMOST} < a.ram_gib_request_hours
     union all
     select p.window_start, 'coverage ' || p.coverage from (${PUBLISHED}) p where p.coverage not between 0 and 1`,
  ),
  none(
    'row_counts',
    'E',
    'the rows of the window are as many as were published',
    `select p.window_start, 'containers ' || (select count(*) from warehouse.allocation_hourly h
         where ${inWindows('h')} and h.window_start = p.window_start) || ' of ' || p.allocation_rows
       || ', nodes ' || (select count(*) from warehouse.node_hourly h
         where ${inWindows('h')} and h.window_start = p.window_start) || ' of ' || p.node_rows as item
     from (${PUBLISHED}) p
     where (select count(*) from warehouse.allocation_hourly h
         where ${inWindows('h')} and h.window_start = p.window_start) <> p.allocation_rows
       or (select count(*) from warehouse.node_hourly h
         where ${inWindows('h')} and h.window_start = p.window_start) <> p.node_rows`,
  ),
  none(
    'container_known',
    'E',
    'every row of a container says whose it is',
    `select a.window_start, a.container_key::text as item from (${CONTAINERS}) a where not a.is_known`,
  ),
  none(
    'node_known',
    'E',
    'every container ran on a node of that hour',
    `select a.window_start, a.node || ': ' || ${POD_OF} as item from (${CONTAINERS}) a
     where a.is_known and not exists (
       select from warehouse.node_hourly n
       where n.cloud_account_id = $1 and n.cluster_id = $2 and n.window_start = a.window_start and n.node = a.node
     )`,
  ),
  none(
    'one_place',
    'E',
    'a container on several nodes ran no longer than the hour in all',
    `select a.window_start, ${POD_OF} as item from (${CONTAINERS}) a
     group by a.window_start, a.namespace, a.pod, a.container
     having count(*) > 1 and sum(a.minutes) > 60 * ${ALMOST}`,
  ),
  none(
    'time_bound',
    'E',
    'what is there was there for some of the hour and no longer',
    `select a.window_start, ${POD_OF} as item from (${CONTAINERS}) a where not (a.minutes > 0 and a.minutes <= 60 * ${ALMOST})
     union all
     select h.window_start, h.node from warehouse.node_hourly h
     where ${inWindows('h')} and not (h.minutes > 0 and h.minutes <= 60 * ${ALMOST})
     union all
     select h.window_start, h.name from warehouse.asset_hourly h
     where ${inWindows('h')} and not (h.minutes > 0 and h.minutes <= 60 * ${ALMOST})`,
  ),
  none(
    'non_negative',
    'E',
    'no quantity is less than nothing',
    `select a.window_start, ${POD_OF} as item from (${CONTAINERS}) a
     where least(a.cpu_core_hours, a.cpu_core_request_hours, a.cpu_core_used_hours, a.ram_gib_hours,
       a.ram_gib_request_hours, a.ram_gib_used_hours, a.gpu_hours, a.pv_gib_hours, a.network_zone_gib,
       a.network_region_gib, a.network_internet_gib, a.load_balancer_hours) < 0`,
  ),
  none(
    'plausible',
    'E',
    'no container costs more than its node, and nothing a million an hour',
    `select a.window_start, ${POD_OF} as item
     from (${CONTAINERS}) a
     left join (${NODES}) n on n.window_start = a.window_start and n.node = a.node
     where a.cpu_cost + a.ram_cost + coalesce(a.gpu_cost, 0) > n.total * 1.05 and n.is_known or a.total_cost >= 1000000`,
  ),
  none(
    'sample_completeness',
    'W',
    'at least 95 of 100 samples of the heartbeat are there',
    `select p.window_start, p.samples_seen || ' of ' || p.samples_expected as item from (${PUBLISHED}) p
     where p.samples_seen < 0.95 * p.samples_expected`,
  ),
  none(
    'restatement',
    'W',
    'what took the place of another version says what it changed',
    `select p.window_start, 'revision ' || p.revision as item from (${PUBLISHED}) p
     where p.revision > 1 and not exists (
       select from warehouse.window_audit u
       where u.cloud_account_id = $1 and u.cluster_id = $2 and u.window_start = p.window_start and u.revision = p.revision
     )`,
  ),
]
