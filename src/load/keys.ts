import type { ContainerIdentity, Labels, MetricRow } from '../domain/rows.js'
import { CONTAINERS, containerKey } from './containers.js'
import type { Cluster } from './dimensions.js'
import { type LabelSet, labelSetKey, labelsJson } from './label-sets.js'
import { type MetricSeries, seriesKey } from './metric-series.js'

/** Finds the keys of a batch, hashing each thing once however many windows it is in. */
export class Keys {
  readonly #cluster: Cluster
  readonly #containerByText = new Map<string, bigint>()
  readonly #jsonOf = new WeakMap<Labels, string>()
  readonly #setByJson = new Map<string, bigint>()
  readonly #seriesByText = new Map<string, bigint>()
  /** All that was asked for, by key. */
  readonly containers = new Map<bigint, ContainerIdentity>()
  readonly labelSets = new Map<bigint, LabelSet>()
  readonly metricSeries = new Map<bigint, MetricSeries>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  container(identity: ContainerIdentity): bigint {
    return keyIn(
      this.#containerByText,
      JSON.stringify(CONTAINERS.partsOf(identity)),
      () => containerKey(this.#cluster, identity),
      key => this.containers.set(key, identity),
    )
  }

  labelSet(labels: Labels | null): bigint | null {
    if (labels === null) return null
    const json = this.#json(labels)
    return keyIn(
      this.#setByJson,
      json,
      () => labelSetKey(this.#cluster.cloudAccountId, json),
      key => this.labelSets.set(key, { labels, json }),
    )
  }

  series({ metric, labels }: Pick<MetricRow, 'metric' | 'labels'>): bigint {
    const series = { metric, json: this.#json(labels) }
    return keyIn(
      this.#seriesByText,
      `${metric} ${series.json}`,
      () => seriesKey(this.#cluster, series),
      key => this.metricSeries.set(key, series),
    )
  }

  #json(labels: Labels): string {
    const known = this.#jsonOf.get(labels)
    if (known !== undefined) return known
    const json = labelsJson(labels)
    this.#jsonOf.set(labels, json)
    return json
  }
}

function keyIn(
  known: Map<string, bigint>,
  text: string,
  make: () => bigint,
  note: (key: bigint) => void,
): bigint {
  const found = known.get(text)
  if (found !== undefined) return found
  const key = make()
  known.set(text, key)
  note(key)
  return key
}
