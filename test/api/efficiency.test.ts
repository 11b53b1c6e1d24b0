import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EfficiencyBody, EfficiencyRow } from '../../src/api/schemas/efficiency.js'
import { toMoney } from '../../src/domain/money.js'
import { type SeedContainer, seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { expectedTotal, facts, openInventedWorld, RANGE, sum } from './invented.js'
import { FIRST, HOUR, MONDAY, openWorld, type World } from './world.js'

type Query = Record<string, string | number | string[]>

let world: World
beforeAll(async () => {
  world = await openInventedWorld()
})
afterAll(() => world.close())

const ask = (query: Query = {}) =>
  world.answer<EfficiencyBody>(FIRST, 'efficiency', { ...RANGE, limit: 1000, ...query })

const containers = facts.flatMap(fact => fact.containers)
const dollars = (money: bigint) => Number(money) / 1e12

/** Cost of what of a container was not used, by the definition alone. */
function unused({ cpuCost, ramCost, cpuUsed, ramUsed, cpuHours = 1, ramHours = 1 }: SeedContainer): number {
  const of = (cost: bigint, used: number | null | undefined, allocated: number) =>
    used == null ? 0 : dollars(cost) * (1 - Math.min(1, used / allocated))
  return of(cpuCost, cpuUsed, cpuHours) + of(ramCost, ramUsed, ramHours)
}

describe('efficiency', () => {
  it('divides the cost of each row into used, idle of workloads and idle of infrastructure', async () => {
    const { efficiency } = await ask({ breakdown_by: ['namespace', 'pod'] })
    for (const row of efficiency) {
      expect(row.used_cost + row.workload_idle_cost + row.infra_idle_cost).toBeCloseTo(row.total_cost, 9)
      expect(row.workload_idle_cost + row.infra_idle_cost).toBeCloseTo(row.wasted_cost, 9)
      if (row.kind === 'idle') {
        expect(row).toMatchObject({ used_cost: 0, workload_idle_cost: 0, band: null })
        expect(row.infra_idle_cost).toBe(row.total_cost)
        continue
      }
      const own = containers.filter(({ namespace, pod }) => namespace === row.namespace && pod === row.pod)
      expect(row.workload_idle_cost).toBeCloseTo(sum(own, unused), 9)
      expect(row.infra_idle_cost).toBe(0)
      expect(row.cpu_core_hours).toBeCloseTo(own.length, 9)
    }
  })

  it.each([
    { breakdown_by: 'cluster' },
    { breakdown_by: ['node', 'controller'] },
    { breakdown_by: 'pod', step: 'hour' },
    { breakdown_by: 'namespace', idle: 'share', idle_by: 'node' },
    { breakdown_by: 'pod', idle: 'share', share_namespaces: 'load' },
  ] as Query[])('adds up to the same however it is cut: %j', async query => {
    const body = await ask(query)
    const total = expectedTotal('separate')
    expect(body.total_cost).toBeCloseTo(total, 9)
    const of = (field: 'used_cost' | 'workload_idle_cost' | 'infra_idle_cost') =>
      sum(body.efficiency, row => row[field])
    expect(of('used_cost') + of('workload_idle_cost') + of('infra_idle_cost')).toBeCloseTo(total, 8)
    if (query.share_namespaces === undefined) {
      expect(of('workload_idle_cost')).toBeCloseTo(sum(containers, unused), 8)
    }
  })

  it('sorts by wasted money', async () => {
    const { efficiency } = await ask({ breakdown_by: 'pod', sort: 'wasted_cost' })
    const wasted = efficiency.map(row => row.wasted_cost)
    expect(wasted).toEqual(wasted.toSorted((a, b) => b - a))
    expect(new Set(wasted).size).toBeGreaterThan(3)
  })

  it('counts what was not measured as used, and says that it has no efficiency', async () => {
    const { efficiency } = await ask({ breakdown_by: 'pod', k8s_pod: 'unmeasured' })
    expect(efficiency).toHaveLength(1)
    expect(efficiency[0]).toMatchObject({
      ...{ cpu_core_used_hours: null, cpu_efficiency: null, total_efficiency: null },
      ...{ band: null, workload_idle_cost: 0, no_requests: false },
    })
    expect(efficiency[0]?.used_cost).toBe(efficiency[0]?.total_cost)
  })

  it('calls usage without any request efficient, and says so', async () => {
    const { efficiency } = await ask({ breakdown_by: 'pod', k8s_pod: 'unrequested' })
    expect(efficiency[0]).toMatchObject({
      no_requests: true,
      cpu_efficiency: 1,
      ram_efficiency: null,
      band: 'good',
    })
  })
})

describe('the whole of it and the range before', () => {
  const MIDDLE = MONDAY
  const earlier = { start_date: 2 * MIDDLE - RANGE.end_date, end_date: MIDDLE }
  const later = { start_date: MIDDLE, end_date: RANGE.end_date }

  it.each<Query>([
    {},
    { breakdown_by: 'pod', step: 'hour' },
    { breakdown_by: 'pod', k8s_namespace: ['load', 'mixed'] },
    { breakdown_by: ['cluster', 'namespace'], idle: 'share' },
    { breakdown_by: 'namespace', idle: 'hide' },
    { breakdown_by: 'pod', share_namespaces: 'load', k8s_namespace: '!shop' },
  ])('waste what all rows do: %j', async query => {
    const body = await ask(query)
    expect(body.wasted_cost).toBeCloseTo(
      sum(body.efficiency, row => row.wasted_cost),
      8,
    )
  })

  it('are as efficient as one row with all of it', async () => {
    const one = await ask({ breakdown_by: 'container' })
    const workload = one.efficiency.find(({ kind }) => kind === 'workload')
    expect(one.efficiency.filter(({ kind }) => kind !== 'idle')).toHaveLength(1)
    for (const query of [{}, { breakdown_by: 'pod', step: 'hour' }, { breakdown_by: 'node' }] as Query[]) {
      expect((await ask(query)).total_efficiency).toBeCloseTo(workload?.total_efficiency ?? Number.NaN, 12)
    }
    // Not a mean of the rows' ratios.
    const byPod = (await ask({ breakdown_by: 'pod' })).efficiency.flatMap(row => row.total_efficiency ?? [])
    expect(sum(byPod, ratio => ratio) / byPod.length).not.toBeCloseTo(workload?.total_efficiency ?? 0, 2)
  })

  it.each<Query>([
    {},
    { breakdown_by: 'pod', k8s_cluster: 'one', k8s_namespace: '!shop' },
    { idle: 'share', idle_by: 'node' },
  ])('before say what that range says of itself: %j', async query => {
    const [now, before] = [await ask({ ...query, ...later }), await ask({ ...query, ...earlier })]
    expect(now.previous_total_efficiency).toBeCloseTo(before.total_efficiency ?? Number.NaN, 12)
    expect(now.previous_wasted_cost).toBe(before.wasted_cost)
    expect(now.previous_total_efficiency).not.toBeCloseTo(now.total_efficiency ?? Number.NaN, 6)
  })

  it('before are null where nothing of it is loaded, and nothing is wasted where nothing is', async () => {
    const first = await ask()
    expect(first).toMatchObject({ previous_total_efficiency: null, previous_wasted_cost: null })
    expect(await ask({ k8s_cluster: 'nowhere' })).toMatchObject({
      ...{ total_efficiency: null, wasted_cost: 0 },
      ...{ previous_total_efficiency: null, previous_wasted_cost: null },
    })
  })
})

describe('bands', () => {
  let small: World
  beforeAll(async () => {
    small = await openWorld()
    const { pool } = small.database
    await seedAccount(pool, FIRST)
    await seedCluster(pool, { account: FIRST, cluster: 'one' }, MONDAY, MONDAY)
    const money = { cpuCost: toMoney(1), ramCost: toMoney(0) }
    const at = (pod: string, cpuUsed: number, more: Partial<SeedContainer> = {}): SeedContainer => ({
      ...{ namespace: 'bands', pod, container: 'main', node: 'n', cpuRequest: 1, cpuUsed, ...money },
      ...more,
    })
    await seedWindow(pool, { account: FIRST, cluster: 'one' }, MONDAY, {
      containers: [
        ...[at('at-40', 0.4), at('under-40', 0.399), at('at-60', 0.6), at('over-60', 0.601), at('bursts', 3)],
        // Half an hour at 0.8 of one core: 80 %, not 40 %.
        at('short', 0.4, { minutes: 30, cpuHours: 0.5, cpuRequest: 0.5 }),
        // Twenty times as long, so that a mean of ratios would come out elsewhere.
        ...[at('long', 1, { cpuHours: 20, cpuRequest: 20 }), at('bursts-by-night', 3, { cpuHours: 3 })],
      ],
      nodes: [{ node: 'n', cpuCost: toMoney(10), ramCost: toMoney(0) }],
    })
  })
  afterAll(() => small.close())

  const rows = async (query: Query) => {
    const range = { start_date: MONDAY, end_date: MONDAY + HOUR, idle: 'hide', ...query }
    const body = await small.answer<EfficiencyBody>(FIRST, 'efficiency', range)
    return new Map<string, EfficiencyRow>(body.efficiency.map(row => [row.name, row]))
  }

  it.each([
    ['at-40', 0.4, 'warning'],
    ['under-40', 0.399, 'critical'],
    ['at-60', 0.6, 'warning'],
    ['over-60', 0.601, 'good'],
    ['bursts', 3, 'good'],
    ['short', 0.8, 'good'],
    ['long', 0.05, 'critical'],
  ] as const)('of %s, which uses %d of its request', async (pod, ratio, band) => {
    const row = (await rows({ breakdown_by: 'pod' })).get(pod)
    expect(row?.total_efficiency).toBeCloseTo(ratio, 12)
    expect(row?.band).toBe(band)
  })

  it('are of the ratio of sums, not the mean of ratios', async () => {
    const row = (await rows({ k8s_pod: ['long', 'over-60'] })).get('bands')
    expect(row?.cpu_efficiency).toBeCloseTo(1.601 / 21, 12)
  })

  it('a burst above its request wastes nothing and uses no more than it costs', async () => {
    const row = (await rows({ breakdown_by: 'pod' })).get('bursts-by-night')
    expect(row).toMatchObject({ used_cost: 1, workload_idle_cost: 0, total_cost: 1 })
  })
})

describe('pods that come and go', () => {
  let churn: World
  beforeAll(async () => {
    churn = await openWorld()
    const { pool } = churn.database
    await seedAccount(pool, FIRST)
    await seedCluster(pool, { account: FIRST, cluster: 'one' }, MONDAY, MONDAY + HOUR)
    /** A pod that asks for a core and uses half of it for some minutes. */
    const at = (controller: string, pod: string, minutes: number): SeedContainer => ({
      ...{ namespace: 'churn', pod, container: 'main', node: 'n', controller, controllerKind: 'Deployment' },
      ...{ minutes, cpuHours: minutes / 60, cpuRequest: minutes / 60, cpuUsed: minutes / 120 },
      ...{ ramHours: minutes / 60, ramRequest: minutes / 60, ramUsed: minutes / 240 },
      ...{ cpuCost: toMoney(minutes / 60), ramCost: toMoney(minutes / 60) },
    })
    const short = Array.from({ length: 30 }, (_, i) => at('short', `short-${i}`, 2))
    for (const window of [MONDAY, MONDAY + HOUR]) {
      await seedWindow(pool, { account: FIRST, cluster: 'one' }, window, {
        containers: [
          at('steady', 'steady-0', 60),
          // Thirty pods of two minutes, one after the other, in one of two hours.
          ...(window === MONDAY ? short : []),
          // One pod up to the middle of the hour, another from then on.
          ...[at('restarted', `restarted-${window}`, 30), at('restarted', `restarted-${window}-again`, 30)],
        ],
        nodes: [{ node: 'n', cpuCost: toMoney(10), ramCost: toMoney(10) }],
      })
    }
  })
  afterAll(() => churn.close())

  const rowsBy = async (query: Query) => {
    const range = { start_date: MONDAY, end_date: MONDAY + 2 * HOUR, idle: 'hide', limit: 1000, ...query }
    return (await churn.answer<EfficiencyBody>(FIRST, 'efficiency', range)).efficiency
  }

  it('are as efficient as one that stays, by workload, by pod, by hour and all together', async () => {
    for (const query of [
      { breakdown_by: 'controller' },
      { breakdown_by: 'pod' },
      { breakdown_by: 'controller', step: 'hour' },
      { breakdown_by: 'cluster' },
    ] as Query[]) {
      const rows = await rowsBy(query)
      expect(rows.length).toBeGreaterThan(0)
      for (const row of rows) {
        expect(row.cpu_efficiency).toBeCloseTo(0.5, 12)
        expect(row.ram_efficiency).toBeCloseTo(0.25, 12)
        expect(row.total_efficiency).toBeCloseTo(0.375, 12)
      }
    }
  })

  it('cost for their minutes and no longer, and waste the same share of it', async () => {
    const rows = new Map((await rowsBy({ breakdown_by: 'controller' })).map(row => [row.name, row]))
    for (const [name, hours] of [
      ['steady', 2],
      ['restarted', 2],
      ['short', 1],
    ] as const) {
      expect(rows.get(name)?.cpu_core_request_hours).toBeCloseTo(hours, 12)
      expect(rows.get(name)?.total_cost).toBeCloseTo(2 * hours, 9)
      expect(rows.get(name)?.wasted_cost).toBeCloseTo(1.25 * hours, 9)
    }
  })
})
