import { type Check, inWindows } from './checks.js'

/**
 * Kubecost's recording rules of what is allocated in a cluster: the sum of the pods that belong to no DaemonSet, and
 * the mean of a node of the others. They are named after savings and are none: never money, but a second opinion on our
 * own sums. Where the other rule is absent, DaemonSets are left out on both sides.
 *
 * Compared are means over the hours of the day that were measured as a whole. Parameters as of all checks of a day.
 */
export const allocationAgrees: Check & { readonly span: 'day' } = {
  id: 'allocation_agrees',
  severity: 'W',
  span: 'day',
  means: "what is allocated is within a tenth of what Kubecost's own rules say",
  sql: `
  with whole as (
    select l.window_start from warehouse.window_ledger l
    where ${inWindows('l')} and l.revision > 0 and l.coverage >= 0.95
  ),
  rule as (
    select h.window_start, case s.metric when 'kubecost_savings_cpu_allocation' then 'cores' else 'GiB' end as unit,
      max(h.avg) filter (where s.labels ->> 'daemonset' = 'false') as others,
      max(h.avg) filter (where s.labels ->> 'daemonset' = 'true') as per_node
    from warehouse.metric_hourly h
    join warehouse.metric_series s on s.cloud_account_id = h.cloud_account_id and s.series_key = h.series_key
    where ${inWindows('h')}
      and s.metric in ('kubecost_savings_cpu_allocation', 'kubecost_savings_memory_allocation_bytes')
    group by 1, 2
  ),
  node as (
    select h.window_start, sum(h.minutes) / 60 as nodes from warehouse.node_hourly h where ${inWindows('h')} group by 1
  ),
  own as (
    select h.window_start, v.unit, sum(v.amount) filter (where not d.is_daemon) as others,
      sum(v.amount) filter (where d.is_daemon) as daemons
    from warehouse.allocation_hourly h
    left join warehouse.container c on c.cloud_account_id = h.cloud_account_id and c.container_key = h.container_key
    cross join lateral (select coalesce(lower(c.controller_kind) = 'daemonset', false) as is_daemon) d
    cross join lateral (values ('cores', h.cpu_core_hours), ('GiB', h.ram_gib_hours)) as v (unit, amount)
    where ${inWindows('h')}
    group by 1, 2
  ),
  compared as (
    select r.unit, avg(coalesce(o.others, 0) + case when r.per_node is null then 0 else coalesce(o.daemons, 0) end) as observed,
      avg((r.others + coalesce(r.per_node * n.nodes, 0)) / case r.unit when 'GiB' then 2 ^ 30 else 1 end) as expected
    from rule r
    join whole w on w.window_start = r.window_start
    left join own o on o.window_start = r.window_start and o.unit = r.unit
    left join node n on n.window_start = r.window_start
    where r.others is not null
    group by r.unit
  )
  select bool_and(abs(observed - expected) <= 0.1 * expected) as ok,
    string_agg(round(observed::numeric, 3) || ' ' || unit, ', ' order by unit desc) as observed,
    string_agg(round(expected::numeric, 3) || ' ' || unit, ', ' order by unit desc) || ' ± 10 %' as expected,
    string_agg(unit, ', ' order by unit desc) filter (where abs(observed - expected) > 0.1 * expected) as detail
  from compared
  having count(*) > 0`,
}
