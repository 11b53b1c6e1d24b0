import { type Window, windowEnd } from '../../src/domain/window.js'
import { createEstate, NORTH_ACCOUNT, SHOP_ACCOUNT } from '../../src/sample/estate.js'
import { clock, DAY } from '../../src/sample/machines.js'
import { PromqlEngine, type ResultSeries } from '../../src/sample/promql.js'
import { SeriesStore } from '../../src/sample/store.js'
import { truthOfWindow } from '../../src/sample/truth.js'
import type { ContainerTruth, WindowTruth } from '../../src/sample/truth-types.js'

/** An even day, so that collection stops in the north from 04:10 to 04:40. */
export const MIDNIGHT = 20_700 * DAY
const FOREVER = 1e12

export const estate = createEstate({ start: MIDNIGHT, end: MIDNIGHT + DAY, offsetSeconds: 11 })
const engine = new PromqlEngine(
  new SeriesStore(estate.accounts.flatMap(one => estate.series(one.cloudAccountId))),
)

function truthAt(cloudAccountId: string, clusterId: string, hours: number): WindowTruth {
  const account = estate.accounts.find(one => one.cloudAccountId === cloudAccountId)
  const cluster = account?.clusters.find(one => one.clusterId === clusterId)
  const truth =
    account && cluster && truthOfWindow(estate, account, cluster, (MIDNIGHT + clock(hours)) as Window)
  if (!truth) throw new Error('no truth of this window')
  return truth
}

export const shop = (hours: number) => truthAt(SHOP_ACCOUNT, 'cluster-one', hours)
export const stage = (hours: number) => truthAt(SHOP_ACCOUNT, 'cluster-two', hours)
export const north = (hours: number) => truthAt(NORTH_ACCOUNT, 'cluster-one', hours)

export function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

export function ofPods(truth: WindowTruth, name: string): ContainerTruth[] {
  return truth.containers.filter(one => one.pod.startsWith(name))
}

/** Raw samples of the window. */
export function raw(truth: WindowTruth, metric: string, matchers = ''): readonly ResultSeries[] {
  const query = `${metric}{tenant_id="${truth.cloudAccountId}",cluster_id="${truth.cluster}"${matchers}}[1h] offset 1ms`
  const result = engine.instant(query, windowEnd(truth.window) * 1000, FOREVER)
  if (result.type === 'scalar') throw new Error('not raw samples')
  return result.series
}

export function byLabelAndTime(series: readonly ResultSeries[], name: string): Map<string, number> {
  return new Map(
    series.flatMap(({ labels, points }) =>
      points.map(({ t, value }): [string, number] => [`${labels.get(name)} ${t}`, value]),
    ),
  )
}
