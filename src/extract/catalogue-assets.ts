import { HIGHEST_PRICE } from '../domain/money.js'
import type { FactName } from '../domain/samples.js'
import {
  aboveZero,
  averageBy,
  type CatalogueQuery,
  counted,
  firstOf,
  grouping,
  maxBy,
  RANGE,
} from './query.js'

const VOLUME = ['job', 'persistentvolume', 'volumename', 'provider_id']
const CLAIM = ['job', 'namespace', 'persistentvolumeclaim']
const POD_CLAIM = ['job', 'namespace', 'pod', 'persistentvolumeclaim', 'persistentvolume']
const BALANCER = ['job', 'namespace', 'service_name', 'ingress_ip']

/** Volumes, load balancers and the fee: what is paid for besides nodes. */
export const assetQueries = {
  pvPriceSum: summed('pv_hourly_cost', VOLUME, 'currency/GiB·hour × samples', 'price of a volume'),
  pvPriceSamples: told('pv_hourly_cost', VOLUME, 'for how long the price of a volume was told'),
  pvCapacitySum: summed(
    'kube_persistentvolume_capacity_bytes',
    ['job', 'persistentvolume'],
    'byte·samples',
    'size of a volume over its life, resizes included',
  ),
  pvCapacitySamples: told(
    'kube_persistentvolume_capacity_bytes',
    ['job', 'persistentvolume'],
    'how long a volume was there',
  ),
  pvInfo: told(
    'kubecost_pv_info',
    ['job', 'persistentvolume', 'storageclass', 'provider_id'],
    'storage class and disk of a volume',
  ),
  claimSamples: told(
    'kube_persistentvolumeclaim_info',
    [...CLAIM, 'volumename', 'storageclass'],
    'which volume a claim holds, and how long',
  ),
  claimRequestSum: summed(
    'kube_persistentvolumeclaim_resource_requests_storage_bytes',
    CLAIM,
    'byte·samples',
    'size of a claim over its life',
  ),
  claimRequestMax: {
    metric: 'kube_persistentvolumeclaim_resource_requests_storage_bytes',
    purpose: 'largest size of a claim within the hour',
    unit: 'bytes',
    labels: ['namespace', 'persistentvolumeclaim'],
    merge: 'max',
    expression: maxBy('max_over_time', 'kube_persistentvolumeclaim_resource_requests_storage_bytes', '', [
      'namespace',
      'persistentvolumeclaim',
    ]),
  },
  podClaimSum: summed(
    'pod_pvc_allocation',
    POD_CLAIM,
    'byte·samples',
    'part of a claim that a pod holds: its bytes divided by the pods that hold it at the moment',
  ),
  podClaimSamples: told('pod_pvc_allocation', POD_CLAIM, 'how long a pod holds a claim'),
  localDiskSum: localDisk('sum_over_time', 'byte·samples', 'size of the disks that a machine boots from'),
  localDiskSamples: localDisk('count_over_time', 'samples', 'how long such a disk was there'),
  balancerCostSum: summed(
    'kubecost_load_balancer_cost',
    BALANCER,
    'currency/hour × samples',
    'price of a load balancer',
  ),
  balancerSamples: told('kubecost_load_balancer_cost', BALANCER, 'how long a load balancer was there'),
  feeSum: summed(
    'kubecost_cluster_management_cost',
    ['job', 'provisioner_name'],
    'currency/hour × samples',
    'fee for the control plane',
  ),
  feeSamples: told(
    'kubecost_cluster_management_cost',
    ['job', 'provisioner_name'],
    'for how long the fee was told',
  ),
} as const satisfies Partial<Record<FactName, CatalogueQuery>>

/** Asked only about volumes whose price is no number in some sample. */
export const volumeRepairs = {
  pvPriceRepaired: {
    metric: 'pv_hourly_cost',
    purpose: 'mean of the samples that are numbers',
    unit: 'currency/GiB·hour',
    labels: ['persistentvolume', 'volumename'],
    merge: 'max',
    expression: (matchers, identity) =>
      `max by (${identity},persistentvolume,volumename) (avg_over_time(((pv_hourly_cost{${matchers}} >= 0) < ${HIGHEST_PRICE})[1h:1m] offset 1ms))`,
  },
} as const satisfies Partial<Record<FactName, CatalogueQuery>>

/** Asked only where a cluster has load balancers. */
export const selectorQueries = {
  serviceSelectors: {
    metric: 'service_selector_labels',
    purpose: 'which pods stand behind a service',
    unit: 'samples',
    merge: 'sum',
    shardLabel: 'namespace',
    expression: counted('service_selector_labels'),
  },
} as const satisfies Partial<Record<FactName, CatalogueQuery>>

/** Both spellings: network-costs had `sameZone` and `sameRegion` before version 0.17. */
export const TRAFFIC_CLASS = ['internet', 'same_zone', 'same_region', 'sameZone', 'sameRegion'] as const
const TRAFFIC = ['job', 'namespace', 'pod_name', 'service', ...TRAFFIC_CLASS]
/** Traffic within a zone is free. */
export const PRICED_TRAFFIC = ',same_zone!="true",sameZone!="true"'
const EGRESS = 'kubecost_pod_network_egress_bytes_total'

/** Traffic by class, in bytes, and the prices of a GiB of each. */
export const networkQueries = {
  networkEgress: {
    metric: EGRESS,
    purpose: 'bytes sent out of the zone',
    unit: 'bytes',
    labels: TRAFFIC,
    merge: 'sum',
    shardLabel: 'namespace',
    expression: (matchers, identity) =>
      `sum by (${identity}${grouping(TRAFFIC)}) (increase(${EGRESS}{${matchers}${PRICED_TRAFFIC}}${RANGE}))`,
  },
  networkSamples: {
    metric: EGRESS,
    purpose: 'for how long the traffic of a pod was told',
    unit: 'samples',
    labels: TRAFFIC,
    merge: 'sum',
    shardLabel: 'namespace',
    expression: (matchers, identity) =>
      `sum by (${identity}${grouping(TRAFFIC)}) (count_over_time(${EGRESS}{${matchers}${PRICED_TRAFFIC}}${RANGE}))`,
  },
  networkResets: {
    metric: EGRESS,
    purpose: 'counters that began anew within the hour',
    unit: 'resets',
    labels: TRAFFIC,
    merge: 'sum',
    shardLabel: 'namespace',
    // Thanos hides resets from resets(), but not that a counter ends lower than it was.
    expression: firstOf(
      (matchers, identity) =>
        `${maxBy('max_over_time', EGRESS, PRICED_TRAFFIC, TRAFFIC)(matchers, identity)} - ${maxBy('last_over_time', EGRESS, PRICED_TRAFFIC, TRAFFIC)(matchers, identity)} > 0`,
      aboveZero(maxBy('resets', EGRESS, PRICED_TRAFFIC, TRAFFIC)),
    ),
  },
  networkSeries: {
    metric: EGRESS,
    purpose: 'whether traffic is told at all',
    unit: 'series',
    labels: [],
    merge: 'sum',
    expression: (matchers, identity) =>
      `count by (${identity}) (count_over_time(${EGRESS}{${matchers}}${RANGE}))`,
  },
  networkZonePrice: trafficPrice('kubecost_network_zone_egress_cost', 'between zones'),
  networkRegionPrice: trafficPrice('kubecost_network_region_egress_cost', 'between regions'),
  networkInternetPrice: trafficPrice('kubecost_network_internet_egress_cost', 'to the internet'),
} as const satisfies Partial<Record<FactName, CatalogueQuery>>

function localDisk(fn: string, unit: string, purpose: string): CatalogueQuery {
  const metric = 'container_fs_limit_bytes'
  const labels = ['job', 'node', 'instance', 'device']
  const extra = ',id="/",device=~"/dev/(nvme|sda).*"'
  return { metric, purpose, unit, labels, merge: 'max', expression: maxBy(fn, metric, extra, labels) }
}

function summed(metric: string, labels: readonly string[], unit: string, purpose: string): CatalogueQuery {
  return {
    metric,
    purpose,
    unit,
    labels,
    merge: 'sum',
    expression: maxBy('sum_over_time', metric, '', labels),
  }
}

function told(metric: string, labels: readonly string[], purpose: string): CatalogueQuery {
  return {
    metric,
    purpose,
    unit: 'samples',
    labels,
    merge: 'sum',
    expression: maxBy('count_over_time', metric, '', labels),
  }
}

/** Despite the names of the metrics: prices of a GiB, which summed over time would mean nothing. */
function trafficPrice(metric: string, way: string): CatalogueQuery {
  return {
    metric,
    purpose: `price of traffic ${way}`,
    unit: 'currency/GiB',
    labels: [],
    merge: 'max',
    expression: averageBy(metric, '', []),
  }
}
