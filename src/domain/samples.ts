import type { Window } from './window.js'

/** One series of an answer. `times` are Unix seconds, `values` may hold NaN and ±Infinity. */
export interface Series {
  readonly labels: ReadonlyMap<string, string>
  readonly times: readonly number[]
  readonly values: readonly number[]
}

/** The facts that a window is computed from; what each means and how it is asked stands in the query catalogue. */
export type FactName =
  | 'containerSamples'
  | 'cpuAllocated'
  | 'ramAllocated'
  | 'cpuRequested'
  | 'ramRequested'
  | 'cpuUsedRule'
  | 'cpuUsedCounter'
  | 'ramUsed'
  | 'nodeSamples'
  | 'nodeTotalPrice'
  | 'nodeCpuPrice'
  | 'nodeRamPrice'
  | 'nodeCpuPriceRepaired'
  | 'nodeRamPriceRepaired'
  | 'nodeCpuPriceCarried'
  | 'nodeRamPriceCarried'
  | 'nodeSpot'
  | 'nodeCpuCapacity'
  | 'nodeRamCapacity'
  | 'nodeCapacitySamples'
  | 'podOwner'
  | 'replicaSetOwner'
  | 'jobOwner'
  | 'deployments'
  | 'heartbeat'

/** Some windows of one cluster, as read. A point at H+1h speaks of window H. */
export interface ClusterBatch {
  readonly windows: readonly Window[]
  readonly facts: ReadonlyMap<FactName, readonly Series[]>
  /** Seconds between samples by source job (`''` = no job label), per window. */
  readonly intervals: ReadonlyMap<Window, ReadonlyMap<string, number>>
  /** Metrics of which the query engine said that it left something out (a PromQL warning). */
  readonly flagged: ReadonlySet<string>
}

/** A label's value; absent and empty are the same thing to Prometheus. */
export function label(series: Pick<Series, 'labels'>, name: string): string {
  return series.labels.get(name) ?? ''
}
