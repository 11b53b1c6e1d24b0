import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { toMoney } from '../../src/domain/money.js'
import { type SeedWindow, seedAccount, seedCluster, seedUnloaded, seedWindow } from '../support/seed.js'
import { FIRST, HOUR, MONDAY, openWorld, SECOND, type World } from './world.js'

// The newest due window is the one that starts at hour 23: it ended 10 minutes ago.
const NOW = MONDAY + 24 * HOUR + 600
const RANGE = { start_date: MONDAY, end_date: MONDAY + 24 * HOUR }
const DAY_BEFORE = MONDAY - 24 * HOUR
const ONE = { account: FIRST, cluster: 'one' }
const TWO = { account: FIRST, cluster: 'two' }

let world: World

beforeAll(async () => {
  world = await openWorld(NOW)
})
afterAll(() => world.close())
beforeEach(async () => {
  const { pool } = world.database
  for (const table of [
    'allocation_hourly',
    'node_hourly',
    'idle_hourly',
    'remainder_hourly',
    'container',
    'window_ledger',
    'cluster',
  ]) {
    await pool.query(`truncate warehouse.${table}`)
  }
  await pool.query('delete from warehouse.cloud_account')
  for (const account of [FIRST, SECOND]) await seedAccount(pool, account)
})

describe('gaps', () => {
  it('are none and coverage is 1 where every due window is loaded whole', async () => {
    await seedCluster(world.database.pool, ONE, MONDAY, MONDAY + 23 * HOUR)
    await load(ONE, 0, 24)
    const { meta } = await world.body(FIRST, RANGE)
    expect(meta).toMatchObject({ gaps: [], coverage: 1, data_to: MONDAY + 24 * HOUR, generated_at: NOW })
  })

  it('are merged per cluster and reason, and missing windows count 0 in the coverage', async () => {
    const { pool } = world.database
    await seedCluster(pool, ONE, MONDAY, MONDAY + 23 * HOUR, MONDAY + 2 * HOUR)
    await seedCluster(pool, TWO, MONDAY + 20 * HOUR, MONDAY + 23 * HOUR)
    await load(ONE, 0, 2)
    await seedUnloaded(pool, ONE, MONDAY + 2 * HOUR)
    // Hour 3 has no ledger row at all.
    await seedUnloaded(pool, ONE, MONDAY + 4 * HOUR, 'incomplete', 'missing_series')
    await seedUnloaded(pool, ONE, MONDAY + 5 * HOUR, 'incomplete')
    await seedUnloaded(pool, ONE, MONDAY + 6 * HOUR, 'quarantined', 'source_incomplete')
    await load(ONE, 7, 9, { reason: 'source_silent', coverage: 0.5 })
    await load(ONE, 9, 10, { reason: 'suspect' })
    await load(ONE, 10, 24)
    await load(TWO, 20, 24)
    const { meta } = await world.body(FIRST, RANGE)
    const gap = (from: number, to: number, reason: string) => ({
      ...{ cluster: 'one', start_date: MONDAY + from * HOUR, end_date: MONDAY + to * HOUR, reason },
    })
    expect(meta.gaps).toEqual([
      gap(2, 4, 'not_loaded'),
      gap(4, 5, 'missing_series'),
      gap(5, 6, 'source_incomplete'),
      gap(6, 7, 'quarantined'),
      gap(7, 9, 'source_silent'),
      gap(9, 10, 'suspect'),
    ])
    expect(meta.coverage).toBeCloseTo((2 + 0.5 * 2 + 15 + 4) / 28, 10)
    expect(meta.data_to).toBe(MONDAY + 2 * HOUR)
    expect(meta.partial).toBe(true)
  })

  it('are only where a window is due and the cluster was already there', async () => {
    await seedCluster(world.database.pool, ONE, MONDAY + 5 * HOUR, MONDAY + 5 * HOUR)
    await load(ONE, 5, 6)
    const { meta } = await world.body(FIRST, { start_date: MONDAY, end_date: MONDAY + 100 * HOUR })
    const missing = { start_date: MONDAY + 6 * HOUR, end_date: MONDAY + 24 * HOUR, reason: 'not_loaded' }
    expect(meta.gaps).toEqual([{ cluster: 'one', ...missing }])
    expect(meta.coverage).toBeCloseTo(1 / 19, 10)
  })

  it('of other clusters do not matter to a filter', async () => {
    const { pool } = world.database
    await seedCluster(pool, ONE, MONDAY, MONDAY + 23 * HOUR)
    await seedCluster(pool, TWO, MONDAY, MONDAY, MONDAY)
    await load(ONE, 0, 24)
    const { meta } = await world.body(FIRST, { ...RANGE, k8s_cluster: 'one' })
    expect(meta).toMatchObject({ gaps: [], coverage: 1, data_to: MONDAY + 24 * HOUR })
    expect((await world.body(FIRST, RANGE)).meta.data_to).toBe(MONDAY)
  })

  it('come with what the loader had to estimate', async () => {
    await seedCluster(world.database.pool, ONE, MONDAY, MONDAY + HOUR)
    await load(ONE, 0, 2, { warnings: [{ code: 'price_carried', detail: 'node a: the last known price' }] })
    const { meta } = await world.body(FIRST, RANGE)
    expect(meta.warnings).toContainEqual({
      code: 'price_carried',
      detail: 'node a: the last known price (windows: 2)',
    })
  })
})

describe('the previous total', () => {
  it('is of the equally long range before, with the same filters and idle', async () => {
    const { pool } = world.database
    await seedCluster(pool, ONE, DAY_BEFORE, MONDAY + 23 * HOUR)
    await load(ONE, -24, 24)
    const body = await world.body(FIRST, RANGE)
    expect(body.previous_range_start).toBe(DAY_BEFORE)
    expect(body.previous_total).toBeCloseTo(24 * 3, 9)
    const hidden = await world.body(FIRST, { ...RANGE, idle: 'hide', k8s_namespace: 'a' })
    expect([hidden.total_cost, hidden.previous_total]).toEqual([24, 24])
    expect((await world.body(FIRST, { ...RANGE, k8s_node: '!n' })).previous_total).toBe(0)
    const short = { start_date: MONDAY + 1800, end_date: MONDAY + 3 * HOUR }
    expect((await world.body(FIRST, short)).previous_range_start).toBe(MONDAY - 3 * HOUR)
    expect((await world.body(FIRST, short)).previous_total).toBe(9)
  })

  it('is null, not 0, where nothing of that range is loaded', async () => {
    await seedCluster(world.database.pool, ONE, MONDAY, MONDAY)
    await load(ONE, 0, 1)
    expect((await world.body(FIRST, RANGE)).previous_total).toBeNull()
  })
})

describe('the data version', () => {
  it('changes with every change to a window of the account and with no other', async () => {
    const { pool } = world.database
    await seedCluster(pool, ONE, MONDAY, MONDAY + 2 * HOUR)
    await load(ONE, 0, 1)
    const versions = [await version()]
    await load(ONE, 0, 1)
    versions.push(await version())
    await load(ONE, 1, 2)
    versions.push(await version())
    await seedUnloaded(pool, ONE, MONDAY + 2 * HOUR)
    versions.push(await version())
    await pool.query(`update warehouse.window_ledger set state = 'incomplete' where state = 'due'`)
    versions.push(await version())
    await pool.query(`update warehouse.window_ledger set reason = 'suspect' where state = 'loaded'`)
    versions.push(await version())
    expect(new Set(versions).size).toBe(versions.length)
    await seedWindow(pool, { account: SECOND, cluster: 'one' }, MONDAY, rowsOf({}))
    expect(await version()).toBe(versions.at(-1))
  })

  it('ends the cursors of older versions, and a cursor is of one account and query', async () => {
    const { pool } = world.database
    for (const account of [FIRST, SECOND]) {
      await seedCluster(pool, { account, cluster: 'one' }, MONDAY, MONDAY)
      await seedWindow(pool, { account, cluster: 'one' }, MONDAY, rowsOf({}))
    }
    const { next } = (await world.body(FIRST, { ...RANGE, limit: 1 })).page
    const cursor = next ?? ''
    const status = async (account: string, query: Record<string, string | number>) =>
      (await world.ask(account, { ...RANGE, cursor, ...query })).statusCode
    expect(await status(FIRST, {})).toBe(200)
    expect(await status(FIRST, { limit: 5 })).toBe(200)
    expect(await status(SECOND, {})).toBe(400)
    expect(await status(FIRST, { breakdown_by: 'pod' })).toBe(400)
    expect(await status(FIRST, { k8s_cluster: 'one' })).toBe(400)
    expect(await status(FIRST, { sort: 'name' })).toBe(400)
    expect(await status(FIRST, { cursor: `${cursor}A` })).toBe(400)
    expect(await status(FIRST, { cursor: `B${cursor.slice(1)}` })).toBe(400)
    await load(ONE, 0, 1)
    expect(await status(FIRST, {})).toBe(400)
  })
})

async function version(): Promise<string> {
  return (await world.body(FIRST, RANGE)).meta.data_version
}

/** Loads hours `from` to `to` (not included) after Monday's midnight. */
async function load(
  key: typeof ONE,
  from: number,
  to: number,
  facts: Partial<SeedWindow> = {},
): Promise<void> {
  for (let hour = from; hour < to; hour++) {
    await seedWindow(world.database.pool, key, MONDAY + hour * HOUR, rowsOf(facts))
  }
}

/** Node 3.00, of which a container of namespace a is charged 1.00. */
function rowsOf(facts: Partial<SeedWindow>): SeedWindow {
  const cost = { cpuCost: toMoney(0.5), ramCost: toMoney(0.5) }
  return {
    containers: [{ namespace: 'a', pod: 'p', container: 'c', node: 'n', ...cost }],
    nodes: [{ node: 'n', cpuCost: toMoney(1), ramCost: toMoney(2) }],
    ...facts,
  }
}
