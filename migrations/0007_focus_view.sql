-- The costs in the columns of FOCUS 1.2 (FinOps Open Cost and Usage Specification), with those of 1.3 for allocated
-- charges and columns of our own (x_). One row per fact and component, so that each charge has one unit and one price.

create view analytics.focus_cost_and_usage with (security_invoker = true) as
select
  case
    when n.cost > 0 and g.is_split then
      jsonb_build_object(
        'Elements',
        jsonb_build_array(
          jsonb_strip_nulls(
            jsonb_build_object(
              'AllocatedRatio', g.cost / n.cost,
              'UsageQuantity', p.quantity,
              'UsageUnit', case when p.quantity is not null then p.unit end
            )
          )
        )
      )
  end as "AllocatedMethodDetails",
  case when g.is_idle then 'unused-capacity-v1' else d.method end as "AllocatedMethodId",
  case
    when g.kind = 'workload' then concat_ws('/', g.cluster, g.namespace, coalesce(g.pod_uid, g.pod), g.container)
  end as "AllocatedResourceId",
  case when g.kind = 'workload' then g.pod || '/' || g.container end as "AllocatedResourceName",
  g.labels as "AllocatedTags",
  -- A load balancer stands in no one zone, wherever its pods run.
  case when g.component <> 'load_balancer' then g.zone end as "AvailabilityZone",
  0::numeric(20, 12) as "BilledCost",
  g.cloud_account_id::text as "BillingAccountId",
  coalesce(a.name, g.cloud_account_id::text) as "BillingAccountName",
  'Cloud Account'::text as "BillingAccountType",
  a.currency as "BillingCurrency",
  (date_trunc('month', g.window_start at time zone 'UTC') + interval '1 month') at time zone 'UTC' as "BillingPeriodEnd",
  date_trunc('month', g.window_start, 'UTC') as "BillingPeriodStart",
  null::text as "CapacityReservationId",
  null::text as "CapacityReservationStatus",
  case when p.is_adjustment then 'Adjustment' else 'Usage' end as "ChargeCategory",
  null::text as "ChargeClass",
  -- Readers of such files may know ASCII only; the names stand whole in the x_ columns.
  regexp_replace(d.meter || ' of ' || case
    when g.kind = 'workload' then concat_ws('/', g.namespace, g.pod, g.container)
    when g.is_idle then 'node ' || g.node || ', not charged to a container'
    else concat_ws('/', g.namespace, g.item) || ', not carried by a container'
  end, '[^ -~]', '?', 'g') as "ChargeDescription",
  case when g.component = 'management' then 'Recurring' else 'Usage-Based' end as "ChargeFrequency",
  g.window_start + interval '1 hour' as "ChargePeriodEnd",
  g.window_start as "ChargePeriodStart",
  null::text as "CommitmentDiscountCategory",
  null::text as "CommitmentDiscountId",
  null::text as "CommitmentDiscountName",
  null::numeric as "CommitmentDiscountQuantity",
  null::text as "CommitmentDiscountStatus",
  null::text as "CommitmentDiscountType",
  null::text as "CommitmentDiscountUnit",
  p.quantity as "ConsumedQuantity",
  p.unit as "ConsumedUnit",
  p.list_cost as "ContractedCost",
  p.price as "ContractedUnitPrice",
  g.cost as "EffectiveCost",
  null::text as "InvoiceId",
  o.provider as "InvoiceIssuerName",
  p.list_cost as "ListCost",
  p.price as "ListUnitPrice",
  case
    when p.is_adjustment then null
    when g.is_spot and d.is_of_node then 'Dynamic'
    else 'Standard'
  end as "PricingCategory",
  a.currency as "PricingCurrency",
  p.price as "PricingCurrencyContractedUnitPrice",
  g.cost as "PricingCurrencyEffectiveCost",
  p.price as "PricingCurrencyListUnitPrice",
  p.quantity as "PricingQuantity",
  p.unit as "PricingUnit",
  o.provider as "ProviderName",
  o.provider as "PublisherName",
  g.region as "RegionId",
  g.region as "RegionName",
  r.resource_id as "ResourceId",
  case when r.resource_id is not null then coalesce(g.item, g.node) end as "ResourceName",
  case when r.resource_id is not null then case when g.item is null then 'Node' else d.resource_type end end as "ResourceType",
  d.category as "ServiceCategory",
  d.service as "ServiceName",
  d.subcategory as "ServiceSubcategory",
  k.sku as "SkuId",
  case when not p.is_adjustment then d.meter end as "SkuMeter",
  null::jsonb as "SkuPriceDetails",
  -- Spot has a price list of its own.
  k.sku || case when g.is_spot and d.is_of_node then '/spot' else '' end as "SkuPriceId",
  null::text as "SubAccountId",
  null::text as "SubAccountName",
  null::text as "SubAccountType",
  null::jsonb as "Tags",
  g.cloud_account_id as "x_CloudAccountId",
  g.cluster as "x_ClusterId",
  case when g.kind = 'workload' then g.container end as "x_ContainerName",
  g.controller_kind as "x_ControllerKind",
  g.controller as "x_ControllerName",
  g.component as "x_CostComponent",
  g.used / nullif(g.requested, 0) as "x_Efficiency",
  g.is_idle as "x_IsIdle",
  g.kind as "x_Kind",
  false as "x_ListCostKnown",
  g.namespace as "x_Namespace",
  g.node as "x_NodeName",
  case when g.kind = 'workload' then g.pod end as "x_PodName",
  g.price_source as "x_PriceSource",
  g.requested as "x_RequestQuantity",
  l.revision as "x_Revision",
  g.used as "x_UsageQuantity",
  l.state as "x_WindowState"
from (
  select
    h.cloud_account_id, h.cluster, h.window_start, h.kind, h.namespace, h.pod, h.pod_uid, h.container, h.node,
    h.provider_id, h.controller_kind, h.controller, h.labels, h.item, h.price_source,
    c.component, c.cost, c.quantity, c.used, c.requested,
    n.cpu_cost as node_cpu_cost, n.cpu_hours, n.ram_cost as node_ram_cost, n.ram_hours, n.gpu_cost as node_gpu_cost, n.gpu_hours,
    n.provider_id as node_provider_id, n.machine_id, n.region, n.zone, n.instance_type, n.is_spot,
    c.component in ('cpu', 'ram', 'gpu') as is_split,
    false as is_idle
  from analytics.allocation_hourly h
  -- The node by its name, as that is what idle is known by; of two machines under it the container's own gives the rest.
  left join lateral (
    select
      sum(m.cpu_cost) as cpu_cost, sum(m.cpu_cores * m.minutes / 60) as cpu_hours,
      sum(m.ram_cost) as ram_cost, sum(m.ram_gib * m.minutes / 60) as ram_hours,
      sum(m.gpu_cost) as gpu_cost, sum(m.gpus * m.minutes / 60) as gpu_hours,
      case when count(*) = 1 then max(nullif(m.provider_id, '')) end as provider_id,
      max(nullif(m.provider_id, '')) as machine_id,
      max(m.region) filter (where coalesce(h.provider_id, m.provider_id) = m.provider_id) as region,
      max(m.zone) filter (where coalesce(h.provider_id, m.provider_id) = m.provider_id) as zone,
      max(m.instance_type) filter (where coalesce(h.provider_id, m.provider_id) = m.provider_id) as instance_type,
      bool_and(m.spot_ratio >= 0.5) filter (where coalesce(h.provider_id, m.provider_id) = m.provider_id) as is_spot
    from warehouse.node_hourly m
    where m.cloud_account_id = h.cloud_account_id and m.cluster_id = h.cluster and m.window_start = h.window_start
      and m.node = h.node
  ) n on true
  cross join lateral (
    values
      ('cpu', h.cpu_cost, h.cpu_core_hours, h.cpu_core_used_hours, h.cpu_core_request_hours),
      ('ram', h.ram_cost, h.ram_gib_hours, h.ram_gib_used_hours, h.ram_gib_request_hours),
      ('gpu', h.gpu_cost, h.gpu_hours, null::float8, null::float8),
      ('pv', h.pv_cost, h.pv_gib_hours, null::float8, null::float8),
      ('network_zone', h.network_zone_cost, h.network_zone_gib, null::float8, null::float8),
      ('network_region', h.network_region_cost, h.network_region_gib, null::float8, null::float8),
      ('network_internet', h.network_internet_cost, h.network_internet_gib, null::float8, null::float8),
      ('load_balancer', h.load_balancer_cost, h.load_balancer_hours, null::float8, null::float8)
  ) as c (component, cost, quantity, used, requested)
  where h.kind = 'workload' and (c.cost <> 0 or (c.cost = 0 and c.quantity > 0))
  union all
  select
    r.cloud_account_id, r.cluster_id, r.window_start, r.kind, nullif(r.namespace, ''), null, null, null, null,
    null, null, null, null::jsonb, r.name, null,
    r.part, r.cost, r.quantity, null::float8, null::float8,
    null::numeric, null::float8, null::numeric, null::float8, null::numeric, null::float8,
    null, n.machine_id, n.region, null, null, null::boolean,
    false,
    false
  from warehouse.remainder_hourly r
  -- Provider and region are the cluster's, where its machines agree.
  left join lateral (
    select
      case when min(left(nullif(m.provider_id, ''), 2)) = max(left(m.provider_id, 2)) then max(m.provider_id) end as machine_id,
      case when min(m.region) = max(m.region) then max(m.region) end as region
    from warehouse.node_hourly m
    where m.cloud_account_id = r.cloud_account_id and m.cluster_id = r.cluster_id and m.window_start = r.window_start
  ) n on true
  where r.cost <> 0 or r.quantity > 0
  union all
  select
    i.cloud_account_id, i.cluster, i.window_start, 'idle', null, null, null, null, i.node,
    null, null, null, null::jsonb, null, null,
    c.component, c.cost, null::float8, null::float8, null::float8,
    n.cpu_cost, n.cpu_hours, n.ram_cost, n.ram_hours, n.gpu_cost, n.gpu_hours,
    n.provider_id, n.machine_id, n.region, n.zone, n.instance_type, n.is_spot,
    true,
    true
  from analytics.idle_hourly i
  left join lateral (
    select
      sum(m.cpu_cost) as cpu_cost, sum(m.cpu_cores * m.minutes / 60) as cpu_hours,
      sum(m.ram_cost) as ram_cost, sum(m.ram_gib * m.minutes / 60) as ram_hours,
      sum(m.gpu_cost) as gpu_cost, sum(m.gpus * m.minutes / 60) as gpu_hours,
      case when count(*) = 1 then max(nullif(m.provider_id, '')) end as provider_id,
      max(nullif(m.provider_id, '')) as machine_id,
      max(m.region) as region,
      max(m.zone) as zone,
      max(m.instance_type) as instance_type,
      bool_and(m.spot_ratio >= 0.5) as is_spot
    from warehouse.node_hourly m
    where m.cloud_account_id = i.cloud_account_id and m.cluster_id = i.cluster and m.window_start = i.window_start
      and m.node = i.node
  ) n on true
  cross join lateral (
    values ('cpu', i.cpu_cost), ('ram', i.ram_cost), ('gpu', i.gpu_cost)
  ) as c (component, cost)
  where c.cost <> 0
) g
-- A service has one category and a component one service.
join (
  values
    ('cpu', 'Compute', 'Virtual Machines', 'Kubernetes Nodes', 'Core-Hours', 'CPU', 'Node', true, 'max-of-request-and-usage-v1'),
    ('ram', 'Compute', 'Virtual Machines', 'Kubernetes Nodes', 'GiB-Hours', 'Memory', 'Node', true, 'max-of-request-and-usage-v1'),
    ('gpu', 'Compute', 'Virtual Machines', 'Kubernetes Nodes', 'GPU-Hours', 'GPU', 'Node', true, 'gpu-request-v1'),
    ('pv', 'Storage', 'Block Storage', 'Kubernetes Volumes', 'GiB-Hours', 'Volume', 'PersistentVolume', false, 'volume-mount-time-v1'),
    ('network_zone', 'Networking', 'Network Infrastructure', 'Kubernetes Network Traffic', 'GiB', 'Traffic between zones', 'Pod', false, 'pod-traffic-v1'),
    ('network_region', 'Networking', 'Network Infrastructure', 'Kubernetes Network Traffic', 'GiB', 'Traffic between regions', 'Pod', false, 'pod-traffic-v1'),
    ('network_internet', 'Networking', 'Network Infrastructure', 'Kubernetes Network Traffic', 'GiB', 'Traffic to the internet', 'Pod', false, 'pod-traffic-v1'),
    ('load_balancer', 'Networking', 'Application Networking', 'Kubernetes Load Balancers', 'Hours', 'Load balancer', 'LoadBalancer', false, 'selected-pods-v1'),
    ('management', 'Compute', 'Containers', 'Kubernetes Cluster Management', 'Hours', 'Cluster management', 'ClusterManagement', false, null)
) as d (component, category, subcategory, service, unit, meter, resource_type, is_of_node, method)
  on d.component = g.component
left join warehouse.cloud_account a on a.cloud_account_id = g.cloud_account_id
left join warehouse.window_ledger l
  on l.cloud_account_id = g.cloud_account_id and l.cluster_id = g.cluster and l.window_start = g.window_start
cross join lateral (
  select case
    when starts_with(w.id, 'aws:') or w.id ~ '^i-[0-9a-f]+$' then 'Amazon Web Services'
    when starts_with(w.id, 'azure:') then 'Microsoft Azure'
    when starts_with(w.id, 'gce:') then 'Google Cloud'
    else 'Kubernetes'
  end as provider
  from (values (coalesce(g.provider_id, g.machine_id))) as w (id)
) o
-- Told by component here and not where the facts are, so that a query that asks for no more than costs needs no node.
cross join lateral (
  select
    case g.component when 'cpu' then g.node_cpu_cost when 'ram' then g.node_ram_cost when 'gpu' then g.node_gpu_cost end as cost,
    case g.component when 'cpu' then g.cpu_hours when 'ram' then g.ram_hours when 'gpu' then g.gpu_hours end as hours
) n
cross join lateral (
  -- Idle has a cost only; what it is in core-hours follows from what the node's core-hours cost.
  select
    g.cost < 0 as is_adjustment,
    round((case when g.is_idle then g.cost::float8 * n.hours / nullif(n.cost, 0)::float8 else g.quantity end)::numeric, 12)
      as measured
) u
cross join lateral (
  -- Without a quantity the hour itself is what is priced.
  select
    case when not u.is_adjustment then case when u.measured > 0 then u.measured else 1 end end as quantity,
    case when not u.is_adjustment then case when u.measured > 0 then d.unit else 'Hours' end end as unit
) v
cross join lateral (
  select
    u.is_adjustment,
    v.quantity,
    v.unit,
    round(g.cost / v.quantity, 15) as price,
    coalesce(round(g.cost / v.quantity, 15) * v.quantity, g.cost) as list_cost
) p
cross join lateral (
  select case
    when g.item is not null then concat_ws('/', g.cluster, g.namespace, g.item)
    when g.component in ('pv', 'load_balancer') then null
    else coalesce(g.provider_id, g.node_provider_id, g.cluster || '/' || g.node)
  end as resource_id
) r
cross join lateral (
  select case
    when not p.is_adjustment then
      concat_ws('/', g.component, o.provider, g.region, case when d.is_of_node then g.instance_type end)
  end as sku
) k;

comment on view analytics.focus_cost_and_usage is
  'The costs of allocation_hourly and idle_hourly in the columns of FOCUS 1.2, with those of 1.3 for allocated charges. One row per fact and component with a cost, or with a quantity at no cost.';
comment on column analytics.focus_cost_and_usage."AllocatedMethodDetails" is 'How the charge was split off, as JSON: Elements with AllocatedRatio (of what the node cost for the resource; the ratios of a node, idle included, add up to 1), UsageUnit and UsageQuantity. Null where the origin is not a node.';
comment on column analytics.focus_cost_and_usage."AllocatedMethodId" is 'Method by which the charge was split off, with its version; null for a charge that was not split.';
comment on column analytics.focus_cost_and_usage."AllocatedResourceId" is 'cluster/namespace/pod uid (or name)/container that the charge is allocated to; null for what no container carries.';
comment on column analytics.focus_cost_and_usage."AllocatedResourceName" is 'pod/container that the charge is allocated to; null for what no container carries.';
comment on column analytics.focus_cost_and_usage."AllocatedTags" is 'Labels of the namespace and over them those of the pod, as JSON; null where not collected.';
comment on column analytics.focus_cost_and_usage."AvailabilityZone" is 'Availability zone of the node; null where unknown, and for a load balancer.';
comment on column analytics.focus_cost_and_usage."BilledCost" is 'Always 0: the cloud provider bills, these are its costs as allocated. Account currency.';
comment on column analytics.focus_cost_and_usage."BillingAccountId" is 'CloudTuner cloud account (UUID) as text.';
comment on column analytics.focus_cost_and_usage."BillingAccountName" is 'Name of the cloud account.';
comment on column analytics.focus_cost_and_usage."BillingAccountType" is 'Always Cloud Account.';
comment on column analytics.focus_cost_and_usage."BillingCurrency" is 'Currency of the account, ISO 4217.';
comment on column analytics.focus_cost_and_usage."BillingPeriodEnd" is 'Start of the next UTC calendar month.';
comment on column analytics.focus_cost_and_usage."BillingPeriodStart" is 'Start of the UTC calendar month.';
comment on column analytics.focus_cost_and_usage."CapacityReservationId" is 'Always null: metrics do not tell.';
comment on column analytics.focus_cost_and_usage."CapacityReservationStatus" is 'Always null: metrics do not tell.';
comment on column analytics.focus_cost_and_usage."ChargeCategory" is 'Usage; Adjustment where idle is negative, which takes back what containers were charged beyond the cost of their node.';
comment on column analytics.focus_cost_and_usage."ChargeClass" is 'Always null: hours are replaced, not corrected by further rows.';
comment on column analytics.focus_cost_and_usage."ChargeDescription" is 'The charge in words; what is not ASCII of a name is a question mark here and stands whole in the x_ columns.';
comment on column analytics.focus_cost_and_usage."ChargeFrequency" is 'Usage-Based; Recurring for the management fee.';
comment on column analytics.focus_cost_and_usage."ChargePeriodEnd" is 'End of the UTC hour, exclusive.';
comment on column analytics.focus_cost_and_usage."ChargePeriodStart" is 'Start of the UTC hour. A predicate on it leaves other months unread.';
comment on column analytics.focus_cost_and_usage."CommitmentDiscountCategory" is 'Always null: metrics do not tell.';
comment on column analytics.focus_cost_and_usage."CommitmentDiscountId" is 'Always null: metrics do not tell.';
comment on column analytics.focus_cost_and_usage."CommitmentDiscountName" is 'Always null: metrics do not tell.';
comment on column analytics.focus_cost_and_usage."CommitmentDiscountQuantity" is 'Always null: metrics do not tell.';
comment on column analytics.focus_cost_and_usage."CommitmentDiscountStatus" is 'Always null: metrics do not tell.';
comment on column analytics.focus_cost_and_usage."CommitmentDiscountType" is 'Always null: metrics do not tell.';
comment on column analytics.focus_cost_and_usage."CommitmentDiscountUnit" is 'Always null: metrics do not tell.';
comment on column analytics.focus_cost_and_usage."ConsumedQuantity" is 'Quantity used, in ConsumedUnit; null for an Adjustment.';
comment on column analytics.focus_cost_and_usage."ConsumedUnit" is 'Core-Hours, GiB-Hours, GPU-Hours, GiB or Hours; null for an Adjustment.';
comment on column analytics.focus_cost_and_usage."ContractedCost" is 'ContractedUnitPrice times PricingQuantity, exactly; EffectiveCost for an Adjustment. Account currency.';
comment on column analytics.focus_cost_and_usage."ContractedUnitPrice" is 'As ListUnitPrice: prices negotiated are in the price already.';
comment on column analytics.focus_cost_and_usage."EffectiveCost" is 'The cost, account currency, exact. Its sum is that of total_cost over allocation_hourly and idle_hourly.';
comment on column analytics.focus_cost_and_usage."InvoiceId" is 'Always null: metrics do not tell.';
comment on column analytics.focus_cost_and_usage."InvoiceIssuerName" is 'Cloud provider, as far as the ids of the machines tell; else Kubernetes.';
comment on column analytics.focus_cost_and_usage."ListCost" is 'ListUnitPrice times PricingQuantity, exactly; EffectiveCost for an Adjustment. Account currency. Differs from EffectiveCost by the rounding of the price only.';
comment on column analytics.focus_cost_and_usage."ListUnitPrice" is 'EffectiveCost / PricingQuantity to 15 places, account currency per PricingUnit; null for an Adjustment. The list price proper is not known, see x_ListCostKnown.';
comment on column analytics.focus_cost_and_usage."PricingCategory" is 'Dynamic on a spot machine, else Standard; null for an Adjustment.';
comment on column analytics.focus_cost_and_usage."PricingCurrency" is 'As BillingCurrency.';
comment on column analytics.focus_cost_and_usage."PricingCurrencyContractedUnitPrice" is 'As ContractedUnitPrice.';
comment on column analytics.focus_cost_and_usage."PricingCurrencyEffectiveCost" is 'As EffectiveCost.';
comment on column analytics.focus_cost_and_usage."PricingCurrencyListUnitPrice" is 'As ListUnitPrice.';
comment on column analytics.focus_cost_and_usage."PricingQuantity" is 'Quantity priced, in PricingUnit; null for an Adjustment.';
comment on column analytics.focus_cost_and_usage."PricingUnit" is 'As ConsumedUnit.';
comment on column analytics.focus_cost_and_usage."ProviderName" is 'Cloud provider, as far as the ids of the machines tell; else Kubernetes.';
comment on column analytics.focus_cost_and_usage."PublisherName" is 'As ProviderName.';
comment on column analytics.focus_cost_and_usage."RegionId" is 'Cloud provider''s region of the node, or of all the cluster''s nodes for what no container carries; null where unknown.';
comment on column analytics.focus_cost_and_usage."RegionName" is 'As RegionId.';
comment on column analytics.focus_cost_and_usage."ResourceId" is 'Resource that the charge comes from: provider''s id of the machine or cluster/node; cluster/item for what no container carries. Null for a container''s volumes and load balancers, which are not told apart.';
comment on column analytics.focus_cost_and_usage."ResourceName" is 'Name of the resource in Kubernetes; null without ResourceId.';
comment on column analytics.focus_cost_and_usage."ResourceType" is 'Node, PersistentVolume, LoadBalancer, ClusterManagement or Pod; null without ResourceId.';
comment on column analytics.focus_cost_and_usage."ServiceCategory" is 'Compute, Storage or Networking.';
comment on column analytics.focus_cost_and_usage."ServiceName" is 'Kubernetes Nodes, Volumes, Network Traffic, Load Balancers or Cluster Management.';
comment on column analytics.focus_cost_and_usage."ServiceSubcategory" is 'Virtual Machines, Containers, Block Storage, Network Infrastructure or Application Networking.';
comment on column analytics.focus_cost_and_usage."SkuId" is 'What is priced: component/provider/region/machine type; null for an Adjustment.';
comment on column analytics.focus_cost_and_usage."SkuMeter" is 'What is metered, in words; null for an Adjustment.';
comment on column analytics.focus_cost_and_usage."SkuPriceDetails" is 'Always null: metrics do not tell.';
comment on column analytics.focus_cost_and_usage."SkuPriceId" is 'SkuId, and /spot for a spot machine, which has a price of its own; null for an Adjustment.';
comment on column analytics.focus_cost_and_usage."SubAccountId" is 'Always null: metrics do not tell.';
comment on column analytics.focus_cost_and_usage."SubAccountName" is 'Always null: metrics do not tell.';
comment on column analytics.focus_cost_and_usage."SubAccountType" is 'Always null: metrics do not tell.';
comment on column analytics.focus_cost_and_usage."Tags" is 'Always null: tags of the machine itself are not collected; labels of pods are in AllocatedTags.';
comment on column analytics.focus_cost_and_usage."x_CloudAccountId" is 'CloudTuner cloud account (UUID). A predicate on it is the fast one.';
comment on column analytics.focus_cost_and_usage."x_ClusterId" is 'Cluster id; unique within the account only.';
comment on column analytics.focus_cost_and_usage."x_ContainerName" is 'Name of the container; null for what no container carries.';
comment on column analytics.focus_cost_and_usage."x_ControllerKind" is 'Kind of the pod''s controller; null for a pod without one.';
comment on column analytics.focus_cost_and_usage."x_ControllerName" is 'Name of the pod''s controller; null for a pod without one.';
comment on column analytics.focus_cost_and_usage."x_CostComponent" is 'cpu, ram, gpu, pv, network_zone, network_region, network_internet, load_balancer or management.';
comment on column analytics.focus_cost_and_usage."x_Efficiency" is 'Used / requested of this row, cpu and ram only; null where either is unknown. A ratio: divide sums instead of averaging it.';
comment on column analytics.focus_cost_and_usage."x_IsIdle" is 'True for node cost that no container was charged for.';
comment on column analytics.focus_cost_and_usage."x_Kind" is 'idle, or kind as in allocation_hourly.';
comment on column analytics.focus_cost_and_usage."x_ListCostKnown" is 'Always false: the price may hold discounts already.';
comment on column analytics.focus_cost_and_usage."x_Namespace" is 'Namespace; null for what belongs to none.';
comment on column analytics.focus_cost_and_usage."x_NodeName" is 'Name of the node; null for what belongs to none.';
comment on column analytics.focus_cost_and_usage."x_PodName" is 'Name of the pod; null for what no pod carries.';
comment on column analytics.focus_cost_and_usage."x_PriceSource" is 'Where the node''s price came from, as in allocation_hourly; null for idle and for what no container carries.';
comment on column analytics.focus_cost_and_usage."x_RequestQuantity" is 'Requested, in ConsumedUnit; cpu and ram only, null without a request.';
comment on column analytics.focus_cost_and_usage."x_Revision" is 'Revision of the hour, as in data_quality.';
comment on column analytics.focus_cost_and_usage."x_UsageQuantity" is 'Used, in ConsumedUnit; cpu and ram only, null where not measured.';
comment on column analytics.focus_cost_and_usage."x_WindowState" is 'State of the hour, as in data_quality.';
