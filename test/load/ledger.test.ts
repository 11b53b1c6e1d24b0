import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addAccount, removeAccount } from '../../src/db/accounts.js'
import { DAY_SECONDS, dayOf, type Window, windowEnd } from '../../src/domain/window.js'
import { claimDue, recordFailure, recordIncomplete } from '../../src/load/claims.js'
import { lastHeard, listClusters } from '../../src/load/clusters.js'
import { dueDays, planWindows, recordClusters, requestReload } from '../../src/load/ledger.js'
import { publishBatch } from '../../src/load/publish-batch.js'
import { statusRows } from '../../src/load/status.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { ACCOUNT, claimOne, hour, LATER, ledgerOf, NOON, plannedCluster, windowRows } from './rows.js'

const OTHER = '22222222-2222-4222-8222-222222222222'
const PASSING = { code: 'THANOS_TIMEOUT', message: 'no answer', remedy: 'retry' } as const

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.pool.query('delete from warehouse.window_ledger; delete from warehouse.cluster')
})

const claim = (clusterId: string, worker: string, now = LATER, leaseSeconds = 60) =>
  claimDue(database.pool, {
    cloudAccountId: ACCOUNT,
    clusterId,
    from: hour(0),
    to: hour(24),
    worker,
    leaseSeconds,
    now,
  })

async function publish(clusterId: string, window: Window): Promise<void> {
  const rows = windowRows(window)
  await publishBatch(database.pool, {
    cloudAccountId: ACCOUNT,
    clusterId,
    windows: [{ claim: await claimOne(database.pool, clusterId, window), rows, nextReadAt: null }],
    storeSets: [],
    readAt: LATER,
  })
}

describe('planning', () => {
  it('enters each window once, due ten minutes after its end', async () => {
    await plannedCluster(database.pool, 'plan', 0, 3)
    const key = { cloudAccountId: ACCOUNT, clusterId: 'plan' }
    expect(await planWindows(database.pool, key, hour(0), hour(5), 10)).toBe(2)
    expect(await planWindows(database.pool, key, hour(0), hour(5), 10)).toBe(0)
    for (const window of [0, 4].map(hour)) {
      expect(await ledgerOf(database.pool, 'plan', window)).toMatchObject({
        state: 'due',
        revision: 0,
        attempt: 0,
        next_read_seconds: windowEnd(window) + 600,
      })
    }
    expect(await claim('plan', 'w', windowEnd(hour(1)) + 599)).toHaveLength(1)
    expect(await claim('plan', 'w', windowEnd(hour(1)) + 600)).toHaveLength(1)
  })

  it('widens the hours of a cluster and never narrows them', async () => {
    const see = (first: number, last: number) =>
      recordClusters(database.pool, ACCOUNT, [
        { clusterId: 'see', firstWindow: hour(first), lastWindow: hour(last) },
      ])
    await see(5, 6)
    await see(6, 6)
    await see(3, 9)
    expect(await listClusters(database.pool, ACCOUNT)).toEqual([
      { clusterId: 'see', firstWindow: hour(3), lastWindow: hour(9), watermark: hour(3) },
    ])
    expect(await lastHeard(database.pool, ACCOUNT, 'see')).toBe(hour(9))
    expect(await lastHeard(database.pool, ACCOUNT, 'unknown')).toBeUndefined()
  })

  it('puts live days first and then goes from the oldest on, without leased ones and removed accounts', async () => {
    const now = windowEnd(hour(24 * 5)) + 600
    await plannedCluster(database.pool, 'days', -12, 24 * 5 + 1)
    const midnight = (days: number) => dayOf(NOON) + days * DAY_SECONDS
    const days = async (options = {}) =>
      (await dueDays(database.pool, now, { limit: 100, ...options })).map(({ day, windows }) => [
        day,
        windows,
      ])
    expect(await days()).toEqual([
      [midnight(5), 13],
      [midnight(4), 24],
      [midnight(3), 24],
      [midnight(0), 24],
      [midnight(1), 24],
      [midnight(2), 24],
    ])
    expect((await days({ newestFirst: true })).map(([day]) => day)).toEqual([5, 4, 3, 2, 1, 0].map(midnight))
    expect(await days({ accountId: OTHER })).toEqual([])
    await claim('days', 'w', now)
    expect(await days({ limit: 4 })).toEqual([
      [midnight(5), 13],
      [midnight(4), 24],
      [midnight(3), 24],
      [midnight(0), 12],
    ])
    await removeAccount(database.pool, ACCOUNT)
    expect(await days()).toEqual([])
    await addAccount(database.pool, { cloudAccountId: ACCOUNT, name: 'Shop' })
  })
})

describe('a reload', () => {
  it('asks for what was never loaded, what failed, or all, and never for a window that has not settled', async () => {
    await plannedCluster(database.pool, 'reload', 0, 5)
    const reload = (mode: 'missing' | 'failed' | 'all', now = LATER) =>
      requestReload(database.pool, {
        cloudAccountId: ACCOUNT,
        from: hour(0),
        to: hour(24),
        mode,
        now,
        settleMinutes: 10,
      })
    await publish('reload', hour(0))
    await publish('reload', hour(1))
    const attempt = await claimOne(database.pool, 'reload', hour(2))
    await recordIncomplete(database.pool, attempt, 'source_incomplete', 'x', LATER)
    expect(await reload('missing', windowEnd(hour(3)) + 599)).toEqual([{ clusterId: 'reload', windows: 1 }])
    expect(await reload('missing')).toEqual([{ clusterId: 'reload', windows: 3 }])
    expect(await reload('failed')).toEqual([{ clusterId: 'reload', windows: 1 }])
    expect(await claim('reload', 'w', LATER, 0)).toHaveLength(3)
    expect(await reload('all')).toEqual([{ clusterId: 'reload', windows: 5 }])
    expect(await claim('reload', 'w')).toHaveLength(5)
    expect(await ledgerOf(database.pool, 'reload', hour(0))).toMatchObject({ state: 'loaded', revision: 1 })
  })
})

describe('the status', () => {
  it('tells of every cluster, and of accounts without one', async () => {
    await addAccount(database.pool, { cloudAccountId: OTHER, name: 'Empty' })
    await plannedCluster(database.pool, 'one', 0, 6)
    await publish('one', hour(0))
    await publish('one', hour(2))
    await recordIncomplete(
      database.pool,
      await claimOne(database.pool, 'one', hour(3)),
      'missing_series',
      'x',
      LATER,
    )
    await recordFailure(database.pool, await claimOne(database.pool, 'one', hour(4)), PASSING, LATER)
    const now = windowEnd(hour(2)) + 5000
    const noUsage = { usageWaiting: 0, usageNewest: null, usageLastError: null }
    const empty = {
      ...noUsage,
      newestLoaded: null,
      watermark: null,
      lagSeconds: null,
      open: 0,
      loaded: 0,
      failed: 0,
      incomplete: 0,
    }
    expect(await statusRows(database.pool, now)).toEqual([
      {
        ...empty,
        cloudAccountId: OTHER,
        accountName: 'Empty',
        clusterId: null,
        quarantined: 0,
        oldestOpen: null,
        lastError: null,
      },
      {
        cloudAccountId: ACCOUNT,
        accountName: 'Shop',
        clusterId: 'one',
        newestLoaded: hour(2),
        watermark: hour(1),
        lagSeconds: 5000,
        open: 4,
        loaded: 2,
        failed: 1,
        incomplete: 1,
        quarantined: 0,
        oldestOpen: hour(1),
        lastError: { code: 'THANOS_TIMEOUT', message: 'no answer', window: hour(4) },
        ...noUsage,
        usageWaiting: 2,
      },
    ])
    await removeAccount(database.pool, OTHER)
    expect(await statusRows(database.pool, now)).toHaveLength(1)
  })
})
