import { type RawBuilder, sql } from 'kysely'
import type { WindowScope } from '../answers/loaded.js'
import { inDays, inHours, midnightOf } from '../facts/columns.js'
import type { DayPlan } from '../facts/day-plan.js'
import { satisfies } from '../query/where.js'

/** Whether pods come with each node: those of DaemonSets, and static pods. */
const comesWithNodes = (kind: string) =>
  sql`coalesce(lower(${sql.ref(kind)}) in ('daemonset', 'node'), false)`

/**
 * What of each node and hour is allocated to pods that come with it, in core-hours and GiB-hours, and the GPU-hours of
 * all pods. Of a day that is summed (`is_mean`) it is the mean while they ran, in cores, GiB and GPUs, in each hour in
 * which any of them did.
 */
export function residentsByHour(scope: WindowScope, { hours, days }: DayPlan): RawBuilder<unknown> {
  // A range without any window still makes a statement, which finds nothing.
  const fromHours = hours.length > 0 || days.length === 0 ? [residentsInHours(scope, hours)] : []
  const fromDays = days.length > 0 ? [residentsInDays(scope, days)] : []
  return sql`
    select cluster_id, window_start, node, is_mean, sum(cpu) as cpu, sum(ram) as ram, sum(gpu) as gpu
    from (${sql.join([...fromHours, ...fromDays], sql` union all `)}) r
    group by cluster_id, window_start, node, is_mean`
}

// offset 0: whether it comes with the node is told once for each container, not once for each of its hours.
function residentsInHours(
  { cloudAccountId, clusters }: WindowScope,
  hours: DayPlan['hours'],
): RawBuilder<unknown> {
  return sql`
    select a.cluster_id, a.window_start, c.node, false as is_mean, case when c.is_resident then a.cpu_core_hours end as cpu,
      case when c.is_resident then a.ram_gib_hours end as ram, a.gpu_hours as gpu
    from warehouse.allocation_hourly a
    join (
      select container_key, node, ${comesWithNodes('controller_kind')} as is_resident
      from warehouse.container
      where cloud_account_id = ${cloudAccountId}::uuid
      offset 0
    ) c on c.container_key = a.container_key
    where a.cloud_account_id = ${cloudAccountId}::uuid
      and ${inHours(sql.ref('a.window_start'), hours)}
      and ${satisfies(sql.ref('a.cluster_id'), clusters)}
      and (c.is_resident or a.gpu_hours > 0)`
}

// Bit h of hour_mask is hour h of the day. Pods that took each other's place ran for fewer hours than there are bits, of
// several at a time each hour has its part.
function residentsInDays(
  { cloudAccountId, clusters }: WindowScope,
  days: DayPlan['days'],
): RawBuilder<unknown> {
  const ran = sql`nullif(least(d.minutes / 60, bit_count(d.hour_mask::bit(24))), 0)`
  const mean = (column: string) => sql`sum(${sql.ref(`d.${column}`)} / ${ran})`
  const resident = comesWithNodes('d.controller_kind')
  return sql`
    select s.cluster_id, s.midnight + h * interval '1 hour' as window_start, s.node, true as is_mean, s.cpu, s.ram, s.gpu
    from (
      select d.cluster_id, ${midnightOf(sql.ref('d.day'))} as midnight, d.hour_mask, d.node,
        ${mean('cpu_core_hours')} filter (where ${resident}) as cpu,
        ${mean('ram_gib_hours')} filter (where ${resident}) as ram, ${mean('gpu_hours')} as gpu
      from warehouse.allocation_daily d
      where d.cloud_account_id = ${cloudAccountId}::uuid
        and d.kind = 'workload'
        and ${inDays(sql.ref('d.day'), days)}
        and ${satisfies(sql.ref('d.cluster_id'), clusters)}
        and (${resident} or d.gpu_hours > 0)
      group by 1, 2, 3, 4
    ) s
    join generate_series(0, 23) h on s.hour_mask & (1 << h) > 0`
}
