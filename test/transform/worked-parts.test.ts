import { describe, expect, test } from 'vitest'
import { moneyToNumber, sumMoney } from '../../src/domain/money.js'
import type { AllocationRow, WindowRows } from '../../src/domain/rows.js'
import type { ClusterBatch } from '../../src/domain/samples.js'
import { windowOutcomes } from '../../src/transform/window-rows.js'
import { later, PartsBuilder } from '../support/parts.js'

function windowsOf(batch: ClusterBatch): WindowRows[] {
  return windowOutcomes(batch).map(outcome => {
    if (outcome.kind !== 'rows') throw new Error(`no rows: ${JSON.stringify(outcome)}`)
    return outcome.rows
  })
}

function rowsOf(batch: ClusterBatch): WindowRows {
  return windowsOf(batch)[0] as WindowRows
}

const NODE = { name: 'n1' }
const SMALL = { node: 'n1', cpuUse: 0, ramUse: 0 }

/** A part of the cost of a pod, over all given windows. */
function partOf(windows: readonly WindowRows[], pod: string, part: 'pvCost' | 'loadBalancerCost'): number {
  const rows = windows.flatMap(({ allocations }) => allocations.filter(row => row.pod === pod))
  return moneyToNumber(sumMoney(rows.map(row => row[part] ?? 0n)))
}

function unmounted(windows: readonly WindowRows[], part: 'pv' | 'load_balancer'): number {
  const rows = windows.flatMap(({ remainders }) => remainders.filter(row => row.part === part))
  return moneyToNumber(sumMoney(rows.map(row => row.cost)))
}

function totalOf(row: AllocationRow): number {
  const parts = [row.cpuCost, row.ramCost, row.gpuCost, row.pvCost, row.loadBalancerCost]
  const network = [row.networkZoneCost, row.networkRegionCost, row.networkInternetCost]
  return moneyToNumber(sumMoney([...parts, ...network].map(cost => cost ?? 0n)))
}

describe('worked examples of what pods bear', () => {
  test('5: a claim of 100 GiB that lives four hours, held by one pod all along and by a second for the last two', () => {
    const hours = [0, 1, 2, 3].map(later)
    const builder = new PartsBuilder()
    hours.forEach((window, i) => {
      builder.node({ ...NODE, window }).container({ ...SMALL, name: 'a', pod: 'a', window })
      if (i > 1) builder.container({ ...SMALL, name: 'b', pod: 'b', window })
      const all = { from: 0, to: 60 }
      builder.volume({
        name: 'pv',
        gib: 100,
        claim: { name: 'data', gib: 100 },
        pods: i > 1 ? { a: all, b: all } : { a: all },
        window,
      })
    })
    const windows = windowsOf(builder.build(hours))
    const disks = windows.flatMap(({ assets }) => assets.filter(row => row.assetType === 'disk'))
    expect(moneyToNumber(sumMoney(disks.map(row => row.totalCost)))).toBeCloseTo(0.021917808, 9)
    expect(partOf(windows, 'a', 'pvCost')).toBeCloseTo(0.016438356, 9)
    expect(partOf(windows, 'b', 'pvCost')).toBeCloseTo(0.005479452, 9)
    expect(unmounted(windows, 'pv')).toBe(0)
  })

  test('6: the same claim with one pod in the first hour only', () => {
    const hours = [0, 1, 2, 3].map(later)
    const builder = new PartsBuilder()
    hours.forEach((window, i) => {
      builder.node({ ...NODE, window }).container({ ...SMALL, name: 'other', pod: 'other', window })
      if (i === 0) builder.container({ ...SMALL, name: 'c', pod: 'c', window })
      builder.volume({
        name: 'pv',
        gib: 100,
        claim: { name: 'data', gib: 100 },
        pods: i === 0 ? { c: { from: 0, to: 60 } } : {},
        window,
      })
    })
    // Something else is held all along, so that it is told which pod holds what.
    hours.forEach(window => {
      builder.volume({
        name: 'free',
        gib: 1,
        price: 0,
        claim: { name: 'free', gib: 1 },
        pods: { other: { from: 0, to: 60 } },
        window,
      })
    })
    const windows = windowsOf(builder.build(hours))
    expect(partOf(windows, 'c', 'pvCost')).toBeCloseTo(0.005479452, 9)
    expect(unmounted(windows, 'pv')).toBeCloseTo(0.016438356, 9)
  })

  test('7: a load balancer before two pods, one of them for half an hour', () => {
    const rows = rowsOf(
      new PartsBuilder()
        .node(NODE)
        .container({ ...SMALL, name: 'a', pod: 'a' })
        .container({ ...SMALL, name: 'b', pod: 'b', samples: 30 })
        .podLabels('a', { app: 'front' })
        .podLabels('b', { app: 'front' }, 30)
        .balancer({ service: 'front', selector: { app: 'front' } })
        .build(),
    )
    expect(partOf([rows], 'a', 'loadBalancerCost')).toBeCloseTo(0.0166667, 7)
    expect(partOf([rows], 'b', 'loadBalancerCost')).toBeCloseTo(0.0083333, 7)
    expect(unmounted([rows], 'load_balancer')).toBe(0)
  })

  test('7: seen for 55 minutes it is paid for 55 minutes', () => {
    const builder = new PartsBuilder().node(NODE).container({ ...SMALL, name: 'a', pod: 'a' })
    const rows = rowsOf(builder.balancer({ service: 'front', samples: 55 }).build())
    expect(unmounted([rows], 'load_balancer')).toBeCloseTo(0.0229167, 7)
  })

  test('9: egress of three, two and one and a half GiB at the price of each way', () => {
    const rows = rowsOf(
      new PartsBuilder()
        .node(NODE)
        .container({ ...SMALL, name: 'a', pod: 'a' })
        .trafficPrices(0.01, 0.02, 0.12)
        .traffic('a', 3, 'zone')
        .traffic('a', 2, 'region', 'old')
        .traffic('a', 1.5, 'internet')
        .build(),
    )
    const [row] = rows.allocations
    expect(moneyToNumber(row?.networkZoneCost ?? 0n)).toBeCloseTo(0.03, 12)
    expect(moneyToNumber(row?.networkRegionCost ?? 0n)).toBeCloseTo(0.04, 12)
    expect(moneyToNumber(row?.networkInternetCost ?? 0n)).toBeCloseTo(0.18, 12)
  })

  test('12: the first example with a volume, a shared load balancer, traffic and a fee', () => {
    const rows = rowsOf(
      new PartsBuilder()
        .node(NODE)
        .container({ name: 'a', pod: 'a', node: 'n1', cpuRequest: 1, cpuUse: 0.25, ramRequest: 2, ramUse: 1 })
        .container({
          name: 'b',
          pod: 'b',
          node: 'n1',
          cpuRequest: 0.5,
          cpuUse: 0.8,
          ramRequest: 1,
          ramUse: 3,
        })
        .podLabels('a', { app: 'front' })
        .podLabels('b', { app: 'front' })
        .volume({
          name: 'pv',
          gib: 100,
          claim: { name: 'data', gib: 100 },
          pods: { a: { from: 0, to: 60 } },
        })
        .balancer({ service: 'front', selector: { app: 'front' } })
        .trafficPrices(0.01, 0.01, 0.12)
        .traffic('b', 1.5, 'internet')
        .fee(0.1)
        .build(),
    )
    const [a, b] = rows.allocations.map(totalOf)
    expect(a).toBeCloseTo(0.058064452, 9)
    expect(b).toBeCloseTo(0.2304998, 9)
    const idle = moneyToNumber(sumMoney(rows.idle.map(row => row.cpuCost + row.ramCost)))
    expect(idle).toBeCloseTo(0.1161512, 9)
    const rest = moneyToNumber(sumMoney(rows.remainders.map(row => row.cost)))
    expect(rest).toBeCloseTo(0.1, 12)
    expect((a ?? 0) + (b ?? 0) + idle + rest).toBeCloseTo(0.504715452, 9)
    expect(rows.checks.map(({ check, ok }) => [check, ok])).toEqual([
      ['I1', true],
      ['I2', true],
      ['I3', true],
      ['I7', true],
    ])
  })

  test('3 with a GPU: half of the GPUs reserved, the rest is idle', () => {
    const labels = {
      job: 'kubecost',
      node: 'n1',
      provider_id: 'i-n1',
      instance_type: 'g4',
      region: 'eu-west-1',
    }
    const builder = new PartsBuilder()
      .node({ ...NODE, instanceType: 'g4' })
      .container({ ...SMALL, name: 'a' })
    const at = { times: [later(1)], labels: new Map(Object.entries(labels)) }
    builder.add('nodeGpuPrice', { ...at, values: [0.95] })
    builder.add('nodeGpuCount', { ...at, values: [2] })
    const container = { job: 'kubecost', namespace: 'shop', pod: 'pod-a', container: 'a', node: 'n1' }
    builder.add('gpuSeries', { ...at, labels: new Map(), values: [1] })
    builder.add('gpuAllocated', { ...at, labels: new Map(Object.entries(container)), values: [60] })
    const rows = rowsOf(builder.build())
    expect(moneyToNumber(rows.nodes[0]?.gpuCost ?? 0n)).toBeCloseTo(1.9, 12)
    expect(rows.allocations[0]).toMatchObject({ gpuHours: 1, gpuCost: 950_000_000_000n })
    expect(rows.idle[0]?.gpuCost).toBe(950_000_000_000n)
  })
})
