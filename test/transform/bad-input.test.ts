import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WindowRows } from '../../src/domain/rows.js'
import type { ClusterBatch, FactName } from '../../src/domain/samples.js'
import { windowOutcomes } from '../../src/transform/window-rows.js'
import { point } from '../support/batch.js'
import { PartsBuilder } from '../support/parts.js'

function rowsOf(batch: ClusterBatch): WindowRows {
  const [outcome] = windowOutcomes(batch)
  if (outcome?.kind !== 'rows') throw new Error(`no rows: ${JSON.stringify(outcome)}`)
  return outcome.rows
}

const A = { name: 'a', pod: 'a', node: 'n1', cpuRequest: 1, cpuUse: 0.5, ramRequest: 2, ramUse: 1 }
const B = { name: 'b', pod: 'b', node: 'n2', cpuRequest: 0.5, cpuUse: 0.75, ramRequest: 1, ramUse: 3 }

/** Two nodes, two pods, a volume, a load balancer, a GPU, traffic and a fee. */
function whole(): PartsBuilder {
  const gpu = {
    job: 'kubecost',
    node: 'n1',
    provider_id: 'i-n1',
    instance_type: 'm5.xlarge',
    region: 'eu-west-1',
  }
  const onGpu = { job: 'kubecost', namespace: 'shop', pod: 'a', container: 'a', node: 'n1' }
  const builder = new PartsBuilder()
    .node({ name: 'n1' })
    .node({ name: 'n2' })
    .container(A)
    .container(B)
    .podLabels('a', { app: 'front' })
    .volume({
      name: 'pv',
      gib: 100,
      claim: { name: 'data', gib: 80 },
      pods: { a: { from: 0, to: 60 } },
    })
    .balancer({ service: 'front', selector: { app: 'front' } })
    .trafficPrices(0.01, 0.02, 0.12)
    .traffic('a', 2, 'internet')
    .traffic('b', 1, 'zone')
    .fee(0.1)
  builder.add('nodeGpuPrice', point(gpu, 0.95)).add('nodeGpuCount', point(gpu, 2))
  builder.add('gpuSeries', point({}, 1)).add('gpuAllocated', point(onGpu, 60))
  builder.add('heartbeat', point({ job: 'kubecost' }, 60))
  return builder
}

/** The batch with one value of a fact changed. */
function broken(fact: FactName, value: number, at = 0): ClusterBatch {
  const builder = whole()
  const list = builder.facts.get(fact) ?? []
  const series = list[at]
  if (series === undefined) throw new Error(`nothing to break: ${fact}`)
  builder.facts.set(fact, list.with(at, { ...series, values: [value] }))
  return builder.build()
}

/** Nothing that is no number, no negative amount, every identity holds or is marked; what was refused is counted. */
function expectSound(rows: WindowRows, about: string): void {
  const odd: string[] = []
  const look = (path: string, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) odd.push(`${path} = ${value}`)
    if (value instanceof Map || typeof value === 'string') return
    if (typeof value === 'object' && value !== null)
      for (const [name, one] of Object.entries(value)) look(`${path}.${name}`, one)
  }
  const { idle, ...rest } = rows
  look('rows', rest)
  look('idle', idle)
  const amounts = [...rows.allocations, ...rows.nodes, ...rows.assets, ...rows.remainders]
  for (const row of amounts)
    for (const [name, value] of Object.entries(row))
      if ((typeof value === 'number' || typeof value === 'bigint') && value < 0)
        odd.push(`${name} = ${value}`)
  expect(odd, about).toEqual([])
  for (const { check, ok } of rows.checks)
    if (!ok)
      expect(
        rows.warnings.map(({ code }) => code),
        about,
      ).toContain(`identity_${check}`)
  for (const { reason, count, example } of rows.rejects) {
    expect(reason, about).toMatch(/^[a-z_]+$/)
    expect(count, about).toBeGreaterThan(0)
    expect(example.length, about).toBeLessThanOrEqual(200)
  }
}

/** Every series that money is made of. */
const MONEY: readonly FactName[] = [
  'cpuAllocated',
  'ramAllocated',
  'gpuAllocated',
  'cpuRequested',
  'ramRequested',
  'nodeCpuPrice',
  'nodeRamPrice',
  'nodeGpuPrice',
  'nodeCpuCapacity',
  'nodeRamCapacity',
  'nodeGpuCount',
  'pvPriceSum',
  'pvCapacitySum',
  'podClaimSum',
  'balancerCostSum',
  'feeSum',
  'networkEgress',
  'networkZonePrice',
  'networkRegionPrice',
  'networkInternetPrice',
]
const IMPOSSIBLE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, -1e18]
const ABSURD = 1e30

const noted = (rows: WindowRows) => JSON.stringify([rows.rejects, rows.warnings])

test('the whole is sound, with nothing refused and nothing estimated', () => {
  const rows = rowsOf(whole().build())
  expectSound(rows, 'whole')
  expect(rows.rejects).toEqual([])
  expect(rows.checks.every(({ ok }) => ok)).toBe(true)
})

describe('a value that cannot be', () => {
  const plain = noted(rowsOf(whole().build()))

  test.each(MONEY.flatMap(fact => [...IMPOSSIBLE, ABSURD].map(value => [fact, value] as const)))(
    'of %s, %d, is refused or flagged with a reason, and everything else adds up',
    (fact, value) => {
      const rows = rowsOf(broken(fact, value))
      expectSound(rows, `${fact} ${value}`)
      expect(rows.checks.filter(({ ok }) => !ok)).toEqual([])
      expect(noted(rows)).not.toBe(plain)
      // Nobody is lost over it but who had nothing else to be known by.
      expect(rows.nodes).toHaveLength(2)
      expect(rows.allocations).toHaveLength(2)
    },
  )
})

test('whatever values come together, what is published is sound', () => {
  const value = fc.oneof(
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 0, -0, 1e30, 5e-324),
    fc.double(),
    fc.double({ min: 0, max: 100, noNaN: true }),
  )
  const facts = [...whole().facts.keys()].filter(fact => !/Samples$/.test(fact))
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...facts), value, { maxKeys: 12 }), changes => {
      const builder = whole()
      for (const [fact, changed] of Object.entries(changes) as [FactName, number][])
        builder.facts.set(
          fact,
          (builder.facts.get(fact) ?? []).map(one => ({ ...one, values: [changed] })),
        )
      const [outcome] = windowOutcomes(builder.build())
      if (outcome?.kind === 'rows') expectSound(outcome.rows, JSON.stringify(changes))
      else expect(outcome?.kind).toMatch(/^(silent|incomplete|unpaced)$/)
    }),
    { numRuns: 300 },
  )
})
