import { describe, expect, test } from 'vitest'
import { moneyToNumber, sumMoney } from '../../src/domain/money.js'
import type { NodeRow, WindowRows } from '../../src/domain/rows.js'
import type { ClusterBatch } from '../../src/domain/samples.js'
import { windowOutcomes } from '../../src/transform/window-rows.js'
import { H, point } from '../support/batch.js'
import { PartsBuilder } from '../support/parts.js'

const GIB = 2 ** 30
const PIB = 2 ** 20
const A = { name: 'a', pod: 'a', node: 'n1', cpuRequest: 1, cpuUse: 0.5, ramRequest: 2, ramUse: 1 }
const ALL = { from: 0, to: 60 }

function rowsOf(batch: ClusterBatch): WindowRows {
  const [outcome] = windowOutcomes(batch)
  if (outcome?.kind !== 'rows') throw new Error(`no rows: ${JSON.stringify(outcome)}`)
  expect(outcome.rows.checks.filter(({ ok }) => !ok)).toEqual([])
  return outcome.rows
}

const start = () => new PartsBuilder().node({ name: 'n1' }).container(A)
const rejectsOf = (rows: WindowRows) => rows.rejects.map(({ reason, count }) => [reason, count])
const codesOf = (rows: WindowRows) => rows.warnings.map(({ code }) => code)
const remaining = (rows: WindowRows, part: string) =>
  moneyToNumber(sumMoney(rows.remainders.filter(row => row.part === part).map(row => row.cost)))

describe('a node', () => {
  test('with no capacity costs an unknown amount, and its containers what they used', () => {
    const rows = rowsOf(
      start()
        .node({ name: 'n2', cores: 0 })
        .container({ ...A, name: 'b', node: 'n2' })
        .build(),
    )
    const odd = rows.nodes.find(({ node }) => node === 'n2')
    expect(odd).toMatchObject({ cpuCores: null, cpuCost: null, ramGib: 16 })
    expect(rows.idle.map(({ node }) => node)).toEqual(['n1'])
    expect(rows.allocations.find(({ node }) => node === 'n2')?.cpuCost).toBeGreaterThan(0n)
    expect(rejectsOf(rows)).toEqual([['impossible_capacity', 1]])
    expect(codesOf(rows)).toContain('capacity_unknown')
  })

  const priced = (price: number, currency: string | undefined): NodeRow & { codes: string[] } => {
    const batch = {
      ...new PartsBuilder().node({ name: 'n1', cpuPrice: price }).container(A).build(),
      currency,
    }
    const rows = rowsOf(batch)
    return { ...(rows.nodes[0] ?? expect.fail('no node')), codes: codesOf(rows) }
  }

  test.each([1.5, 0.0005])('at %d per core-hour is not believed in dollars', price => {
    const node = priced(price, 'USD')
    expect(node.cpuPrice).not.toBe(price)
    expect(node.codes).toEqual(expect.arrayContaining(['price_quarantined', 'price_estimated']))
  })

  test.each([
    [1.5, 'INR'],
    [1.5, undefined],
    [800, 'VND'],
  ])('at %d per core-hour is believed in %s', (price, currency) => {
    expect(priced(price, currency)).toMatchObject({ cpuPrice: price, priceSource: 'measured' })
  })

  test('whose price moved within the hour charges each sample at its own price', () => {
    const who = { job: 'kubecost', namespace: 'shop', pod: 'a', container: 'a', node: 'n1' }
    const priced = { job: 'kubecost', node: 'n1', provider_id: 'i-n1' }
    const times = Array.from({ length: 60 }, (_, i) => H + i * 60)
    const builder = new PartsBuilder()
      .node({ name: 'n1', cpuPrice: 0.03 })
      .container({ ...A, samples: 15 })
      .sampled(
        'nodeCpuPrice',
        priced,
        times,
        times.map((_, i) => (i < 30 ? 0.02 : 0.04)),
      )
      .sampled('cpuAllocated', who, times.slice(45), Array(15).fill(1))
    const rows = rowsOf(builder.build())
    // The last quarter of the hour, when the price was 0.04; the mean of the hour is 0.03.
    expect(moneyToNumber(rows.allocations[0]?.cpuCost ?? 0n)).toBeCloseTo(0.25 * 0.04, 12)
    expect(rows.nodes[0]?.cpuPriceRange).toEqual({ min: 0.02, max: 0.04 })
  })

  test('name that two machines had one after the other is two nodes, and the hour is paid once', () => {
    const builder = new PartsBuilder()
      .node({ name: 'n1', providerId: 'i-old', samples: 20, cpuPrice: 0.02 })
      .node({ name: 'n1', providerId: 'i-new', samples: 40, cpuPrice: 0.05 })
      .container(A)
    const rows = rowsOf(builder.build())
    expect(rows.nodes.map(({ providerId, minutes }) => [providerId, minutes])).toEqual([
      ['i-new', 40],
      ['i-old', 20],
    ])
    expect(moneyToNumber(rows.allocations[0]?.cpuCost ?? 0n)).toBeCloseTo(0.02 / 3 + (0.05 * 2) / 3, 12)
    expect(rows.idle).toHaveLength(1)
  })

  test('with GPUs of which no container tells leaves their cost unknown, and its own cost known', () => {
    const builder = start()
    const gpu = { job: 'kubecost', node: 'n1', provider_id: 'i-n1' }
    builder.add('nodeGpuPrice', point(gpu, 0.95)).add('nodeGpuCount', point(gpu, 2))
    const rows = rowsOf(builder.build())
    expect(rows.allocations[0]).toMatchObject({ gpuHours: null, gpuCost: null })
    expect(moneyToNumber(rows.nodes[0]?.gpuCost ?? 0n)).toBeCloseTo(1.9, 12)
    expect(rows.idle[0]?.gpuCost).toBeNull()
    expect(codesOf(rows)).toContain('gpu_not_collected')
  })
})

describe('a volume', () => {
  test('of just under 10 PiB is paid for, one of 10 PiB is no volume, and is counted', () => {
    const rows = rowsOf(
      start()
        .volume({ name: 'huge', gib: 10 * PIB - 1 })
        .volume({ name: 'broken', gib: 10 * PIB })
        .build(),
    )
    expect(rows.assets.map(({ name }) => name)).toEqual(['huge'])
    expect(remaining(rows, 'pv')).toBeCloseTo((10 * PIB - 1) * (0.04 / 730), 4)
    expect(rejectsOf(rows)).toEqual([['impossible_capacity', 1]])
    expect(codesOf(rows)).toContain('volume_left_out')
  })

  test('with a larger claim costs what it is, and its pod bears no more than that', () => {
    const claim = { name: 'data', gib: 300 }
    const rows = rowsOf(
      start()
        .volume({ name: 'pv', gib: 100, price: 0.001, claim, pods: { a: ALL } })
        .build(),
    )
    expect(moneyToNumber(rows.allocations[0]?.pvCost ?? 0n)).toBeCloseTo(0.1, 12)
    expect(remaining(rows, 'pv')).toBe(0)
  })

  test('that two pods are told to hold whole is divided among them', () => {
    const builder = start().container({ ...A, name: 'b', pod: 'b' })
    const claim = { name: 'data', gib: 100 }
    builder.volume({ name: 'pv', gib: 100, price: 0.001, claim, pods: { a: ALL, b: ALL } })
    const raw = builder.raw.get(H)
    const undivided = (raw?.get('podClaims') ?? []).map(one => ({
      ...one,
      values: one.values.map(() => 100 * GIB),
    }))
    raw?.set('podClaims', undivided)
    const rows = rowsOf(builder.build())
    expect(undivided).toHaveLength(2)
    expect(rows.allocations.map(({ pvCost }) => moneyToNumber(pvCost ?? 0n))).toEqual([0.05, 0.05])
    expect(remaining(rows, 'pv')).toBe(0)
  })
})

describe('traffic', () => {
  const counter = { job: 'network', namespace: 'shop', pod_name: 'a', internet: 'true' }
  const minutes = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => H + (from + i) * 60)
  const told = (times: number[], values: number[]) => {
    const builder = start().trafficPrices(0.01, 0.01, 0.12)
    builder.add('networkSeries', point({}, 1)).add('networkSamples', point(counter, times.length))
    builder.add('networkEgress', point(counter, 0)).sampled('networkEgress', counter, times, values)
    return rowsOf(builder.build()).allocations[0]?.networkInternetGib
  }

  test('of a pod that nothing else knows is unallocated, to the last digit', () => {
    const rows = rowsOf(start().trafficPrices(0.01, 0.01, 0.12).traffic('stranger', 5, 'internet').build())
    expect(rows.remainders).toMatchObject([
      { kind: 'unallocated', part: 'network_internet', namespace: 'shop', name: 'stranger' },
    ])
    expect(remaining(rows, 'network_internet')).toBeCloseTo(0.6, 12)
    expect(rows.allocations[0]?.networkInternetCost).toBe(0n)
  })

  test('whose counter began anew goes on where it fell', () => {
    const times = minutes(0, 60)
    // A GiB a minute, from zero again after half an hour.
    expect(
      told(
        times,
        times.map((_, i) => (i % 30) * GIB),
      ),
    ).toBeCloseTo(60, 9)
  })

  test('of which there is a single sample and no other is none: nothing tells how fast it grew', () => {
    expect(told([H + 60], [7 * GIB])).toBe(0)
  })

  test('that is no number leaves the pod an unknown cost, and is counted', () => {
    const builder = start().trafficPrices(0.01, 0.01, 0.12).traffic('a', Number.NaN, 'internet')
    const rows = rowsOf(builder.build())
    expect(rows.allocations[0]).toMatchObject({ networkInternetCost: null, networkZoneCost: null })
    expect(rejectsOf(rows)).toEqual([['impossible_traffic', 1]])
    expect(codesOf(rows)).toContain('network_not_measured')
  })
})
