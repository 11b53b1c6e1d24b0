import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { HOUR_SECONDS, type Window } from '../../src/domain/window.js'
import {
  claimDue,
  recordFailure,
  recordIncomplete,
  releaseClaims,
  renewLease,
} from '../../src/load/claims.js'
import { requestReload } from '../../src/load/ledger.js'
import { publishBatch } from '../../src/load/publish-batch.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import {
  ACCOUNT,
  claimAgain,
  claimOne,
  hour,
  LATER,
  ledgerOf,
  NOON,
  plannedCluster,
  windowRows,
} from './rows.js'

const TERMINAL = { code: 'TRANSFORM_FAILED', message: 'a window broke', remedy: 'terminal' } as const
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

describe('claiming', () => {
  it('gives every window to one of eight racing workers', async () => {
    await plannedCluster(database.pool, 'race')
    const pools = Array.from({ length: 8 }, () => database.newPool({ max: 1 }))
    const claims = await Promise.all(
      pools.map((pool, index) =>
        claimDue(pool, {
          cloudAccountId: ACCOUNT,
          clusterId: 'race',
          from: hour(0),
          to: hour(24),
          worker: `w${index}`,
          leaseSeconds: 60,
          now: LATER,
          limit: 5,
        }),
      ),
    )
    const left = await claim('race', 'last')
    const windows = [...claims.flat(), ...left].map(({ window }) => window)
    expect(windows.sort()).toEqual(Array.from({ length: 24 }, (_, offset) => hour(offset)))
    expect(claims.every(own => own.length <= 5 && own.every(({ attempt }) => attempt === 1))).toBe(true)
  })

  it('takes over when a lease has run out, with a higher attempt, and the old one is then refused', async () => {
    await plannedCluster(database.pool, 'expired', 0, 1)
    const [old] = await claim('expired', 'first', LATER, 0)
    const [taken] = await claim('expired', 'second')
    expect([old?.attempt, taken?.attempt]).toEqual([1, 2])
    if (old === undefined || taken === undefined) throw new Error('not claimed')
    expect(await renewLease(database.pool, [old, taken], 60)).toEqual([taken])
    const before = await ledgerOf(database.pool, 'expired', hour(0))
    await releaseClaims(database.pool, [old])
    expect(await recordFailure(database.pool, old, TERMINAL, LATER)).toBe(false)
    expect(await recordIncomplete(database.pool, old, 'missing_series', 'x', LATER)).toBe(false)
    expect(await ledgerOf(database.pool, 'expired', hour(0))).toEqual(before)
  })

  it('leaves released windows due and unharmed', async () => {
    await plannedCluster(database.pool, 'released', 0, 3)
    const claims = await claim('released', 'first')
    expect(await claim('released', 'second')).toEqual([])
    await releaseClaims(database.pool, claims)
    expect(await renewLease(database.pool, claims, 60)).toEqual([])
    expect((await claim('released', 'second')).map(({ failures }) => failures)).toEqual([0, 0, 0])
  })
})

describe('a failure', () => {
  it('that may pass is retried for ever, after one minute doubled up to an hour', async () => {
    await plannedCluster(database.pool, 'retry', 0, 1)
    for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60, 60]) {
      const attempt = await claimOne(database.pool, 'retry', NOON)
      expect(await recordFailure(database.pool, attempt, PASSING, LATER)).toBe(true)
      expect(await ledgerOf(database.pool, 'retry', NOON)).toMatchObject({
        state: 'due',
        error_code: 'THANOS_TIMEOUT',
        error_message: 'no answer',
        claimed_by: null,
        next_read_seconds: LATER + minutes * 60,
      })
    }
  })

  it('waits as long as the other side asked', async () => {
    await plannedCluster(database.pool, 'asked', 0, 1)
    const attempt = await claimOne(database.pool, 'asked', NOON)
    await recordFailure(database.pool, attempt, { ...PASSING, retryAfterSeconds: 7200 }, LATER)
    expect(await ledgerOf(database.pool, 'asked', NOON)).toMatchObject({ next_read_seconds: LATER + 7200 })
  })

  it('that cannot pass quarantines the window at the fifth time in a row, and a reload takes it back', async () => {
    await plannedCluster(database.pool, 'poison', 0, 1)
    const fail = async (failure: typeof TERMINAL | typeof PASSING) =>
      recordFailure(database.pool, await claimOne(database.pool, 'poison', NOON), failure, LATER)
    for (const failure of [TERMINAL, TERMINAL, TERMINAL, TERMINAL, PASSING]) await fail(failure)
    for (let time = 0; time < 4; time++) await fail(TERMINAL)
    expect(await ledgerOf(database.pool, 'poison', NOON)).toMatchObject({ state: 'due' })
    await fail(TERMINAL)
    expect(await ledgerOf(database.pool, 'poison', NOON)).toMatchObject({
      state: 'quarantined',
      reason: 'quarantined',
      reason_detail: 'a window broke',
      next_read_at: null,
    })
    expect(await claim('poison', 'w')).toEqual([])
    const request = {
      cloudAccountId: ACCOUNT,
      from: hour(0),
      to: hour(1),
      mode: 'failed',
      now: LATER,
      settleMinutes: 10,
    } as const
    expect(await requestReload(database.pool, { ...request, dryRun: true })).toEqual([
      { clusterId: 'poison', windows: 1 },
    ])
    expect(await ledgerOf(database.pool, 'poison', NOON)).toMatchObject({ state: 'quarantined' })
    expect(await requestReload(database.pool, request)).toEqual([{ clusterId: 'poison', windows: 1 }])
    expect(await ledgerOf(database.pool, 'poison', NOON)).toMatchObject({ state: 'due', reason: null })
    await publish('poison', NOON)
    expect(await ledgerOf(database.pool, 'poison', NOON)).toMatchObject({ state: 'loaded', error_code: null })
  })

  it('leaves a published window published', async () => {
    await plannedCluster(database.pool, 'kept', 0, 1)
    await publish('kept', NOON)
    for (let time = 0; time < 5; time++) {
      await recordFailure(database.pool, await claimOne(database.pool, 'kept', NOON), TERMINAL, LATER)
    }
    expect(await ledgerOf(database.pool, 'kept', NOON)).toMatchObject({
      state: 'loaded',
      reason: null,
      revision: 1,
      error_code: 'TRANSFORM_FAILED',
      next_read_at: null,
    })
    await claimAgain(database.pool, 'kept', NOON)
  })
})

describe('a publish whose answer was lost', () => {
  it('is not spoiled by the failure that its worker then notes', async () => {
    await plannedCluster(database.pool, 'lost', 0, 1)
    const claim = await claimOne(database.pool, 'lost', NOON)
    const windows = [{ claim, rows: windowRows(NOON), nextReadAt: null }]
    await publishBatch(database.pool, {
      cloudAccountId: ACCOUNT,
      clusterId: 'lost',
      windows,
      storeSets: [],
      readAt: LATER,
    })
    const before = await ledgerOf(database.pool, 'lost', NOON)
    expect(await recordFailure(database.pool, claim, PASSING, LATER)).toBe(false)
    expect(await recordIncomplete(database.pool, claim, 'source_incomplete', 'x', LATER)).toBe(false)
    expect(await ledgerOf(database.pool, 'lost', NOON)).toEqual(before)
  })
})

describe('an incomplete source', () => {
  it('keeps the window open with its reason, whatever the number of tries', async () => {
    await plannedCluster(database.pool, 'short', 0, 1)
    for (let time = 0; time < 12; time++) {
      const attempt = await claimOne(database.pool, 'short', NOON)
      expect(
        await recordIncomplete(database.pool, attempt, 'source_incomplete', 'a store is away', LATER),
      ).toBe(true)
    }
    expect(await ledgerOf(database.pool, 'short', NOON)).toMatchObject({
      state: 'incomplete',
      reason: 'source_incomplete',
      reason_detail: 'a store is away',
      next_read_seconds: LATER + HOUR_SECONDS,
    })
  })

  it('notes the reason on a published window, which stays', async () => {
    await plannedCluster(database.pool, 'late', 0, 1)
    await publish('late', NOON)
    const attempt = await claimOne(database.pool, 'late', NOON)
    await recordIncomplete(database.pool, attempt, 'missing_series', 'no prices', LATER)
    expect(await ledgerOf(database.pool, 'late', NOON)).toMatchObject({
      state: 'loaded',
      reason: 'missing_series',
      revision: 1,
    })
  })
})
