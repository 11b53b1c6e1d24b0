import { describe, expect, it } from 'vitest'
import { type Window, windowEnd } from '../../src/domain/window.js'
import { createEstate, NORTH_ACCOUNT, SHOP_ACCOUNT } from '../../src/sample/estate.js'
import { clock, DAY } from '../../src/sample/machines.js'
import { PromqlEngine } from '../../src/sample/promql.js'
import { SeriesStore } from '../../src/sample/store.js'
import { truthOf, truthOfWindow } from '../../src/sample/truth.js'
import { truthTotals } from '../../src/sample/truth-totals.js'
import type { WindowTruth } from '../../src/sample/truth-types.js'

const MIDNIGHT = 20_700 * DAY
const FOREVER = 1e12

const estate = createEstate({ start: MIDNIGHT, end: MIDNIGHT + DAY, offsetSeconds: 11 })

function truthAt(cloudAccountId: string, clusterId: string, hours: number): WindowTruth {
  const account = estate.accounts.find(one => one.cloudAccountId === cloudAccountId)
  const cluster = account?.clusters.find(one => one.clusterId === clusterId)
  const truth =
    account && cluster && truthOfWindow(estate, account, cluster, (MIDNIGHT + clock(hours)) as Window)
  if (!truth) throw new Error('no truth of this window')
  return truth
}

describe('the truth of the sample estate', () => {
  it('charges a container that idles what it reserved', () => {
    const hog = truthAt(SHOP_ACCOUNT, 'cluster-one', 3).containers.find(one => one.container === 'sleeper')
    expect(hog?.minutes).toBeCloseTo(60, 9)
    expect(hog?.cpuCoreHours).toBeCloseTo(2, 9)
    expect(hog?.cpuCost).toBeCloseTo(2 * 0.031611, 12)
    expect(hog?.ramCost).toBeCloseTo(6 * 0.004237, 12)
    expect(hog?.cpuCoreUsedHours).toBeLessThan(0.03)
    expect([hog?.controllerKind, hog?.controller]).toEqual(['Deployment', 'hog'])
  })

  it('charges each minute at the price of that minute when the price changes within the hour', () => {
    const truth = truthAt(SHOP_ACCOUNT, 'cluster-one', 7)
    const node = truth.nodes.find(one => one.node.startsWith('ip-10-0-1-11'))
    expect(node?.hasPriceChange).toBe(true)
    expect(node?.cpuCost).toBeCloseTo((8 * 0.031611 * (23 + 37 * 1.1)) / 60, 12)
    expect(truth.isPlain).toBe(false)
  })

  it('knows a price that changes on the hour as one price in each hour', () => {
    const costs = [4, 5].map(hour => {
      const node = truthAt(SHOP_ACCOUNT, 'cluster-one', hour).nodes.find(one =>
        one.node.startsWith('ip-10-0-1-10'),
      )
      expect(node?.hasPriceChange).toBe(false)
      return node?.cpuCost ?? 0
    })
    expect((costs[1] ?? 0) / (costs[0] ?? 1)).toBeCloseTo(1.1, 12)
  })

  it('tells which prices were told, repaired, carried or never told', () => {
    const known = (cluster: string, account: string, hour: number, node: string) =>
      truthAt(account, cluster, hour).nodes.find(one => one.node === node)?.priceKnown
    expect(known('cluster-two', SHOP_ACCOUNT, 6, 'worker-b')).toBe('part')
    expect(known('cluster-two', SHOP_ACCOUNT, 10, 'worker-c')).toBe('before')
    expect(known('cluster-two', SHOP_ACCOUNT, 8, 'worker-c')).toBe('all')
    expect(known('cluster-one', NORTH_ACCOUNT, 8, 'gke-nord-pool-d')).toBe('never')
    expect(truthAt(SHOP_ACCOUNT, 'cluster-two', 8).isPlain).toBe(true)
  })

  it('charges only for what was collected, and says how much that is', () => {
    const truth = truthAt(NORTH_ACCOUNT, 'cluster-one', 4)
    expect(truth.coverage).toBe(0.5)
    expect(truth.nodes.every(node => Math.abs(node.minutes - 30) < 1e-9)).toBe(true)
    expect(truthAt(NORTH_ACCOUNT, 'cluster-one', 5).coverage).toBe(1)
  })

  it('keeps two machines of one name apart within the hour', () => {
    const machines = truthAt(SHOP_ACCOUNT, 'cluster-two', 3).nodes.filter(one => one.node === 'worker-d')
    expect(machines.map(one => Math.round(one.minutes))).toEqual([25, 27])
  })

  it('adds up: containers and idle make the cost of their nodes', () => {
    for (const truth of truthOf(estate, MIDNIGHT, MIDNIGHT + DAY)) {
      const sum = (costs: readonly { cpuCost: number; ramCost: number }[]) =>
        costs.reduce((total, one) => total + one.cpuCost + one.ramCost, 0)
      expect(sum(truth.containers) + sum(truth.idle)).toBeCloseTo(sum(truth.nodes), 9)
    }
  })

  it('is what the raw samples of the same hour say, price by price', () => {
    const engine = new PromqlEngine(
      new SeriesStore(estate.accounts.flatMap(one => estate.series(one.cloudAccountId))),
    )
    let compared = 0
    for (const truth of truthOf(estate, MIDNIGHT + clock(7), MIDNIGHT + clock(8))) {
      const raw = (metric: string) => {
        const query = `${metric}{tenant_id="${truth.cloudAccountId}",cluster_id="${truth.cluster}"}[1h] offset 1ms`
        const result = engine.instant(query, windowEnd(truth.window) * 1000, FOREVER)
        if (result.type === 'scalar') throw new Error('not raw samples')
        return result.series
      }
      const prices = new Map<string, number>()
      for (const { labels, points } of raw('node_cpu_hourly_cost')) {
        for (const { t, value } of points) prices.set(`${labels.get('node')} ${t}`, value)
      }
      const costs = new Map<string, number>()
      for (const { labels, points } of raw('container_cpu_allocation')) {
        const key = ['namespace', 'pod', 'container', 'node'].map(name => labels.get(name)).join('\0')
        for (const { t, value } of points) {
          const price = prices.get(`${labels.get('node')} ${t}`)
          if (price !== undefined) costs.set(key, (costs.get(key) ?? 0) + (value * price) / 60)
        }
      }
      for (const one of truth.containers) {
        if (one.node === 'gke-nord-pool-d') continue
        const key = [one.namespace, one.pod, one.container, one.node].join('\0')
        expect(costs.get(key)).toBeCloseTo(one.cpuCost, 12)
        compared++
      }
    }
    expect(compared).toBeGreaterThan(100)
  })

  it('says the same in totals as in windows', () => {
    const totals = truthTotals(estate, MIDNIGHT, MIDNIGHT + clock(6))
    const shop = totals.find(one => one.cloudAccountId === SHOP_ACCOUNT && one.cluster === 'cluster-one')
    let ram = 0
    for (const truth of truthOf(estate, MIDNIGHT, MIDNIGHT + clock(6))) {
      if (truth.cloudAccountId !== SHOP_ACCOUNT || truth.cluster !== 'cluster-one') continue
      for (const one of truth.containers) ram += one.ramCost
    }
    expect(shop?.allocatedRamCost).toBeCloseTo(ram, 9)
    expect(shop?.namespaces.reduce((sum, one) => sum + one.ramCost, 0)).toBeCloseTo(ram, 9)
    expect(totals.every(one => one.idleCost > 0)).toBe(true)
  })
})
