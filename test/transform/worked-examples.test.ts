import { describe, expect, test } from 'vitest'
import { moneyToNumber } from '../../src/domain/money.js'
import type { WindowRows } from '../../src/domain/rows.js'
import type { ClusterBatch } from '../../src/domain/samples.js'
import { splitTotal } from '../../src/transform/prices.js'
import { windowOutcomes } from '../../src/transform/window-rows.js'
import { BatchBuilder, point } from '../support/batch.js'

function rowsOf(batch: ClusterBatch): WindowRows {
  const [outcome] = windowOutcomes(batch)
  if (outcome?.kind !== 'rows') throw new Error(`no rows: ${JSON.stringify(outcome)}`)
  return outcome.rows
}

function costs(rows: WindowRows) {
  const container = Object.fromEntries(
    rows.allocations.map(row => [row.container, moneyToNumber(row.cpuCost + row.ramCost)]),
  )
  const node = rows.nodes.reduce(
    (sum, row) => sum + moneyToNumber((row.cpuCost ?? 0n) + (row.ramCost ?? 0n)),
    0,
  )
  const idle = rows.idle.reduce((sum, row) => sum + moneyToNumber(row.cpuCost + row.ramCost), 0)
  return { container, node, idle }
}

const A = { name: 'a', node: 'n1', cpuRequest: 1, cpuUse: 0.25, ramRequest: 2, ramUse: 1 }
const B = { name: 'b', node: 'n1', cpuRequest: 0.5, cpuUse: 0.8, ramRequest: 1, ramUse: 3 }

describe('worked examples of the cost model', () => {
  test('1: a node of 4 cores and 16 GiB, one container below its request and one above', () => {
    const rows = rowsOf(new BatchBuilder().node({ name: 'n1' }).container(A).container(B).build())
    const { container, node, idle } = costs(rows)
    expect(node).toBeCloseTo(0.194236, 12)
    expect(container['a']).toBeCloseTo(0.040085, 12)
    expect(container['b']).toBeCloseTo(0.0379998, 12)
    expect(idle).toBeCloseTo(0.1161512, 12)
    const [idleRow] = rows.idle
    expect(moneyToNumber(idleRow?.cpuCost ?? 0n)).toBeCloseTo(0.0695442, 12)
    expect(moneyToNumber(idleRow?.ramCost ?? 0n)).toBeCloseTo(0.046607, 12)
    const b = rows.allocations.find(row => row.container === 'b')
    expect(b).toMatchObject({
      cpuCoreUsedHours: 0.8,
      cpuCoreRequestHours: 0.5,
      ramGibUsedHours: 3,
      ramGibRequestHours: 1,
    })
  })

  test('2: half a core and one GiB for thirty minutes', () => {
    const rows = rowsOf(
      new BatchBuilder()
        .node({ name: 'n1' })
        .container({
          name: 'c',
          node: 'n1',
          cpuRequest: 0.5,
          cpuUse: 0.1,
          ramRequest: 1,
          ramUse: 0.2,
          samples: 30,
        })
        .build(),
    )
    expect(costs(rows).container['c']).toBeCloseTo(0.01002125, 12)
    expect(rows.allocations[0]).toMatchObject({ minutes: 30, cpuCoreHours: 0.25, cpuCoreRequestHours: 0.25 })
  })

  test('3: the same node at spot prices', () => {
    const rows = rowsOf(
      new BatchBuilder()
        .node({ name: 'n1', cpuPrice: 0.006655, ramPrice: 0.000892, spot: 1 })
        .container(A)
        .build(),
    )
    expect(costs(rows).node).toBeCloseTo(0.040892, 12)
    expect(costs(rows).container['a']).toBeCloseTo(0.008439, 12)
    expect(rows.nodes[0]?.spotRatio).toBe(1)
  })

  test('4: a container without requests pays for its use', () => {
    const rows = rowsOf(
      new BatchBuilder()
        .node({ name: 'n1' })
        .container({ name: 'c', node: 'n1', cpuUse: 0.3, ramUse: 0.5 })
        .build(),
    )
    expect(costs(rows).container['c']).toBeCloseTo(0.0116018, 12)
    expect(rows.allocations[0]).toMatchObject({ cpuCoreRequestHours: null, ramGibRequestHours: null })
  })

  test('8: only the total price of a machine is known', () => {
    const split = splitTotal({ total: 0.096, cpuCores: 2, ramGib: 8, gpus: 0 })
    expect(split?.ram).toBeCloseTo(0.00418822, 8)
    expect(split?.cpu).toBeCloseTo(0.0312471, 7)
    const builder = new BatchBuilder().node({
      name: 'n1',
      cores: 2,
      gib: 8,
      cpuPrice: 0,
      ramPrice: 0,
      totalPrice: 0.096,
    })
    const rows = rowsOf(builder.container(A).build())
    expect(rows.nodes[0]?.priceSource).toBe('node_total')
    expect(costs(rows).node).toBeCloseTo(0.096, 11)
  })

  test('13: bursting above the node leaves negative idle, stored with its sign', () => {
    const rows = rowsOf(
      new BatchBuilder()
        .node({ name: 'n1' })
        .container({ name: 'c', node: 'n1', cpuUse: 4.4, ramUse: 1 })
        .build(),
    )
    expect(moneyToNumber(rows.idle[0]?.cpuCost ?? 0n)).toBeCloseTo(-0.0126444, 12)
  })
})

describe('what a node costs', () => {
  test('a machine that was there for part of the hour is paid for that part', () => {
    const rows = rowsOf(new BatchBuilder().node({ name: 'n1', samples: 15 }).node({ name: 'n2' }).build())
    expect(rows.nodes.map(row => row.minutes)).toEqual([15, 60])
    expect(moneyToNumber(rows.nodes[0]?.cpuCost ?? 0n)).toBeCloseTo(4 * 0.031611 * 0.25, 12)
  })

  test('a node name used again by another machine gives two node rows and one idle row', () => {
    const rows = rowsOf(
      new BatchBuilder()
        .node({ name: 'n1', providerId: 'i-old', samples: 20 })
        .node({ name: 'n1', providerId: 'i-new', samples: 30, cpuPrice: 0.05 })
        .container({ ...A, samples: 50 })
        .build(),
    )
    expect(rows.nodes.map(row => row.providerId)).toEqual(['i-new', 'i-old'])
    expect(rows.idle).toHaveLength(1)
    expect(rows.allocations[0]?.providerId).toBe('i-new')
    expect(rows.nodes[0]?.cpuPrice).toBe(0.05)
  })

  test('a series without provider id or instance type beside the real one is the same machine', () => {
    const builder = new BatchBuilder().node({ name: 'n1' }).container(A)
    const twin = { job: 'kubecost', node: 'n1', provider_id: '', instance_type: '', region: '' }
    builder
      .add('nodeSamples', point(twin, 60))
      .add('nodeCpuPrice', point(twin, 3.1))
      .add('nodeRamPrice', point(twin, 0.4))
    const rows = rowsOf(builder.build())
    expect(rows.nodes).toHaveLength(1)
    expect(costs(rows).node).toBeCloseTo(0.194236, 12)
    expect(rows.rejects).toContainEqual(
      expect.objectContaining({ reason: 'duplicate_node_series', count: 1 }),
    )
  })

  test('the fallback chain goes from repaired over carried, like machines and the total to the default, and says so', () => {
    const nan = Number.NaN
    const price = (extra: (builder: BatchBuilder) => void, spec = {}) => {
      const builder = new BatchBuilder()
        .node({ name: 'n1', cpuPrice: nan, ramPrice: nan, totalPrice: nan, ...spec })
        .container(A)
      extra(builder)
      return rowsOf(builder.build()).nodes.find(row => row.node === 'n1')
    }
    const machine = { node: 'n1', provider_id: 'i-n1' }
    const repaired = (b: BatchBuilder) =>
      b.add('nodeCpuPriceRepaired', point(machine, 0.04)).add('nodeRamPriceRepaired', point(machine, 0.005))
    const carried = (b: BatchBuilder) =>
      b.add('nodeCpuPriceCarried', point(machine, 0.06)).add('nodeRamPriceCarried', point(machine, 0.007))
    expect(price(b => carried(repaired(b)))).toMatchObject({
      priceSource: 'repaired',
      cpuPrice: 0.04,
      ramPrice: 0.005,
    })
    expect(price(carried)).toMatchObject({ priceSource: 'carried', cpuPrice: 0.06, ramPrice: 0.007 })
    expect(price(b => b.node({ name: 'n2', cpuPrice: 0.07 }))).toMatchObject({
      priceSource: 'instance_type',
      cpuPrice: 0.07,
    })
    expect(price(b => b.node({ name: 'n2', instanceType: 'other' }), { totalPrice: 0.194236 })).toMatchObject(
      { priceSource: 'node_total' },
    )
    expect(price(() => undefined)).toMatchObject({ priceSource: 'default', cpuPrice: 0.031611 })
    expect(price(() => undefined, { spot: 1 })).toMatchObject({ priceSource: 'default', cpuPrice: 0.006655 })
  })

  test('a negative price is refused and counted', () => {
    const rows = rowsOf(new BatchBuilder().node({ name: 'n1', cpuPrice: -1 }).container(A).build())
    expect(rows.nodes[0]?.cpuPrice).toBe(0.031611)
    expect(rows.rejects).toContainEqual(expect.objectContaining({ reason: 'negative_price', count: 1 }))
    expect(rows.warnings.map(warning => warning.code)).toContain('price_estimated')
  })

  test('a machine with no price series at all is there and priced by the chain', () => {
    const builder = new BatchBuilder().node({ name: 'n1' }).container(A)
    builder.add('nodeCapacitySamples', point({ job: 'ksm', node: 'n9' }, 120))
    builder
      .add('nodeCpuCapacity', point({ node: 'n9' }, 2))
      .add('nodeRamCapacity', point({ node: 'n9' }, 8 * 2 ** 30))
    const row = rowsOf(builder.build()).nodes.find(({ node }) => node === 'n9')
    expect(row).toMatchObject({ minutes: 60, priceSource: 'default', cpuCores: 2, ramGib: 8 })
  })

  test('containers on a node that nothing describes are charged at default prices; the node stays unknown, never 0', () => {
    const rows = rowsOf(
      new BatchBuilder()
        .node({ name: 'n1' })
        .container({ ...A, node: 'ghost' })
        .build(),
    )
    expect(rows.nodes.find(({ node }) => node === 'ghost')).toMatchObject({
      cpuCost: null,
      ramCost: null,
      priceSource: 'default',
    })
    expect(rows.idle.map(({ node }) => node)).toEqual(['n1'])
    expect(costs(rows).container['a']).toBeCloseTo(0.040085, 12)
    expect(rows.warnings.map(({ code }) => code)).toContain('node_unknown')
  })
})
