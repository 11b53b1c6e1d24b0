import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DayKey } from '../../jobs/context.js'
import { loadDay } from '../../jobs/load-day.js'
import { planWindows, rediscover } from '../../jobs/plan-windows.js'
import { wakeDue } from '../../jobs/wake-due.js'
import { removeAccount } from '../../src/db/accounts.js'
import { setRetention } from '../../src/db/retention.js'
import { createLogger } from '../../src/observe/logger.js'
import { openQueue, type WakeUpQueue } from '../../src/queue/queues.js'
import {
  ACCOUNT,
  CLUSTER,
  changed,
  FIRST,
  HOUR,
  openSampleWorld,
  type SampleWorld,
  silenced,
  smallEstate,
} from '../support/sample-world.js'

const DAY = 24 * HOUR
const DAYS = 4
const ESTATE = smallEstate({ hours: DAYS * 24 })
/** A quarter of an hour after the end of an hour: the hour is due. */
const dueAt = (count: number) => FIRST + count * HOUR + 900

let world: SampleWorld
beforeEach(async () => {
  world = await openSampleWorld({ estate: ESTATE })
  world.now = dueAt(2)
})
afterEach(() => world.close())

async function plan(): Promise<DayKey[]> {
  const context = world.context()
  await planWindows.run(context)
  return context.woken
}
const planned = async () => (await world.ledger()).map(row => row.window)
const hours = (count: number, from = FIRST) => Array.from({ length: count }, (_, n) => from + n * HOUR)
const day = (n: number): DayKey => ({ cloudAccountId: ACCOUNT, clusterId: CLUSTER, day: FIRST + n * DAY })

async function loadAll(woken: readonly DayKey[]): Promise<number> {
  let published = 0
  for (const key of woken) published += (await loadDay.run(key, world.context())).published
  return published
}

describe('planning', () => {
  test('enters every hour that is due, once, and wakes a worker for each day that has one', async () => {
    expect(await plan()).toEqual([day(0)])
    expect(await planned()).toEqual(hours(2))
    expect(await plan()).toEqual([day(0)])
    expect(await planned()).toEqual(hours(2))
  })

  test('catches up on missed ticks of three days, and gives the newest days first', async () => {
    await plan()
    world.now = dueAt(3 * 24 + 2)
    expect(await plan()).toEqual([day(3), day(2), day(1), day(0)])
    expect(await planned()).toEqual(hours(74))
    const { rows } = await world.database.pool.query(
      `select count(distinct next_read_at - window_start)::int as n,
         min(extract(epoch from next_read_at - window_start))::int as after from warehouse.window_ledger`,
    )
    expect(rows).toEqual([{ n: 1, after: HOUR + 600 }])
  })

  test('makes the tables for the months that it plans', async () => {
    world.now = dueAt(50)
    await plan()
    const months = await world.database.pool.query(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'warehouse.allocation_hourly'::regclass`,
    )
    expect(months.rows.map(row => row.name)).toEqual(
      expect.arrayContaining([expect.stringContaining('p20260901'), expect.stringContaining('p20261001')]),
    )
  })

  test('begins with the first whole day that the account keeps hours of', async () => {
    world.now = dueAt(3 * 24 + 2)
    await setRetention(world.database.pool, ACCOUNT, { hourlyDays: 1 })
    await plan()
    expect(await planned()).toEqual(hours(26, FIRST + 2 * DAY))
    await setRetention(world.database.pool, ACCOUNT, { hourlyDays: null })
    await rediscover.run(world.context())
    expect(await planned()).toEqual(hours(74))
  })

  test('goes on with the known clusters while Thanos is down, and wakes them', async () => {
    await plan()
    world.now = dueAt(4)
    world.stub.reset()
    world.stub.on(() => true, { status: 503, body: 'Service Unavailable' })
    expect(await plan()).toEqual([day(0)])
    expect(await planned()).toEqual(hours(4))
    expect(world.log.text()).toContain('clusters could not be looked up')
    expect(world.log.text()).toContain('THANOS_UNAVAILABLE')
  })

  test('of an account that Thanos does not know warns, and plans nothing', async () => {
    await world.hold({ ...ESTATE, series: () => [] })
    expect(await plan()).toEqual([])
    expect(await planned()).toEqual([])
    expect(world.log.text()).toContain('Thanos has no series of this account')
  })

  test('warns of a cluster whose samples lie in the future, and of no other', async () => {
    await plan()
    expect(world.log.text()).not.toContain('in the future')
    await planWindows.run(world.context({ now: () => world.now - HOUR }))
    const warning = world.log.lines.find(line => line.includes('in the future'))
    expect(warning).toContain(CLUSTER)
    expect(await planned()).toEqual(hours(2))
  })

  test('leaves a removed account alone, also what it had due', async () => {
    await plan()
    await removeAccount(world.database.pool, ACCOUNT)
    world.now = dueAt(5)
    const asked = world.stub.requests.length
    expect(await plan()).toEqual([])
    expect(await planned()).toEqual(hours(2))
    expect(world.stub.requests.length).toBe(asked)
  })

  test('wakes a worker also for series that name no cluster, and they load as a cluster without a name', async () => {
    const nameless = changed(ESTATE, one => {
      const labels = new Map(one.labels)
      labels.delete('cluster_id')
      return { ...one, labels }
    })
    await world.hold(nameless)
    const queue = await openTestQueue(world)
    const wake = (key: DayKey) => queue.enqueue({ version: 1, ...key })
    await planWindows.run(world.context({ wake }))
    expect(await queue.check()).toEqual({ waiting: 1, active: 0 })
    await queue.close()
    expect(await loadAll([{ ...day(0), clusterId: '' }])).toBe(2)
  })
})

function openTestQueue({ database }: SampleWorld): Promise<WakeUpQueue> {
  return openQueue({
    redisUrl: undefined,
    databaseUrl: database.url,
    logger: createLogger({ level: 'silent', role: 'test' }),
  })
}

describe('a cluster that falls silent', () => {
  test('is planned for three days more, then is offline, and is planned without a hole when it returns', async () => {
    const returns = FIRST + 90 * HOUR
    await world.hold(silenced(ESTATE, FIRST + 2 * HOUR, returns))
    await plan()
    world.now = dueAt(74)
    await plan()
    expect(await planned()).toEqual(hours(74))
    world.now = dueAt(80)
    await plan()
    expect(await planned()).toEqual(hours(74))

    world.now = dueAt(92)
    await plan()
    expect(await planned()).toEqual(hours(92))
  })
})

describe('what the ledger knows', () => {
  test('brings all wake-ups back after the queue was emptied', async () => {
    const queue = await openTestQueue(world)
    const wake = (key: DayKey) => queue.enqueue({ version: 1, ...key })
    world.now = dueAt(50)
    await planWindows.run(world.context({ wake }))
    expect(await queue.check()).toEqual({ waiting: 3, active: 0 })
    await world.database.pool.query('drop schema bullmq cascade')
    expect(await wakeDue.run(world.context({ wake }))).toBe(3)
    expect(await queue.check()).toEqual({ waiting: 3, active: 0 })
    await queue.close()
  })

  test('wakes nobody for what is read, in hand or not yet due again', async () => {
    expect(await loadAll(await plan())).toBe(2)
    expect(await plan()).toEqual([])
    world.now = dueAt(3)
    await plan()
    await world.database.pool.query(
      `update warehouse.window_ledger set claimed_by = 'another', lease_until = now() + interval '1 minute' where revision = 0`,
    )
    expect(await plan()).toEqual([])
    await world.database.pool.query(
      `update warehouse.window_ledger set lease_until = now() - interval '1 second'`,
    )
    expect(await plan()).toEqual([day(0)])
  })
})

describe('history that arrives late', () => {
  test('is found by the nightly look: it moves the first hour, and the watermark waits for it', async () => {
    const cluster = async () =>
      (
        await world.database.pool.query(
          `select extract(epoch from first_window)::float8 as first, extract(epoch from watermark)::float8 as watermark
           from warehouse.cluster`,
        )
      ).rows[0]
    await world.hold(silenced(ESTATE, 0, FIRST + 50 * HOUR))
    world.now = dueAt(52)
    expect(await loadAll(await plan())).toBe(2)
    expect(await cluster()).toEqual({ first: FIRST + 50 * HOUR, watermark: FIRST + 52 * HOUR })

    await world.hold(ESTATE)
    await plan()
    expect((await cluster())?.first).toBe(FIRST + 25 * HOUR)
    const context = world.context()
    await rediscover.run(context)
    expect(await cluster()).toEqual({ first: FIRST, watermark: FIRST })
    expect(await planned()).toEqual(hours(52))
    expect(await loadAll(context.woken)).toBe(50)
    expect(await cluster()).toEqual({ first: FIRST, watermark: FIRST + 52 * HOUR })
  })
})
