import { type RawBuilder, sql } from 'kysely'
import type { WindowScope } from '../answers/loaded.js'
import { dayOf, inDays, inHours, midnightOf } from '../facts/columns.js'
import type { DayPlan } from '../facts/day-plan.js'
import { satisfies } from '../query/where.js'

/** A workload over the days since it last did something, and what is known of them. */
export interface QuietWorkload {
  readonly cluster: string
  readonly namespace: string
  readonly controller_kind: string
  readonly controller: string
  /** Start of its first hour and end of its last one, Unix seconds. */
  readonly since: number
  readonly until: number
  readonly pod_hours: number
  /** Core-hours; null where use was measured in none of the days. */
  readonly cpu_used: number | null
  /** Days, and those in which the traffic of all its hours is known. */
  readonly days: number
  readonly traffic_days: number
  /** Exact decimal text: all of it, and what of it is CPU, memory and GPU of the given nodes. */
  readonly cost: string
  readonly cost_on_nodes: string
}

/** A node by its name. */
export interface NodeKey {
  readonly cluster: string
  readonly node: string
}

/** A namespace over the days in which its cluster tells of requests. */
export interface NamespaceUse {
  readonly cluster: string
  readonly namespace: string
  readonly since: number
  /** Days, of how many in the range. */
  readonly told_days: number
  readonly days: number
  readonly has_requests: boolean
  readonly used_core_hours: number | null
  readonly used_gib_hours: number | null
  readonly containers: number
  /** Of all namespaces of the cluster. */
  readonly cluster_containers: number
  readonly cost: string
}

export interface WorkloadUses {
  readonly workloads: readonly QuietWorkload[]
  readonly namespaces: readonly NamespaceUse[]
}

/** Cores that a pod uses on the average of a day when it does nothing. */
const QUIET_CORES = 0.005

/** Kinds that run wherever there is a node, or for a while only: that they are quiet says nothing. */
const NEVER_ABANDONED = ['daemonset', 'node', 'job', 'cronjob']

/**
 * Workloads that did nothing on the newest day of their cluster, since the day on which they last used CPU or sent anything
 * beyond their zone (of what stays in it no cost tells), and namespaces with what they ask for.
 */
export function workloadUses(
  scope: WindowScope,
  plan: DayPlan,
  nodes: readonly NodeKey[],
): RawBuilder<WorkloadUses> {
  const isBusy = sql`(
    coalesce(sum(cpu_used) > max(container_hours) * ${QUIET_CORES}::float8, false) or bool_or(has_traffic)
  )`
  return sql<WorkloadUses>`
    with told_node as (
      select * from json_to_recordset(${JSON.stringify(nodes)}::json) as n (cluster text, node text)
    ),
    used as materialized (${usedByDay(scope, plan)}),
    newest as (select cluster_id, max(day) as day from used group by 1),
    at_rest as (
      select cluster_id, namespace, controller_kind, controller
      from used
      join newest using (cluster_id, day)
      where controller <> '' and lower(controller_kind) <> all(${NEVER_ABANDONED}::text[])
      group by 1, 2, 3, 4
      having not ${isBusy}
    ),
    workload_day as (
      select cluster_id, namespace, controller_kind, controller, day, min(since) as since, max(until) as until,
        max(container_hours) as pod_hours, sum(cpu_used) as cpu_used, bool_and(knows_traffic) as knows_traffic,
        sum(cost) as cost, sum(cost_on_nodes) as cost_on_nodes, ${isBusy} as is_busy
      from used
      join at_rest using (cluster_id, namespace, controller_kind, controller)
      group by 1, 2, 3, 4, 5
    ),
    busy as (
      select cluster_id, namespace, controller_kind, controller, max(day) filter (where is_busy) as day
      from workload_day
      group by 1, 2, 3, 4
    ),
    workload as (
      select w.cluster_id as cluster, w.namespace, w.controller_kind, w.controller,
        extract(epoch from min(w.since))::float8 as since, extract(epoch from max(w.until))::float8 as until,
        sum(w.pod_hours) as pod_hours, sum(w.cpu_used) as cpu_used, count(*)::int as days,
        (count(*) filter (where w.knows_traffic))::int as traffic_days, sum(w.cost)::text as cost,
        sum(w.cost_on_nodes)::text as cost_on_nodes
      from workload_day w
      join busy b using (cluster_id, namespace, controller_kind, controller)
      where b.day is null or w.day > b.day
      group by 1, 2, 3, 4
    ),
    told as (select cluster_id, day from used group by 1, 2 having bool_or(has_requests)),
    asking as (
      select u.cluster_id, u.namespace, count(*) as containers
      from (
        select distinct cluster_id, namespace, controller_kind, controller, container
        from used
        join told using (cluster_id, day)
      ) u
      group by 1, 2
    ),
    everyone as (select cluster_id, sum(containers) as containers from asking group by 1),
    namespace_day as (
      select u.cluster_id, u.namespace, u.day, t.day is not null as is_told, min(u.since) as since,
        bool_or(u.has_requests) as has_requests, sum(u.cpu_used) as cpu_used, sum(u.ram_used) as ram_used,
        sum(u.cost) as cost
      from used u
      left join told t on t.cluster_id = u.cluster_id and t.day = u.day
      group by 1, 2, 3, 4
    ),
    namespace as (
      select n.cluster_id as cluster, n.namespace,
        extract(epoch from coalesce(min(n.since) filter (where n.is_told), min(n.since)))::float8 as since,
        (count(*) filter (where n.is_told))::int as told_days, count(*)::int as days,
        bool_or(n.is_told and n.has_requests) as has_requests,
        sum(n.cpu_used) filter (where n.is_told) as used_core_hours,
        sum(n.ram_used) filter (where n.is_told) as used_gib_hours,
        coalesce(max(a.containers), 0)::int as containers, coalesce(max(e.containers), 0)::int as cluster_containers,
        sum(n.cost)::text as cost
      from namespace_day n
      left join asking a on a.cluster_id = n.cluster_id and a.namespace = n.namespace
      left join everyone e on e.cluster_id = n.cluster_id
      group by 1, 2
    )
    select (select coalesce(json_agg(w order by cluster collate "C", namespace collate "C", controller_kind collate "C",
        controller collate "C"), '[]') from workload w) as workloads,
      (select coalesce(json_agg(n order by cluster collate "C", namespace collate "C"), '[]') from namespace n)
        as namespaces`
}

const USED = [
  ...['minutes', 'cpu_core_used_hours', 'ram_gib_used_hours', 'cpu_core_request_hours'],
  ...['ram_gib_request_hours', 'cpu_cost', 'ram_cost', 'gpu_cost', 'total_cost'],
]
const TRAFFIC = ['zone', 'region', 'internet'].flatMap(way => [`network_${way}_gib`, `network_${way}_cost`])

/** One row per container of a workload and UTC day. */
function usedByDay(scope: WindowScope, { hours, days }: DayPlan): RawBuilder<unknown> {
  // A range without any window still makes a statement, which finds nothing.
  const fromHours = hours.length > 0 || days.length === 0 ? [usedInHours(scope, hours)] : []
  const fromDays = days.length > 0 ? [usedInDays(scope, days)] : []
  return sql.join([...fromHours, ...fromDays], sql` union all `)
}

// Summed up by container first: whose it is is looked up once for each day.
function usedInHours(
  { cloudAccountId, clusters }: WindowScope,
  hours: DayPlan['hours'],
): RawBuilder<unknown> {
  const at = sql.ref('a.window_start')
  const sum = (column: string) => sql`sum(${sql.ref(`a.${column}`)}) as ${sql.id(column)}`
  return sql`
    select a.cluster_id, coalesce(c.namespace, '') as namespace, coalesce(c.controller_kind, '') as controller_kind,
      coalesce(c.controller, '') as controller, coalesce(c.container, '') as container, a.day, min(a.since) as since,
      max(a.until) as until, sum(a.minutes) / 60 as container_hours, sum(a.cpu_core_used_hours) as cpu_used,
      sum(a.ram_gib_used_hours) as ram_used, bool_or(${traffic('a')}) as has_traffic,
      bool_and(a.knows_traffic) as knows_traffic,
      coalesce(sum(a.cpu_core_request_hours), 0) + coalesce(sum(a.ram_gib_request_hours), 0) > 0 as has_requests,
      sum(a.total_cost) as cost, ${costOnNodes('a', sql.ref('c.node'))} as cost_on_nodes
    from (
      select a.cluster_id, a.container_key, ${dayOf(at)} as day, min(a.window_start) as since,
        max(a.window_start) + interval '1 hour' as until,
        bool_and(num_nulls(a.network_zone_cost, a.network_region_cost, a.network_internet_cost) = 0) as knows_traffic,
        ${sql.join([...USED, ...TRAFFIC].map(sum))}
      from warehouse.allocation_hourly a
      where a.cloud_account_id = ${cloudAccountId}::uuid
        and ${inHours(at, hours)}
        and ${satisfies(sql.ref('a.cluster_id'), clusters)}
      group by 1, 2, 3
    ) a
    left join warehouse.container c
      on c.cloud_account_id = ${cloudAccountId}::uuid and c.container_key = a.container_key
    group by 1, 2, 3, 4, 5, 6`
}

// Bit h of hour_mask is hour h of the day; half a bit more keeps a power of two from being rounded down. In floating
// point: decimal logarithms take longer than all the rest.
function usedInDays({ cloudAccountId, clusters }: WindowScope, days: DayPlan['days']): RawBuilder<unknown> {
  const midnight = midnightOf(sql.ref('d.day'))
  const hoursIn = (mask: RawBuilder<unknown>) =>
    sql`floor(ln(${mask} + 0.5::float8) / ln(2::float8))::int * interval '1 hour'`
  return sql`
    select d.cluster_id, d.namespace, d.controller_kind, d.controller, d.container, ${midnight} as day,
      min(${midnight} + ${hoursIn(sql`(d.hour_mask & -d.hour_mask)`)}) as since,
      max(${midnight} + ${hoursIn(sql`d.hour_mask`)} + interval '1 hour') as until,
      sum(d.minutes) / 60 as container_hours, sum(d.cpu_core_used_hours) as cpu_used,
      sum(d.ram_gib_used_hours) as ram_used,
      bool_or(${traffic('d')}) as has_traffic,
      bool_and(d.no_network = 0) as knows_traffic,
      coalesce(sum(d.cpu_core_request_hours), 0) + coalesce(sum(d.ram_gib_request_hours), 0) > 0 as has_requests,
      sum(d.total_cost) as cost, ${costOnNodes('d', sql.ref('d.node'))} as cost_on_nodes
    from warehouse.allocation_daily d
    where d.cloud_account_id = ${cloudAccountId}::uuid
      and d.kind = 'workload' and d.hour_mask > 0
      and ${inDays(sql.ref('d.day'), days)}
      and ${satisfies(sql.ref('d.cluster_id'), clusters)}
    group by 1, 2, 3, 4, 5, 6`
}

function costOnNodes(table: string, node: RawBuilder<unknown>): RawBuilder<unknown> {
  const cost = (resource: string) => sql`coalesce(${sql.ref(`${table}.${resource}_cost`)}, 0)`
  const isTold = sql`(${sql.ref(`${table}.cluster_id`)}, ${node}) in (select n.cluster, n.node from told_node n)`
  return sql`coalesce(sum(${cost('cpu')} + ${cost('ram')} + ${cost('gpu')}) filter (where ${isTold}), 0)`
}

/** Whether there is any: an amount that an earlier release did not keep still has its cost. */
function traffic(table: string): RawBuilder<unknown> {
  const terms = TRAFFIC.map(column => sql`coalesce(${sql.ref(`${table}.${column}`)} > 0, false)`)
  return sql`(${sql.join(terms, sql` or `)})`
}
