import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readUsageHistoryOf } from '../../src/db/usage-history.js'
import { DAY_SECONDS } from '../../src/domain/window.js'
import { keepRetention } from '../../src/load/retention.js'
import { changedDays, rollUpDay } from '../../src/load/rollup.js'
import { releaseUsage } from '../../src/load/usage-claims.js'
import { dueUsageDays } from '../../src/load/usage-due.js'
import { ACCOUNT, DAY, hour, NOW, ofHour, openUsageWorld, rowsOf, type UsageWorld } from './usage-world.js'

let world: UsageWorld
beforeEach(async () => {
  world = await openUsageWorld()
})
afterEach(() => world.database.drop())

describe('usage that is kept no longer', () => {
  const keep = (now: number, hourlyDays = 400) =>
    keepRetention(
      world.database.pool,
      [{ cloudAccountId: ACCOUNT, hourlyDays, dailyDays: 0 }],
      now,
      new AbortController().signal,
      { lockSeconds: 1, tries: 1 },
    )
  const collectDay = async () => {
    await world.publishCosts(hour(0), hour(1))
    await world.publish((await world.claim()).map((one, n) => rowsOf(one, ofHour(n))))
  }

  test('goes by hour after 35 days, and its sums stay as they are', async () => {
    await collectDay()
    const sums = await world.hashOf('usage_daily')
    expect(await keep(DAY + 35 * DAY_SECONDS)).toMatchObject({ usageHourlyDays: 0, usageDailyDays: 0 })
    expect(await world.storedHours()).not.toEqual([])
    expect(await keep(DAY + 36 * DAY_SECONDS)).toMatchObject({ usageHourlyDays: 1, usageDailyDays: 0 })
    expect(await world.storedHours()).toEqual([])
    expect(await world.hashOf('usage_daily')).toBe(sums)
    expect(await world.claim()).toEqual([])
  })

  test('is collected again for the whole day where one of its hours is published anew', async () => {
    await collectDay()
    const sums = await world.hashOf('usage_daily')
    await keep(DAY + 36 * DAY_SECONDS)
    await world.publishCosts(hour(1))
    const [first, second, ...none] = await world.claim()
    if (first === undefined || second === undefined) throw new Error('two windows were expected')
    expect([first.window, second.window, none]).toEqual([hour(0), hour(1), []])
    // Half of the hours make no smaller day of it, also where the worker is killed in between.
    await world.publish([rowsOf(second, ofHour(5), { revision: 2 })])
    expect(await world.hashOf('usage_daily')).toBe(sums)
    await releaseUsage(world.database.pool, [first])
    await world.publish((await world.claim()).map(one => rowsOf(one, ofHour(0))))
    expect((await world.storedDays()).map(({ hours, cpu_request }) => [hours, cpu_request])).toEqual([
      [2, 0.5],
      [2, 0.2],
    ])
  })

  test('goes as days after 400, and with the ledger where hours are kept shorter', async () => {
    await collectDay()
    expect(await keep(DAY + 400 * DAY_SECONDS)).toMatchObject({ usageDailyDays: 0 })
    expect(await world.storedDays()).not.toEqual([])
    expect(await keep(DAY + 401 * DAY_SECONDS)).toMatchObject({ usageDailyDays: 1 })
    expect(await world.storedDays()).toEqual([])
  })

  test('goes with the ledger rows of its windows where hours are kept shorter, but for its sums', async () => {
    await collectDay()
    const floors = new Map([[ACCOUNT, 0]])
    expect(await dueUsageDays(world.database.pool, { floors, now: NOW, limit: 5 })).toEqual([])
    for (const day of await changedDays(world.database.pool, floors))
      await rollUpDay(world.database.pool, day)
    await keep(DAY + 10 * DAY_SECONDS, 5)
    expect(await world.query('select from warehouse.window_ledger')).toEqual([])
    expect(await world.storedHours()).toEqual([])
    expect(await world.storedDays()).toHaveLength(2)
    // The sums are read as before.
    const range = { cloudAccountId: ACCOUNT, from: DAY, to: DAY + DAY_SECONDS }
    const { rows } = await readUsageHistoryOf(world.database.pool, range)
    expect(rows.filter(({ namespace }) => namespace === 'web')).toHaveLength(2)
    await keep(DAY + 401 * DAY_SECONDS, 5)
    expect(await world.query('select from warehouse.usage_window')).toEqual([])
  })

  test('of another account stays', async () => {
    await collectDay()
    const retentions = [
      { cloudAccountId: '22222222-2222-4222-8222-222222222222', hourlyDays: 400, dailyDays: 0 },
    ]
    await keepRetention(
      world.database.pool,
      retentions,
      DAY + 500 * DAY_SECONDS,
      new AbortController().signal,
    )
    expect(await world.storedHours()).not.toEqual([])
    expect(await world.storedDays()).toHaveLength(2)
  })
})
