import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { factRows } from '../../src/api/facts/answer.js'
import { type DayPlan, hoursOnly, planDays } from '../../src/api/facts/day-plan.js'
import { type FactQuery, MEASURES } from '../../src/api/facts/scope.js'
import { partTables } from '../../src/api/facts/shared.js'
import { askedFacts } from '../../src/api/query/asked-facts.js'
import { readQuery } from '../../src/api/query/read-query.js'
import { type CostAllocationBody, CostAllocationQuery } from '../../src/api/schemas/cost-allocation.js'
import { readSnapshot } from '../../src/api/snapshot.js'
import { DAY_SECONDS } from '../../src/domain/window.js'
import { rollUpDay } from '../../src/load/rollup.js'
import { seedWindow } from '../support/seed.js'
import { expectSameAnswer } from './fine.js'
import { FROM, measured, openMeasuredWorld, RANGE } from './measured.js'
import { FIRST, HOUR, MONDAY, type World } from './world.js'

type Query = Record<string, string | number | string[]>

const QUESTIONS: Query[] = [
  {},
  { breakdown_by: 'cluster', step: 'day' },
  { breakdown_by: 'node', step: 'week' },
  { breakdown_by: ['cluster', 'container'], step: 'month' },
  { breakdown_by: ['controller_kind', 'controller'] },
  { idle: 'share' },
  { idle: 'share', idle_by: 'node', breakdown_by: 'node', step: 'day' },
  { idle: 'share', k8s_namespace: 'shop', breakdown_by: 'controller' },
  { idle: 'hide', k8s_namespace: '!load', breakdown_by: ['namespace', 'node'] },
  { share_namespaces: 'load', idle: 'share', step: 'day' },
  { share_namespaces: ['load', 'odd'], share_split: 'even', k8s_cluster: 'one' },
  { k8s_node: 'n1', created_by_kind: 'deployment', step: 'day' },
  { k8s_namespace: '00000000-0000-0000-0000-000000000000' },
  { start_date: MONDAY, end_date: MONDAY + 3 * HOUR },
  { idle: 'share', idle_by: 'node', k8s_namespace: '!shop', breakdown_by: 'cluster', step: 'day' },
  { breakdown_by: ['cluster', 'namespace'], k8s_namespace: ['shop', 'odd'], step: 'week' },
  { share_namespaces: ['load'], share_split: 'even', breakdown_by: ['controller', 'node'], step: 'day' },
  { share_namespaces: ['load', 'odd'], idle: 'share', breakdown_by: ['container', 'namespace'] },
]

let world: World
const fromHours: CostAllocationBody[] = []

async function rollUp(): Promise<void> {
  for (const clusterId of ['one', 'two']) {
    for (const day of [MONDAY - DAY_SECONDS, MONDAY]) {
      await rollUpDay(world.database.pool, { cloudAccountId: FIRST, clusterId, day })
    }
  }
}

function plan(range: { from: number; to: number }) {
  return readSnapshot(world.database.pool, FIRST, run => planDays(run, FIRST, range))
}

const WORKLOADS = 'allocation_daily'
const NAMESPACES = 'namespace_daily'

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Plans?: readonly PlanNode[]
}

function queryOf(question: Query, plan: DayPlan): FactQuery {
  const asked = readQuery(CostAllocationQuery, { ...RANGE, ...question }, askedFacts)
  return { scope: { ...asked, cloudAccountId: FIRST }, shape: asked, plan }
}

/** The fields of every row that are exact decimal text, and what tells the row apart. */
async function moneyOfRows(question: Query, dayPlan: DayPlan): Promise<Record<string, string>[]> {
  const rows = factRows(queryOf(question, dayPlan), { sort: 'name', order: 'asc' })
  const records = await readSnapshot(world.database.pool, FIRST, run => run(rows))
  return records.map(record =>
    Object.fromEntries(Object.entries(record).filter(([, value]) => typeof value === 'string')),
  )
}

/** Tables of daily sums that an answer is made of, and those of them whose rows are summed up into parts. */
async function dailyTables(question: Query): Promise<{ read: string[]; summed: string[] }> {
  const days = await plan({ from: FROM, to: RANGE.end_date })
  const parts = partTables(queryOf(question, days), MEASURES)
  const [explained] = await readSnapshot(world.database.pool, FIRST, run =>
    run(sql<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>`explain (format json) with ${parts} select * from parts`),
  )
  const read = new Set<string>()
  const summed = new Set<string>()
  const look = (node: PlanNode, isSummed: boolean): void => {
    const isAggregate = isSummed || node['Node Type'] === 'Aggregate'
    const table = node['Relation Name']?.replace(/_p\d+$/, '')
    if (table === WORKLOADS || table === NAMESPACES) {
      read.add(table)
      if (isAggregate) summed.add(table)
    }
    for (const below of node.Plans ?? []) look(below, isAggregate)
  }
  if (explained !== undefined) look(explained['QUERY PLAN'][0].Plan, false)
  return { read: [...read].sort(), summed: [...summed].sort() }
}

beforeAll(async () => {
  world = await openMeasuredWorld()
  for (const question of QUESTIONS) fromHours.push(await world.body(FIRST, { ...RANGE, ...question }))
  await rollUp()
})
afterAll(() => world.close())

describe('answers from daily sums', () => {
  it.each(QUESTIONS.map((question, index) => [JSON.stringify(question), index] as const))(
    'are what the hours say: %s',
    async (_name, index) => {
      const days = await world.body(FIRST, { ...RANGE, ...QUESTIONS[index] })
      const hours = fromHours[index]
      expect(days.cost_allocation.length).toBeGreaterThan(0)
      expectSameAnswer(days, hours)
    },
  )

  it.each<Query>([
    {},
    { breakdown_by: 'container', step: 'day' },
    { breakdown_by: ['controller', 'node'], k8s_namespace: '!load' },
    { breakdown_by: 'cluster', share_namespaces: 'load' },
    { breakdown_by: ['container', 'namespace'], share_namespaces: ['load', 'odd'], share_split: 'even' },
  ])('have the same money as the hours to the last digit: %j', async question => {
    const range = { from: FROM, to: RANGE.end_date }
    const days = await moneyOfRows(question, await plan(range))
    expect(days.length).toBeGreaterThan(0)
    expect(days).toEqual(await moneyOfRows(question, hoursOnly(range)))
  })

  it('are read from days wherever they can be, also today', async () => {
    expect(await plan({ from: FROM, to: RANGE.end_date })).toEqual({
      hours: [],
      days: [{ from: MONDAY - DAY_SECONDS, to: MONDAY + DAY_SECONDS }],
    })
  })

  // What no container carries is read by namespace, unless a filter leaves none of it.
  it.each<[Query, string[], string[]]>([
    [{}, [NAMESPACES], [NAMESPACES]],
    [{ breakdown_by: 'cluster', step: 'month', idle: 'share' }, [NAMESPACES], [NAMESPACES]],
    [{ k8s_cluster: 'one', k8s_namespace: '!load', share_namespaces: 'odd' }, [NAMESPACES], [NAMESPACES]],
    [{ breakdown_by: 'node' }, [WORKLOADS, NAMESPACES], [WORKLOADS, NAMESPACES]],
    [{ created_by_kind: '!deployment' }, [WORKLOADS, NAMESPACES], [WORKLOADS, NAMESPACES]],
    [{ k8s_node: 'n1' }, [WORKLOADS], [WORKLOADS]],
    [{ k8s_container: 'main', breakdown_by: 'cluster' }, [WORKLOADS], [WORKLOADS]],
    [{ breakdown_by: ['namespace', 'controller'] }, [WORKLOADS, NAMESPACES], [NAMESPACES]],
    [{ breakdown_by: 'container', share_namespaces: 'load' }, [WORKLOADS, NAMESPACES], [NAMESPACES]],
  ])(
    'read the fewest rows that know what is asked, and sum up first what gets fewer: %j',
    async (question, read, summed) => {
      expect(await dailyTables(question)).toEqual({ read, summed })
    },
  )

  it('are read from hours where the range cuts a day', async () => {
    expect(await plan({ from: MONDAY - 2 * HOUR, to: MONDAY + 2 * HOUR })).toEqual({
      hours: [{ from: MONDAY - 2 * HOUR, to: MONDAY + 2 * HOUR }],
      days: [],
    })
  })

  it('show a window that was published since at once', async () => {
    const [fact] = measured.filter(({ cluster, window }) => cluster === 'two' && window === MONDAY)
    if (fact === undefined) throw new Error('no such fact')
    const before = await world.body(FIRST, RANGE)
    await seedWindow(world.database.pool, { account: FIRST, cluster: 'two' }, MONDAY, {
      ...fact,
      containers: [],
    })
    const after = await world.body(FIRST, RANGE)
    expect((await plan({ from: FROM, to: RANGE.end_date })).hours).toEqual([
      { from: MONDAY, to: RANGE.end_date },
    ])
    expect(after.meta.data_version).not.toBe(before.meta.data_version)
    await rollUp()
    expectSameAnswer(await world.body(FIRST, RANGE), after)
  })
})
