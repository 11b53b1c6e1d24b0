-- Facts per window. Money is numeric(20,12): decimal, exact in sums, and fine enough for a millicore's minute.
-- Usage is double precision; null means not measured, never 0. Ratios are never stored.

-- Who the rows of allocation_hourly are. Content-addressed and never updated: the key is the first eight bytes of a
-- SHA-256 over the columns, so that any worker computes the same one without asking.
create table warehouse.container (
  cloud_account_id uuid not null,
  container_key bigint not null,
  cluster_id text not null,
  namespace text not null,
  pod text not null,
  container text not null,
  node text not null,
  -- The machine behind the node name at that time; null where the source did not say.
  provider_id text,
  controller_kind text,
  controller text,
  primary key (cloud_account_id, container_key)
);

create table warehouse.allocation_hourly (
  cloud_account_id uuid not null,
  cluster_id text not null,
  window_start timestamptz not null,
  container_key bigint not null,
  minutes double precision not null,
  cpu_core_hours double precision not null,
  cpu_core_request_hours double precision,
  cpu_core_used_hours double precision,
  ram_gib_hours double precision not null,
  ram_gib_request_hours double precision,
  ram_gib_used_hours double precision,
  gpu_hours double precision,
  pv_gib_hours double precision,
  cpu_cost numeric(20, 12) not null check (cpu_cost >= 0),
  ram_cost numeric(20, 12) not null check (ram_cost >= 0),
  gpu_cost numeric(20, 12) check (gpu_cost >= 0),
  pv_cost numeric(20, 12) check (pv_cost >= 0),
  network_zone_cost numeric(20, 12) check (network_zone_cost >= 0),
  network_region_cost numeric(20, 12) check (network_region_cost >= 0),
  network_internet_cost numeric(20, 12) check (network_internet_cost >= 0),
  load_balancer_cost numeric(20, 12) check (load_balancer_cost >= 0),
  total_cost numeric(20, 12) not null generated always as (
    cpu_cost + ram_cost + coalesce(gpu_cost, 0) + coalesce(pv_cost, 0) + coalesce(network_zone_cost, 0)
    + coalesce(network_region_cost, 0) + coalesce(network_internet_cost, 0) + coalesce(load_balancer_cost, 0)
  ) stored,
  price_source text not null,
  primary key (cloud_account_id, window_start, cluster_id, container_key)
) partition by range (window_start);

create table warehouse.node_hourly (
  cloud_account_id uuid not null,
  cluster_id text not null,
  window_start timestamptz not null,
  node text not null,
  -- '' where the source did not say; two machines under one node name in one hour are two rows.
  provider_id text not null,
  instance_type text,
  region text,
  minutes double precision not null,
  -- Null where the capacity was not reported: the cost of the resource is then unknown and its column null too.
  cpu_cores double precision,
  ram_gib double precision,
  cpu_price double precision not null,
  ram_price double precision not null,
  -- measured, repaired, carried, instance_type, node_total or default.
  price_source text not null,
  spot_ratio double precision,
  cpu_cost numeric(20, 12) check (cpu_cost >= 0),
  ram_cost numeric(20, 12) check (ram_cost >= 0),
  gpu_cost numeric(20, 12) check (gpu_cost >= 0),
  total_cost numeric(20, 12) not null generated always as (
    coalesce(cpu_cost, 0) + coalesce(ram_cost, 0) + coalesce(gpu_cost, 0)
  ) stored,
  primary key (cloud_account_id, window_start, cluster_id, node, provider_id)
) partition by range (window_start);

-- Node cost that no container was charged for, with its sign. By node name: containers know no more than that.
create table warehouse.idle_hourly (
  cloud_account_id uuid not null,
  cluster_id text not null,
  window_start timestamptz not null,
  node text not null,
  cpu_cost numeric(20, 12) not null,
  ram_cost numeric(20, 12) not null,
  gpu_cost numeric(20, 12),
  total_cost numeric(20, 12) not null generated always as (cpu_cost + ram_cost + coalesce(gpu_cost, 0)) stored,
  primary key (cloud_account_id, window_start, cluster_id, node)
) partition by range (window_start);
