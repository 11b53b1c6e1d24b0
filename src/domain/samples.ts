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
  | 'gpuAllocated'
  | 'gpuRequested'
  | 'nodeGpuPrice'
  | 'nodeGpuCount'
  | 'nodePriceChanges'
  | 'nodeCpuPriceUsual'
  | 'nodeRamPriceUsual'
  | 'nodeLabels'
  | 'podLabels'
  | 'namespaceLabels'
  | 'pvPriceSum'
  | 'pvPriceSamples'
  | 'pvCapacitySum'
  | 'pvCapacitySamples'
  | 'pvInfo'
  | 'claimSamples'
  | 'claimRequestSum'
  | 'claimRequestMax'
  | 'podClaimSum'
  | 'podClaimSamples'
  | 'localDiskSum'
  | 'localDiskSamples'
  | 'pvPriceRepaired'
  | 'balancerCostSum'
  | 'balancerSamples'
  | 'serviceSelectors'
  | 'feeSum'
  | 'feeSamples'
  | 'networkEgress'
  | 'networkSamples'
  | 'networkResets'
  | 'networkZonePrice'
  | 'networkRegionPrice'
  | 'networkInternetPrice'
  | 'gpuSeries'
  | 'networkSeries'

/** Facts whose sums of samples become hours: the pace of their jobs has to be known. */
export const PACED_FACTS: readonly FactName[] = [
  'nodeSamples',
  'containerSamples',
  'heartbeat',
  'nodeCapacitySamples',
  'ramUsed',
  'pvPriceSamples',
  'pvCapacitySamples',
  'claimSamples',
  'podClaimSamples',
  'localDiskSamples',
  'balancerSamples',
  'feeSamples',
  'networkSamples',
]

/** Facts that are read sample by sample where sums over the hour are not enough. Times are the true ones. */
export type RawName =
  | 'cpuAllocated'
  | 'ramAllocated'
  | 'gpuAllocated'
  | 'nodeCpuPrice'
  | 'nodeRamPrice'
  | 'nodeGpuPrice'
  | 'podClaims'
  | 'networkEgress'

/** What was read of one exporter's series of one metric in one window. */
export interface MetricReading {
  readonly metric: string
  readonly labels: ReadonlyMap<string, string>
  readonly samples: number
  readonly avg: number
  readonly min: number
  readonly max: number
  readonly last: number
  /** undefined: no counter. */
  readonly increase: number | undefined
}

/** Some windows of one cluster, as read. A point at H+1h speaks of window H. */
export interface ClusterBatch {
  readonly windows: readonly Window[]
  readonly facts: ReadonlyMap<FactName, readonly Series[]>
  /** Seconds between samples by source job (`''` = no job label), per window. */
  readonly intervals: ReadonlyMap<Window, ReadonlyMap<string, number>>
  /** Samples of what needs them, per window. */
  readonly raw: ReadonlyMap<Window, ReadonlyMap<RawName, readonly Series[]>>
  /** The exporter's own series, per window. */
  readonly metrics: ReadonlyMap<Window, readonly MetricReading[]>
  /** Metrics of the exporter's own that were too much to be read, per window; absent: none. */
  readonly notLanded?: ReadonlyMap<Window, readonly string[]>
  /** Names and values that had to be changed to be stored: how many, by what was done. */
  readonly mended: ReadonlyMap<string, number>
  /** ISO 4217 code of the prices; undefined where nobody said. */
  readonly currency?: string | undefined
  /** Metrics of which the query engine said that it left something out (a PromQL warning). */
  readonly flagged: ReadonlySet<string>
}

/** A label's value; absent and empty are the same thing to Prometheus. */
export function label(series: Pick<Series, 'labels'>, name: string): string {
  return series.labels.get(name) ?? ''
}
