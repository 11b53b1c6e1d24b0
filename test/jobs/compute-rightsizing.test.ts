import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { computeRightsizing } from '../../jobs/compute-rightsizing.js'
import { addAccount, removeAccount } from '../../src/db/accounts.js'
import { toColumns } from '../../src/db/rightsizing-rows.js'
import { DAY_SECONDS, HOUR_SECONDS, windowOf, windowsStartingIn } from '../../src/domain/window.js'
import { replaceRightsizing } from '../../src/load/rightsizing.js'
import { PROFILES } from '../../src/rightsizing/profiles.js'
import type { ThanosClient } from '../../src/thanos/types.js'
import { recommendOne } from '../rightsizing/history.js'
import { testContext } from '../support/ingest.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { seedUsageDays, seedUsageHours } from '../support/seed-usage.js'
import { usageRow } from '../support/usage-rows.js'

/** A quarter past nine of a day. */
const NOW = Date.UTC(2026, 4, 21, 9, 15) / 1000
const NEWEST = Date.UTC(2026, 4, 21, 9) / 1000

let database: TestDatabase
let account: string
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.pool.query('update warehouse.cloud_account set removed_at = now()')
  account = randomUUID()
  await addAccount(database.pool, { cloudAccountId: account, name: 'Shop' })
})

const refuse = () => Promise.reject(new Error('recommendations ask the source nothing'))
const silent: ThanosClient = {
  ...{ queryRange: refuse, queryInstant: refuse, labelValues: refuse, stores: refuse, buildInfo: refuse },
  ...{ flags: refuse, close: refuse },
}
const context = (now = NOW) => testContext(database.pool, silent, { now: () => now })

/** Every hour of the newest so many, up to the newest full hour; the newest day is not summed. */
async function seed(hours: number): Promise<void> {
  const home = { cloudAccountId: account, clusterId: 'one' }
  const rows = windowsStartingIn(NEWEST - hours * HOUR_SECONDS, NEWEST).map(window =>
    usageRow({ firstWindow: window }),
  )
  await seedUsageHours(database.pool, home, rows)
  await seedUsageDays(
    database.pool,
    home,
    rows.filter(row => row.firstWindow < NEWEST - 9 * HOUR_SECONDS),
  )
}

async function stored(of = account): Promise<Record<string, unknown>[]> {
  const { rows } = await database.pool.query<{ row: Record<string, unknown> }>(
    `select to_jsonb(r) as row from warehouse.rightsizing r where cloud_account_id = $1
     order by history_days, profile, container`,
    [of],
  )
  return rows.map(({ row }) => row)
}

describe('recommendations', () => {
  it('are there for every history and profile, up to the newest full hour', async () => {
    await seed(20 * 24)
    const report = await computeRightsizing.run(context(), 'everything')
    expect(report).toEqual({ accounts: 1, rows: 15, failed: 0 })
    const rows = await stored()
    const names = Object.keys(PROFILES).toSorted()
    expect(rows.map(row => [row['history_days'], row['profile']])).toEqual(
      [7, 14, 30].flatMap(days => names.map(name => [days, name])),
    )
    for (const row of rows) {
      const days = Number(row['history_days'])
      expect(row).toMatchObject({
        ...{ cluster_id: 'one', namespace: 'web', controller: 'api', container: 'app', action: 'decrease' },
        ...{ span_hours: Math.min(days, 20) * 24, samples: Math.min(days, 20) * 24 * 12, replicas: 1 },
        ...{
          coverage: 1,
          confidence: 1,
          cpu_request: 200,
          cpu_mean: expect.closeTo(100, 9),
          ram_request: 2 ** 30,
        },
      })
      expect(Date.parse(String(row['computed_at'])) / 1000).toBe(NOW)
      expect(Date.parse(String(row['window_end'])) / 1000).toBe(NEWEST)
      expect(Date.parse(String(row['window_start'])) / 1000).toBe(NEWEST - days * DAY_SECONDS)
    }
    expect(rows.find(row => row['profile'] === 'balanced')).toMatchObject({ cpu_recommended: 115 })
    expect(rows.find(row => row['profile'] === 'safe')).toMatchObject({ cpu_recommended: 130 })
  })

  it('are what analysts see', async () => {
    await seed(14 * 24)
    await computeRightsizing.run(context(), 'everything')
    const { rows } = await database.pool.query(
      `select cluster, cpu_recommended, cost_month::text, cpu_saving::text, kubectl
       from analytics.rightsizing_latest where cloud_account_id = $1`,
      [account],
    )
    expect(rows).toEqual([
      {
        ...{ cluster: 'one', cpu_recommended: 115 },
        // (0.006 + 0.004) an hour.
        cost_month: '7.300000000000',
        // 85 of 200 millicores, at 0.03 a core-hour.
        cpu_saving: '1.861500000000',
        kubectl: 'kubectl set resources deployment/api -n web -c app --requests=cpu=115m,memory=589Mi',
      },
    ])
  })

  it('are the same when they are computed again, and gone with what was used', async () => {
    await seed(14 * 24)
    await computeRightsizing.run(context(), 'everything')
    const first = await stored()
    await computeRightsizing.run(context(), 'everything')
    expect(await stored()).toEqual(first)
    // Eight days later nothing of the last seven days is left, but something of longer ones.
    await computeRightsizing.run(context(NOW + 8 * DAY_SECONDS), 'everything')
    expect([...new Set((await stored()).map(row => row['history_days']))]).toEqual([14, 30])
    await computeRightsizing.run(context(NOW + 40 * DAY_SECONDS), 'everything')
    expect(await stored()).toEqual([])
  })

  it('are computed where they are due: there are none, or none of the last day', async () => {
    const due = (now: number) => computeRightsizing.run(context(now), 'due')
    expect(await due(NOW)).toMatchObject({ accounts: 0 })
    await seed(14 * 24)
    expect(await due(NOW)).toMatchObject({ accounts: 1, rows: 15 })
    expect(await due(NOW + DAY_SECONDS)).toMatchObject({ accounts: 0 })
    expect(await due(NOW + DAY_SECONDS + 1)).toMatchObject({ accounts: 1, rows: 15 })
    // Nobody uses anything any more.
    expect(await due(NOW + 60 * DAY_SECONDS)).toMatchObject({ accounts: 0 })
  })

  it('are due as well where much more of the history is known by now, but not for every hour that comes', async () => {
    const due = async (now: number) => (await computeRightsizing.run(context(now), 'due')).accounts
    const home = { cloudAccountId: account, clusterId: 'one' }
    const bring = (from: number, to: number) => {
      const windows = windowsStartingIn(NEWEST + from * HOUR_SECONDS, NEWEST + to * HOUR_SECONDS)
      return seedUsageHours(
        database.pool,
        home,
        windows.map(window => usageRow({ firstWindow: window, lastWindow: window })),
      )
    }
    await bring(-48, 0)
    expect(await due(NOW)).toBe(1)
    await bring(0, 8)
    expect(await due(NOW + 8 * HOUR_SECONDS)).toBe(0)
    // Days of before, as a backfill brings them.
    await bring(-168, -48)
    expect(await due(NOW + 8 * HOUR_SECONDS)).toBe(1)
    expect((await stored()).map(row => row['measured_hours'])).toContain(176)
    expect(await due(NOW + 9 * HOUR_SECONDS)).toBe(0)
  })

  it('of an account that is removed stay as they are', async () => {
    await seed(14 * 24)
    await computeRightsizing.run(context(), 'everything')
    const first = await stored()
    await removeAccount(database.pool, account)
    const later = context(NOW + 3 * DAY_SECONDS)
    expect(await computeRightsizing.run(later, 'everything')).toEqual({ accounts: 0, rows: 0, failed: 0 })
    expect(await computeRightsizing.run(later, 'due')).toEqual({ accounts: 0, rows: 0, failed: 0 })
    expect(await stored()).toEqual(first)
  })

  it('of one account that went wrong leave the others to be computed', async () => {
    await seed(14 * 24)
    const healthy = account
    account = randomUUID()
    await addAccount(database.pool, { cloudAccountId: account, name: 'Broken' })
    const unreadable = usageRow({
      firstWindow: windowOf(NEWEST - HOUR_SECONDS),
      cpuSketch: Uint8Array.from([9, 9]),
    })
    await seedUsageHours(database.pool, { cloudAccountId: account, clusterId: 'one' }, [unreadable])
    expect(await computeRightsizing.run(context(), 'everything')).toEqual({
      accounts: 1,
      rows: 15,
      failed: 1,
    })
    expect(await stored(healthy)).toHaveLength(15)
    expect(await stored()).toEqual([])
  })

  it('are replaced for readers all at once, whoever else replaces them', async () => {
    const told = {
      ...{ pods: 1, hours: 336, cpu: [[0.1, 4_032]] as const, ramMax: 100, ramMean: 100 },
      ...{ cpuRequest: 1, ramRequest: 1024 },
    }
    const one = recommendOne(told, PROFILES.balanced)
    const many = (rows: number) => Array.from({ length: rows }, (_, i) => ({ ...one, container: `c${i}` }))
    const set = { cloudAccountId: account, profile: 'balanced', historyDays: 14, computedAt: NOW }
    await replaceRightsizing(database.pool, set, many(2_500))
    const pools = [database.newPool(), database.newPool(), database.newPool()]
    let isDone = false
    const replaced = Promise.all(pools.map(pool => replaceRightsizing(pool, set, many(2_400)))).finally(
      () => {
        isDone = true
      },
    )
    const sizes = new Set<number>()
    while (!isDone) sizes.add((await stored()).length)
    await replaced
    expect([...sizes].filter(size => size !== 2_500 && size !== 2_400)).toEqual([])
    expect(await stored()).toHaveLength(2_400)
  })

  it('have exactly the columns of the table', async () => {
    const told = { pods: 1, hours: 336, cpu: [], ramMax: 1, ramMean: 1, cpuRequest: null, ramRequest: null }
    const set = { cloudAccountId: account, profile: 'krr', historyDays: 7, computedAt: NOW }
    const { rows } = await database.pool.query<{ name: string }>(
      `select attname as name from pg_attribute
       where attrelid = 'warehouse.rightsizing'::regclass and attnum > 0 and not attisdropped`,
    )
    const columns = toColumns({ ...recommendOne(told, PROFILES.krr), ...set })
    expect(Object.keys(columns).toSorted()).toEqual(rows.map(({ name }) => name).toSorted())
  })
})
