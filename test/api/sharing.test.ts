import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Money } from '../../src/domain/money.js'
import { expectClose, FINE, fine } from './fine.js'
import { measured, moneyOf, openMeasuredWorld, RANGE, recordsOf } from './measured.js'
import { FIRST, type World } from './world.js'

type Query = Record<string, string | number | string[]>
type Resource = 'cpuCost' | 'ramCost' | 'gpuCost'

const RESOURCES: Resource[] = ['cpuCost', 'ramCost', 'gpuCost']
let world: World
beforeAll(async () => {
  world = await openMeasuredWorld()
})
afterAll(() => world.close())

/** What each namespace's containers bear of the idle cost, in 1e-24, by the definition alone: hour by hour. */
function expectedIdle(unit: 'cluster' | 'node') {
  const shares = new Map<string, Money>()
  let left = 0n
  for (const { containers, nodes } of measured) {
    const units =
      unit === 'cluster'
        ? [() => true]
        : nodes.map(
            ({ node }) =>
              (one: string) =>
                one === node,
          )
    for (const isIn of units) {
      for (const resource of RESOURCES) {
        const own = containers.filter(({ node }) => isIn(node))
        const of = own.reduce((sum, one) => sum + (one[resource] ?? 0n), 0n)
        const paid = nodes
          .filter(({ node }) => isIn(node))
          .reduce((sum, one) => sum + (one[resource] ?? 0n), 0n)
        const known = nodes.some(one => isIn(one.node) && one[resource] !== undefined)
        const idle = known ? paid - of : 0n
        if (of === 0n) left += idle * FINE
        else {
          for (const one of own) {
            const share = ((one[resource] ?? 0n) * idle * FINE) / of
            shares.set(one.namespace, (shares.get(one.namespace) ?? 0n) + share)
          }
        }
      }
    }
  }
  return { shares, left }
}

describe('idle=share', () => {
  it.each(['cluster', 'node'] as const)('gives each namespace its part by %s, hour by hour', async unit => {
    const { records } = await recordsOf(world, { idle: 'share', idle_by: unit })
    const { shares, left } = expectedIdle(unit)
    const workloads = records.filter(({ kind }) => kind === 'workload')
    expect(workloads.map(({ name }) => name).sort()).toEqual([...shares.keys()].sort())
    for (const { name, idle_cost } of workloads) expectClose(fine(idle_cost), shares.get(name) ?? 0n)
    const rest = records.find(({ kind }) => kind === 'idle')
    expectClose(fine(rest?.total_cost ?? '0'), left)
  })

  it.each([
    {},
    { idle_by: 'node' },
    { breakdown_by: 'cluster' },
    { breakdown_by: 'pod', step: 'hour' },
    { breakdown_by: ['node', 'label:team'], idle_by: 'node', step: 'day' },
    { share_namespaces: 'load' },
    { share_namespaces: ['load', 'odd', 'nowhere'], share_split: 'even', step: 'hour', breakdown_by: 'pod' },
  ] as Query[])('moves cost and makes none: %j', async query => {
    const { total: plain } = await recordsOf(world, {})
    const { records, total } = await recordsOf(world, { idle: 'share', ...query })
    expect(total).toBe(plain)
    expectClose(
      records.reduce((sum, { total_cost }) => sum + fine(total_cost), 0n),
      plain * FINE,
    )
  })

  it('is the same for a row whatever is filtered', async () => {
    const { records: all } = await recordsOf(world, { idle: 'share', breakdown_by: 'pod' })
    const { records: some } = await recordsOf(world, {
      ...{ idle: 'share', breakdown_by: 'pod', k8s_namespace: 'shop', k8s_node: 'n1' },
    })
    expect(some.length).toBeGreaterThan(0)
    expect(some.length).toBeLessThan(all.length)
    const costs = all.map(({ id, idle_cost, total_cost }) => ({ id, idle_cost, total_cost }))
    for (const { id, idle_cost, total_cost } of some) {
      expect(costs).toContainEqual({ id, idle_cost, total_cost })
    }
  })
})

describe('share_namespaces', () => {
  it('spreads in proportion within each cluster, and the spread one is no row', async () => {
    for (const k8s_cluster of ['one', 'two']) {
      const { records: plain } = await recordsOf(world, { k8s_cluster })
      const { records } = await recordsOf(world, { k8s_cluster, share_namespaces: 'load' })
      const costOf = (name: string) => fine(plain.find(row => row.name === name)?.total_cost ?? '0')
      const weight = costOf('shop') + costOf('odd')
      expect(records.map(({ name }) => name)).not.toContain('load')
      for (const name of ['shop', 'odd']) {
        const row = records.find(one => one.name === name)
        expectClose(fine(row?.shared_cost ?? '0'), (costOf('load') * costOf(name)) / weight)
        expectClose(fine(row?.total_cost ?? '0'), costOf(name) + fine(row?.shared_cost ?? '0'))
      }
      for (const { kind, shared_cost } of records) {
        if (kind !== 'workload') expect(Number(shared_cost)).toBe(0)
      }
    }
  })

  it('spreads evenly: the same for each row of a cluster', async () => {
    const query = { k8s_cluster: 'one', share_namespaces: 'load', breakdown_by: 'pod' }
    const { records } = await recordsOf(world, { ...query, share_split: 'even' })
    const { records: plain } = await recordsOf(world, {
      k8s_cluster: 'one',
      k8s_namespace: 'load',
      idle: 'hide',
    })
    const spread = plain.filter(({ kind }) => kind === 'workload')
    const given = records.filter(({ kind }) => kind === 'workload').map(row => fine(row.shared_cost))
    expect(given.length).toBeGreaterThan(5)
    for (const one of given) expectClose(one, fine(spread[0]?.total_cost ?? '0') / BigInt(given.length))
  })

  it('leaves a namespace its cost where there is nobody to give it to', async () => {
    const namespaces = [
      ...new Set(measured.flatMap(({ containers }) => containers.map(one => one.namespace))),
    ]
    const { records } = await recordsOf(world, { share_namespaces: namespaces })
    const { records: plain } = await recordsOf(world, {})
    expect(records).toEqual(plain)
  })

  it.each([
    { k8s_namespace: 'shop' },
    { k8s_pod: 'web' },
    { 'label.team': 'red' },
    { k8s_node: ['n1', '!n2'] },
    { k8s_cluster: 'two' },
  ] as Query[])('adds up to the whole with its opposite: %j', async filter => {
    const opposite = Object.fromEntries(
      Object.entries(filter).map(([name, values]) => [
        name,
        [values].flat().map(value => (String(value).startsWith('!') ? String(value).slice(1) : `!${value}`)),
      ]),
    )
    const isSingle = Object.values(filter).flat().length === 1
    for (const share_split of ['weighted', 'even']) {
      const query = { idle: 'share', share_namespaces: 'load', share_split, breakdown_by: 'node' }
      const { total: all } = await recordsOf(world, query)
      const { total: some } = await recordsOf(world, { ...query, ...filter })
      const { total: others } = await recordsOf(world, { ...query, ...opposite })
      if (isSingle) expectClose((some + others) * FINE, all * FINE)
      expect(some).toBeLessThan(all)
    }
  })
})

describe('the answer', () => {
  it('gives shares as plain numbers beside the cost', async () => {
    const body = await world.body(FIRST, { ...RANGE, idle: 'share', share_namespaces: 'load' })
    const shop = body.cost_allocation.find(({ name }) => name === 'shop')
    expect(shop?.idle_cost).not.toBe(0)
    expect(shop?.shared_cost).toBeGreaterThan(0)
    const { total } = await recordsOf(world, {})
    expect(body.total_cost).toBeCloseTo(Number(total) / 1e12, 9)
    expect(moneyOf('1.5')).toBe(1_500_000_000_000n)
  })
})
