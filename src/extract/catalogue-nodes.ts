import { HIGHEST_PRICE } from '../domain/money.js'
import type { FactName } from '../domain/samples.js'
import { aboveZero, averageBy, type CatalogueQuery, counted, firstOf, grouping, maxBy } from './query.js'

const PRICED = ['job', 'node', 'instance_type', 'provider_id', 'region']
const MACHINE = ['node', 'provider_id']
const DAY_RANGE = '[24h] offset 1ms'

/** What of `node_*_hourly_cost`, `kubecost_node_is_spot` and `kube_node_*` a window needs. */
export const nodeQueries = {
  nodeSamples: {
    metric: 'node_total_hourly_cost',
    otherNames: ['node_cpu_hourly_cost'],
    purpose: 'how long each machine was there; also the heartbeat of the cluster',
    unit: 'samples',
    labels: PRICED,
    merge: 'max',
    expression: firstOf(
      maxBy('count_over_time', 'node_total_hourly_cost', '', PRICED),
      maxBy('count_over_time', 'node_cpu_hourly_cost', '', PRICED),
    ),
  },
  nodeTotalPrice: price('node_total_hourly_cost', 'currency/hour', 'price of the whole machine'),
  nodeCpuPrice: price('node_cpu_hourly_cost', 'currency/core·hour', 'price of a core-hour on the machine'),
  nodeRamPrice: price('node_ram_hourly_cost', 'currency/GiB·hour', 'price of a GiB-hour on the machine'),
  nodeGpuPrice: price('node_gpu_hourly_cost', 'currency/GPU·hour', 'price of a GPU-hour on the machine'),
  nodePriceChanges: {
    metric: 'node_cpu_hourly_cost',
    purpose: 'machines whose price moved within the hour',
    unit: 'changes',
    labels: MACHINE,
    merge: 'max',
    expression: firstOf(
      ...['node_cpu_hourly_cost', 'node_ram_hourly_cost', 'node_gpu_hourly_cost'].map(metric =>
        aboveZero(maxBy('changes', metric, '', MACHINE)),
      ),
    ),
  },
  nodeCpuPriceUsual: usualPrice('node_cpu_hourly_cost', 'currency/core·hour'),
  nodeRamPriceUsual: usualPrice('node_ram_hourly_cost', 'currency/GiB·hour'),
  nodeSpot: {
    metric: 'kubecost_node_is_spot',
    purpose: 'share of the hour in which the machine was a spot machine',
    unit: 'ratio',
    labels: ['node', 'provider_id', 'instance_type', 'region'],
    merge: 'max',
    expression: averageBy('kubecost_node_is_spot', '', ['node', 'provider_id', 'instance_type', 'region']),
  },
  nodeCpuCapacity: capacity('kube_node_status_capacity_cpu_cores', 'resource="cpu",unit="core"', 'cores'),
  nodeRamCapacity: capacity(
    'kube_node_status_capacity_memory_bytes',
    'resource="memory",unit="byte"',
    'bytes',
  ),
  nodeGpuCount: {
    metric: 'node_gpu_count',
    purpose: 'GPUs of the machine, by the cost exporter or by kube-state-metrics',
    unit: 'GPUs',
    labels: MACHINE,
    merge: 'max',
    expression: firstOf(
      averageBy('node_gpu_count', '', MACHINE),
      averageBy('kube_node_status_capacity', ',resource=~"(nvidia|amd)_com_gpu"', MACHINE),
    ),
  },
  nodeCapacitySamples: {
    metric: 'kube_node_status_capacity',
    otherNames: ['kube_node_status_capacity_cpu_cores'],
    purpose: 'how long a machine was there that has no price series at all',
    unit: 'samples',
    labels: ['job', 'node'],
    merge: 'max',
    expression: firstOf(
      maxBy('count_over_time', 'kube_node_status_capacity_cpu_cores', '', ['job', 'node']),
      maxBy('count_over_time', 'kube_node_status_capacity', ',resource="cpu",unit="core"', ['job', 'node']),
    ),
  },
  nodeLabels: {
    metric: 'kube_node_labels',
    purpose: 'zone and node pool of the machine',
    unit: 'samples',
    merge: 'max',
    expression: counted('kube_node_labels'),
  },
  heartbeat: {
    metric: 'kubecost_cluster_info',
    purpose: 'the exporter was scraped, whatever it had to say',
    unit: 'samples',
    labels: ['job'],
    merge: 'max',
    expression: maxBy('count_over_time', 'kubecost_cluster_info', '', ['job']),
  },
} as const satisfies Partial<Record<FactName, CatalogueQuery>>

function price(metric: string, unit: string, purpose: string): CatalogueQuery {
  return {
    metric,
    purpose,
    unit,
    labels: PRICED,
    merge: 'max',
    expression: maxBy('avg_over_time', metric, '', PRICED),
  }
}

/** A level that a spike of some hours does not move, and that follows a lasting change within half a day. */
function usualPrice(metric: string, unit: string): CatalogueQuery {
  return {
    metric,
    purpose: 'median of the last 24 hours, against which an absurd price is told',
    unit,
    labels: MACHINE,
    merge: 'max',
    expression: (matchers, identity) =>
      `max by (${identity}${grouping(MACHINE)}) (quantile_over_time(0.5, ${metric}{${matchers}}${DAY_RANGE}))`,
  }
}

function capacity(oldMetric: string, selection: string, unit: string): CatalogueQuery {
  return {
    metric: 'kube_node_status_capacity',
    purpose: 'capacity of the machine, in either form that kube-state-metrics has had',
    unit,
    labels: ['node'],
    merge: 'max',
    expression: firstOf(
      averageBy(oldMetric, '', ['node']),
      averageBy('kube_node_status_capacity', `,${selection}`, ['node']),
    ),
  }
}

/**
 * Asked only about nodes whose hourly mean is NaN or absent. A subquery's grid sees each sample up to a minute late,
 * so these are for repair and never for the common case; the conditions drop NaN, infinite and negative samples.
 */
export const priceRepairs = {
  nodeCpuPriceRepaired: repair('node_cpu_hourly_cost', 'currency/core·hour', 'avg_over_time', '>= 0', '1h'),
  nodeRamPriceRepaired: repair('node_ram_hourly_cost', 'currency/GiB·hour', 'avg_over_time', '>= 0', '1h'),
  nodeCpuPriceCarried: repair('node_cpu_hourly_cost', 'currency/core·hour', 'last_over_time', '> 0', '3h'),
  nodeRamPriceCarried: repair('node_ram_hourly_cost', 'currency/GiB·hour', 'last_over_time', '> 0', '3h'),
} as const satisfies Partial<Record<FactName, CatalogueQuery>>

function repair(metric: string, unit: string, fn: string, condition: string, range: string): CatalogueQuery {
  const isMean = fn === 'avg_over_time'
  return {
    metric,
    purpose: isMean ? 'mean of the samples that are numbers' : 'last known price of the last three hours',
    unit,
    labels: MACHINE,
    merge: 'max',
    expression: (matchers, identity) =>
      `max by (${identity}${grouping(MACHINE)}) (${fn}(((${metric}{${matchers}} ${condition}) < ${HIGHEST_PRICE})[${range}:1m] offset 1ms))`,
  }
}
