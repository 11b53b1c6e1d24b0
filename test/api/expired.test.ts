import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CostAllocationBody } from '../../src/api/schemas/cost-allocation.js'
import { setRetention } from '../../src/db/retention.js'
import { toMoney } from '../../src/domain/money.js'
import { DAY_SECONDS } from '../../src/domain/window.js'
import { keepRetention } from '../../src/load/retention.js'
import { rollUpDay } from '../../src/load/rollup.js'
import { seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { DAY, envelope, FIRST, HOUR, MONDAY, openWorld, SECOND, type World } from './world.js'

// Hours are kept for two days, daily sums for ten: Monday's hours are gone on Friday, its sums are not.
const NOW = MONDAY + 4 * DAY_SECONDS + 3 * HOUR
const OWN = { hourlyDays: 2, dailyDays: 10 }
const KEY = { account: FIRST, cluster: 'one' }

let world: World
let before: CostAllocationBody

beforeAll(async () => {
  world = await openWorld(NOW)
  const { pool } = world.database
  await seedAccount(pool, FIRST)
  await seedAccount(pool, SECOND)
  await seedCluster(pool, KEY, MONDAY, MONDAY + 47 * HOUR)
  for (let window = MONDAY; window < MONDAY + 48 * HOUR; window += HOUR) {
    await seedWindow(pool, KEY, window, {
      containers: ['web', 'db'].map(pod => ({
        ...{ namespace: pod, pod, container: 'main', node: 'n' },
        ...{ cpuCost: toMoney(1), ramCost: toMoney(2), gpuCost: 0n, pvCost: 0n, loadBalancerCost: 0n },
        ...{ networkZoneCost: 0n, networkRegionCost: 0n, networkInternetCost: 0n },
      })),
      nodes: [{ node: 'n', cpuCost: toMoney(3), ramCost: toMoney(5), gpuCost: 0n }],
    })
  }
  await setRetention(pool, FIRST, OWN)
  before = await world.body(FIRST, { ...DAY, idle: 'share' })
  for (const day of [MONDAY, MONDAY + DAY_SECONDS]) {
    await rollUpDay(pool, { cloudAccountId: FIRST, clusterId: 'one', day })
  }
  await keepRetention(pool, [{ ...OWN, cloudAccountId: FIRST }], NOW, new AbortController().signal)
})
afterAll(() => world.close())

describe('hours that are no longer kept', () => {
  it('are answered from the sums of their day, to the same numbers', async () => {
    const { rows } = await world.database.pool.query(
      'select count(*)::int as hours from warehouse.allocation_hourly',
    )
    expect(rows).toEqual([{ hours: 0 }])
    const after = await world.body(FIRST, { ...DAY, idle: 'share' })
    expect(after.total_cost).toBe(24 * 8)
    const costs = (body: CostAllocationBody) =>
      body.cost_allocation.map(row => [row.id, row.total_cost, row.idle_cost])
    expect(costs(after)).toEqual(costs(before))
    // How whole each of the hours was is known no longer.
    expect(after.meta).toMatchObject({ gaps: [], partial: false, coverage: null })
  })

  it('are refused where only they could answer, with the first date that is kept', async () => {
    const response = await world.ask(FIRST, { ...DAY, breakdown_by: 'pod' })
    const since = MONDAY + 2 * DAY_SECONDS
    expect(response.statusCode).toBe(400)
    expect(response.json()).toEqual(envelope('OE0224', 400, ['end_date', since + 1, 253402300799]))
    expect(response.json().error.reason).toContain('2026-03-04T00:00:00.000Z')
  })

  it('are a gap where the range reaches into what is kept', async () => {
    const query = { start_date: MONDAY + DAY_SECONDS, end_date: NOW, breakdown_by: 'pod' }
    const { meta, total_count } = await world.body(FIRST, query)
    expect(total_count).toBe(0)
    expect(meta.partial).toBe(true)
    expect(meta.gaps[0]).toEqual({
      ...{ cluster: 'one', start_date: MONDAY + DAY_SECONDS, end_date: MONDAY + 2 * DAY_SECONDS },
      reason: 'expired',
    })
  })
})

describe('a range before everything that is kept', () => {
  it('is refused with the first date that is', async () => {
    // Of ten days there may be sums from the sixth day before Monday on, but the first loaded day is Monday.
    const response = await world.ask(FIRST, { start_date: MONDAY - DAY_SECONDS, end_date: MONDAY })
    expect(response.json()).toEqual(envelope('OE0224', 400, ['end_date', MONDAY + 1, 253402300799]))
    expect((await world.ask(FIRST, { start_date: MONDAY, end_date: MONDAY + HOUR })).statusCode).toBe(200)
  })

  it('is refused with the first day that was ever loaded, where sums are kept for ever', async () => {
    await setRetention(world.database.pool, FIRST, { dailyDays: 0 })
    const response = await world.ask(FIRST, { start_date: MONDAY - 300 * DAY_SECONDS, end_date: MONDAY })
    expect(response.json()).toEqual(envelope('OE0224', 400, ['end_date', MONDAY + 1, 253402300799]))
    expect((await world.ask(FIRST, { start_date: 1, end_date: 2 })).statusCode).toBe(400)
    await setRetention(world.database.pool, FIRST, OWN)
  })

  it('is refused with the first date of the hours, where there is nothing older', async () => {
    const { pool } = world.database
    await setRetention(pool, SECOND, { hourlyDays: 30, dailyDays: 0 })
    await seedCluster(pool, { account: SECOND, cluster: 'one' }, MONDAY, MONDAY)
    await seedWindow(pool, { account: SECOND, cluster: 'one' }, MONDAY, { containers: [], nodes: [] })
    const since = MONDAY - 26 * DAY_SECONDS
    const response = await world.ask(SECOND, { start_date: since - HOUR, end_date: since })
    expect(response.json()).toEqual(envelope('OE0224', 400, ['end_date', since + 1, 253402300799]))
    expect((await world.ask(SECOND, { start_date: since, end_date: since + HOUR })).json()).toMatchObject({
      ...{ total_count: 0, cost_allocation: [] },
    })
  })
})
