-- The views over the whole cost model, and who may see whose rows. Columns that were there keep name, type and place.

-- Which accounts a login may read. The policies are made from this table, so that a new table gets them too.
create table warehouse.analyst_login (
  cloud_account_id uuid not null,
  login text not null check (login <> ''),
  added_at timestamptz not null default now(),
  primary key (cloud_account_id, login)
);

-- Names are looked up here and facts joined by key; plain equality, as that is what row level security lets through.
create index container_by_namespace on warehouse.container (cloud_account_id, namespace, controller);
create index container_by_controller on warehouse.container (cloud_account_id, controller);
create index container_by_pod on warehouse.container (cloud_account_id, pod);

create or replace view analytics.allocation_hourly with (security_invoker = true) as
select
  a.cloud_account_id,
  a.cluster_id as cluster,
  a.window_start,
  c.namespace,
  c.pod,
  c.container,
  c.node,
  c.controller_kind,
  c.controller,
  s.labels,
  c.pod_uid,
  c.provider_id,
  a.minutes,
  a.cpu_core_hours,
  a.cpu_core_request_hours,
  a.cpu_core_used_hours,
  a.cpu_cost,
  a.ram_gib_hours,
  a.ram_gib_request_hours,
  a.ram_gib_used_hours,
  a.ram_cost,
  a.gpu_hours,
  a.gpu_cost,
  a.pv_gib_hours,
  a.pv_cost,
  a.network_zone_cost,
  a.network_region_cost,
  a.network_internet_cost,
  -- What is measured of it, as in total_cost: else the sums over both would not agree.
  case
    when num_nonnulls(a.network_zone_cost, a.network_region_cost, a.network_internet_cost) > 0 then
      coalesce(a.network_zone_cost, 0) + coalesce(a.network_region_cost, 0) + coalesce(a.network_internet_cost, 0)
  end as network_cost,
  a.load_balancer_cost,
  null::numeric as management_cost,
  null::numeric as shared_cost,
  null::numeric as idle_cost,
  a.total_cost,
  e.cpu_efficiency,
  e.ram_efficiency,
  (coalesce(e.cpu_efficiency * a.cpu_cost::float8, 0) + coalesce(e.ram_efficiency * a.ram_cost::float8, 0))
    / nullif(
      case when e.cpu_efficiency is null then 0 else a.cpu_cost::float8 end
        + case when e.ram_efficiency is null then 0 else a.ram_cost::float8 end,
      0
    ) as total_efficiency,
  l.coverage,
  a.price_source,
  'workload'::text as kind,
  null::text as item,
  a.label_set_key,
  a.container_key,
  a.network_zone_gib,
  a.network_region_gib,
  a.network_internet_gib,
  a.load_balancer_hours
from warehouse.allocation_hourly a
left join warehouse.container c
  on c.cloud_account_id = a.cloud_account_id and c.container_key = a.container_key
left join warehouse.label_set s
  on s.cloud_account_id = a.cloud_account_id and s.label_set_key = a.label_set_key
left join warehouse.window_ledger l
  on l.cloud_account_id = a.cloud_account_id and l.cluster_id = a.cluster_id and l.window_start = a.window_start
cross join lateral (
  select
    case
      when a.cpu_core_used_hours is null then null
      when a.cpu_core_request_hours > 0 then a.cpu_core_used_hours / a.cpu_core_request_hours
      when a.cpu_core_used_hours > 0 then 1
    end as cpu_efficiency,
    case
      when a.ram_gib_used_hours is null then null
      when a.ram_gib_request_hours > 0 then a.ram_gib_used_hours / a.ram_gib_request_hours
      when a.ram_gib_used_hours > 0 then 1
    end as ram_efficiency
) e
union all
select
  r.cloud_account_id,
  r.cluster_id,
  r.window_start,
  nullif(r.namespace, ''),
  '__' || r.kind || '__',
  '__' || r.kind || '__',
  null::text,
  null::text,
  null::text,
  null::jsonb,
  null::text,
  null::text,
  null::float8,
  null::float8,
  null::float8,
  null::float8,
  null::numeric(20, 12),
  null::float8,
  null::float8,
  null::float8,
  null::numeric(20, 12),
  null::float8,
  null::numeric(20, 12),
  case when r.part = 'pv' then r.quantity end,
  (case when r.part = 'pv' then r.cost end)::numeric(20, 12),
  (case when r.part = 'network_zone' then r.cost end)::numeric(20, 12),
  (case when r.part = 'network_region' then r.cost end)::numeric(20, 12),
  (case when r.part = 'network_internet' then r.cost end)::numeric(20, 12),
  case when starts_with(r.part, 'network_') then r.cost end,
  (case when r.part = 'load_balancer' then r.cost end)::numeric(20, 12),
  case when r.part = 'management' then r.cost end,
  null::numeric,
  null::numeric,
  r.cost,
  null::float8,
  null::float8,
  null::float8,
  l.coverage,
  null::text,
  r.kind,
  r.name,
  null::bigint,
  null::bigint,
  case when r.part = 'network_zone' then r.quantity end,
  case when r.part = 'network_region' then r.quantity end,
  case when r.part = 'network_internet' then r.quantity end,
  case when r.part = 'load_balancer' then r.quantity end
from warehouse.remainder_hourly r
left join warehouse.window_ledger l
  on l.cloud_account_id = r.cloud_account_id and l.cluster_id = r.cluster_id and l.window_start = r.window_start;

comment on view analytics.allocation_hourly is
  'What each container used or reserved in one hour and what that cost, and what of volumes, load balancers, traffic and fee no container carries. One row per account, cluster, hour, kind, namespace, pod, container and node (and machine, where the source named it), or item. Its total_cost plus that of idle_hourly equals the total_cost of asset_hourly plus its own network_cost.';
comment on column analytics.allocation_hourly.namespace is 'Namespace of the pod; of a remainder that of the claim or service, null for what belongs to none.';
comment on column analytics.allocation_hourly.pod is 'Name of the pod; __unmounted__, __cluster_management__ or __unallocated__ for what no pod carries.';
comment on column analytics.allocation_hourly.container is 'Name of the container; __unmounted__, __cluster_management__ or __unallocated__ for what no container carries.';
comment on column analytics.allocation_hourly.node is 'Name of the node that the container ran on; null for what no container carries.';
comment on column analytics.allocation_hourly.labels is 'Labels of the namespace and over them those of the pod, as JSON; null where not collected. To search by one, join the view label.';
comment on column analytics.allocation_hourly.pod_uid is 'Kubernetes uid of the pod; null where the source did not say.';
comment on column analytics.allocation_hourly.minutes is 'Minutes of the hour in which the container was seen; null for what no container carries.';
comment on column analytics.allocation_hourly.cpu_core_hours is 'CPU charged, core-hours: the larger of requested and used; null for what no container carries.';
comment on column analytics.allocation_hourly.cpu_cost is 'Cost of the CPU charged, account currency; null for what no container carries.';
comment on column analytics.allocation_hourly.ram_gib_hours is 'Memory charged, GiB-hours: the larger of requested and used; null for what no container carries.';
comment on column analytics.allocation_hourly.ram_cost is 'Cost of the memory charged, account currency; null for what no container carries.';
comment on column analytics.allocation_hourly.gpu_hours is 'GPUs charged, GPU-hours; null where not measured.';
comment on column analytics.allocation_hourly.gpu_cost is 'Cost of the GPUs charged, account currency; null where not measured.';
comment on column analytics.allocation_hourly.pv_gib_hours is 'Capacity of persistent volumes held, GiB-hours; null where not measured.';
comment on column analytics.allocation_hourly.pv_cost is 'Cost of persistent volumes, account currency; null where not measured.';
comment on column analytics.allocation_hourly.network_zone_cost is 'Cost of traffic between zones, account currency; null where not measured.';
comment on column analytics.allocation_hourly.network_region_cost is 'Cost of traffic between regions, account currency; null where not measured.';
comment on column analytics.allocation_hourly.network_internet_cost is 'Cost of traffic to the internet, account currency; null where not measured.';
comment on column analytics.allocation_hourly.network_cost is 'Sum of those of the three network costs that are not null, account currency; null where all are.';
comment on column analytics.allocation_hourly.load_balancer_cost is 'Share of load balancer cost, account currency; null where not measured.';
comment on column analytics.allocation_hourly.management_cost is 'Cluster management fee, account currency; in rows of kind cluster_management only, null in all others.';
comment on column analytics.allocation_hourly.coverage is 'Measured share of the cluster''s hour, 0 to 1; the same for all rows of cluster and hour.';
comment on column analytics.allocation_hourly.price_source is 'Where the node''s price came from: measured, repaired, carried, instance_type, node_total or default; null for what no container carries.';
comment on column analytics.allocation_hourly.kind is 'workload (a container), unmounted (volume or load balancer without a pod), cluster_management (the fee) or unallocated (traffic of pods that nothing else knows).';
comment on column analytics.allocation_hourly.item is 'Volume, service, provisioner or pod that a row without a container is about; null for a container.';
comment on column analytics.allocation_hourly.label_set_key is 'Key of the labels, to join the view label; null where labels were not collected.';
comment on column analytics.allocation_hourly.container_key is 'Key of the container''s names within the account; null for what no container carries.';
comment on column analytics.allocation_hourly.network_zone_gib is 'Traffic between zones, GiB; null where not measured.';
comment on column analytics.allocation_hourly.network_region_gib is 'Traffic between regions, GiB; null where not measured.';
comment on column analytics.allocation_hourly.network_internet_gib is 'Traffic to the internet, GiB; null where not measured.';
comment on column analytics.allocation_hourly.load_balancer_hours is 'Share of load balancers'' time, hours; null where not measured.';

create or replace view analytics.asset_hourly with (security_invoker = true) as
select
  n.cloud_account_id,
  n.cluster_id as cluster,
  n.window_start,
  'node'::text as asset_type,
  coalesce(nullif(n.provider_id, ''), n.node) as asset_id,
  n.node as name,
  n.minutes,
  n.cpu_cost,
  n.ram_cost,
  n.gpu_cost,
  n.total_cost,
  n.cpu_cores,
  n.ram_gib,
  n.spot_ratio >= 0.5 as is_spot,
  n.instance_type,
  n.region,
  nullif(n.provider_id, '') as provider_id,
  n.price_source,
  n.gpus,
  n.cpu_price,
  n.ram_price,
  n.gpu_price,
  n.cpu_price_min,
  n.cpu_price_max,
  n.ram_price_min,
  n.ram_price_max,
  n.spot_ratio,
  n.zone,
  n.node_pool,
  null::text as namespace,
  null::text as claim,
  null::text as storage_class,
  null::float8 as gib,
  null::float8 as price
from warehouse.node_hourly n
union all
select
  d.cloud_account_id,
  d.cluster_id,
  d.window_start,
  d.asset_type,
  d.asset_id,
  d.name,
  d.minutes,
  null::numeric(20, 12),
  null::numeric(20, 12),
  null::numeric(20, 12),
  d.total_cost,
  null::float8,
  null::float8,
  null::boolean,
  null::text,
  null::text,
  d.provider_id,
  d.price_source,
  null::float8,
  null::float8,
  null::float8,
  null::float8,
  null::float8,
  null::float8,
  null::float8,
  null::float8,
  null::float8,
  null::text,
  null::text,
  d.namespace,
  d.claim,
  d.storage_class,
  d.gib,
  d.price
from warehouse.asset_hourly d;

comment on view analytics.asset_hourly is
  'What was paid for in one hour, whether used or not: nodes, disks, load balancers, management fees. One row per account, cluster, hour, asset_type, asset_id and name.';
comment on column analytics.asset_hourly.asset_type is 'Kind of asset: node, disk, load_balancer or management.';
comment on column analytics.asset_hourly.asset_id is 'Of a node the cloud provider''s id, or its name where the source did not say; of a disk the volume, or node:device of a local one; of a load balancer namespace/service; of a fee the provisioner.';
comment on column analytics.asset_hourly.name is 'Name for people; of a node its name in Kubernetes.';
comment on column analytics.asset_hourly.cpu_cost is 'Cost of its CPU, account currency; null where the capacity is unknown, and for what is no node.';
comment on column analytics.asset_hourly.ram_cost is 'Cost of its memory, account currency; null where the capacity is unknown, and for what is no node.';
comment on column analytics.asset_hourly.gpu_cost is 'Cost of its GPUs, account currency; 0 for a node without, null where unknown, and for what is no node.';
comment on column analytics.asset_hourly.cpu_cores is 'CPU capacity, cores; null where unknown, and for what is no node.';
comment on column analytics.asset_hourly.ram_gib is 'Memory capacity, GiB; null where unknown, and for what is no node.';
comment on column analytics.asset_hourly.is_spot is 'True where it was a spot machine for at least half of its minutes; null where the source did not say, and for what is no node.';
comment on column analytics.asset_hourly.provider_id is 'Cloud provider''s id of the asset; null where the source did not say.';
comment on column analytics.asset_hourly.price_source is 'Where its price came from: measured, repaired, carried, instance_type, node_total or default.';
comment on column analytics.asset_hourly.gpus is 'GPUs of the node; null where unknown, and for what is no node.';
comment on column analytics.asset_hourly.cpu_price is 'Price of CPU, account currency per core-hour, mean of the hour; of nodes only.';
comment on column analytics.asset_hourly.ram_price is 'Price of memory, account currency per GiB-hour, mean of the hour; of nodes only.';
comment on column analytics.asset_hourly.gpu_price is 'Price of a GPU, account currency per GPU-hour, mean of the hour; null where the node has none, and for what is no node.';
comment on column analytics.asset_hourly.cpu_price_min is 'Lowest price of CPU in the hour, account currency per core-hour; null where not recorded.';
comment on column analytics.asset_hourly.cpu_price_max is 'Highest price of CPU in the hour, account currency per core-hour; null where not recorded.';
comment on column analytics.asset_hourly.ram_price_min is 'Lowest price of memory in the hour, account currency per GiB-hour; null where not recorded.';
comment on column analytics.asset_hourly.ram_price_max is 'Highest price of memory in the hour, account currency per GiB-hour; null where not recorded.';
comment on column analytics.asset_hourly.spot_ratio is 'Share of its minutes as a spot machine, 0 to 1; null where the source did not say, and for what is no node.';
comment on column analytics.asset_hourly.zone is 'Availability zone of the node; null where unknown.';
comment on column analytics.asset_hourly.node_pool is 'Node pool or node group; null where unknown.';
comment on column analytics.asset_hourly.namespace is 'Namespace of the claim or of the service; null for what belongs to none.';
comment on column analytics.asset_hourly.claim is 'Claim that the volume is bound to; null where nobody claims it, and for what is no volume.';
comment on column analytics.asset_hourly.storage_class is 'Storage class of the volume; null where unknown.';
comment on column analytics.asset_hourly.gib is 'Mean capacity of a disk over its minutes, GiB; null for what is no disk.';
comment on column analytics.asset_hourly.price is 'Of a disk account currency per GiB-hour, of load balancer and fee per hour; null for a node, whose prices are per resource.';

comment on column analytics.idle_hourly.gpu_cost is 'Idle GPU cost, account currency, signed; null where not measured.';

create or replace view analytics.data_quality with (security_invoker = true) as
select
  l.cloud_account_id,
  l.cluster_id as cluster,
  l.window_start,
  l.state,
  l.coverage,
  array_remove(
    array[l.reason] || array(
      select w.item ->> 'code'
      from jsonb_array_elements(case jsonb_typeof(l.warnings) when 'array' then l.warnings else '[]' end) as w (item)
    ),
    null
  ) as partial_reasons,
  l.revision,
  l.allocation_rows,
  l.node_rows,
  l.rejects,
  l.loaded_at,
  l.read_at,
  l.asset_cost,
  l.allocated_cost,
  l.idle_cost,
  l.asset_cost + coalesce(l.network_cost, 0) - l.allocated_cost - l.idle_cost - coalesce(l.unmounted_cost, 0)
    - coalesce(l.management_cost, 0) - coalesce(l.unallocated_cost, 0) as imbalance,
  l.unmounted_cost,
  l.management_cost,
  l.network_cost,
  l.unallocated_cost,
  l.checks,
  array(
    select k.name
    from jsonb_each(case jsonb_typeof(l.checks) when 'object' then l.checks else '{}' end) as k (name, result)
    where k.result ->> 'ok' = 'false'
    order by k.name
  ) as violations,
  l.source_samples,
  l.late_samples,
  l.samples_seen,
  l.samples_expected,
  l.state = 'quarantined' as quarantined,
  l.reason,
  l.reason_detail,
  l.error_code
from warehouse.window_ledger l;

comment on column analytics.data_quality.asset_cost is 'Sum of the hour''s assets, account currency; null where not loaded.';
comment on column analytics.data_quality.allocated_cost is 'Sum of the hour''s container costs, account currency; null where not loaded.';
comment on column analytics.data_quality.idle_cost is 'Sum of the hour''s idle cost, account currency, signed; null where not loaded.';
comment on column analytics.data_quality.imbalance is 'Assets plus network minus allocated, idle, unmounted, management and unallocated, account currency. Anything but 0 is a fault; null where not loaded.';
comment on column analytics.data_quality.unmounted_cost is 'Volumes and load balancers without a pod, account currency; null where not loaded.';
comment on column analytics.data_quality.management_cost is 'Cluster management fee, account currency; null where not loaded.';
comment on column analytics.data_quality.network_cost is 'All traffic, account currency, that of unknown pods too; null where not loaded or not measured.';
comment on column analytics.data_quality.unallocated_cost is 'Traffic of pods that nothing else knows, account currency; part of network_cost. Null where not loaded.';
comment on column analytics.data_quality.checks is 'Identities of the cost model as checked on the published version, by name: ok, observed, expected, detail. Null where none was made.';
comment on column analytics.data_quality.violations is 'Names of the checks that failed; empty where none did.';
comment on column analytics.data_quality.source_samples is 'Samples of container series that the published version was made of; null where not loaded.';
comment on column analytics.data_quality.late_samples is 'Samples that came after the hour was settled: counted, not loaded.';
comment on column analytics.data_quality.samples_seen is 'Heartbeat samples found; null where not loaded.';
comment on column analytics.data_quality.samples_expected is 'Heartbeat samples expected of a whole hour; null where not loaded.';
comment on column analytics.data_quality.quarantined is 'True where the hour is set aside after repeated failures.';
comment on column analytics.data_quality.reason is 'Why the hour is missing or in doubt: source_incomplete, source_silent, missing_series, suspect or quarantined; null where nothing is known against it.';
comment on column analytics.data_quality.reason_detail is 'The reason in words; null without one.';
comment on column analytics.data_quality.error_code is 'Code of the last failure since the last success; null without one.';

create view analytics.metric_hourly with (security_invoker = true) as
select
  m.cloud_account_id,
  m.cluster_id as cluster,
  m.window_start,
  s.metric,
  s.labels,
  m.samples,
  m.avg,
  m.min,
  m.max,
  m.last,
  m.increase,
  m.series_key
from warehouse.metric_hourly m
left join warehouse.metric_series s
  on s.cloud_account_id = m.cloud_account_id and s.series_key = m.series_key;

comment on view analytics.metric_hourly is
  'Every kubecost_* series that Thanos holds, an hour a row, in the unit of the metric. One row per account, cluster, hour and series.';
comment on column analytics.metric_hourly.cloud_account_id is 'CloudTuner cloud account (UUID).';
comment on column analytics.metric_hourly.cluster is 'Cluster id; unique within the account only.';
comment on column analytics.metric_hourly.window_start is 'Start of the UTC hour.';
comment on column analytics.metric_hourly.metric is 'Name of the metric in Prometheus.';
comment on column analytics.metric_hourly.labels is 'Labels of the series as JSON, without the tenant''s and the cluster''s.';
comment on column analytics.metric_hourly.samples is 'Samples of the hour.';
comment on column analytics.metric_hourly.avg is 'Mean of the samples, unit of the metric; null where no sample was a number.';
comment on column analytics.metric_hourly.min is 'Least sample, unit of the metric; null where no sample was a number.';
comment on column analytics.metric_hourly.max is 'Greatest sample, unit of the metric; null where no sample was a number.';
comment on column analytics.metric_hourly.last is 'Last sample, unit of the metric; null where no sample was a number.';
comment on column analytics.metric_hourly.increase is 'What a counter rose by in the hour, resets accounted for; null where the metric is no counter.';
comment on column analytics.metric_hourly.series_key is 'Key of the series within the account.';

create view analytics.label with (security_invoker = true) as
select p.cloud_account_id, p.label, p.value, p.label_set_key
from warehouse.label_pair p;

comment on view analytics.label is
  'Which sets of labels carry a label, the fast way to search by one: join allocation_hourly on cloud_account_id and label_set_key. One row per account, label, value and set.';
comment on column analytics.label.cloud_account_id is 'CloudTuner cloud account (UUID).';
comment on column analytics.label.label is 'Name of the label as in Prometheus, without label_.';
comment on column analytics.label.value is 'Value of the label. Pairs too long for an index are in allocation_hourly.labels only.';
comment on column analytics.label.label_set_key is 'Key of the set of labels within the account.';

create view analytics.window_audit with (security_invoker = true) as
select
  w.cloud_account_id,
  w.cluster_id as cluster,
  w.window_start,
  w.revision,
  w.replaced_at,
  w.reason,
  w.old_totals,
  w.new_totals
from warehouse.window_audit w;

comment on view analytics.window_audit is
  'What changed in hours that were loaded before. One row per account, cluster, hour and revision after the first.';
comment on column analytics.window_audit.cloud_account_id is 'CloudTuner cloud account (UUID).';
comment on column analytics.window_audit.cluster is 'Cluster id; unique within the account only.';
comment on column analytics.window_audit.window_start is 'Start of the UTC hour.';
comment on column analytics.window_audit.revision is 'The revision that took the place of the one before it.';
comment on column analytics.window_audit.replaced_at is 'When it did.';
comment on column analytics.window_audit.reason is 'late_data (while the hour was open), restated (after it was settled) or recomputed (from readings that were kept).';
comment on column analytics.window_audit.old_totals is 'Totals before, account currency and counts, as JSON: asset_cost, allocated_cost, idle_cost, unmounted_cost, management_cost, network_cost, samples_seen, rows.';
comment on column analytics.window_audit.new_totals is 'Totals after, in the same form.';

create view analytics.cloud_account with (security_invoker = true) as
select a.cloud_account_id, a.name, a.currency
from warehouse.cloud_account a;

comment on view analytics.cloud_account is 'The accounts, with the currency that all their amounts are in. One row per account.';
comment on column analytics.cloud_account.cloud_account_id is 'CloudTuner cloud account (UUID).';
comment on column analytics.cloud_account.name is 'Name for people.';
comment on column analytics.cloud_account.currency is 'Currency of all amounts of the account, ISO 4217; never converted.';
