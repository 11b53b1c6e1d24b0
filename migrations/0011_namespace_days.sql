-- Sums of a day by namespace, so that what is asked most, cost by namespace or cluster over weeks, reads a few dozen rows
-- a day and not one for every workload and node. Made of allocation_daily's rows in the transaction that makes those.
--
-- shared_revision_sum tells of these rows too, as no release writes it without them: where another raises revision_sum
-- alone, the day isn't read from sums until it has been summed anew.
create table warehouse.namespace_daily (
  cloud_account_id uuid not null,
  cluster_id text not null,
  day date not null,
  kind text not null check (kind in ('workload', 'unmounted', 'cluster_management', 'unallocated')),
  -- '' for none, as it is part of the key.
  namespace text not null,
  minutes double precision,
  cpu_core_hours double precision,
  cpu_core_request_hours double precision,
  cpu_core_used_hours double precision,
  cpu_core_judged_hours double precision,
  ram_gib_hours double precision,
  ram_gib_request_hours double precision,
  ram_gib_used_hours double precision,
  ram_gib_judged_hours double precision,
  gpu_hours double precision,
  pv_gib_hours double precision,
  network_zone_gib double precision,
  network_region_gib double precision,
  network_internet_gib double precision,
  load_balancer_hours double precision,
  cpu_cost numeric(24, 12) check (cpu_cost >= 0),
  ram_cost numeric(24, 12) check (ram_cost >= 0),
  gpu_cost numeric(24, 12) check (gpu_cost >= 0),
  pv_cost numeric(24, 12) check (pv_cost >= 0),
  network_zone_cost numeric(24, 12) check (network_zone_cost >= 0),
  network_region_cost numeric(24, 12) check (network_region_cost >= 0),
  network_internet_cost numeric(24, 12) check (network_internet_cost >= 0),
  load_balancer_cost numeric(24, 12) check (load_balancer_cost >= 0),
  management_cost numeric(24, 12) check (management_cost >= 0),
  total_cost numeric(24, 12) not null generated always as (
    coalesce(cpu_cost, 0) + coalesce(ram_cost, 0) + coalesce(gpu_cost, 0) + coalesce(pv_cost, 0)
    + coalesce(network_zone_cost, 0) + coalesce(network_region_cost, 0) + coalesce(network_internet_cost, 0)
    + coalesce(load_balancer_cost, 0) + coalesce(management_cost, 0)
  ) stored,
  cpu_used_cost numeric(24, 12),
  ram_used_cost numeric(24, 12),
  idle_by_cluster_cost numeric(38, 24),
  idle_by_node_cost numeric(38, 24),
  -- Bits of the hours of the UTC day, as in allocation_daily.
  hour_mask integer not null,
  no_gpu integer not null,
  no_pv integer not null,
  no_network integer not null,
  no_load_balancer integer not null,
  primary key (cloud_account_id, day, cluster_id, kind, namespace)
) partition by range (day);

-- The months that there are of the rows that it is filled from.
do $$
declare
  month record;
begin
  for month in
    select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bounds
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'warehouse.allocation_daily'::regclass
  loop
    execute format(
      'create table warehouse.%I partition of warehouse.namespace_daily %s
         with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05)',
      replace(month.name, 'allocation_daily', 'namespace_daily'),
      month.bounds
    );
  end loop;
end
$$;

insert into warehouse.namespace_daily (
  cloud_account_id, cluster_id, day, kind, namespace, minutes, cpu_core_hours, cpu_core_request_hours,
  cpu_core_used_hours, cpu_core_judged_hours, ram_gib_hours, ram_gib_request_hours, ram_gib_used_hours,
  ram_gib_judged_hours, gpu_hours, pv_gib_hours, network_zone_gib, network_region_gib, network_internet_gib,
  load_balancer_hours, cpu_cost, ram_cost, gpu_cost, pv_cost, network_zone_cost, network_region_cost,
  network_internet_cost, load_balancer_cost, management_cost, cpu_used_cost, ram_used_cost, idle_by_cluster_cost,
  idle_by_node_cost, hour_mask, no_gpu, no_pv, no_network, no_load_balancer
)
select
  d.cloud_account_id,
  d.cluster_id,
  d.day,
  d.kind,
  d.namespace,
  sum(d.minutes::numeric)::float8,
  sum(d.cpu_core_hours::numeric)::float8,
  sum(d.cpu_core_request_hours::numeric)::float8,
  sum(d.cpu_core_used_hours::numeric)::float8,
  sum(d.cpu_core_judged_hours::numeric)::float8,
  sum(d.ram_gib_hours::numeric)::float8,
  sum(d.ram_gib_request_hours::numeric)::float8,
  sum(d.ram_gib_used_hours::numeric)::float8,
  sum(d.ram_gib_judged_hours::numeric)::float8,
  sum(d.gpu_hours::numeric)::float8,
  sum(d.pv_gib_hours::numeric)::float8,
  sum(d.network_zone_gib::numeric)::float8,
  sum(d.network_region_gib::numeric)::float8,
  sum(d.network_internet_gib::numeric)::float8,
  sum(d.load_balancer_hours::numeric)::float8,
  sum(d.cpu_cost),
  sum(d.ram_cost),
  sum(d.gpu_cost),
  sum(d.pv_cost),
  sum(d.network_zone_cost),
  sum(d.network_region_cost),
  sum(d.network_internet_cost),
  sum(d.load_balancer_cost),
  sum(d.management_cost),
  sum(d.cpu_used_cost),
  sum(d.ram_used_cost),
  sum(d.idle_by_cluster_cost),
  sum(d.idle_by_node_cost),
  bit_or(d.hour_mask),
  bit_or(d.no_gpu),
  bit_or(d.no_pv),
  bit_or(d.no_network),
  bit_or(d.no_load_balancer)
from warehouse.allocation_daily d
join warehouse.day_ledger l
  on l.cloud_account_id = d.cloud_account_id and l.cluster_id = d.cluster_id and l.day = d.day
  and l.shared_revision_sum = l.revision_sum
group by d.cloud_account_id, d.cluster_id, d.day, d.kind, d.namespace;
