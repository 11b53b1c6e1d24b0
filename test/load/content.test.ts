import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WindowRows } from '../../src/domain/rows.js'
import { containerKey } from '../../src/load/containers.js'
import { contentOf } from '../../src/load/content.js'
import { Keys } from '../../src/load/keys.js'
import { labelSetKey, labelsJson } from '../../src/load/label-sets.js'
import {
  ACCOUNT,
  allocation,
  asset,
  fullRows,
  idle,
  metric,
  NOON,
  node,
  remainder,
  windowRows,
} from './rows.js'

const cluster = { cloudAccountId: ACCOUNT, clusterId: 'one' }
const hash = (rows: WindowRows) => {
  const { costHash, metricHash } = contentOf(rows, new Keys(cluster))
  return Buffer.concat([costHash, metricHash]).toString('hex')
}

const original: WindowRows = { ...fullRows(NOON), allocations: windowRows(NOON, { size: 12 }).allocations }

describe('the hash of a window', () => {
  it('is the same for the same rows in any order', () => {
    const expected = hash(original)
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...original.allocations], { minLength: 12 }),
        fc.shuffledSubarray([...original.nodes], { minLength: 3 }),
        fc.shuffledSubarray([...original.idle], { minLength: 3 }),
        fc.shuffledSubarray([...original.assets], { minLength: 6 }),
        fc.shuffledSubarray([...original.remainders], { minLength: 6 }),
        fc.shuffledSubarray([...original.metrics], { minLength: 4 }),
        (allocations, nodes, idleRows, assets, remainders, metrics) => {
          const shuffled = { allocations, nodes, idle: idleRows, assets, remainders, metrics }
          expect(hash({ ...original, ...shuffled })).toBe(expected)
        },
      ),
    )
  })

  it('does not see the noise of a sum in another order', () => {
    const noisy = original.allocations.map(row => ({
      ...row,
      cpuCoreUsedHours: (row.cpuCoreUsedHours ?? 0) * (1 + 2e-16),
    }))
    expect(hash({ ...original, allocations: noisy })).toBe(hash(original))
    const third = windowRows(NOON, { allocations: [allocation(0, { minutes: 0.1 + 0.2 })] })
    expect(hash(third)).toBe(hash(windowRows(NOON, { allocations: [allocation(0, { minutes: 0.3 })] })))
    const power = (minutes: number) => hash(windowRows(NOON, { allocations: [allocation(0, { minutes })] }))
    expect(power(2 ** 5 - 2 ** -45)).toBe(power(2 ** 5))
    expect(power(-0)).toBe(power(0))
  })

  it('sees every other change', () => {
    const first = (change: object) => ({
      ...original,
      allocations: [{ ...allocation(0), ...change }, ...original.allocations.slice(1)],
    })
    const changed: WindowRows[] = [
      first({ cpuCost: allocation(0).cpuCost + 1n }),
      first({ ramCost: 1n }),
      first({ minutes: 60 * (1 + 1e-8) }),
      first({ cpuCoreRequestHours: null }),
      first({ ramGibRequestHours: 0 }),
      first({ priceSource: 'default' }),
      first({ controller: 'other' }),
      first({ providerId: '' }),
      first({ podUid: 'uid-9' }),
      first({ gpuCost: 0n }),
      first({ pvGibHours: 0 }),
      first({ networkInternetGib: 1e-9 }),
      first({ labels: new Map() }),
      first({ labels: new Map([['a', 'b']]) }),
      { ...original, allocations: original.allocations.slice(1) },
      { ...original, nodes: [node(0), node(1), node(2, { spotRatio: 0 })] },
      { ...original, nodes: [node(0), node(1), node(2, { region: '' })] },
      { ...original, nodes: [node(0), node(1), node(2, { ramCost: 0n })] },
      { ...original, idle: [idle(0), idle(1), idle(2, { ramCost: -12_345n })] },
      { ...original, nodes: [node(0), node(1), node(2, { cpuPriceRange: { min: 0.02, max: 0.03 } })] },
      { ...original, idle: [idle(0), idle(1), idle(2, { gpuCost: 0n })] },
      { ...original, assets: [asset(0, { claim: null }), ...original.assets.slice(1)] },
      { ...original, remainders: [remainder(0, { namespace: '' }), ...original.remainders.slice(1)] },
      { ...original, metrics: [metric(0, { increase: 0 }), ...original.metrics.slice(1)] },
      { ...original, coverage: 0.5 },
    ]
    expect(new Set([original, ...changed].map(hash)).size).toBe(changed.length + 1)
  })

  it('refuses two rows for one container, naming it and the window', () => {
    const twins = windowRows(NOON, { allocations: [allocation(1), allocation(2), allocation(1)] })
    expect(() => hash(twins)).toThrow('Window 2026-10-30T12:00Z has two rows for ns-1/pod-1/main')
    expect(() => hash(windowRows(NOON, { nodes: [node(0), node(0)] }))).toThrow('node node-0')
    expect(() => hash(windowRows(NOON, { nodes: [node(0), node(0, { providerId: 'i-2' })] }))).not.toThrow()
  })
})

describe('the key of a label set', () => {
  const key = (account: string, ...pairs: [string, string][]) =>
    labelSetKey(account, labelsJson(new Map(pairs)))

  it('does not change from release to release, nor with the order of the labels', () => {
    expect(key(ACCOUNT, ['team', 'core'], ['app', 'web'])).toBe(
      key(ACCOUNT, ['app', 'web'], ['team', 'core']),
    )
    expect(key(ACCOUNT, ['app', 'web'], ['team', 'core'])).toBe(1217335820970609095n)
  })

  it('differs with any name, value or account', () => {
    const keys = [
      key(ACCOUNT),
      key(ACCOUNT, ['a', 'b']),
      key(ACCOUNT, ['a', 'b","c":"d']),
      key(ACCOUNT, ['a', 'b'], ['c', 'd']),
      key(ACCOUNT.replaceAll('1', '2'), ['a', 'b']),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })
})

describe('the key of a container', () => {
  it('does not change from release to release', () => {
    expect(containerKey(cluster, allocation(0))).toBe(7158881852543251955n)
  })

  it('differs when any part of the name does, also where the parts joined read alike', () => {
    const base = allocation(0)
    const others = [
      { ...base, pod: 'x' },
      { ...base, namespace: 'ns-0pod-', pod: '0' },
      { ...base, controller: null },
      { ...base, controller: '-' },
      { ...base, controllerKind: null, controller: base.controllerKind },
      { ...base, providerId: '' },
      { ...base, podUid: 'uid-0' },
    ]
    const keys = others.map(identity => containerKey(cluster, identity))
    keys.push(containerKey(cluster, base), containerKey({ ...cluster, clusterId: 'two' }, base))
    expect(new Set(keys).size).toBe(others.length + 2)
  })
})
