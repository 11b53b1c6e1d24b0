import { type Cluster, type Dimension, keyOfParts } from './dimensions.js'

const KEY_VERSION = '1'

/** One series of an exporter. */
export interface MetricSeries {
  readonly metric: string
  /** Canonical JSON of its labels. */
  readonly json: string
}

export const METRIC_SERIES: Dimension<MetricSeries> = {
  table: 'metric_series',
  key: 'series_key',
  isOfCluster: true,
  columns: ['metric', 'labels'],
  partsOf: ({ metric, json }) => [metric, json],
}

export function seriesKey(cluster: Cluster, { metric, json }: MetricSeries): bigint {
  return keyOfParts([KEY_VERSION, cluster.cloudAccountId, cluster.clusterId, metric, json])
}
