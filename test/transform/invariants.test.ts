import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Money, sumMoney } from '../../src/domain/money.js'
import type { AllocationRow, WindowRows } from '../../src/domain/rows.js'
import type { ClusterBatch, FactName, Series } from '../../src/domain/samples.js'
import { windowOutcomes } from '../../src/transform/window-rows.js'
import { PartsBuilder } from '../support/parts.js'

const NODES = ['n1', 'n2', 'n3']
const PODS = ['a', 'b', 'c', 'd', 'e']

const amount = (max: number) => fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max, noNaN: true }))
const stay = fc
  .tuple(fc.integer({ min: 0, max: 58 }), fc.integer({ min: 1, max: 60 }))
  .map(([from, length]) => ({ from, to: Math.min(60, from + length) }))

const estates = fc.record({
  nodes: fc.array(
    fc.record({ cores: amount(64), gib: amount(256), cpuPrice: amount(0.9), ramPrice: amount(0.1) }),
    {
      minLength: NODES.length,
      maxLength: NODES.length,
    },
  ),
  containers: fc.uniqueArray(
    fc.record({
      pod: fc.constantFrom(...PODS),
      name: fc.constantFrom('main', 'sidecar', 'helper'),
      node: fc.constantFrom(...NODES),
      cpuRequest: fc.option(amount(8), { nil: undefined }),
      cpuUse: amount(12),
      ramRequest: fc.option(amount(32), { nil: undefined }),
      ramUse: amount(64),
      samples: fc.integer({ min: 1, max: 60 }),
    }),
    { minLength: 1, maxLength: 12, selector: one => `${one.pod}/${one.name}` },
  ),
  volumes: fc.array(
    fc.record({
      gib: amount(2000),
      price: amount(0.001),
      claimShare: amount(1.3),
      samples: fc.integer({ min: 1, max: 60 }),
      pods: fc.dictionary(fc.constantFrom(...PODS, 'gone'), stay, { maxKeys: 3 }),
      isClaimed: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  balancers: fc.array(
    fc.record({
      price: amount(0.2),
      samples: fc.integer({ min: 1, max: 60 }),
      app: fc.constantFrom('x', 'y', 'nobody', undefined),
    }),
    { maxLength: 3 },
  ),
  apps: fc.dictionary(fc.constantFrom(...PODS), fc.constantFrom('x', 'y')),
  traffic: fc.array(
    fc.record({
      pod: fc.constantFrom(...PODS, 'unknown'),
      gib: amount(50),
      way: fc.constantFrom('zone' as const, 'region' as const, 'internet' as const),
      spelling: fc.constantFrom('old' as const, 'new' as const),
    }),
    { maxLength: 6 },
  ),
  fee: fc.option(amount(0.5), { nil: undefined }),
})
type EstateModel = typeof estates extends fc.Arbitrary<infer T> ? T : never

function batchOf(estate: EstateModel, dearer = 1): ClusterBatch {
  const builder = new PartsBuilder()
  estate.nodes.forEach(({ cores, gib, cpuPrice, ramPrice }, i) => {
    // A price of zero is none, and a capacity of zero is refused: both have tests of their own.
    builder.node({
      name: NODES[i] as string,
      cores: cores + 0.1,
      gib: gib + 0.1,
      cpuPrice: (cpuPrice + 0.001) * dearer,
      ramPrice: (ramPrice + 0.0001) * dearer,
    })
  })
  for (const { cpuRequest, ramRequest, ...rest } of estate.containers) {
    builder.container({
      ...rest,
      ...(cpuRequest === undefined ? {} : { cpuRequest }),
      ...(ramRequest === undefined ? {} : { ramRequest }),
    })
  }
  for (const [pod, app] of Object.entries(estate.apps)) builder.podLabels(pod, { app })
  estate.volumes.forEach(({ gib, price, claimShare, samples, pods, isClaimed }, i) => {
    const held = Object.fromEntries(
      Object.entries(pods).map(([pod, { from, to }]) => [
        pod,
        { from, to: Math.max(from + 1, Math.min(to, samples)) },
      ]),
    )
    builder.volume({
      name: `pv-${i}`,
      gib,
      price: price * dearer,
      samples,
      ...(isClaimed ? { claim: { name: `claim-${i}`, gib: gib * claimShare }, pods: held } : {}),
    })
  })
  estate.balancers.forEach(({ price, samples, app }, i) => {
    builder.balancer({
      service: `service-${i}`,
      price: price * dearer,
      samples,
      ...(app === undefined ? {} : { selector: { app } }),
    })
  })
  builder.trafficPrices(0.01 * dearer, 0.02 * dearer, 0.12 * dearer)
  const seen = new Set<string>()
  for (const { pod, gib, way, spelling } of estate.traffic) {
    if (seen.has(`${pod}${way}${spelling}`)) continue
    seen.add(`${pod}${way}${spelling}`)
    builder.traffic(pod, gib, way, spelling)
  }
  if (estate.fee !== undefined) builder.fee(estate.fee * dearer)
  return builder.build()
}

function rowsOf(batch: ClusterBatch): WindowRows {
  const [outcome] = windowOutcomes(batch)
  if (outcome?.kind !== 'rows') throw new Error(`no rows: ${JSON.stringify(outcome)}`)
  return outcome.rows
}

const PARTS = [
  'cpuCost',
  'ramCost',
  'gpuCost',
  'pvCost',
  'networkZoneCost',
  'networkRegionCost',
  'networkInternetCost',
  'loadBalancerCost',
] as const

function totalOf(rows: readonly AllocationRow[]): Money {
  return sumMoney(rows.flatMap(row => PARTS.map(part => row[part] ?? 0n)))
}

function wholeOf({ allocations, idle, remainders }: WindowRows): Money {
  const idleCost = sumMoney(idle.map(row => row.cpuCost + row.ramCost + (row.gpuCost ?? 0n)))
  return totalOf(allocations) + idleCost + sumMoney(remainders.map(row => row.cost))
}

describe('the identities of the cost model hold for any estate', () => {
  test('I1, I2, I3 and I7: everything adds up to the last digit', () => {
    fc.assert(
      fc.property(estates, estate => {
        const rows = rowsOf(batchOf(estate))
        expect(rows.checks.filter(check => !check.ok)).toEqual([])
        const nodes = sumMoney(
          rows.nodes.map(row => (row.cpuCost ?? 0n) + (row.ramCost ?? 0n) + (row.gpuCost ?? 0n)),
        )
        const assets = sumMoney(rows.assets.map(row => row.totalCost))
        const network =
          sumMoney(
            rows.allocations.map(
              row =>
                (row.networkZoneCost ?? 0n) + (row.networkRegionCost ?? 0n) + (row.networkInternetCost ?? 0n),
            ),
          ) + sumMoney(rows.remainders.filter(row => row.part.startsWith('network')).map(row => row.cost))
        expect(wholeOf(rows)).toBe(nodes + assets + network)
        expect(rows.remainders.every(row => row.cost >= 0n && row.quantity >= 0)).toBe(true)
      }),
    )
  })

  test('I4: whatever rows are grouped by, the groups add up to the cluster', () => {
    fc.assert(
      fc.property(
        estates,
        fc.constantFrom('namespace' as const, 'pod' as const, 'container' as const, 'node' as const),
        (estate, dimension) => {
          const { allocations } = rowsOf(batchOf(estate))
          const groups = new Map<string, AllocationRow[]>()
          for (const row of allocations)
            groups.set(row[dimension], [...(groups.get(row[dimension]) ?? []), row])
          expect(sumMoney([...groups.values()].map(totalOf))).toBe(totalOf(allocations))
        },
      ),
    )
  })

  test('I8: doubled prices double every cost, but for the rounding of each', () => {
    fc.assert(
      fc.property(estates, estate => {
        // Prices half as high as the bounds of belief, so that the doubled ones are believed too.
        const modest = {
          ...estate,
          nodes: estate.nodes.map(node => ({ ...node, cpuPrice: node.cpuPrice / 4 })),
        }
        const once = rowsOf(batchOf(modest))
        const twice = rowsOf(batchOf(modest, 2))
        const roundings = BigInt(
          2 *
            (PARTS.length * once.allocations.length +
              3 * once.nodes.length +
              once.assets.length +
              once.remainders.length) +
            2,
        )
        const difference = wholeOf(twice) - 2n * wholeOf(once)
        expect(difference <= roundings && -difference <= roundings).toBe(true)
      }),
    )
  })

  test('I8: neither the order of series nor a second scrape of them changes anything', () => {
    fc.assert(
      fc.property(estates, fc.integer(), (estate, seed) => {
        const batch = batchOf(estate)
        const shuffled = new Map<FactName, readonly Series[]>()
        for (const [fact, series] of batch.facts) shuffled.set(fact, shuffle(series, seed))
        expectAlike(rowsOf({ ...batch, facts: shuffled }), rowsOf(batch))
        const twice = rowsOf(scrapedTwice(batch))
        for (const kind of ['allocations', 'idle', 'assets', 'remainders', 'nodes'] as const)
          expectAlike(twice[kind], rowsOf(batch)[kind])
      }),
    )
  })

  test('I9: the efficiency of a group lies between those of its members', () => {
    fc.assert(
      fc.property(estates, estate => {
        const members = rowsOf(batchOf(estate)).allocations.filter(
          row => (row.cpuCoreRequestHours ?? 0) > 1e-6 && row.cpuCoreUsedHours !== null,
        )
        if (members.length === 0) return
        const ratio = (row: AllocationRow) => (row.cpuCoreUsedHours ?? 0) / (row.cpuCoreRequestHours ?? 1)
        const used = members.reduce((sum, row) => sum + (row.cpuCoreUsedHours ?? 0), 0)
        const requested = members.reduce((sum, row) => sum + (row.cpuCoreRequestHours ?? 0), 0)
        const ratios = members.map(ratio)
        expect(used / requested).toBeGreaterThanOrEqual(Math.min(...ratios) * (1 - 1e-9))
        expect(used / requested).toBeLessThanOrEqual(Math.max(...ratios) * (1 + 1e-9))
      }),
    )
  })
})

/** Money is exact; quantities may differ by the noise of sums in another order. */
function expectAlike(actual: unknown, expected: unknown): void {
  if (typeof actual === 'number' && typeof expected === 'number') {
    expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1e-6, Math.abs(expected)))
  } else if (actual instanceof Map && expected instanceof Map) {
    expectAlike([...actual], [...expected])
  } else if (
    typeof actual === 'object' &&
    actual !== null &&
    typeof expected === 'object' &&
    expected !== null
  ) {
    expect(Object.keys(actual)).toEqual(Object.keys(expected))
    for (const [name, value] of Object.entries(actual)) expectAlike(value, Reflect.get(expected, name))
  } else expect(actual).toBe(expected)
}

function shuffle(series: readonly Series[], seed: number): Series[] {
  const keyed = series.map((one, i) => ({ one, key: Math.imul(i + 1, seed | 1) >>> 0 }))
  return keyed.sort((a, b) => a.key - b.key).map(({ one }) => one)
}

/** Every series of a job once more, under another job's name that is scraped at the same pace. */
function scrapedTwice(batch: ClusterBatch): ClusterBatch {
  const facts = new Map<FactName, readonly Series[]>()
  const again = (series: Series): Series => ({
    ...series,
    labels: new Map([...series.labels, ['job', `${series.labels.get('job')}-again`]]),
  })
  for (const [fact, series] of batch.facts)
    facts.set(fact, [...series, ...series.filter(one => one.labels.has('job')).map(again)])
  const intervals = new Map(
    [...batch.intervals].map(([window, jobs]) => [
      window,
      new Map([...jobs, ...[...jobs].map(([job, seconds]): [string, number] => [`${job}-again`, seconds])]),
    ]),
  )
  return { ...batch, facts, intervals }
}
