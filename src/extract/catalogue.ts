import type { FactName } from '../domain/samples.js'

/**
 * The queries of one batch, as data. Each is a range query at `step=3600` that gives one point per series and hour;
 * the point at H+1h speaks of the samples in `[H, H+1h)`, because every range is `[1h] offset 1ms`: exactly the
 * half-open window on engines with closed ranges (Prometheus < 3, Thanos < 0.38) and left-open ones alike.
 *
 * Sums are sums of samples and are multiplied by the sample interval of their job later (`intervals.ts`); averages
 * are used only for what is a level (a price, a capacity, a request). `max by (… uid)` or `(… id)` inside the sum
 * folds the same series arriving from several sources and keeps two lives of one pod name apart.
 */
export interface CatalogueQuery {
  readonly metric: string
  readonly purpose: string
  /** Unit of the answer's values. */
  readonly unit: string
  /** The labels of the answer beside the tenant label and `cluster_id`. */
  readonly labels: readonly string[]
  /** Large families can be asked namespace by namespace when an answer is too big. */
  readonly shardLabel?: 'namespace'
  /** `matchers` is the inside of the braces: tenant, cluster and, when sharded, a namespace matcher. */
  readonly expression: (matchers: string, identity: string) => string
}

const RANGE = '[1h] offset 1ms'
const REAL_CONTAINER = 'container!="",container!="POD"'

/** Owners never change, so what was said shortly before the window holds for a pod that ended just after its start. */
const OWNER_RANGE = '[65m] offset 1ms'

function sumOfLives(fn: string, metric: string, extra: string, labels: string, life: string) {
  return (matchers: string, identity: string): string =>
    `sum by (${identity},${labels}) (max by (${identity},${labels},${life}) (${fn}(${metric}{${matchers},${extra}}${RANGE})))`
}

function averageBy(metric: string, extra: string, labels: string) {
  return (matchers: string, identity: string): string =>
    `avg by (${identity},${labels}) (avg_over_time(${metric}{${matchers}${extra}}${RANGE}))`
}

function maxBy(fn: string, metric: string, extra: string, labels: string, range = RANGE) {
  return (matchers: string, identity: string): string =>
    `max by (${identity},${labels}) (${fn}(${metric}{${matchers}${extra}}${range}))`
}

const CONTAINER_ON_NODE = ['job', 'namespace', 'pod', 'container', 'node'] as const
const NODE_PRICE = ['job', 'node', 'instance_type', 'provider_id', 'region'] as const

export const catalogue = {
  containerSamples: {
    metric: 'container_cpu_allocation',
    purpose: 'how long each container ran on its node',
    unit: 'samples',
    labels: CONTAINER_ON_NODE,
    shardLabel: 'namespace',
    expression: sumOfLives(
      'count_over_time',
      'container_cpu_allocation',
      `${REAL_CONTAINER},node!=""`,
      CONTAINER_ON_NODE.join(','),
      'uid',
    ),
  },
  cpuAllocated: {
    metric: 'container_cpu_allocation',
    purpose: 'CPU used or reserved, whichever is more, sample by sample',
    unit: 'core·samples',
    labels: CONTAINER_ON_NODE,
    shardLabel: 'namespace',
    expression: sumOfLives(
      'sum_over_time',
      'container_cpu_allocation',
      `${REAL_CONTAINER},node!=""`,
      CONTAINER_ON_NODE.join(','),
      'uid',
    ),
  },
  ramAllocated: {
    metric: 'container_memory_allocation_bytes',
    purpose: 'memory used or reserved, whichever is more, sample by sample',
    unit: 'byte·samples',
    labels: CONTAINER_ON_NODE,
    shardLabel: 'namespace',
    expression: sumOfLives(
      'sum_over_time',
      'container_memory_allocation_bytes',
      `${REAL_CONTAINER},node!=""`,
      CONTAINER_ON_NODE.join(','),
      'uid',
    ),
  },
  cpuRequested: {
    metric: 'kube_pod_container_resource_requests',
    purpose: 'CPU request while the container exists',
    unit: 'cores',
    labels: ['namespace', 'pod', 'container', 'node'],
    shardLabel: 'namespace',
    expression: averageBy(
      'kube_pod_container_resource_requests',
      `,resource="cpu",unit="core",${REAL_CONTAINER},node!=""`,
      'namespace,pod,container,node',
    ),
  },
  ramRequested: {
    metric: 'kube_pod_container_resource_requests',
    purpose: 'memory request while the container exists',
    unit: 'bytes',
    labels: ['namespace', 'pod', 'container', 'node'],
    shardLabel: 'namespace',
    expression: averageBy(
      'kube_pod_container_resource_requests',
      `,resource="memory",unit="byte",${REAL_CONTAINER},node!=""`,
      'namespace,pod,container,node',
    ),
  },
  cpuUsedRule: {
    metric: 'kubecost_container_cpu_usage_irate',
    purpose: 'mean CPU use by the recording rule, right for pods of a few minutes too',
    unit: 'cores',
    labels: ['namespace', 'pod', 'container'],
    shardLabel: 'namespace',
    expression: maxBy(
      'avg_over_time',
      'kubecost_container_cpu_usage_irate',
      `,${REAL_CONTAINER}`,
      'namespace,pod,container',
    ),
  },
  cpuUsedCounter: {
    metric: 'container_cpu_usage_seconds_total',
    purpose: 'CPU seconds used, where the recording rule is absent',
    unit: 'core·seconds',
    labels: ['job', 'namespace', 'pod', 'container', 'node', 'instance'],
    shardLabel: 'namespace',
    expression: sumOfLives(
      'increase',
      'container_cpu_usage_seconds_total',
      REAL_CONTAINER,
      'job,namespace,pod,container,node,instance',
      'id',
    ),
  },
  ramUsed: {
    metric: 'container_memory_working_set_bytes',
    purpose: 'memory in use that cannot be reclaimed',
    unit: 'byte·samples',
    labels: ['job', 'namespace', 'pod', 'container', 'node', 'instance'],
    shardLabel: 'namespace',
    expression: sumOfLives(
      'sum_over_time',
      'container_memory_working_set_bytes',
      REAL_CONTAINER,
      'job,namespace,pod,container,node,instance',
      'id',
    ),
  },
  nodeSamples: {
    metric: 'node_total_hourly_cost',
    purpose: 'how long each machine was there; also the heartbeat of the cluster',
    unit: 'samples',
    labels: NODE_PRICE,
    expression: maxBy('count_over_time', 'node_total_hourly_cost', '', NODE_PRICE.join(',')),
  },
  nodeTotalPrice: {
    metric: 'node_total_hourly_cost',
    purpose: 'price of the whole machine, to derive a missing price of its parts',
    unit: 'currency/hour',
    labels: NODE_PRICE,
    expression: maxBy('avg_over_time', 'node_total_hourly_cost', '', NODE_PRICE.join(',')),
  },
  nodeCpuPrice: {
    metric: 'node_cpu_hourly_cost',
    purpose: 'price of a core-hour on the machine',
    unit: 'currency/core·hour',
    labels: NODE_PRICE,
    expression: maxBy('avg_over_time', 'node_cpu_hourly_cost', '', NODE_PRICE.join(',')),
  },
  nodeRamPrice: {
    metric: 'node_ram_hourly_cost',
    purpose: 'price of a GiB-hour on the machine',
    unit: 'currency/GiB·hour',
    labels: NODE_PRICE,
    expression: maxBy('avg_over_time', 'node_ram_hourly_cost', '', NODE_PRICE.join(',')),
  },
  nodeSpot: {
    metric: 'kubecost_node_is_spot',
    purpose: 'share of the hour in which the machine was a spot machine',
    unit: 'ratio',
    labels: ['node', 'provider_id', 'instance_type', 'region'],
    expression: averageBy('kubecost_node_is_spot', '', 'node,provider_id,instance_type,region'),
  },
  nodeCpuCapacity: {
    metric: 'kube_node_status_capacity',
    purpose: 'cores of the machine, in either form that kube-state-metrics has had',
    unit: 'cores',
    labels: ['node'],
    expression: (matchers, identity) =>
      `${averageBy('kube_node_status_capacity_cpu_cores', '', 'node')(matchers, identity)} or ${averageBy('kube_node_status_capacity', ',resource="cpu",unit="core"', 'node')(matchers, identity)}`,
  },
  nodeRamCapacity: {
    metric: 'kube_node_status_capacity',
    purpose: 'memory of the machine, in either form that kube-state-metrics has had',
    unit: 'bytes',
    labels: ['node'],
    expression: (matchers, identity) =>
      `${averageBy('kube_node_status_capacity_memory_bytes', '', 'node')(matchers, identity)} or ${averageBy('kube_node_status_capacity', ',resource="memory",unit="byte"', 'node')(matchers, identity)}`,
  },
  nodeCapacitySamples: {
    metric: 'kube_node_status_capacity',
    purpose: 'how long a machine was there that has no price series at all',
    unit: 'samples',
    labels: ['job', 'node'],
    expression: (matchers, identity) =>
      `${maxBy('count_over_time', 'kube_node_status_capacity_cpu_cores', '', 'job,node')(matchers, identity)} or ${maxBy('count_over_time', 'kube_node_status_capacity', ',resource="cpu",unit="core"', 'job,node')(matchers, identity)}`,
  },
  podOwner: {
    metric: 'kube_pod_owner',
    purpose: 'the immediate owner of a pod',
    unit: 'info',
    labels: ['namespace', 'pod', 'owner_kind', 'owner_name'],
    shardLabel: 'namespace',
    expression: maxBy(
      'last_over_time',
      'kube_pod_owner',
      ',owner_kind!=""',
      'namespace,pod,owner_kind,owner_name',
      OWNER_RANGE,
    ),
  },
  replicaSetOwner: {
    metric: 'kube_replicaset_owner',
    purpose: 'the Deployment or Rollout behind a ReplicaSet',
    unit: 'info',
    labels: ['namespace', 'replicaset', 'owner_kind', 'owner_name'],
    shardLabel: 'namespace',
    expression: maxBy(
      'last_over_time',
      'kube_replicaset_owner',
      '',
      'namespace,replicaset,owner_kind,owner_name',
      OWNER_RANGE,
    ),
  },
  jobOwner: {
    metric: 'kube_job_owner',
    purpose: 'the CronJob behind a Job',
    unit: 'info',
    labels: ['namespace', 'job_name', 'owner_kind', 'owner_name'],
    shardLabel: 'namespace',
    expression: maxBy(
      'last_over_time',
      'kube_job_owner',
      '',
      'namespace,job_name,owner_kind,owner_name',
      OWNER_RANGE,
    ),
  },
  deployments: {
    metric: 'deployment_match_labels',
    purpose: 'names of Deployments, to resolve a ReplicaSet where kube_replicaset_owner is absent',
    unit: 'info',
    labels: ['namespace', 'deployment'],
    shardLabel: 'namespace',
    expression: maxBy('last_over_time', 'deployment_match_labels', '', 'namespace,deployment', OWNER_RANGE),
  },
  heartbeat: {
    metric: 'kubecost_cluster_info',
    purpose: 'the exporter was scraped, whatever it had to say',
    unit: 'samples',
    labels: ['job'],
    expression: maxBy('count_over_time', 'kubecost_cluster_info', '', 'job'),
  },
} as const satisfies Partial<Record<FactName, CatalogueQuery>>

/**
 * Asked only about nodes whose hourly mean is NaN or absent. A subquery's grid sees each sample up to a minute late,
 * so these are for repair and never for the common case; `>= 0` and `> 0` drop NaN and negative samples.
 */
export const priceRepairs = {
  nodeCpuPriceRepaired: priceRepair(
    'node_cpu_hourly_cost',
    'currency/core·hour',
    'avg_over_time',
    '>= 0',
    '1h',
  ),
  nodeRamPriceRepaired: priceRepair(
    'node_ram_hourly_cost',
    'currency/GiB·hour',
    'avg_over_time',
    '>= 0',
    '1h',
  ),
  nodeCpuPriceCarried: priceRepair(
    'node_cpu_hourly_cost',
    'currency/core·hour',
    'last_over_time',
    '> 0',
    '3h',
  ),
  nodeRamPriceCarried: priceRepair(
    'node_ram_hourly_cost',
    'currency/GiB·hour',
    'last_over_time',
    '> 0',
    '3h',
  ),
} as const satisfies Partial<Record<FactName, CatalogueQuery>>

function priceRepair(
  metric: string,
  unit: string,
  fn: string,
  condition: string,
  range: string,
): CatalogueQuery {
  const labels = ['node', 'provider_id']
  return {
    metric,
    purpose:
      fn === 'avg_over_time'
        ? 'mean of the samples that are numbers'
        : 'last known price of the last three hours',
    unit,
    labels,
    expression: (matchers, identity) =>
      `max by (${identity},${labels.join(',')}) (${fn}((${metric}{${matchers}} ${condition})[${range}:1m] offset 1ms))`,
  }
}
