import type { FactName } from '../domain/samples.js'
import {
  aboveZero,
  averageBy,
  type CatalogueQuery,
  firstOf,
  maxBy,
  REAL_CONTAINER,
  sumOfLives,
} from './query.js'

const ON_NODE = ['job', 'namespace', 'pod', 'container', 'node']
const REQUESTED = ['namespace', 'pod', 'container', 'node']
const USED = ['job', 'namespace', 'pod', 'container', 'node', 'instance']

/** What of `container_*_allocation`, `kube_pod_container_resource_requests` and cAdvisor a window needs. */
export const containerQueries = {
  containerSamples: {
    metric: 'container_cpu_allocation',
    purpose: 'how long each container ran on its node',
    unit: 'samples',
    labels: ON_NODE,
    merge: 'sum',
    shardLabel: 'namespace',
    expression: allocationSum('count_over_time', 'container_cpu_allocation'),
  },
  cpuAllocated: {
    metric: 'container_cpu_allocation',
    purpose: 'CPU used or reserved, whichever is more, sample by sample',
    unit: 'core·samples',
    labels: ON_NODE,
    merge: 'sum',
    shardLabel: 'namespace',
    expression: allocationSum('sum_over_time', 'container_cpu_allocation'),
  },
  ramAllocated: {
    metric: 'container_memory_allocation_bytes',
    purpose: 'memory used or reserved, whichever is more, sample by sample',
    unit: 'byte·samples',
    labels: ON_NODE,
    merge: 'sum',
    shardLabel: 'namespace',
    expression: allocationSum('sum_over_time', 'container_memory_allocation_bytes'),
  },
  gpuAllocated: {
    metric: 'container_gpu_allocation',
    purpose: 'GPUs reserved, sample by sample; containers without any are left out',
    unit: 'GPU·samples',
    labels: ON_NODE,
    merge: 'sum',
    shardLabel: 'namespace',
    expression: aboveZero(allocationSum('sum_over_time', 'container_gpu_allocation')),
  },
  gpuSeries: {
    metric: 'container_gpu_allocation',
    purpose: 'whether GPUs of containers are told at all',
    unit: 'series',
    labels: [],
    merge: 'sum',
    expression: (matchers, identity) =>
      `count by (${identity}) (count_over_time(container_gpu_allocation{${matchers}}[1h] offset 1ms))`,
  },
  cpuRequested: {
    metric: 'kube_pod_container_resource_requests',
    otherNames: ['kube_pod_container_resource_requests_cpu_cores'],
    purpose: 'CPU request while the container exists, in either form that kube-state-metrics has had',
    unit: 'cores',
    labels: REQUESTED,
    merge: 'max',
    shardLabel: 'namespace',
    expression: requested('resource="cpu",unit="core"', 'kube_pod_container_resource_requests_cpu_cores'),
  },
  ramRequested: {
    metric: 'kube_pod_container_resource_requests',
    otherNames: ['kube_pod_container_resource_requests_memory_bytes'],
    purpose: 'memory request while the container exists, in either form that kube-state-metrics has had',
    unit: 'bytes',
    labels: REQUESTED,
    merge: 'max',
    shardLabel: 'namespace',
    expression: requested(
      'resource="memory",unit="byte"',
      'kube_pod_container_resource_requests_memory_bytes',
    ),
  },
  gpuRequested: {
    metric: 'kube_pod_container_resource_requests',
    purpose: 'GPU request, where the cost exporter says nothing of GPUs',
    unit: 'GPUs',
    labels: REQUESTED,
    merge: 'max',
    shardLabel: 'namespace',
    expression: averageBy(
      'kube_pod_container_resource_requests',
      `,resource=~"(nvidia|amd)_com_gpu",${REAL_CONTAINER},node!=""`,
      REQUESTED,
    ),
  },
  cpuUsedRule: {
    metric: 'kubecost_container_cpu_usage_irate',
    purpose: 'mean CPU use by the recording rule, right for pods of a few minutes too',
    unit: 'cores',
    labels: ['namespace', 'pod', 'container'],
    merge: 'max',
    shardLabel: 'namespace',
    expression: maxBy('avg_over_time', 'kubecost_container_cpu_usage_irate', `,${REAL_CONTAINER}`, [
      'namespace',
      'pod',
      'container',
    ]),
  },
  cpuUsedCounter: {
    metric: 'container_cpu_usage_seconds_total',
    purpose: 'CPU seconds used, where the recording rule is absent',
    unit: 'core·seconds',
    labels: USED,
    merge: 'sum',
    shardLabel: 'namespace',
    expression: sumOfLives('increase', 'container_cpu_usage_seconds_total', REAL_CONTAINER, USED, 'id'),
  },
  ramUsed: {
    metric: 'container_memory_working_set_bytes',
    purpose: 'memory in use that cannot be reclaimed',
    unit: 'byte·samples',
    labels: USED,
    merge: 'sum',
    shardLabel: 'namespace',
    expression: sumOfLives('sum_over_time', 'container_memory_working_set_bytes', REAL_CONTAINER, USED, 'id'),
  },
} as const satisfies Partial<Record<FactName, CatalogueQuery>>

function allocationSum(fn: string, metric: string): CatalogueQuery['expression'] {
  return sumOfLives(fn, metric, `${REAL_CONTAINER},node!=""`, ON_NODE, 'uid')
}

function requested(selection: string, oldMetric: string): CatalogueQuery['expression'] {
  return firstOf(
    averageBy('kube_pod_container_resource_requests', `,${selection},${REAL_CONTAINER},node!=""`, REQUESTED),
    averageBy(oldMetric, `,${REAL_CONTAINER},node!=""`, REQUESTED),
  )
}
