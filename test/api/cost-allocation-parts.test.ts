import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DIMENSIONS, MISSING_ID, STEPS } from '../../src/api/query/parameters.js'
import { sumMoney, toMoney } from '../../src/domain/money.js'
import { seedCluster, seedWindow } from '../support/seed.js'
import { sum } from './invented.js'
import {
  expectedSums,
  FROM,
  measured,
  moneyOf,
  ODD,
  openMeasuredWorld,
  RANGE,
  recordsOf,
} from './measured.js'
import { FIRST, HOUR, MONDAY, SECOND, type World } from './world.js'

let world: World

beforeAll(async () => {
  world = await openMeasuredWorld()
})
afterAll(() => world.close())

const BREAKDOWNS = [...DIMENSIONS, 'label:team', 'label:app', 'label:__proto__', 'label:nowhere']
const PARTS = ['cpu_cost', 'ram_cost', 'gpu_cost', 'pv_cost', 'network_cost', 'load_balancer_cost'] as const

describe('every part', () => {
  const cases = BREAKDOWNS.flatMap(breakdown_by =>
    STEPS.flatMap(step => (['separate', 'hide'] as const).map(idle => ({ breakdown_by, step, idle }))),
  )
  it.each(cases)('adds up to the last digit for $breakdown_by by $step, idle $idle', async query => {
    const { records, total } = await recordsOf(world, query)
    const expected = expectedSums(query.idle)
    const sums = Object.keys(expected).map(field => [
      field,
      sumMoney(records.map(record => moneyOf(record[field as 'total_cost']))),
    ])
    expect(Object.fromEntries(sums)).toEqual(expected)
    expect(total).toBe(expected.total_cost)
    for (const record of records) {
      const parts = [...PARTS, 'management_cost' as const].map(part => moneyOf(record[part]))
      expect(sumMoney(parts)).toBe(moneyOf(record.total_cost))
    }
    expect(new Set(records.map(({ id, step_start }) => `${id} ${step_start}`)).size).toBe(records.length)
  })

  it('is in the answer as a number, hours too', async () => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, breakdown_by: 'pod', k8s_node: 'n1' })
    const own = measured.flatMap(({ containers }) => containers.filter(({ pod }) => pod === 'web'))
    const row = cost_allocation.find(({ name }) => name === 'web')
    expect(row?.gpu_hours).toBeCloseTo(
      sum(own, one => one.gpuHours ?? 0),
      9,
    )
    expect(row?.pv_gib_hours).toBeCloseTo(
      sum(own, one => one.pvGibHours ?? 0),
      9,
    )
    const pv = Number(sumMoney(own.map(one => one.pvCost ?? 0n))) / 1e12
    expect(row).toMatchObject({ pv_cost: pv, management_cost: 0, shared_cost: 0, idle_cost: 0 })
  })
})

describe('special rows', () => {
  const namesBy = async (breakdown_by: string, query: Record<string, string | string[]> = {}) =>
    (await world.body(FIRST, { ...RANGE, breakdown_by, ...query, limit: 1000 })).cost_allocation
      .filter(({ kind }) => kind !== 'workload')
      .map(({ name }) => name)
      .sort()

  it.each(['namespace', 'controller', 'pod', 'label:team'])('are one per kind by %s', async breakdown_by => {
    expect(await namesBy(breakdown_by)).toEqual([
      ...['__cluster_management__', '__idle__', '__unallocated__', '__unmounted__'],
    ])
  })

  it('are one per kind and cluster by cluster, and only idle is of a node', async () => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, breakdown_by: 'cluster' })
    const special = cost_allocation.filter(({ kind }) => kind !== 'workload')
    expect(special.map(({ kind, cluster }) => `${kind} ${cluster}`).sort()).toEqual([
      ...['cluster_management one', 'idle one', 'idle two', 'unallocated one', 'unallocated two'],
      ...['unmounted one', 'unmounted two'],
    ])
    expect(new Set(special.map(({ id }) => id)).size).toBe(special.length)
    expect(special.map(({ id }) => id)).not.toContain(MISSING_ID)
    expect(await namesBy('node')).toEqual([
      ...['__cluster_management__', '__idle__', '__idle__', '__unallocated__', '__unmounted__'],
    ])
  })

  it('have what applies to them, and 0 for what does not', async () => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, limit: 1000 })
    const byKind = new Map(cost_allocation.map(row => [row.kind, row]))
    const hours = (RANGE.end_date - FROM) / HOUR
    expect(byKind.get('unmounted')).toMatchObject({
      ...{ pv_gib_hours: 2 * hours * 12, namespace: null, minutes: null, cpu_core_hours: null },
      ...{ cpu_cost: 0, ram_cost: 0, gpu_cost: 0, network_cost: 0, management_cost: 0, cpu_efficiency: null },
    })
    const fee = Number(expectedSums('hide').management_cost) / 1e12
    expect(byKind.get('cluster_management')).toMatchObject({
      management_cost: fee,
      total_cost: fee,
      pv_cost: 0,
    })
    expect(byKind.get('idle')).toMatchObject({ pv_cost: 0, load_balancer_cost: 0, network_cost: 0 })
    expect(byKind.get('idle')?.gpu_cost).toBeLessThan(0)
    expect(byKind.get('unallocated')).toMatchObject({ id: MISSING_ID, gpu_cost: 0, network_region_cost: 0 })
  })

  it('by namespace are chosen where they belong to it', async () => {
    expect(await namesBy('namespace', { k8s_namespace: 'shop' })).toEqual(['__unmounted__'])
    expect(await namesBy('namespace', { k8s_namespace: 'ghost' })).toEqual(['__unallocated__'])
    expect(await namesBy('namespace', { k8s_namespace: MISSING_ID })).toEqual([
      ...['__cluster_management__', '__idle__', '__unallocated__', '__unmounted__'],
    ])
    expect(await namesBy('namespace', { k8s_node: 'n1' })).toEqual(['__idle__'])
    expect(await namesBy('namespace', { 'label.team': 'red' })).toEqual([])
  })

  it('of traffic merge with the rows that lack the label', async () => {
    const { records } = await recordsOf(world, { breakdown_by: 'label:team', idle: 'hide' })
    const rest = records.filter(({ kind }) => kind === 'unallocated')
    const bare = measured.flatMap(({ containers }) => containers.filter(one => !one.labels?.team))
    const traffic = measured.flatMap(({ remainders }) => remainders.filter(one => one.kind === 'unallocated'))
    expect(rest).toHaveLength(1)
    expect(moneyOf(rest[0]?.network_zone_cost)).toBe(
      sumMoney(bare.map(one => one.networkZoneCost ?? 0n)) +
        sumMoney(traffic.map(one => (one.part === 'network_zone' ? one.cost : 0n))),
    )
  })
})

describe('filters', () => {
  it.each([
    ['k8s_cluster', ['one'], ['!one']],
    ['k8s_namespace', ['shop'], ['!shop']],
    ['k8s_namespace', [MISSING_ID, 'ghost'], [`!${MISSING_ID}`, '!ghost']],
    ['k8s_node', ['n1'], ['!n1']],
    ['label.team', ['red'], ['!red']],
    ['label.team', [MISSING_ID], [`!${MISSING_ID}`]],
    ['label.team', ['red', MISSING_ID], ['!red', `!${MISSING_ID}`]],
    ['label.__proto__', [...ODD], ODD.map(value => `!${value}`)],
  ])('of %s=%j and the opposite add up to the last digit', async (name, some, others) => {
    const [chosen, rest] = [
      await recordsOf(world, { [name]: some }),
      await recordsOf(world, { [name]: others }),
    ]
    expect(chosen.total + rest.total).toBe(expectedSums('separate').total_cost)
    expect(chosen.total).not.toBe(0n)
    expect(rest.total).not.toBe(0n)
  })

  it('hold for the previous total too', async () => {
    const later = { start_date: MONDAY, end_date: MONDAY + 5 * HOUR }
    const earlier = { start_date: FROM, end_date: MONDAY }
    for (const query of [{}, { idle: 'hide' }, { 'label.team': 'red' }, { 'label.team': '!red' }]) {
      const { previous_total } = await world.body(FIRST, { ...later, ...query })
      expect(previous_total).toBe((await world.body(FIRST, { ...earlier, ...query })).total_cost)
      expect(previous_total).toBeGreaterThan(0)
    }
  })
})

describe('what was not measured', () => {
  const beforeMonday = { start_date: FROM, end_date: MONDAY }
  const codesOf = async (query: Record<string, string | number>) => {
    const { meta } = await world.body(FIRST, query)
    expect(meta.gaps).toEqual([])
    expect(meta.partial).toBe(meta.warnings.length > 0)
    return meta.warnings.map(({ code }) => code)
  }

  it('is null only where nothing of it was measured', async () => {
    const gpuOf = async (query: Record<string, string | number>) => {
      const { cost_allocation } = await world.body(FIRST, { ...query, breakdown_by: 'pod' })
      return cost_allocation.find(({ name }) => name === 'web')?.gpu_cost
    }
    expect(await gpuOf({ ...beforeMonday, k8s_cluster: 'two' })).toBeNull()
    const own = measured.filter(({ window }) => window < MONDAY).flatMap(fact => fact.containers)
    const known = own.filter(({ pod }) => pod === 'web').map(one => one.gpuCost ?? 0n)
    expect(await gpuOf(beforeMonday)).toBe(Number(sumMoney(known)) / 1e12)
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, breakdown_by: 'pod' })
    const deaf = cost_allocation.find(({ name }) => name === 'deaf')
    expect(deaf).toMatchObject({ network_cost: null, network_zone_cost: null, network_internet_cost: null })
    expect(deaf?.total_cost).toBeGreaterThan(0)
  })

  it('is null for idle in its resource', async () => {
    const query = { ...beforeMonday, k8s_cluster: 'two', breakdown_by: 'cluster' }
    const idle = (await world.body(FIRST, query)).cost_allocation.find(({ kind }) => kind === 'idle')
    expect(idle).toMatchObject({ gpu_cost: null, pv_cost: 0 })
  })

  it('has a reason, the clusters, the number of windows and since when', async () => {
    const { meta } = await world.body(FIRST, RANGE)
    expect(meta.partial).toBe(true)
    expect(meta.warnings).toEqual([
      {
        code: 'gpu_not_collected',
        detail:
          'gpu_hours and gpu_cost not known in clusters "two" (windows: 5, since 2026-03-01T19:00Z); sums are without it: no GPU series',
      },
      {
        code: 'management_not_collected',
        detail:
          'management_cost not known in clusters "two" (windows: 11, since 2026-03-01T19:00Z); sums are without it: no fee series',
      },
      {
        code: 'network_not_measured',
        detail:
          'network_zone_cost, network_region_cost, network_internet_cost and network_cost not known in clusters "one" (windows: 11, since 2026-03-01T19:00Z), "two" (windows: 11, since 2026-03-01T19:00Z); sums are without it',
      },
    ])
  })

  it('makes an answer partial only where it is part of it', async () => {
    expect(await codesOf({ ...RANGE, k8s_namespace: 'shop', k8s_cluster: 'one' })).toEqual([])
    expect(await codesOf({ ...RANGE, k8s_namespace: 'shop' })).toEqual(['gpu_not_collected'])
    expect(await codesOf({ ...RANGE, k8s_namespace: 'shop', start_date: MONDAY })).toEqual([])
    expect(await codesOf({ ...RANGE, k8s_cluster: 'one' })).toEqual(['network_not_measured'])
    expect(await codesOf({ ...RANGE, k8s_node: 'n1', k8s_cluster: 'two', start_date: MONDAY })).toEqual([])
  })

  it('is told of windows that an older release loaded, which knew none of it', async () => {
    const { pool } = world.database
    await pool.query(
      `insert into warehouse.cloud_account (cloud_account_id, name, tenant_id) values ($1, 'old', 'old')`,
      [SECOND],
    )
    const key = { account: SECOND, cluster: 'one' }
    await seedCluster(pool, key, MONDAY, MONDAY)
    const node = { node: 'n', cpuCost: toMoney(1), ramCost: toMoney(1), gpuCost: 0n }
    await seedWindow(pool, key, MONDAY, { containers: [], nodes: [node] })
    const hour = { start_date: MONDAY, end_date: MONDAY + HOUR }
    expect((await world.body(SECOND, hour)).meta).toMatchObject({ partial: false, warnings: [] })
    await pool.query(
      `update warehouse.window_ledger
       set unmounted_cost = null, management_cost = null, network_cost = null, unallocated_cost = null
       where cloud_account_id = $1`,
      [SECOND],
    )
    const codesBy = async (breakdown_by: string) =>
      (await world.body(SECOND, { ...hour, breakdown_by })).meta.warnings.map(({ code }) => code)
    const rest = ['load_balancer', 'management', 'network', 'pv'].map(part => `${part}_not_measured`)
    expect(await codesBy('pod')).toEqual(rest)
    expect(await codesBy('label:team')).toEqual(['labels_not_measured', ...rest].sort())
    const { meta } = await world.body(SECOND, { ...hour, k8s_namespace: 'x' })
    expect(meta.warnings.map(({ code }) => code)).toEqual(rest.filter(code => !code.startsWith('management')))
    expect(meta.partial).toBe(true)
  })
})
