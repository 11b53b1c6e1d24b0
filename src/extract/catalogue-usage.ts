import type { UsageFact } from '../domain/usage-samples.js'
import {
  aboveZero,
  averageBy,
  type CatalogueQuery,
  firstOf,
  maxBy,
  REAL_CONTAINER,
  sumOfLives,
} from './query.js'

const OF_CONTAINER = ['namespace', 'pod', 'container'] as const
const OF_SCALER = ['namespace', 'horizontalpodautoscaler', 'hpa'] as const

export const CPU_COUNTER = 'container_cpu_usage_seconds_total'
export const CPU_RULE = 'kubecost_container_cpu_usage_irate'
export const RAM = 'container_memory_working_set_bytes'
export const RAM_RULE = 'kubecost_container_memory_working_set_bytes'

/** A counter's rise is also looked for between the last sample before the hour and the first one in it. */
const WITH_SAMPLE_BEFORE = '[61m] offset 1ms'

/** One point per hour each, as the queries of costs. */
export const usageQueries = {
  cpuLimit: {
    ...ofContainer('kube_pod_container_resource_limits', 'CPU limit, mean over the hour', 'cores'),
    otherNames: ['kube_pod_container_resource_limits_cpu_cores'],
    expression: limit('resource="cpu",unit="core"', 'kube_pod_container_resource_limits_cpu_cores'),
  },
  ramLimit: {
    ...ofContainer('kube_pod_container_resource_limits', 'memory limit, mean over the hour', 'bytes'),
    otherNames: ['kube_pod_container_resource_limits_memory_bytes'],
    expression: limit('resource="memory",unit="byte"', 'kube_pod_container_resource_limits_memory_bytes'),
  },
  restarts: {
    ...ofContainer(
      'kube_pod_container_status_restarts_total',
      'how often a container began anew',
      'restarts',
    ),
    expression: maxBy(
      'increase',
      'kube_pod_container_status_restarts_total',
      `,${REAL_CONTAINER}`,
      OF_CONTAINER,
      WITH_SAMPLE_BEFORE,
    ),
  },
  oomTold: {
    ...ofContainer(
      'kube_pod_container_status_last_terminated_reason',
      'containers that ended, or last ended, because memory ran out; others are left out',
      'info',
    ),
    otherNames: ['kube_pod_container_status_terminated_reason'],
    expression: firstOf(
      aboveZero(terminated('kube_pod_container_status_last_terminated_reason')),
      aboveZero(terminated('kube_pod_container_status_terminated_reason')),
    ),
  },
  reasonsTold: {
    metric: 'kube_pod_container_status_last_terminated_reason',
    otherNames: ['kube_pod_container_status_terminated_reason'],
    purpose: 'whether it is told at all why containers end',
    unit: 'series',
    labels: [],
    merge: 'max',
    expression: firstOf(
      seriesOf('kube_pod_container_status_last_terminated_reason'),
      seriesOf('kube_pod_container_status_terminated_reason'),
    ),
  },
  cpuPeriods: throttling('container_cpu_cfs_periods_total', 'scheduling periods under a CPU limit'),
  cpuThrottledPeriods: throttling(
    'container_cpu_cfs_throttled_periods_total',
    'scheduling periods in which a CPU limit held the container back',
  ),
  scalers: {
    metric: 'kube_horizontalpodautoscaler_info',
    purpose: 'which workload each autoscaler drives',
    unit: 'info',
    labels: [...OF_SCALER, 'scaletargetref_kind', 'scaletargetref_name'],
    merge: 'max',
    shardLabel: 'namespace',
    expression: maxBy('last_over_time', 'kube_horizontalpodautoscaler_info', '', [
      ...OF_SCALER,
      'scaletargetref_kind',
      'scaletargetref_name',
    ]),
  },
  scalerTargets: {
    metric: 'kube_horizontalpodautoscaler_spec_target_metric',
    otherNames: ['kube_hpa_spec_target_metric'],
    purpose: 'by what each autoscaler decides',
    unit: 'as the metric that it decides by',
    labels: [...OF_SCALER, 'metric_name', 'metric_target_type'],
    merge: 'max',
    shardLabel: 'namespace',
    expression: firstOf(
      scalerTarget('kube_horizontalpodautoscaler_spec_target_metric'),
      scalerTarget('kube_hpa_spec_target_metric'),
    ),
  },
  largestCpu: largest('cpu', 'kube_node_status_allocatable_cpu_cores', 'cores'),
  largestRam: largest('memory', 'kube_node_status_allocatable_memory_bytes', 'bytes'),
} as const satisfies Partial<Record<UsageFact, CatalogueQuery>>

/** The highest working set of the hour and its mean, as cAdvisor tells them or as the recording rule does. */
export const ramPeak = peak(RAM)
export const ramPeakByRule = peak(RAM_RULE)
export const ramMean = mean(RAM)
export const ramMeanByRule = mean(RAM_RULE)

/**
 * Mean CPU use over `rangeSeconds`, every `stepSeconds`: the slope of the counter. A rate would be stretched over the
 * whole range, and so be too low where a container was there for a part of it.
 */
export function cpuPoints(stepSeconds: number, rangeSeconds: number): CatalogueQuery {
  return {
    ...ofContainer(CPU_COUNTER, 'CPU use as points in time', 'cores'),
    stepSeconds,
    expression: maxBy(
      'deriv',
      CPU_COUNTER,
      `,${REAL_CONTAINER}`,
      OF_CONTAINER,
      `[${rangeSeconds}s] offset 1ms`,
    ),
  }
}

export function cpuPointsByRule(stepSeconds: number): CatalogueQuery {
  return {
    ...ofContainer(CPU_RULE, 'CPU use as points in time, where there are no counters', 'cores'),
    stepSeconds,
    expression: maxBy(
      'avg_over_time',
      CPU_RULE,
      `,${REAL_CONTAINER}`,
      OF_CONTAINER,
      `[${stepSeconds}s] offset 1ms`,
    ),
  }
}

/** The samples of the fullest CPU counter in each range of `stepSeconds`, which tell how far apart samples are. */
export function cpuSamples(stepSeconds: number): CatalogueQuery {
  return {
    metric: CPU_COUNTER,
    purpose: 'how often CPU counters are read',
    unit: 'samples',
    labels: [],
    merge: 'max',
    shardLabel: 'namespace',
    stepSeconds,
    expression: maxBy(
      'count_over_time',
      CPU_COUNTER,
      `,${REAL_CONTAINER}`,
      [],
      `[${stepSeconds}s] offset 1ms`,
    ),
  }
}

function ofContainer(metric: string, purpose: string, unit: string) {
  return { metric, purpose, unit, labels: OF_CONTAINER, merge: 'max', shardLabel: 'namespace' } as const
}

function peak(metric: string): CatalogueQuery {
  return {
    ...ofContainer(metric, 'the most memory in use in the hour that cannot be reclaimed', 'bytes'),
    expression: maxBy('max_over_time', metric, `,${REAL_CONTAINER}`, OF_CONTAINER),
  }
}

function mean(metric: string): CatalogueQuery {
  return {
    ...ofContainer(metric, 'mean memory in use, where the costs have no use of memory', 'bytes'),
    expression: maxBy('avg_over_time', metric, `,${REAL_CONTAINER}`, OF_CONTAINER),
  }
}

function limit(selection: string, oldMetric: string): CatalogueQuery['expression'] {
  return firstOf(
    averageBy('kube_pod_container_resource_limits', `,${selection},${REAL_CONTAINER}`, OF_CONTAINER),
    averageBy(oldMetric, `,${REAL_CONTAINER}`, OF_CONTAINER),
  )
}

function terminated(metric: string): CatalogueQuery['expression'] {
  return maxBy('max_over_time', metric, `,reason="OOMKilled",${REAL_CONTAINER}`, OF_CONTAINER)
}

function seriesOf(metric: string): CatalogueQuery['expression'] {
  return (matchers, identity) =>
    `count by (${identity}) (count_over_time(${metric}{${matchers}}[1h] offset 1ms))`
}

function throttling(metric: string, purpose: string): CatalogueQuery {
  return {
    ...ofContainer(metric, purpose, 'periods'),
    expression: sumOfLives('increase', metric, REAL_CONTAINER, OF_CONTAINER, 'id'),
  }
}

function scalerTarget(metric: string): CatalogueQuery['expression'] {
  return maxBy('last_over_time', metric, '', [...OF_SCALER, 'metric_name', 'metric_target_type'])
}

/** What containers can have of the largest node; where that is not told, what it has in all. */
function largest(resource: 'cpu' | 'memory', oldMetric: string, unit: string): CatalogueQuery {
  const allocatable = 'kube_node_status_allocatable'
  return {
    metric: allocatable,
    otherNames: [oldMetric],
    purpose: `the most ${resource} that any node has for containers`,
    unit,
    labels: [],
    merge: 'max',
    expression: firstOf(
      maxBy('max_over_time', allocatable, `,resource="${resource}"`, []),
      maxBy('max_over_time', oldMetric, '', []),
    ),
  }
}
