-- What people may build on: views whose names stay, over tables whose names may change. They run with the rights of
-- whoever asks (security_invoker), so that what a role may not see in a table it doesn't see through a view either.
-- The comments are the data dictionary. A column that is always null is a part that isn't computed yet, never 0.
create schema analytics;
comment on schema analytics is
  'Kubernetes cost per UTC hour. Money is in the account''s currency, exact decimal. Memory is in GiB (2^30 bytes). Null means not measured or not computed, never 0.';

-- Left joins: without them a fact whose names or ledger row were missing would vanish from sums, and with them an
-- unused join costs nothing.
create view analytics.allocation_hourly with (security_invoker = true) as
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
  null::jsonb as labels,
  null::text as pod_uid,
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
  a.network_zone_cost + a.network_region_cost + a.network_internet_cost as network_cost,
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
  a.price_source
from warehouse.allocation_hourly a
left join warehouse.container c
  on c.cloud_account_id = a.cloud_account_id and c.container_key = a.container_key
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
) e;

comment on view analytics.allocation_hourly is
  'What each container used or reserved in one hour and what that cost. One row per account, cluster, hour, namespace, pod, container and node (and machine, where the source named it).';
comment on column analytics.allocation_hourly.cloud_account_id is 'CloudTuner cloud account (UUID).';
comment on column analytics.allocation_hourly.cluster is 'Cluster id; unique within the account only.';
comment on column analytics.allocation_hourly.window_start is 'Start of the UTC hour.';
comment on column analytics.allocation_hourly.namespace is 'Namespace of the pod.';
comment on column analytics.allocation_hourly.pod is 'Name of the pod.';
comment on column analytics.allocation_hourly.container is 'Name of the container.';
comment on column analytics.allocation_hourly.node is 'Name of the node that the container ran on.';
comment on column analytics.allocation_hourly.controller_kind is 'Kind of the pod''s controller, for example deployment; null for a pod without one.';
comment on column analytics.allocation_hourly.controller is 'Name of the pod''s controller; null for a pod without one.';
comment on column analytics.allocation_hourly.labels is 'Labels of the pod as JSON; not computed yet, always null.';
comment on column analytics.allocation_hourly.pod_uid is 'Kubernetes uid of the pod; not computed yet, always null.';
comment on column analytics.allocation_hourly.provider_id is 'Cloud provider''s id of the machine behind the node name; null where the source did not say.';
comment on column analytics.allocation_hourly.minutes is 'Minutes of the hour in which the container was seen.';
comment on column analytics.allocation_hourly.cpu_core_hours is 'CPU charged, core-hours: the larger of requested and used.';
comment on column analytics.allocation_hourly.cpu_core_request_hours is 'CPU requested, core-hours; null without a request.';
comment on column analytics.allocation_hourly.cpu_core_used_hours is 'CPU used, core-hours; null where not measured.';
comment on column analytics.allocation_hourly.cpu_cost is 'Cost of the CPU charged, account currency.';
comment on column analytics.allocation_hourly.ram_gib_hours is 'Memory charged, GiB-hours: the larger of requested and used.';
comment on column analytics.allocation_hourly.ram_gib_request_hours is 'Memory requested, GiB-hours; null without a request.';
comment on column analytics.allocation_hourly.ram_gib_used_hours is 'Memory used, GiB-hours; null where not measured.';
comment on column analytics.allocation_hourly.ram_cost is 'Cost of the memory charged, account currency.';
comment on column analytics.allocation_hourly.gpu_hours is 'GPUs charged, GPU-hours; null where not computed.';
comment on column analytics.allocation_hourly.gpu_cost is 'Cost of the GPUs charged, account currency; null where not computed.';
comment on column analytics.allocation_hourly.pv_gib_hours is 'Persistent volume capacity held, GiB-hours; null where not computed.';
comment on column analytics.allocation_hourly.pv_cost is 'Cost of persistent volumes, account currency; null where not computed.';
comment on column analytics.allocation_hourly.network_zone_cost is 'Cost of traffic between zones, account currency; null where not computed.';
comment on column analytics.allocation_hourly.network_region_cost is 'Cost of traffic between regions, account currency; null where not computed.';
comment on column analytics.allocation_hourly.network_internet_cost is 'Cost of traffic to the internet, account currency; null where not computed.';
comment on column analytics.allocation_hourly.network_cost is 'Sum of the three network costs, account currency; null where one of them is.';
comment on column analytics.allocation_hourly.load_balancer_cost is 'Share of load balancer cost, account currency; null where not computed.';
comment on column analytics.allocation_hourly.management_cost is 'Share of the cluster management fee, account currency; not computed yet, always null.';
comment on column analytics.allocation_hourly.shared_cost is 'Cost taken over from shared namespaces, account currency; sharing happens at reading, so always null here.';
comment on column analytics.allocation_hourly.idle_cost is 'Idle cost taken over, account currency; sharing happens at reading, so always null here. Idle itself is in idle_hourly.';
comment on column analytics.allocation_hourly.total_cost is 'Sum of all parts that are not null, account currency.';
comment on column analytics.allocation_hourly.cpu_efficiency is 'CPU used / requested of this row; 1 for usage with no request, null for neither. May exceed 1. A ratio: divide sums instead of averaging it.';
comment on column analytics.allocation_hourly.ram_efficiency is 'Memory used / requested of this row; 1 for usage with no request, null for neither. May exceed 1. A ratio: divide sums instead of averaging it.';
comment on column analytics.allocation_hourly.total_efficiency is 'Mean of CPU and memory efficiency weighted by their cost. A ratio: do not average it.';
comment on column analytics.allocation_hourly.coverage is 'Measured share of the cluster''s hour, 0 to 1; the same for all rows of cluster and hour.';
comment on column analytics.allocation_hourly.price_source is 'Where the node''s price came from: measured, repaired, carried, instance_type, node_total or default.';

create view analytics.asset_hourly with (security_invoker = true) as
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
  n.price_source
from warehouse.node_hourly n;

comment on view analytics.asset_hourly is
  'What was paid for in one hour, whether used or not. One row per account, cluster, hour, asset_id and name; nodes only for now.';
comment on column analytics.asset_hourly.cloud_account_id is 'CloudTuner cloud account (UUID).';
comment on column analytics.asset_hourly.cluster is 'Cluster id; unique within the account only.';
comment on column analytics.asset_hourly.window_start is 'Start of the UTC hour.';
comment on column analytics.asset_hourly.asset_type is 'Kind of asset: node. Disks, load balancers and management fees are not loaded yet.';
comment on column analytics.asset_hourly.asset_id is 'Cloud provider''s id of the machine, or its name where the source did not say.';
comment on column analytics.asset_hourly.name is 'Name of the node in Kubernetes.';
comment on column analytics.asset_hourly.minutes is 'Minutes of the hour in which the asset was seen.';
comment on column analytics.asset_hourly.cpu_cost is 'Cost of its CPU, account currency; null where the capacity is unknown.';
comment on column analytics.asset_hourly.ram_cost is 'Cost of its memory, account currency; null where the capacity is unknown.';
comment on column analytics.asset_hourly.gpu_cost is 'Cost of its GPUs, account currency; null where not computed.';
comment on column analytics.asset_hourly.total_cost is 'Sum of the parts that are not null, account currency.';
comment on column analytics.asset_hourly.cpu_cores is 'CPU capacity, cores; null where unknown.';
comment on column analytics.asset_hourly.ram_gib is 'Memory capacity, GiB; null where unknown.';
comment on column analytics.asset_hourly.is_spot is 'True where it was a spot machine for at least half of its minutes; null where the source did not say.';
comment on column analytics.asset_hourly.instance_type is 'Cloud provider''s machine type; null where unknown.';
comment on column analytics.asset_hourly.region is 'Cloud provider''s region; null where unknown.';
comment on column analytics.asset_hourly.provider_id is 'Cloud provider''s id of the machine; null where the source did not say.';
comment on column analytics.asset_hourly.price_source is 'Where its price came from: measured, repaired, carried, instance_type, node_total or default.';

create view analytics.idle_hourly with (security_invoker = true) as
select
  i.cloud_account_id,
  i.cluster_id as cluster,
  i.window_start,
  i.node,
  i.cpu_cost,
  i.ram_cost,
  i.gpu_cost,
  i.total_cost
from warehouse.idle_hourly i;

comment on view analytics.idle_hourly is
  'Node cost that no container was charged for, with its sign: negative where containers were charged more than the node cost. One row per account, cluster, hour and node name.';
comment on column analytics.idle_hourly.cloud_account_id is 'CloudTuner cloud account (UUID).';
comment on column analytics.idle_hourly.cluster is 'Cluster id; unique within the account only.';
comment on column analytics.idle_hourly.window_start is 'Start of the UTC hour.';
comment on column analytics.idle_hourly.node is 'Name of the node in Kubernetes.';
comment on column analytics.idle_hourly.cpu_cost is 'Idle CPU cost, account currency, signed.';
comment on column analytics.idle_hourly.ram_cost is 'Idle memory cost, account currency, signed.';
comment on column analytics.idle_hourly.gpu_cost is 'Idle GPU cost, account currency, signed; null where not computed.';
comment on column analytics.idle_hourly.total_cost is 'Sum of the parts that are not null, account currency, signed.';

create view analytics.data_quality with (security_invoker = true) as
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
  l.asset_cost - l.allocated_cost - l.idle_cost as imbalance
from warehouse.window_ledger l;

comment on view analytics.data_quality is
  'How far each hour of each cluster can be trusted. One row per account, cluster and hour that was ever planned, loaded or not.';
comment on column analytics.data_quality.cloud_account_id is 'CloudTuner cloud account (UUID).';
comment on column analytics.data_quality.cluster is 'Cluster id; unique within the account only.';
comment on column analytics.data_quality.window_start is 'Start of the UTC hour.';
comment on column analytics.data_quality.state is 'due (planned), loaded, incomplete (the source was not whole) or quarantined (set aside after repeated failures).';
comment on column analytics.data_quality.coverage is 'Measured minutes / expected minutes of the cluster''s heartbeat, 0 to 1; null where not loaded.';
comment on column analytics.data_quality.partial_reasons is 'Codes of everything that makes the hour less than whole: why it is missing or in doubt, and parts that were estimated. Empty where nothing is known against it.';
comment on column analytics.data_quality.revision is 'Number of published versions; 0 where not loaded.';
comment on column analytics.data_quality.allocation_rows is 'Rows of allocation_hourly in the published version.';
comment on column analytics.data_quality.node_rows is 'Rows of asset_hourly for nodes in the published version.';
comment on column analytics.data_quality.rejects is 'Samples of the source that could not become part of a row.';
comment on column analytics.data_quality.loaded_at is 'When the published version was loaded; null where not loaded.';
comment on column analytics.data_quality.read_at is 'When the source was last read for the hour.';
comment on column analytics.data_quality.asset_cost is 'Sum of the hour''s assets, account currency.';
comment on column analytics.data_quality.allocated_cost is 'Sum of the hour''s container costs, account currency.';
comment on column analytics.data_quality.idle_cost is 'Sum of the hour''s idle cost, account currency, signed.';
comment on column analytics.data_quality.imbalance is 'Assets minus allocated minus idle, account currency. Anything but 0 is a fault.';
