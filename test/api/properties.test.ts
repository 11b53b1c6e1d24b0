import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FactRecord } from '../../src/api/facts/answer.js'
import { DIMENSIONS, MISSING_ID, STEPS } from '../../src/api/query/parameters.js'
import type { CostAllocationBody } from '../../src/api/schemas/cost-allocation.js'
import type { Money } from '../../src/domain/money.js'
import { DAY_SECONDS } from '../../src/domain/window.js'
import { rollUpDay } from '../../src/load/rollup.js'
import { expectClose, expectSameAnswer, FINE, fine } from './fine.js'
import { FROM, ODD, openMeasuredWorld, RANGE, recordsOf } from './measured.js'
import { allRows, FIRST, HOUR, MONDAY, type Question, type World } from './world.js'

let world: World
beforeAll(async () => {
  world = await openMeasuredWorld()
})
afterAll(() => world.close())

const breakdowns = fc.uniqueArray(
  fc.constantFrom(...DIMENSIONS, 'label:team', 'label:app', 'label:odd', 'label:__proto__', 'label:none'),
  { minLength: 1, maxLength: 2 },
)
const steps = fc.constantFrom(...STEPS)
const idles = fc.record({
  idle: fc.constantFrom('separate', 'hide', 'share'),
  idle_by: fc.constantFrom('cluster', 'node'),
})
const sharing = fc.record({
  share_namespaces: fc.oneof(fc.constant<string[]>([]), fc.subarray(['load', 'odd', 'shop', 'nowhere'])),
  share_split: fc.constantFrom('weighted', 'even'),
})
const questions = fc
  .record({ breakdown_by: breakdowns, step: steps, idle: idles, sharing })
  .map(({ idle, sharing: shares, ...rest }) => ({ ...rest, ...idle, ...shares }))

/** Filters of one parameter: values of which any is asked for; negated, the opposite. */
const filters = fc.oneof(
  valuesOf('k8s_cluster', 'one', 'two'),
  valuesOf('k8s_namespace', 'shop', 'load', 'odd', 'edge', 'ghost'),
  valuesOf('k8s_node', 'n1', 'n2'),
  valuesOf('created_by_kind', 'deployment'),
  valuesOf('created_by_name', 'web'),
  valuesOf('k8s_pod', 'web', 'db', 'deaf', ...ODD),
  valuesOf('k8s_container', 'main'),
  valuesOf('label.team', 'red', 'blue'),
  valuesOf('label.odd', ...ODD),
)

function valuesOf(name: string, ...values: string[]) {
  const one = fc.constantFrom(...values, MISSING_ID, 'nowhere')
  return fc.uniqueArray(one, { minLength: 1, maxLength: 4 }).map(some => ({
    chosen: { [name]: some } as Question,
    others: { [name]: some.map(value => `!${value}`) } as Question,
  }))
}

/** All rows in 1e-24 of the currency, by id and step; also that they are all and make up the total. */
async function costsOf(question: Question): Promise<{ costs: Map<string, Money>; total: Money }> {
  const { records, total, count } = await recordsOf(world, question)
  const costs = new Map(records.map(row => [keyOf(row), fine(row.total_cost)]))
  expect([records.length, costs.size]).toEqual([count, count])
  // The total has twelve places, rounded once.
  const off = [...costs.values()].reduce((sum, one) => sum + one, 0n) - total * FINE
  expect(off < 0n ? -off : off).toBeLessThanOrEqual(FINE / 2n + 1_000_000n)
  return { costs, total }
}

const keyOf = ({ id, step_start }: Pick<FactRecord, 'id' | 'step_start'>) => `${id} ${step_start}`

/** Money that was rounded once on each side. */
function expectRounded(seen: Money, expected: Money): void {
  expect(Math.abs(Number(seen - expected))).toBeLessThanOrEqual(1)
}

const isMoved = ({ idle, share_namespaces }: { idle: string; share_namespaces: string[] }) =>
  idle === 'share' || share_namespaces.length > 0

describe('for any question', () => {
  it('a filter and its opposite part every row in two', async () => {
    await fc.assert(
      fc.asyncProperty(questions, filters, async (question, { chosen, others }) => {
        const all = await costsOf(question)
        const [some, rest] = [
          await costsOf({ ...question, ...chosen }),
          await costsOf({ ...question, ...others }),
        ]
        const keys = new Set([...some.costs.keys(), ...rest.costs.keys()])
        expect([...keys].sort()).toEqual([...all.costs.keys()].sort())
        for (const [key, cost] of all.costs) {
          const parts = (some.costs.get(key) ?? 0n) + (rest.costs.get(key) ?? 0n)
          if (isMoved(question)) expectClose(parts, cost)
          else expect(parts).toBe(cost)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('the total is that of any other breakdown and step, whatever is shared', async () => {
    await fc.assert(
      fc.asyncProperty(questions, breakdowns, steps, async (question, breakdown_by, step) => {
        const { total } = await costsOf(question)
        const other = await costsOf({ ...question, breakdown_by, step })
        if (isMoved(question)) expectRounded(other.total, total)
        else expect(other.total).toBe(total)
      }),
      { numRuns: 40 },
    )
  })

  it('and any filter, the total is that of any other breakdown and step', async () => {
    await fc.assert(
      fc.asyncProperty(
        questions,
        filters,
        breakdowns,
        steps,
        async (asked, { chosen }, breakdown_by, step) => {
          // What is spread over namespaces is spread over rows, so that a filter leaves more or less of it.
          const question = { ...asked, ...chosen, share_namespaces: [] }
          const { total } = await costsOf(question)
          const other = await costsOf({ ...question, breakdown_by, step })
          if (asked.idle === 'share') expectRounded(other.total, total)
          else expect(other.total).toBe(total)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('idle that is shared moves and is neither made nor lost', async () => {
    await fc.assert(
      fc.asyncProperty(questions, async question => {
        const idleOf = async (idle: string) => {
          const { records, total } = await recordsOf(world, { ...question, idle, share_namespaces: [] })
          const idleCost = records
            .map(row => fine(row.kind === 'idle' ? row.total_cost : row.idle_cost))
            .reduce((sum, one) => sum + one, 0n)
          return { total, idleCost, shown: records.filter(({ kind }) => kind !== 'idle').length }
        }
        const [separate, share] = [await idleOf('separate'), await idleOf('share')]
        expect(share.total).toBe(separate.total)
        expect(share.shown).toBe(separate.shown)
        expectClose(share.idleCost, separate.idleCost)
      }),
      { numRuns: 30 },
    )
  })

  it('a filter by what rows are told apart by leaves out rows and changes none', async () => {
    const own: Record<string, string> = {
      ...{ k8s_cluster: 'cluster', k8s_namespace: 'namespace', k8s_node: 'node', k8s_pod: 'pod' },
      ...{ created_by_kind: 'controller_kind', created_by_name: 'controller', k8s_container: 'container' },
      ...{ 'label.team': 'label:team', 'label.odd': 'label:odd' },
    }
    await fc.assert(
      fc.asyncProperty(questions, filters, async (any, { chosen }) => {
        const question = { ...any, breakdown_by: Object.keys(chosen).map(name => own[name] ?? name) }
        // One row per kind stands for what belongs to several namespaces.
        const workloads = async (asked: Question) => {
          const { records } = await recordsOf(world, asked)
          return records.filter(({ kind }) => kind === 'workload')
        }
        const all = await workloads(question)
        const some = await workloads({ ...question, ...chosen })
        const whole = new Map(all.map(row => [keyOf(row), row]))
        for (const row of some) expectSameAnswer(row, whole.get(keyOf(row)))
        const wanted = Object.values(chosen).flat()
        const named = all.filter(({ value_1 }) => wanted.includes(value_1 ?? MISSING_ID))
        expect(some.map(keyOf).sort()).toEqual(named.map(keyOf).sort())
      }),
      { numRuns: 40 },
    )
  })
})

const SORTS = ['total_cost', 'name', 'start_date', 'cpu_cost', 'cpu_efficiency', 'gpu_cost', 'idle_cost']
const orders = fc.record({
  sort: fc.constantFrom(...SORTS),
  order: fc.constantFrom('asc', 'desc'),
  limit: fc.integer({ min: 1, max: 25 }),
})
const wholeFilters = fc.oneof(
  fc.constant({}),
  filters.map(({ chosen }) => chosen),
)

describe('for any page', () => {
  it('pages hold every row once, in order, and each tells the totals of all', async () => {
    await fc.assert(
      fc.asyncProperty(questions, orders, wholeFilters, async (question, { limit, ...order }, filter) => {
        const asked = { ...RANGE, ...question, ...order, ...filter }
        const whole = await world.body(FIRST, { ...asked, limit: 1000 })
        // A page of few rows of many is a walk of many requests, which says nothing more.
        const rows = await allRows(
          world,
          { ...asked, limit: Math.max(limit, Math.ceil(whole.total_count / 12)) },
          body => expect([body.total_cost, body.total_count]).toEqual([whole.total_cost, whole.total_count]),
        )
        expect(rows).toEqual(whole.cost_allocation)
        expect(new Set(rows.map(({ id, start_date }) => `${id} ${start_date}`)).size).toBe(whole.total_count)
        const sum = rows.reduce((cost, { total_cost }) => cost + total_cost, 0)
        expect(sum).toBeCloseTo(whole.total_cost, 9)
      }),
      { numRuns: 25 },
    )
  })
})

describe('for any range', () => {
  it('previous_total is what the range before says of itself', async () => {
    const hours = fc.integer({ min: 0, max: 12 })
    await fc.assert(
      fc.asyncProperty(questions, wholeFilters, hours, hours, async (question, filter, from, length) => {
        const range = { start_date: FROM + from * HOUR, end_date: FROM + (from + length) * HOUR }
        const body = await world.body(FIRST, { ...question, ...filter, ...range })
        const start_date = body.previous_range_start
        expect(start_date).toBe(FROM + (from - length) * HOUR)
        const before = await world.body(FIRST, {
          ...question,
          ...filter,
          start_date,
          end_date: range.start_date,
        })
        if (body.previous_total === null) expect(before.total_cost).toBe(0)
        else expect(Math.abs(body.previous_total - before.total_cost)).toBeLessThan(3e-12)
      }),
      { numRuns: 40 },
    )
  })
})

describe('for any days that are rolled up', () => {
  const days = [MONDAY - DAY_SECONDS, MONDAY].flatMap(day =>
    ['one', 'two'].map(clusterId => ({ clusterId, day })),
  )

  it('answers stay as they were', async () => {
    await fc.assert(
      fc.asyncProperty(questions, wholeFilters, fc.subarray(days), async (question, filter, some) => {
        const { pool } = world.database
        const ask = (): Promise<CostAllocationBody> =>
          world.body(FIRST, { ...RANGE, ...question, ...filter, sort: 'name', order: 'asc', limit: 1000 })
        for (const table of ['allocation_daily', 'idle_daily', 'day_ledger']) {
          await pool.query(`delete from warehouse.${table}`)
        }
        const before = await ask()
        for (const day of some) await rollUpDay(pool, { cloudAccountId: FIRST, ...day })
        expectSameAnswer(await ask(), before)
      }),
      { numRuns: 50 },
    )
  })
})
