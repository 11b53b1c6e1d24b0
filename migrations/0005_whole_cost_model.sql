-- The parts of the cost model beyond CPU and memory of containers: GPUs, volumes, network, load balancers, the
-- management fee, and what of them no container carries; labels as they were in each hour; the exporter's own series.
-- Columns are added and nothing is taken away, so that the release before this one goes on working meanwhile.

alter table warehouse.container add column pod_uid text;

-- Labels as JSON, content-addressed like containers: hours and pods that share them share one row.
create table warehouse.label_set (
  cloud_account_id uuid not null,
  label_set_key bigint not null,
  labels jsonb not null,
  primary key (cloud_account_id, label_set_key)
);

-- The way to search by label: plain equality of text, which row level security lets an index serve (jsonb containment
-- it does not). Names and values longer than an index bears are left out here and stay in label_set.
create table warehouse.label_pair (
  cloud_account_id uuid not null,
  label text not null,
  value text not null,
  label_set_key bigint not null,
  primary key (cloud_account_id, label, value, label_set_key)
);

alter table warehouse.allocation_hourly
  -- Null: labels were not collected in that hour.
  add column label_set_key bigint,
  add column network_zone_gib double precision,
  add column network_region_gib double precision,
  add column network_internet_gib double precision,
  add column load_balancer_hours double precision;

alter table warehouse.node_hourly
  add column gpus double precision,
  add column gpu_price double precision,
  -- Lowest and highest price of the hour; equal to the price where it did not move.
  add column cpu_price_min double precision,
  add column cpu_price_max double precision,
  add column ram_price_min double precision,
  add column ram_price_max double precision,
  add column zone text,
  add column node_pool text;

-- What is paid for besides nodes.
create table warehouse.asset_hourly (
  cloud_account_id uuid not null,
  cluster_id text not null,
  window_start timestamptz not null,
  asset_type text not null check (asset_type in ('disk', 'load_balancer', 'management')),
  -- Volume name, node and device of a local disk, namespace/service of a load balancer, provisioner of the fee.
  asset_id text not null,
  name text not null,
  -- Of the claim or the service; null for what belongs to none.
  namespace text,
  claim text,
  storage_class text,
  provider_id text,
  minutes double precision not null,
  -- Mean capacity of a disk over its minutes.
  gib double precision,
  -- Per GiB-hour of a disk, per hour of the others.
  price double precision not null,
  price_source text not null,
  total_cost numeric(20, 12) not null check (total_cost >= 0),
  primary key (cloud_account_id, window_start, cluster_id, asset_type, asset_id)
) partition by range (window_start);

-- What of the assets and of the network no container carries: volumes and load balancers without a pod, the fee,
-- traffic of pods that nothing else knows.
create table warehouse.remainder_hourly (
  cloud_account_id uuid not null,
  cluster_id text not null,
  window_start timestamptz not null,
  kind text not null check (kind in ('unmounted', 'cluster_management', 'unallocated')),
  part text not null check (
    part in ('pv', 'load_balancer', 'management', 'network_zone', 'network_region', 'network_internet')
  ),
  -- '' for what belongs to no namespace.
  namespace text not null,
  name text not null,
  -- GiB-hours of a volume, hours of a load balancer or fee, GiB of traffic.
  quantity double precision not null,
  cost numeric(20, 12) not null check (cost >= 0),
  primary key (cloud_account_id, window_start, cluster_id, kind, part, namespace, name)
) partition by range (window_start);

-- Every kubecost_* series of the source, an hour a row.
create table warehouse.metric_series (
  cloud_account_id uuid not null,
  series_key bigint not null,
  cluster_id text not null,
  metric text not null,
  labels jsonb not null,
  primary key (cloud_account_id, series_key)
);
create index metric_series_by_name on warehouse.metric_series (cloud_account_id, metric);

create table warehouse.metric_hourly (
  cloud_account_id uuid not null,
  cluster_id text not null,
  window_start timestamptz not null,
  series_key bigint not null,
  samples double precision not null,
  avg double precision,
  min double precision,
  max double precision,
  last double precision,
  -- Of counters only.
  increase double precision,
  primary key (cloud_account_id, window_start, cluster_id, series_key)
) partition by range (window_start);

-- The readings that a window was computed from, so that it can be computed again without the source.
create table warehouse.window_source (
  cloud_account_id uuid not null,
  cluster_id text not null,
  window_start timestamptz not null,
  -- How `readings` is written.
  format smallint not null,
  readings bytea not null,
  primary key (cloud_account_id, window_start, cluster_id)
) partition by range (window_start);

alter table warehouse.cloud_account
  -- Null: as the installation is configured. 0 days of daily sums: for ever.
  add column retention_hourly_days integer check (retention_hourly_days > 0),
  add column retention_daily_days integer check (retention_daily_days >= 0);

alter table warehouse.window_ledger
  add column unmounted_cost numeric(20, 12),
  add column management_cost numeric(20, 12),
  add column network_cost numeric(20, 12),
  -- Traffic of unknown pods; part of network_cost.
  add column unallocated_cost numeric(20, 12),
  -- Samples of container series that the published version was made of.
  add column source_samples bigint,
  -- Samples that came after the window was settled: counted, not loaded.
  add column late_samples bigint not null default 0,
  -- {"I1": {"ok": true, …}, …}: checks of the published version, at load and nightly.
  add column checks jsonb;

-- What a published version replaced. One row per revision after the first.
create table warehouse.window_audit (
  cloud_account_id uuid not null,
  cluster_id text not null,
  window_start timestamptz not null,
  -- The revision that took the place of the one before it.
  revision integer not null,
  replaced_at timestamptz not null default now(),
  -- late_data: while open. restated: after it was settled. recomputed: from readings that were kept.
  reason text not null check (reason in ('late_data', 'restated', 'recomputed')),
  -- {asset_cost, allocated_cost, idle_cost, unmounted_cost, management_cost, network_cost, samples_seen, rows}
  old_totals jsonb not null,
  new_totals jsonb not null,
  primary key (cloud_account_id, cluster_id, window_start, revision)
);
