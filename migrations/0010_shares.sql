-- What an answer needs of a day beyond its sums, so that it can be read from days instead of hours: in which hours there
-- was anything and in which a part is lacking, what was used of the cost, and the idle cost that is shared out. Shares
-- are made of each hour's own ratios, which no sum of a day gives back; so they are kept as sums over the hours.

-- In the order in which a roll-up locks them. The release before this one writes none of these columns and goes on
-- working; its roll-ups raise revision_sum alone, by which it is known that the columns of that day are null.
alter table warehouse.day_ledger
  -- revision_sum of the roll-up that wrote these columns too.
  add column shared_revision_sum bigint;

alter table warehouse.allocation_daily
  -- Bit h is set where there is a fact of the row in hour h of the UTC day.
  add column hour_mask integer,
  -- Bit h is set where a fact of hour h lacks the part; 0 for what is no workload, which lacks nothing.
  add column no_gpu integer,
  add column no_pv integer,
  add column no_network integer,
  add column no_load_balancer integer,
  -- Cost of what was used; null for what is no workload, like the cost.
  add column cpu_used_cost numeric(24, 12),
  add column ram_used_cost numeric(24, 12),
  -- Idle cost shared out onto the row, signed, not part of total_cost; null for what is no workload and bears none.
  add column idle_by_cluster_cost numeric(38, 24),
  add column idle_by_node_cost numeric(38, 24);

alter table warehouse.idle_daily
  add column hour_mask integer,
  add column no_gpu integer,
  -- What stays idle when idle is shared out, signed: of hours in which nothing of the resource was allocated there.
  add column cpu_left_by_cluster numeric(24, 12),
  add column ram_left_by_cluster numeric(24, 12),
  add column gpu_left_by_cluster numeric(24, 12),
  add column cpu_left_by_node numeric(24, 12),
  add column ram_left_by_node numeric(24, 12),
  add column gpu_left_by_node numeric(24, 12);

-- The one definition of how idle is shared out: signed idle of a resource in an hour, per unit of what containers were
-- charged for it there; null where they were charged nothing, as it stays idle then. Idle of a GPU whose cost is unknown
-- counts none. A container bears cpu_cost * cpu_ratio + ram_cost * ram_ratio + gpu_cost * gpu_ratio, nulls counting 0.
--
-- Grouped over both tables at once, not joined: so conditions on account and window reach both, and their partitions.
-- Thirty places, so that what is shared adds up to far more digits than money has.
create view warehouse.idle_share_by_cluster with (security_invoker = true) as
select
  f.cloud_account_id,
  f.cluster_id,
  f.window_start,
  sum(f.cpu_idle)::numeric(48, 30) / nullif(sum(f.cpu_cost), 0) as cpu_ratio,
  sum(f.ram_idle)::numeric(48, 30) / nullif(sum(f.ram_cost), 0) as ram_ratio,
  sum(f.gpu_idle)::numeric(48, 30) / nullif(sum(f.gpu_cost), 0) as gpu_ratio
from (
  select
    i.cloud_account_id,
    i.cluster_id,
    i.window_start,
    i.cpu_cost as cpu_idle,
    i.ram_cost as ram_idle,
    coalesce(i.gpu_cost, 0) as gpu_idle,
    0::numeric as cpu_cost,
    0::numeric as ram_cost,
    0::numeric as gpu_cost
  from warehouse.idle_hourly i
  union all
  select
    a.cloud_account_id,
    a.cluster_id,
    a.window_start,
    0::numeric,
    0::numeric,
    0::numeric,
    a.cpu_cost,
    a.ram_cost,
    coalesce(a.gpu_cost, 0)
  from warehouse.allocation_hourly a
) f
group by f.cloud_account_id, f.cluster_id, f.window_start;

-- The same with each node by itself. A container whose name is missing is on no node and bears nothing.
create view warehouse.idle_share_by_node with (security_invoker = true) as
select
  f.cloud_account_id,
  f.cluster_id,
  f.window_start,
  f.node,
  sum(f.cpu_idle)::numeric(48, 30) / nullif(sum(f.cpu_cost), 0) as cpu_ratio,
  sum(f.ram_idle)::numeric(48, 30) / nullif(sum(f.ram_cost), 0) as ram_ratio,
  sum(f.gpu_idle)::numeric(48, 30) / nullif(sum(f.gpu_cost), 0) as gpu_ratio
from (
  select
    i.cloud_account_id,
    i.cluster_id,
    i.window_start,
    i.node,
    i.cpu_cost as cpu_idle,
    i.ram_cost as ram_idle,
    coalesce(i.gpu_cost, 0) as gpu_idle,
    0::numeric as cpu_cost,
    0::numeric as ram_cost,
    0::numeric as gpu_cost
  from warehouse.idle_hourly i
  union all
  select
    a.cloud_account_id,
    a.cluster_id,
    a.window_start,
    c.node,
    0::numeric,
    0::numeric,
    0::numeric,
    a.cpu_cost,
    a.ram_cost,
    coalesce(a.gpu_cost, 0)
  from warehouse.allocation_hourly a
  left join warehouse.container c on c.cloud_account_id = a.cloud_account_id and c.container_key = a.container_key
) f
group by f.cloud_account_id, f.cluster_id, f.window_start, f.node;

-- Days whose hours are there are rolled up anew, as shared_revision_sum differs. Of the others only the sums are left:
-- every hour counts as whole, and the day is shared out as if it were one hour.
create view warehouse.expired_share as
with cost as (
  select d.cloud_account_id, d.cluster_id, d.day, d.node, true as is_idle, d.cpu_cost, d.ram_cost, d.gpu_cost
  from warehouse.idle_daily d
  union all
  select d.cloud_account_id, d.cluster_id, d.day, d.node, false, d.cpu_cost, d.ram_cost, d.gpu_cost
  from warehouse.allocation_daily d
  where d.kind = 'workload'
),
of_node as (
  select
    c.cloud_account_id,
    c.cluster_id,
    c.day,
    c.node,
    coalesce(sum(c.cpu_cost) filter (where c.is_idle), 0) as cpu_idle,
    coalesce(sum(c.ram_cost) filter (where c.is_idle), 0) as ram_idle,
    coalesce(sum(c.gpu_cost) filter (where c.is_idle), 0) as gpu_idle,
    coalesce(sum(c.cpu_cost) filter (where not c.is_idle), 0) as cpu_cost,
    coalesce(sum(c.ram_cost) filter (where not c.is_idle), 0) as ram_cost,
    coalesce(sum(c.gpu_cost) filter (where not c.is_idle), 0) as gpu_cost
  from cost c
  join warehouse.day_ledger l
    on l.cloud_account_id = c.cloud_account_id and l.cluster_id = c.cluster_id and l.day = c.day and l.hours_expired
  group by c.cloud_account_id, c.cluster_id, c.day, c.node
)
select
  n.cloud_account_id,
  n.cluster_id,
  n.day,
  n.node,
  n.cpu_idle::numeric(48, 30) / nullif(n.cpu_cost, 0) as cpu_by_node,
  n.ram_idle::numeric(48, 30) / nullif(n.ram_cost, 0) as ram_by_node,
  n.gpu_idle::numeric(48, 30) / nullif(n.gpu_cost, 0) as gpu_by_node,
  (sum(n.cpu_idle) over cluster)::numeric(48, 30) / nullif(sum(n.cpu_cost) over cluster, 0) as cpu_by_cluster,
  (sum(n.ram_idle) over cluster)::numeric(48, 30) / nullif(sum(n.ram_cost) over cluster, 0) as ram_by_cluster,
  (sum(n.gpu_idle) over cluster)::numeric(48, 30) / nullif(sum(n.gpu_cost) over cluster, 0) as gpu_by_cluster
from of_node n
window cluster as (partition by n.cloud_account_id, n.cluster_id, n.day);

update warehouse.allocation_daily d
set
  hour_mask = (1 << 24) - 1,
  no_gpu = 0,
  no_pv = 0,
  no_network = 0,
  no_load_balancer = 0,
  -- Hours in which the use was not measured, told by what was requested in them, count as used.
  cpu_used_cost = case
    when d.cpu_core_used_hours is not null and d.cpu_core_hours > 0 then
      round(
        d.cpu_cost * least(
          1,
          d.cpu_core_used_hours / d.cpu_core_hours
            + coalesce(1 - coalesce(d.cpu_core_judged_hours, 0) / nullif(d.cpu_core_request_hours, 0), 0)
        )::numeric,
        12
      )
    else d.cpu_cost
  end,
  ram_used_cost = case
    when d.ram_gib_used_hours is not null and d.ram_gib_hours > 0 then
      round(
        d.ram_cost * least(
          1,
          d.ram_gib_used_hours / d.ram_gib_hours
            + coalesce(1 - coalesce(d.ram_gib_judged_hours, 0) / nullif(d.ram_gib_request_hours, 0), 0)
        )::numeric,
        12
      )
    else d.ram_cost
  end,
  idle_by_cluster_cost = d.cpu_cost * coalesce(s.cpu_by_cluster, 0) + d.ram_cost * coalesce(s.ram_by_cluster, 0)
    + coalesce(d.gpu_cost * s.gpu_by_cluster, 0),
  idle_by_node_cost = d.cpu_cost * coalesce(s.cpu_by_node, 0) + d.ram_cost * coalesce(s.ram_by_node, 0)
    + coalesce(d.gpu_cost * s.gpu_by_node, 0)
from warehouse.expired_share s
where s.cloud_account_id = d.cloud_account_id and s.cluster_id = d.cluster_id and s.day = d.day and s.node = d.node
  and d.kind = 'workload';

update warehouse.allocation_daily d
set hour_mask = (1 << 24) - 1, no_gpu = 0, no_pv = 0, no_network = 0, no_load_balancer = 0
from warehouse.day_ledger l
where l.cloud_account_id = d.cloud_account_id and l.cluster_id = d.cluster_id and l.day = d.day and l.hours_expired
  and d.kind <> 'workload';

update warehouse.idle_daily d
set
  hour_mask = (1 << 24) - 1,
  no_gpu = 0,
  cpu_left_by_cluster = case when s.cpu_by_cluster is null then d.cpu_cost else 0 end,
  ram_left_by_cluster = case when s.ram_by_cluster is null then d.ram_cost else 0 end,
  gpu_left_by_cluster = case when s.gpu_by_cluster is null then coalesce(d.gpu_cost, 0) else 0 end,
  cpu_left_by_node = case when s.cpu_by_node is null then d.cpu_cost else 0 end,
  ram_left_by_node = case when s.ram_by_node is null then d.ram_cost else 0 end,
  gpu_left_by_node = case when s.gpu_by_node is null then coalesce(d.gpu_cost, 0) else 0 end
from warehouse.expired_share s
where s.cloud_account_id = d.cloud_account_id and s.cluster_id = d.cluster_id and s.day = d.day and s.node = d.node;

update warehouse.day_ledger set shared_revision_sum = revision_sum where hours_expired and rolled_at is not null;

drop view warehouse.expired_share;
