import { describe, expect, test } from 'vitest'
import { moneyToNumber, sumMoney } from '../../src/domain/money.js'
import type { WindowRows } from '../../src/domain/rows.js'
import type { ClusterBatch, FactName, MetricReading } from '../../src/domain/samples.js'
import { catalogue } from '../../src/extract/catalogue.js'
import { windowOutcomes } from '../../src/transform/window-rows.js'
import { H, point } from '../support/batch.js'
import { later, PartsBuilder } from '../support/parts.js'

/** What the planning notes took metrics for, and what they are. */

function windowsOf(batch: ClusterBatch): WindowRows[] {
  return windowOutcomes(batch).map(outcome => {
    if (outcome.kind !== 'rows') throw new Error(`no rows: ${JSON.stringify(outcome)}`)
    return outcome.rows
  })
}

function rowsOf(batch: ClusterBatch): WindowRows {
  return windowsOf(batch)[0] as WindowRows
}

const CONTAINER = { name: 'a', pod: 'a', node: 'n1', cpuRequest: 1, cpuUse: 0.25, ramRequest: 2, ramUse: 1 }

/** A node, a pod with a volume and a load balancer, traffic and a fee. */
function cluster(): PartsBuilder {
  return new PartsBuilder()
    .node({ name: 'n1' })
    .container(CONTAINER)
    .podLabels('a', { app: 'front' })
    .volume({ name: 'pv', gib: 100, claim: { name: 'data', gib: 100 }, pods: { a: { from: 0, to: 60 } } })
    .balancer({ service: 'front', selector: { app: 'front' } })
    .trafficPrices(0.01, 0.01, 0.12)
    .traffic('a', 2, 'internet')
    .fee(0.1)
}

const reading = (metric: string, labels: Record<string, string>, level: number): MetricReading => ({
  metric,
  labels: new Map(Object.entries(labels)),
  samples: 60,
  avg: level,
  min: level,
  max: level,
  last: level,
  increase: undefined,
})

describe('series that look like money or savings and are none', () => {
  test.each([
    reading('kubecost_allocation_data_status', { resolution: 'hourly', status: 'success' }, 48),
    reading('kubecost_asset_data_status', { resolution: 'daily', status: 'error' }, 7),
    reading('kubecost_savings_cpu_allocation', { daemonset: 'false' }, 12.5),
    reading('kubecost_savings_memory_allocation_bytes', { daemonset: 'true' }, 3e9),
    reading('kubecost_network_internet_egress_cost', {}, 0.12),
  ])('$metric lands as it is, and not one row of cost changes', one => {
    const { metrics, ...rest } = rowsOf({ ...cluster().build(), metrics: new Map([[H, [one]]]) })
    const { metrics: none, ...plain } = rowsOf(cluster().build())
    expect(none).toEqual([])
    expect(metrics).toMatchObject([{ metric: one.metric, samples: 60, avg: one.avg }])
    expect(rest).toEqual(plain)
  })

  test('no question that costs are made of asks for a state or for savings', () => {
    const asked = Object.values(catalogue).map(query => query.expression('m="1"', 'i'))
    expect(asked.filter(expression => /_data_status|kubecost_savings|cloudtuner_/.test(expression))).toEqual(
      [],
    )
  })
})

describe('the price of traffic', () => {
  const internet = (rows: WindowRows) => moneyToNumber(rows.allocations[0]?.networkInternetCost ?? 0n)

  test('is per GiB: two GiB at 0.12 are 0.24, however often the price was told', () => {
    expect(internet(rowsOf(cluster().build()))).toBeCloseTo(0.24, 12)
  })

  test('costs nothing by itself: a day of it without a byte is 0', () => {
    const hours = Array.from({ length: 24 }, (_, n) => later(n))
    const builder = new PartsBuilder()
    for (const window of hours) {
      builder.node({ name: 'n1', window }).container({ ...CONTAINER, window })
      builder.add('networkSeries', point({}, 1, window))
      for (const fact of ['networkZonePrice', 'networkRegionPrice', 'networkInternetPrice'] as const)
        builder.add(fact, point({}, 0.12, window))
    }
    const windows = windowsOf(builder.build(hours))
    expect(windows).toHaveLength(24)
    for (const { allocations, remainders } of windows) {
      expect(allocations[0]).toMatchObject({
        networkZoneCost: 0n,
        networkRegionCost: 0n,
        networkInternetCost: 0n,
      })
      expect(remainders).toEqual([])
    }
  })
})

describe('a price per hour', () => {
  test('of 0.10 that is sampled every quarter of an hour for a day is 2.40, and not 9.60', () => {
    const hours = Array.from({ length: 24 }, (_, n) => later(n))
    const builder = new PartsBuilder()
    const fee = { job: 'kubecost', provisioner_name: 'EKS' }
    for (const window of hours) {
      builder.node({ name: 'n1', samples: 4, cores: 1, gib: 1, cpuPrice: 0.1, window })
      builder.add('feeSamples', point(fee, 4, window)).add('feeSum', point(fee, 0.4, window))
    }
    const windows = windowsOf(builder.build(hours, { kubecost: 900 }))
    const assets = windows.flatMap(rows => rows.assets.map(row => row.totalCost))
    expect(moneyToNumber(sumMoney(assets))).toBeCloseTo(2.4, 12)
    const cores = windows.flatMap(rows => rows.nodes.map(row => row.cpuCost ?? 0n))
    expect(moneyToNumber(sumMoney(cores))).toBeCloseTo(2.4, 12)
  })

  test('counts where there are samples only: half an hour of 0.10 is 0.05', () => {
    const rows = rowsOf(new PartsBuilder().node({ name: 'n1', samples: 30 }).fee(0.1, 30).build())
    expect(moneyToNumber(sumMoney(rows.assets.map(row => row.totalCost)))).toBeCloseTo(0.05, 12)
  })
})

describe('the cost of CPU, memory and volumes', () => {
  test('follows from the companion series alone, without one kubecost_* series', () => {
    const builder = new PartsBuilder()
      .node({ name: 'n1' })
      .container(CONTAINER)
      .volume({ name: 'pv', gib: 100, claim: { name: 'data', gib: 100 }, pods: { a: { from: 0, to: 60 } } })
    for (const [fact, { metric }] of Object.entries(catalogue))
      if (metric.startsWith('kubecost_')) builder.facts.delete(fact as FactName)
    const rows = rowsOf(builder.build())
    const [row] = rows.allocations
    expect(moneyToNumber(row?.cpuCost ?? 0n)).toBeCloseTo(0.031611, 12)
    expect(moneyToNumber(row?.ramCost ?? 0n)).toBeCloseTo(2 * 0.004237, 12)
    expect(moneyToNumber(row?.pvCost ?? 0n)).toBeCloseTo(100 * (0.04 / 730), 9)
    expect(moneyToNumber(sumMoney(rows.nodes.map(node => node.cpuCost ?? 0n)))).toBeCloseTo(4 * 0.031611, 12)
  })
})

describe('use beyond the request', () => {
  test('is kept: 2.57 times what was asked for is 2.57, for CPU and for memory', () => {
    const greedy = { ...CONTAINER, cpuRequest: 0.1, cpuUse: 0.257, ramRequest: 1, ramUse: 2.57 }
    const [row] = rowsOf(new PartsBuilder().node({ name: 'n1' }).container(greedy).build()).allocations
    expect((row?.cpuCoreUsedHours ?? 0) / (row?.cpuCoreRequestHours ?? 0)).toBeCloseTo(2.57, 9)
    expect((row?.ramGibUsedHours ?? 0) / (row?.ramGibRequestHours ?? 0)).toBeCloseTo(2.57, 9)
    // And it is what is paid for.
    expect(row?.cpuCoreHours).toBeCloseTo(0.257, 12)
  })
})

describe('series that a remote-write filter drops', () => {
  /** What `(kubecost_.*|container_.*|kube_.*|node_.*|up)` lets through. */
  const KEPT = /^(kubecost_.*|container_.*|kube_.*|node_.*|up)$/

  function filtered(): ClusterBatch {
    const builder = cluster()
    for (const [fact, { metric }] of Object.entries(catalogue))
      if (!KEPT.test(metric)) builder.facts.delete(fact as FactName)
    builder.raw.clear()
    return builder.build()
  }

  test('leave columns null with a reason, never 0', () => {
    const rows = rowsOf(filtered())
    expect(rows.allocations[0]).toMatchObject({
      pvCost: null,
      pvGibHours: null,
      loadBalancerCost: null,
      loadBalancerHours: null,
    })
    expect(rows.warnings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['pv_not_collected', 'load_balancer_not_shared']),
    )
  })

  test('leave the rest of the cost as it is', () => {
    const [lossy] = rowsOf(filtered()).allocations
    const [whole] = rowsOf(cluster().build()).allocations
    for (const part of ['cpuCost', 'ramCost', 'networkInternetCost'] as const)
      expect(lossy?.[part]).toBe(whole?.[part])
    expect(whole?.pvCost).toBeGreaterThan(0n)
    expect(whole?.loadBalancerCost).toBeGreaterThan(0n)
  })
})
