import { type RawBuilder, sql } from 'kysely'
import type { WindowScope } from '../answers/loaded.js'
import type { DayPlan } from '../facts/day-plan.js'
import { startsIn } from '../query/where.js'
import { measuredWindows } from './measured.js'
import { residentsByHour } from './residents-query.js'

/** A node over its hours in the range. Shares are of its capacity; null where that is unknown in any hour. */
export interface NodeUse {
  readonly cluster: string
  readonly group_name: string
  readonly node: string
  readonly node_pool: string | null
  readonly instance_type: string | null
  /** Unix seconds. */
  readonly since: number
  /** It is there in the newest measured hour of its cluster. */
  readonly is_present: boolean
  readonly hours: number
  readonly minutes: number
  /** Exact decimal text. */
  readonly cost: string
  /** The most in any hour of what isn't DaemonSets'. */
  readonly highest_cpu_share: number | null
  readonly highest_ram_share: number | null
  readonly gpu_hours: number
  /** Mean of what is DaemonSets'. */
  readonly daemonset_cpu_share: number | null
  readonly daemonset_ram_share: number | null
}

/** A group of nodes over the range: its highest hours, and what a node of it has on the average. */
export interface GroupUse {
  readonly cluster: string
  readonly group_name: string
  readonly grouped_by: 'node_pool' | 'instance_type' | 'nothing'
  readonly since: number
  /** False where the capacity of a node is unknown in any hour. */
  readonly is_known: boolean
  readonly nodes_now: number
  /** Exact decimal text. */
  readonly cost: string
  /** Mean of the hour, without DaemonSets; and when that was, Unix seconds. */
  readonly peak_cpu_cores: number
  readonly peak_cpu_hour: number
  readonly peak_ram_gib: number
  readonly peak_ram_hour: number
  readonly peak_gpus: number
  readonly peak_gpu_hour: number
  readonly node_cpu_cores: number
  readonly node_ram_gib: number
  readonly node_gpus: number
  readonly daemonset_cpu_cores: number
  readonly daemonset_ram_gib: number
}

export interface NodeUses {
  readonly nodes: readonly NodeUse[]
  readonly groups: readonly GroupUse[]
}

/**
 * Nodes and groups by the hour. What is allocated of a node is what of its cost is not idle, so that no container need be
 * read; only what comes with the nodes is, by the day where its sums are there.
 */
export function nodeUses(scope: WindowScope, plan: DayPlan): RawBuilder<NodeUses> {
  return sql<NodeUses>`
    with ${measuredWindows(scope)},
    newest as (select cluster_id, max(window_start) as window_start from measured group by cluster_id),
    resident as (${residentsByHour(scope, plan)}),
    machine as (${machines(scope)}),
    hour as (${hoursOfNodes(scope)}),
    node as (${byNode()}),
    group_hour as (${byGroupAndHour()}),
    pool as (${byGroup()})
    select (select coalesce(json_agg(n order by cluster collate "C", node collate "C", group_name collate "C"), '[]') from node n)
        as nodes,
      (select coalesce(json_agg(p order by cluster collate "C", group_name collate "C"), '[]') from pool p) as groups`
}

// Containers know the name of their node only, so machines under one name in one hour are one node.
function machines({ cloudAccountId, range }: WindowScope): RawBuilder<unknown> {
  const hours = (column: string) => sql`sum(${sql.ref(`h.${column}`)} * h.minutes / 60)`
  const pool = sql`nullif(max(h.node_pool), '')`
  const type = sql`nullif(max(h.instance_type), '')`
  return sql`
    select h.cluster_id, h.window_start, h.node, ${pool} as node_pool, ${type} as instance_type,
      coalesce(${pool}, ${type}, '') as group_name,
      case when ${pool} is not null then 'node_pool' when ${type} is not null then 'instance_type' else 'nothing' end
        as grouped_by,
      sum(h.minutes) as minutes, sum(h.total_cost) as cost, sum(h.cpu_cost) as cpu_cost, sum(h.ram_cost) as ram_cost,
      sum(h.gpu_cost) as gpu_cost, ${hours('cpu_cores')} as cpu_capacity, ${hours('ram_gib')} as ram_capacity,
      coalesce(${hours('gpus')}, 0) as gpu_capacity,
      coalesce(bool_and(h.cpu_cores > 0 and h.ram_gib > 0 and h.minutes > 0 and h.cpu_cost > 0 and h.ram_cost > 0), false)
        as is_known
    from warehouse.node_hourly h
    join measured m on m.cluster_id = h.cluster_id and m.window_start = h.window_start
    where h.cloud_account_id = ${cloudAccountId}::uuid and ${startsIn(sql.ref('h.window_start'), range)}
    group by h.cluster_id, h.window_start, h.node`
}

// Nodes always have a price, but for GPUs of which nobody tells how many there are: of those the hours have to do. What
// comes of money is rounded to a millionth, so that a tenth of a node is a tenth and equal hours are equal.
function hoursOfNodes({ cloudAccountId, range }: WindowScope): RawBuilder<unknown> {
  const allocated = (resource: string) => {
    const [capacity, idle, cost] = [`m.${resource}_capacity`, `i.${resource}_cost`, `m.${resource}_cost`]
    return sql`${sql.ref(capacity)} * (1 - ${sql.ref(idle)} / nullif(${sql.ref(cost)}, 0))::float8`
  }
  const told = (resource: string) =>
    sql`coalesce(${sql.ref(`r.${resource}`)} * case when r.is_mean then m.minutes / 60 else 1 end, 0)`
  const rounded = (value: RawBuilder<unknown>) => sql`round((${value}) * 1e6::float8) / 1e6::float8`
  const own = (resource: string) => sql`
    coalesce(greatest(${rounded(sql`${allocated(resource)} - ${told(resource)}`)}, 0), 0) as ${sql.id(resource)},
    ${told(resource)} as ${sql.id(`daemon_${resource}`)}`
  return sql`
    select m.cluster_id, m.window_start, m.node, m.node_pool, m.instance_type, m.group_name, m.grouped_by, m.minutes,
      m.cost, m.cpu_capacity, m.ram_capacity, m.gpu_capacity, m.is_known and i.node is not null as is_known,
      n.window_start is not null as is_newest, ${own('cpu')}, ${own('ram')},
      coalesce(${rounded(allocated('gpu'))}, ${told('gpu')}) as gpu
    from machine m
    left join warehouse.idle_hourly i
      on i.cluster_id = m.cluster_id and i.window_start = m.window_start and i.node = m.node
      and i.cloud_account_id = ${cloudAccountId}::uuid and ${startsIn(sql.ref('i.window_start'), range)}
    left join resident r on r.cluster_id = m.cluster_id and r.window_start = m.window_start and r.node = m.node
    left join newest n on n.cluster_id = m.cluster_id and n.window_start = m.window_start`
}

function byNode(): RawBuilder<unknown> {
  const known = (value: RawBuilder<unknown>) => sql`case when bool_and(is_known) then ${value} end`
  const share = (resource: string) =>
    sql`${sql.ref(resource)} / case when is_known then ${sql.ref(`${resource}_capacity`)} end`
  const daemons = (resource: string) =>
    sql`sum(${sql.ref(`daemon_${resource}`)}) / nullif(sum(${sql.ref(`${resource}_capacity`)}), 0)`
  return sql`
    select cluster_id as cluster, group_name, node, max(node_pool) as node_pool,
      coalesce(max(instance_type) filter (where is_newest), max(instance_type)) as instance_type,
      extract(epoch from min(window_start))::float8 as since, bool_or(is_newest) as is_present, count(*)::int as hours,
      sum(minutes) as minutes, sum(cost)::text as cost, ${known(sql`max(${share('cpu')})`)} as highest_cpu_share,
      ${known(sql`max(${share('ram')})`)} as highest_ram_share, sum(gpu) as gpu_hours,
      ${known(daemons('cpu'))} as daemonset_cpu_share, ${known(daemons('ram'))} as daemonset_ram_share
    from hour
    group by cluster_id, group_name, node`
}

function byGroupAndHour(): RawBuilder<unknown> {
  const summed = ['minutes', 'cost', 'cpu_capacity', 'ram_capacity', 'gpu_capacity', 'cpu', 'ram', 'gpu']
  const sums = [...summed, 'daemon_cpu', 'daemon_ram'].map(
    column => sql`sum(${sql.ref(column)}) as ${sql.id(column)}`,
  )
  return sql`
    select cluster_id, group_name, max(grouped_by) as grouped_by, window_start, bool_and(is_known) as is_known,
      count(*) filter (where is_newest) as nodes_now, ${sql.join(sums)}
    from hour
    group by cluster_id, group_name, window_start`
}

function byGroup(): RawBuilder<unknown> {
  const peak = (resource: string, name: string, hour: string) => sql`
    max(${sql.ref(resource)}) as ${sql.id(name)},
    (array_agg(extract(epoch from window_start)::float8 order by ${sql.ref(resource)} desc, window_start))[1] as ${sql.id(hour)}`
  const perNode = (column: string) => sql`coalesce(sum(${sql.ref(column)}) * 60 / nullif(sum(minutes), 0), 0)`
  return sql`
    select cluster_id as cluster, group_name, max(grouped_by) as grouped_by,
      extract(epoch from min(window_start))::float8 as since, bool_and(is_known) as is_known,
      sum(nodes_now)::int as nodes_now, sum(cost)::text as cost,
      ${peak('cpu', 'peak_cpu_cores', 'peak_cpu_hour')}, ${peak('ram', 'peak_ram_gib', 'peak_ram_hour')},
      ${peak('gpu', 'peak_gpus', 'peak_gpu_hour')},
      ${perNode('cpu_capacity')} as node_cpu_cores, ${perNode('ram_capacity')} as node_ram_gib,
      ${perNode('gpu_capacity')} as node_gpus, ${perNode('daemon_cpu')} as daemonset_cpu_cores,
      ${perNode('daemon_ram')} as daemonset_ram_gib
    from group_hour
    group by cluster_id, group_name`
}
