import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { removeAccount } from '../../src/db/accounts.js'
import { DAY_SECONDS, type Window, windowOf } from '../../src/domain/window.js'
import { statusRows } from '../../src/load/status.js'
import { recordUsageFailure, releaseUsage, renewUsageLease } from '../../src/load/usage-claims.js'
import { dueUsageDays, waitsForCosts } from '../../src/load/usage-due.js'
import {
  ACCOUNT,
  CLUSTER,
  DAY,
  hour,
  NOW,
  ofHour,
  openUsageWorld,
  rowsOf,
  type UsageWorld,
} from './usage-world.js'

let world: UsageWorld
beforeEach(async () => {
  world = await openUsageWorld()
})
afterEach(() => world.database.drop())

describe('windows whose usage is due', () => {
  test('are those that are published, until their usage is of what is published', async () => {
    await world.publishCosts(hour(1), hour(2))
    await world.database.pool.query(
      `insert into warehouse.window_ledger (cloud_account_id, cluster_id, window_start) values ($1, 'one', to_timestamp($2))`,
      [ACCOUNT, hour(3)],
    )
    const claims = await world.claim()
    expect(claims.map(({ window, attempt }) => [window, attempt])).toEqual([
      [hour(1), 1],
      [hour(2), 1],
    ])
    await world.publish(claims.map(one => rowsOf(one, ofHour(1))))
    expect(await world.claim()).toEqual([])
    await world.publishCosts(hour(2))
    expect((await world.claim()).map(({ window, attempt }) => [window, attempt])).toEqual([[hour(2), 2]])
  })

  test('are dealt out among those who claim at once, and to others when a lease runs out', async () => {
    await world.publishCosts(hour(1), hour(2), hour(3))
    const dealt = await Promise.all(['a', 'b', 'c', 'd'].map(worker => world.claim({ worker })))
    expect(
      dealt
        .flat()
        .map(({ window }) => window)
        .sort(),
    ).toEqual([hour(1), hour(2), hour(3)])
    expect(await world.claim()).toEqual([])
    await world.database.pool.query(
      `update warehouse.usage_window set lease_until = now() - interval '1 second'`,
    )
    const again = await world.claim()
    expect(again.map(({ attempt }) => attempt)).toEqual([2, 2, 2])
    expect(await renewUsageLease(world.database.pool, dealt.flat(), 60)).toEqual([])
    expect(await renewUsageLease(world.database.pool, again, 60)).toEqual(again)
    await releaseUsage(world.database.pool, again)
    expect(await world.claim()).toHaveLength(3)
  })

  test('that failed are tried again after a pause that grows, for ever, and never set aside', async () => {
    await world.publishCosts(hour(1))
    const fail = async (now: number, retryAfterSeconds?: number) => {
      const claims = await world.claim({ now })
      const failure = { code: 'THANOS_TIMEOUT', message: 'no answer', retryAfterSeconds }
      await recordUsageFailure(world.database.pool, claims, failure, now)
      const [row] = await world.query<{ next: number; failures: number; error_code: string }>(
        `select extract(epoch from next_try_at)::float8 as next, failures, error_code from warehouse.usage_window`,
      )
      return { pause: (row?.next ?? 0) - now, failures: row?.failures, code: row?.error_code }
    }
    let now = NOW
    const pauses: number[] = []
    for (let n = 0; n < 11; n++) {
      const { pause, failures, code } = await fail(now)
      expect([failures, code]).toEqual([n + 1, 'THANOS_TIMEOUT'])
      pauses.push(pause)
      expect(await world.claim({ now: now + pause - 1 })).toEqual([])
      now += pause
    }
    expect(pauses).toEqual([60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600, 21600])
    expect((await fail(now, 90_000)).pause).toBe(90_000)
  })
})

test('status tells how many windows wait for their usage, how far it is, and what failed last', async () => {
  await world.publishCosts(hour(1), hour(2), hour(3))
  const [first, second, third] = await world.claim()
  if (!first || !second || !third) throw new Error('three windows were expected')
  await world.publish([rowsOf(first, ofHour(1)), rowsOf(second, ofHour(2))])
  await recordUsageFailure(
    world.database.pool,
    [third],
    { code: 'THANOS_TIMEOUT', message: 'no answer' },
    NOW,
  )
  await world.publishCosts(hour(1))
  expect(await statusRows(world.database.pool, NOW)).toMatchObject([
    {
      usageWaiting: 2,
      usageNewest: hour(2),
      usageLastError: { code: 'THANOS_TIMEOUT', message: 'no answer', window: hour(3) },
    },
  ])
})

describe('days whose usage is due', () => {
  const floors = new Map([[ACCOUNT, DAY - 30 * DAY_SECONDS]])
  const due = async (changes: Partial<Parameters<typeof dueUsageDays>[1]> = {}) =>
    (await dueUsageDays(world.database.pool, { floors, now: NOW, limit: 10, ...changes })).map(
      ({ day, windows }) => [(day - DAY) / DAY_SECONDS, windows],
    )

  test('come newest first, as far back as usage is kept, and not while somebody collects them', async () => {
    await world.publishCosts(hour(1), hour(2), hour(-30), windowOf(DAY - 31 * DAY_SECONDS))
    expect(await due()).toEqual([
      [0, 2],
      [-2, 1],
    ])
    expect(await due({ limit: 1 })).toEqual([[0, 2]])
    expect(await due({ to: DAY })).toEqual([[-2, 1]])
    expect(await due({ from: hour(2) })).toEqual([[0, 1]])
    expect(await due({ clusterId: 'two' })).toEqual([])
    await world.claim()
    expect(await due()).toEqual([[-2, 1]])
    await removeAccount(world.database.pool, ACCOUNT)
    expect(await due()).toEqual([])
  })

  test('wait while costs of live windows of their cluster are due', async () => {
    await world.publishCosts(hour(-30), hour(1), hour(47))
    const readAt = (window: Window, next: number) =>
      world.database.pool.query(
        'update warehouse.window_ledger set next_read_at = to_timestamp($2) where window_start = to_timestamp($1)',
        [window, next],
      )
    await readAt(hour(1), NOW)
    expect(await due()).toEqual([])
    expect(await waitsForCosts(world.database.pool, CLUSTER, NOW)).toBe(true)
    await readAt(hour(1), NOW + 1)
    // An old one that is read again holds nothing up.
    await readAt(hour(-30), NOW)
    expect((await due()).map(([day]) => day)).toEqual([1, 0, -2])
    expect(await waitsForCosts(world.database.pool, CLUSTER, NOW)).toBe(false)
  })

  test('that were published long ago are found with everything, and at once where they have failed', async () => {
    await world.publishCosts(hour(1))
    await world.database.pool.query(`update warehouse.window_ledger set loaded_at = now() - interval '1 day'`)
    expect(await due({ withinSeconds: 3600 })).toEqual([])
    expect(await due()).toEqual([[0, 1]])
    await recordUsageFailure(world.database.pool, await world.claim(), { code: 'X', message: 'x' }, NOW)
    expect(await due({ now: NOW + 59 })).toEqual([])
    expect(await due({ withinSeconds: 3600, now: NOW + 60 })).toEqual([[0, 1]])
  })
})
