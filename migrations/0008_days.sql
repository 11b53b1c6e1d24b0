-- Sums per UTC day, so that long ranges need not read hours and outlive them; which versions of the hours they were
-- made of; what the nightly checks found. Always made anew from the hours of one cluster's day, never incremented.

-- One row per cluster and day that has been rolled up: a day whose windows have been published since differs from it.
create table warehouse.day_ledger (
  cloud_account_id uuid not null,
  cluster_id text not null,
  day date not null,
  -- Null until the first roll-up is through.
  rolled_at timestamptz,
  -- Published windows of the day and the sum of their revisions, as summed.
  windows integer not null default 0 check (windows between 0 and 24),
  revision_sum bigint not null default 0,
  -- Hourly rows that were summed, of containers and of nodes.
  allocation_rows bigint not null default 0,
  node_rows bigint not null default 0,
  -- Nodes and all other assets; containers and the traffic of unknown pods; node cost that nobody was charged for.
  asset_cost numeric(24, 12) not null default 0,
  allocated_cost numeric(24, 12) not null default 0,
  idle_cost numeric(24, 12) not null default 0,
  unmounted_cost numeric(24, 12) not null default 0,
  management_cost numeric(24, 12) not null default 0,
  network_cost numeric(24, 12) not null default 0,
  -- Set before the first hour of the day is deleted: fewer hours must then not make a smaller day of it.
  hours_expired boolean not null default false,
  primary key (cloud_account_id, cluster_id, day)
);

create table warehouse.allocation_daily (
  cloud_account_id uuid not null,
  cluster_id text not null,
  day date not null,
  kind text not null check (kind in ('workload', 'unmounted', 'cluster_management', 'unallocated')),
  -- '' for none, as these are the key.
  namespace text not null,
  controller_kind text not null,
  controller text not null,
  container text not null,
  node text not null,
  -- Distinct windows and pods; null for what is no workload and has neither.
  hours integer,
  pods integer,
  minutes double precision,
  cpu_core_hours double precision,
  cpu_core_request_hours double precision,
  cpu_core_used_hours double precision,
  -- Requests of the hours in which the use was measured: what used hours may be divided by.
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
  -- Measures that are null in some of the rows summed and not in others: their sum is not whole.
  partial_parts text[] not null default '{}',
  primary key (cloud_account_id, day, cluster_id, kind, namespace, controller_kind, controller, container, node)
) partition by range (day);

create table warehouse.idle_daily (
  cloud_account_id uuid not null,
  cluster_id text not null,
  day date not null,
  node text not null,
  hours integer not null,
  cpu_cost numeric(24, 12) not null,
  ram_cost numeric(24, 12) not null,
  gpu_cost numeric(24, 12),
  total_cost numeric(24, 12) not null generated always as (cpu_cost + ram_cost + coalesce(gpu_cost, 0)) stored,
  partial_parts text[] not null default '{}',
  primary key (cloud_account_id, day, cluster_id, node)
) partition by range (day);

create table warehouse.asset_daily (
  cloud_account_id uuid not null,
  cluster_id text not null,
  day date not null,
  asset_type text not null check (asset_type in ('node', 'disk', 'load_balancer', 'management')),
  -- A node's is its machine's id, or its name where the source did not say.
  asset_id text not null,
  name text not null,
  hours integer not null,
  minutes double precision not null,
  cpu_core_hours double precision,
  ram_gib_hours double precision,
  gpu_hours double precision,
  gib_hours double precision,
  -- Hours as a spot machine; null where no hour said.
  spot_hours double precision,
  cpu_cost numeric(24, 12) check (cpu_cost >= 0),
  ram_cost numeric(24, 12) check (ram_cost >= 0),
  gpu_cost numeric(24, 12) check (gpu_cost >= 0),
  total_cost numeric(24, 12) not null check (total_cost >= 0),
  partial_parts text[] not null default '{}',
  -- As they were in the last hour that told them.
  instance_type text,
  region text,
  zone text,
  node_pool text,
  provider_id text,
  namespace text,
  claim text,
  storage_class text,
  primary key (cloud_account_id, day, cluster_id, asset_type, asset_id, name)
) partition by range (day);

-- The newest finding of each check that looks at more than one window; those of one window are in window_ledger.checks.
create table warehouse.quality_result (
  cloud_account_id uuid not null,
  cluster_id text not null,
  day date not null,
  check_id text not null,
  severity text not null check (severity in ('E', 'W')),
  ok boolean not null,
  observed text not null,
  expected text not null,
  detail text,
  checked_at timestamptz not null default now(),
  -- Since when it has been failing without a break; null where it holds.
  failing_since timestamptz,
  primary key (cloud_account_id, cluster_id, day, check_id)
);

-- The newest day in whose facts they occur, as rolled up; null: in no day that has been.
alter table warehouse.container add column last_day date;
alter table warehouse.label_set add column last_day date;
alter table warehouse.metric_series add column last_day date;

-- The roll-up's question: what has been published lately?
create index window_ledger_loaded on warehouse.window_ledger (loaded_at) where loaded_at is not null;

create view analytics.allocation_daily with (security_invoker = true) as
select
  d.cloud_account_id,
  d.cluster_id as cluster,
  d.day,
  d.kind,
  nullif(d.namespace, '') as namespace,
  nullif(d.controller_kind, '') as controller_kind,
  nullif(d.controller, '') as controller,
  nullif(d.container, '') as container,
  nullif(d.node, '') as node,
  d.hours,
  d.pods,
  d.minutes,
  d.cpu_core_hours,
  d.cpu_core_request_hours,
  d.cpu_core_used_hours,
  d.cpu_core_judged_hours,
  d.cpu_cost,
  d.ram_gib_hours,
  d.ram_gib_request_hours,
  d.ram_gib_used_hours,
  d.ram_gib_judged_hours,
  d.ram_cost,
  d.gpu_hours,
  d.gpu_cost,
  d.pv_gib_hours,
  d.pv_cost,
  d.network_zone_gib,
  d.network_region_gib,
  d.network_internet_gib,
  d.network_zone_cost,
  d.network_region_cost,
  d.network_internet_cost,
  -- What is measured of it, as in total_cost.
  case
    when num_nonnulls(d.network_zone_cost, d.network_region_cost, d.network_internet_cost) > 0 then
      coalesce(d.network_zone_cost, 0) + coalesce(d.network_region_cost, 0) + coalesce(d.network_internet_cost, 0)
  end as network_cost,
  d.load_balancer_hours,
  d.load_balancer_cost,
  d.management_cost,
  d.total_cost,
  e.cpu_efficiency,
  e.ram_efficiency,
  (coalesce(e.cpu_efficiency * d.cpu_cost::float8, 0) + coalesce(e.ram_efficiency * d.ram_cost::float8, 0))
    / nullif(
      case when e.cpu_efficiency is null then 0 else d.cpu_cost::float8 end
        + case when e.ram_efficiency is null then 0 else d.ram_cost::float8 end,
      0
    ) as total_efficiency,
  d.partial_parts,
  l.windows
from warehouse.allocation_daily d
left join warehouse.day_ledger l
  on l.cloud_account_id = d.cloud_account_id and l.cluster_id = d.cluster_id and l.day = d.day
cross join lateral (
  select
    case
      when d.cpu_core_used_hours is null then null
      when d.cpu_core_judged_hours > 0 then d.cpu_core_used_hours / d.cpu_core_judged_hours
      when d.cpu_core_used_hours > 0 then 1
    end as cpu_efficiency,
    case
      when d.ram_gib_used_hours is null then null
      when d.ram_gib_judged_hours > 0 then d.ram_gib_used_hours / d.ram_gib_judged_hours
      when d.ram_gib_used_hours > 0 then 1
    end as ram_efficiency
) e;

comment on view analytics.allocation_daily is
  'Sums of the hours of a UTC day. One row per account, cluster, day, kind, namespace, controller, container name and node; money is the exact sum of the hours. Days of the present are sums of what is loaded so far.';
comment on column analytics.allocation_daily.cloud_account_id is 'CloudTuner cloud account (UUID).';
comment on column analytics.allocation_daily.cluster is 'Cluster id; unique within the account only.';
comment on column analytics.allocation_daily.day is 'UTC day.';
comment on column analytics.allocation_daily.kind is 'workload (containers), unmounted (volumes and load balancers without a pod), cluster_management (the provider''s fee) or unallocated (traffic of unknown pods).';
comment on column analytics.allocation_daily.namespace is 'Namespace; null for what belongs to none.';
comment on column analytics.allocation_daily.controller_kind is 'Kind of the pods'' controller, for example deployment; null for pods without one.';
comment on column analytics.allocation_daily.controller is 'Name of the pods'' controller; null for pods without one.';
comment on column analytics.allocation_daily.container is 'Name of the container; null for what is no workload.';
comment on column analytics.allocation_daily.node is 'Name of the node; null for what is no workload.';
comment on column analytics.allocation_daily.hours is 'Hours of the day in which any of the row was seen, 0 to 24; null for what is no workload. Not additive.';
comment on column analytics.allocation_daily.pods is 'Distinct pods over the day; null for what is no workload. Not additive over days and nodes.';
comment on column analytics.allocation_daily.minutes is 'Minutes that the containers ran, summed over pods; null for what is no workload.';
comment on column analytics.allocation_daily.cpu_core_hours is 'CPU charged, core-hours: the larger of requested and used.';
comment on column analytics.allocation_daily.cpu_core_request_hours is 'CPU requested, core-hours; null without a request.';
comment on column analytics.allocation_daily.cpu_core_used_hours is 'CPU used, core-hours; null where never measured.';
comment on column analytics.allocation_daily.cpu_core_judged_hours is 'CPU requested in the hours in which the use was measured, core-hours. Divide sums of cpu_core_used_hours by sums of it.';
comment on column analytics.allocation_daily.cpu_cost is 'Cost of the CPU charged, account currency; null for what is no workload.';
comment on column analytics.allocation_daily.ram_gib_hours is 'Memory charged, GiB-hours: the larger of requested and used.';
comment on column analytics.allocation_daily.ram_gib_request_hours is 'Memory requested, GiB-hours; null without a request.';
comment on column analytics.allocation_daily.ram_gib_used_hours is 'Memory used, GiB-hours; null where never measured.';
comment on column analytics.allocation_daily.ram_gib_judged_hours is 'Memory requested in the hours in which the use was measured, GiB-hours. Divide sums of ram_gib_used_hours by sums of it.';
comment on column analytics.allocation_daily.ram_cost is 'Cost of the memory charged, account currency; null for what is no workload.';
comment on column analytics.allocation_daily.gpu_hours is 'GPUs charged, GPU-hours; null where never measured.';
comment on column analytics.allocation_daily.gpu_cost is 'Cost of GPUs, account currency; null where never measured.';
comment on column analytics.allocation_daily.pv_gib_hours is 'Persistent volume capacity held, GiB-hours; null where never measured.';
comment on column analytics.allocation_daily.pv_cost is 'Cost of persistent volumes, account currency; null where never measured.';
comment on column analytics.allocation_daily.network_zone_gib is 'Traffic between zones, GiB; null where never measured.';
comment on column analytics.allocation_daily.network_region_gib is 'Traffic between regions, GiB; null where never measured.';
comment on column analytics.allocation_daily.network_internet_gib is 'Traffic to the internet, GiB; null where never measured.';
comment on column analytics.allocation_daily.network_zone_cost is 'Cost of traffic between zones, account currency; null where never measured.';
comment on column analytics.allocation_daily.network_region_cost is 'Cost of traffic between regions, account currency; null where never measured.';
comment on column analytics.allocation_daily.network_internet_cost is 'Cost of traffic to the internet, account currency; null where never measured.';
comment on column analytics.allocation_daily.network_cost is 'Sum of those of the three network costs that are not null, account currency; null where all are.';
comment on column analytics.allocation_daily.load_balancer_hours is 'Share of load balancers, hours; null where never measured.';
comment on column analytics.allocation_daily.load_balancer_cost is 'Cost of load balancers, account currency; null where never measured.';
comment on column analytics.allocation_daily.management_cost is 'Cluster management fee, account currency; only in rows of the kind cluster_management.';
comment on column analytics.allocation_daily.total_cost is 'Sum of all parts that are not null, account currency.';
comment on column analytics.allocation_daily.cpu_efficiency is 'CPU used / requested, a ratio of sums; 1 for usage with no request, null for neither. May exceed 1. Do not average it.';
comment on column analytics.allocation_daily.ram_efficiency is 'Memory used / requested, a ratio of sums; 1 for usage with no request, null for neither. May exceed 1. Do not average it.';
comment on column analytics.allocation_daily.total_efficiency is 'Mean of CPU and memory efficiency weighted by their cost. A ratio: do not average it.';
comment on column analytics.allocation_daily.partial_parts is 'Names of columns that were measured in some of the hours and not in others, so that their sum is too small. Empty where each column is whole or null.';
comment on column analytics.allocation_daily.windows is 'Hours of the cluster''s day that are loaded and summed here, 0 to 24; the same for all rows of cluster and day.';

create view analytics.idle_daily with (security_invoker = true) as
select
  i.cloud_account_id,
  i.cluster_id as cluster,
  i.day,
  i.node,
  i.hours,
  i.cpu_cost,
  i.ram_cost,
  i.gpu_cost,
  i.total_cost,
  i.partial_parts
from warehouse.idle_daily i;

comment on view analytics.idle_daily is
  'Node cost of a UTC day that no container was charged for, with its sign. One row per account, cluster, day and node name; the exact sum of idle_hourly.';
comment on column analytics.idle_daily.cloud_account_id is 'CloudTuner cloud account (UUID).';
comment on column analytics.idle_daily.cluster is 'Cluster id; unique within the account only.';
comment on column analytics.idle_daily.day is 'UTC day.';
comment on column analytics.idle_daily.node is 'Name of the node in Kubernetes.';
comment on column analytics.idle_daily.hours is 'Hours of the day that were summed.';
comment on column analytics.idle_daily.cpu_cost is 'Idle CPU cost, account currency, signed.';
comment on column analytics.idle_daily.ram_cost is 'Idle memory cost, account currency, signed.';
comment on column analytics.idle_daily.gpu_cost is 'Idle GPU cost, account currency, signed; null where never measured.';
comment on column analytics.idle_daily.total_cost is 'Sum of the parts that are not null, account currency, signed.';
comment on column analytics.idle_daily.partial_parts is 'Names of columns that were measured in some of the hours and not in others. Empty where each column is whole or null.';

create view analytics.asset_daily with (security_invoker = true) as
select
  a.cloud_account_id,
  a.cluster_id as cluster,
  a.day,
  a.asset_type,
  a.asset_id,
  a.name,
  a.hours,
  a.minutes,
  a.cpu_core_hours,
  a.ram_gib_hours,
  a.gpu_hours,
  a.gib_hours,
  a.spot_hours,
  a.cpu_cost,
  a.ram_cost,
  a.gpu_cost,
  a.total_cost,
  a.partial_parts,
  a.instance_type,
  a.region,
  a.zone,
  a.node_pool,
  a.provider_id,
  a.namespace,
  a.claim,
  a.storage_class
from warehouse.asset_daily a;

comment on view analytics.asset_daily is
  'What was paid for in a UTC day, whether used or not. One row per account, cluster, day, asset type, asset id and name; the exact sum of asset_hourly.';
comment on column analytics.asset_daily.cloud_account_id is 'CloudTuner cloud account (UUID).';
comment on column analytics.asset_daily.cluster is 'Cluster id; unique within the account only.';
comment on column analytics.asset_daily.day is 'UTC day.';
comment on column analytics.asset_daily.asset_type is 'Kind of asset: node, disk, load_balancer or management.';
comment on column analytics.asset_daily.asset_id is 'Cloud provider''s id of a machine, or its name where the source did not say; volume, service or provisioner of the others.';
comment on column analytics.asset_daily.name is 'Name in Kubernetes.';
comment on column analytics.asset_daily.hours is 'Hours of the day in which the asset was seen.';
comment on column analytics.asset_daily.minutes is 'Minutes of the day in which the asset was seen.';
comment on column analytics.asset_daily.cpu_core_hours is 'CPU capacity, core-hours; null for what has none and where unknown.';
comment on column analytics.asset_daily.ram_gib_hours is 'Memory capacity, GiB-hours; null for what has none and where unknown.';
comment on column analytics.asset_daily.gpu_hours is 'GPUs, GPU-hours; null for what has none and where unknown.';
comment on column analytics.asset_daily.gib_hours is 'Capacity of a disk, GiB-hours; null for the others and where unknown.';
comment on column analytics.asset_daily.spot_hours is 'Hours as a spot machine; null where the source never said.';
comment on column analytics.asset_daily.cpu_cost is 'Cost of a node''s CPU, account currency; null for the others and where the capacity was never known.';
comment on column analytics.asset_daily.ram_cost is 'Cost of a node''s memory, account currency; null for the others and where the capacity was never known.';
comment on column analytics.asset_daily.gpu_cost is 'Cost of a node''s GPUs, account currency; null for the others and where never known.';
comment on column analytics.asset_daily.total_cost is 'Cost of the asset, account currency.';
comment on column analytics.asset_daily.partial_parts is 'Names of columns that were known in some of the hours and not in others. Empty where each column is whole or null.';
comment on column analytics.asset_daily.instance_type is 'Cloud provider''s machine type, as last told; null where unknown.';
comment on column analytics.asset_daily.region is 'Cloud provider''s region, as last told; null where unknown.';
comment on column analytics.asset_daily.zone is 'Cloud provider''s zone, as last told; null where unknown.';
comment on column analytics.asset_daily.node_pool is 'Node pool, as last told; null where unknown.';
comment on column analytics.asset_daily.provider_id is 'Cloud provider''s id, as last told; null where unknown.';
comment on column analytics.asset_daily.namespace is 'Namespace of the claim or service, as last told; null for what belongs to none.';
comment on column analytics.asset_daily.claim is 'Claim that the disk was bound to, as last told; null for none.';
comment on column analytics.asset_daily.storage_class is 'Storage class of the disk, as last told; null where unknown.';

create view analytics.quality_result with (security_invoker = true) as
select
  q.cloud_account_id,
  q.cluster_id as cluster,
  q.day,
  q.check_id,
  q.severity,
  q.ok,
  q.observed,
  q.expected,
  q.detail,
  q.checked_at,
  q.failing_since
from warehouse.quality_result q;

comment on view analytics.quality_result is
  'Newest finding of each nightly check that looks at more than one hour. One row per account, cluster, day and check. Checks of single hours are in data_quality.';
comment on column analytics.quality_result.cloud_account_id is 'CloudTuner cloud account (UUID).';
comment on column analytics.quality_result.cluster is 'Cluster id; unique within the account only.';
comment on column analytics.quality_result.day is 'UTC day that the check speaks of; of a month, its first day.';
comment on column analytics.quality_result.check_id is 'Name of the check.';
comment on column analytics.quality_result.severity is 'E: numbers are not to be trusted. W: worth a look.';
comment on column analytics.quality_result.ok is 'Whether it held.';
comment on column analytics.quality_result.observed is 'What was found.';
comment on column analytics.quality_result.expected is 'What was expected.';
comment on column analytics.quality_result.detail is 'What it failed on; null where it held.';
comment on column analytics.quality_result.checked_at is 'When it was last looked at.';
comment on column analytics.quality_result.failing_since is 'Since when it has been failing without a break; null where it holds.';
