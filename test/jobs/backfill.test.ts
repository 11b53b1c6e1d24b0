import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type BackfillProgress, type BackfillRequest, backfill } from '../../jobs/backfill.js'
import type { JobContext } from '../../jobs/context.js'
import { planWindows } from '../../jobs/plan-windows.js'
import { getAccount } from '../../src/db/accounts.js'
import { NamedError } from '../../src/errors.js'
import {
  ACCOUNT,
  asks,
  FIRST,
  HOUR,
  openSampleWorld,
  type SampleWorld,
  smallEstate,
} from '../support/sample-world.js'
import { refusal } from '../support/thanos-stub.js'
import { expectTruth, warehouseHash } from '../support/truth-check.js'

const DAY = 24 * HOUR
/** Four hours of a day, the next day, and four hours of the third. */
const HOURS = 32
const START = FIRST + 20 * HOUR
const NEXT_DAY = FIRST + DAY
const ESTATE = smallEstate({ start: START, hours: HOURS })

let world: SampleWorld
beforeEach(async () => {
  world = await openSampleWorld({ estate: ESTATE })
  world.now = ESTATE.to + 900
})
afterEach(() => world.close())

const seen: BackfillProgress[] = []

async function run(request: Partial<BackfillRequest> = {}, overrides: Partial<JobContext> = {}) {
  seen.length = 0
  const account = await getAccount(world.database.pool, ACCOUNT)
  const whole = { from: START, to: ESTATE.to, mode: 'missing', dryRun: false, maxParallel: 1 } as const
  return backfill.run(
    { account, newestFirst: false, ...whole, ...request },
    world.context(overrides),
    progress => seen.push(progress),
  )
}
/** Usage is collected of what was published, unless told. */
const result = (windows: number, published: number, unchanged = 0, open = 0, usage = {}) => ({
  windows,
  published,
  unchanged,
  open,
  usageCollected: published,
  usageOpen: 0,
  ...usage,
})
const loaded = async () => (await world.ledger()).filter(row => row.revision > 0).map(row => row.window)
const hours = (from: number, to: number) =>
  Array.from({ length: (to - from) / HOUR }, (_, n) => from + n * HOUR)
const settle = () => world.database.pool.query('update warehouse.window_ledger set next_read_at = null')

describe('a backfill', () => {
  test('plans and loads what is missing, tells how far it is, and has nothing to do the second time', async () => {
    expect(await run()).toEqual(result(HOURS, HOURS))
    await expectTruth(world.database.pool, ESTATE, ESTATE.from, ESTATE.to)
    for (const stage of ['costs', 'usage'] as const) {
      const told = seen.filter(progress => progress.stage === stage)
      expect(told.at(-1)).toEqual({ stage, done: HOURS, total: HOURS })
      expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).sort((a, b) => a - b))
    }
    expect(seen.map(({ stage }) => stage)).toEqual(seen.map(({ stage }) => stage).sort())
    await settle()
    expect(await run()).toEqual(result(0, 0))
  })

  test('advises on the history that it brought', async () => {
    const advised = async () => {
      const { rows } = await world.database.pool.query<{ days: number; profiles: number }>(
        `select history_days as days, count(distinct profile)::int as profiles
         from warehouse.rightsizing where cloud_account_id = $1 group by 1 order by 1`,
        [ACCOUNT],
      )
      return rows
    }
    await run({ dryRun: true })
    expect(await advised()).toEqual([])
    await run({ to: START + 3 * HOUR })
    expect(await advised()).toEqual([7, 14, 30].map(days => ({ days, profiles: 5 })))
  })

  test('gives the same rows however many days it loads at once', async () => {
    await run({ maxParallel: 1 })
    const serial = await warehouseHash(world.database.pool)
    await world.close()
    world = await openSampleWorld({ estate: ESTATE })
    expect(await run({ maxParallel: 4, newestFirst: true })).toEqual(result(HOURS, HOURS))
    expect(await warehouseHash(world.database.pool)).toBe(serial)
  })

  test('says of how many windows the usage is still due where it could not be collected', async () => {
    world.stub.on(asks('deriv(container_cpu_usage_seconds_total'), { status: 401, body: 'Unauthorized' })
    const usage = { usageCollected: 0, usageOpen: 4 }
    expect(await run({ to: NEXT_DAY })).toEqual(result(4, 4, 0, 0, usage))
    world.restore()
    world.now += 60
    expect(await run({ to: NEXT_DAY })).toEqual(result(0, 0, 0, 0, { usageCollected: 4 }))
  })

  test('with a dry run says how many it would load and reads none', async () => {
    expect(await run({ dryRun: true })).toEqual(result(HOURS, 0))
    expect(await loaded()).toEqual([])
    expect(world.stub.requests.filter(asks('kube_pod_owner'))).toEqual([])
    expect((await world.ledger()).every(row => row.attempt === 0)).toBe(true)
  })

  test('keeps to its range', async () => {
    world.now = START + 200 * HOUR
    const [from, to] = [START + 2 * HOUR, START + 10 * HOUR]
    expect(await run({ from, to })).toEqual(result(8, 8))
    expect(await loaded()).toEqual(hours(from, to))
  })

  test('rounds a range that does not begin on the hour up to windows that begin in it', async () => {
    world.now = START + 200 * HOUR
    expect(await run({ from: START + 1, to: START + 3 * HOUR + 1 })).toEqual(result(3, 3))
    expect(await loaded()).toEqual(hours(START + HOUR, START + 4 * HOUR))
  })

  test('does not load hours that are not due, nor any before or after the cluster was there', async () => {
    world.now = START + 2 * HOUR + 900
    expect(await run({ from: START - 10 * DAY, to: START + 10 * DAY })).toEqual(result(2, 2))
    expect((await world.ledger()).map(row => row.window)).toEqual(hours(START, START + 2 * HOUR))
  })

  test('reads everything again with the mode all, and changes nothing where nothing changed', async () => {
    await run()
    await settle()
    const before = await warehouseHash(world.database.pool)
    expect(await run({ mode: 'all', to: NEXT_DAY })).toEqual(result(4, 0, 4))
    expect(await warehouseHash(world.database.pool)).toBe(before)
    expect((await world.ledger()).filter(row => row.attempt === 2).map(row => row.window)).toEqual(
      hours(START, NEXT_DAY),
    )
  })

  test('reads only what failed with the mode failed, windows that were set aside included', async () => {
    world.alter(asks('kube_pod_owner'), (reply, { form }) => {
      const [start, end] = [Number(form.get('start')), Number(form.get('end'))]
      const isBroken = start <= START + 3 * HOUR && START + 3 * HOUR <= end
      return isBroken ? refusal(400, 'bad_data', 'parse error') : reply
    })
    expect(await run({ to: NEXT_DAY })).toEqual(result(4, 3, 0, 1))
    await world.database.pool.query(
      `update warehouse.window_ledger set state = 'quarantined', reason = 'quarantined', next_read_at = null
       where revision = 0`,
    )
    await settle()
    world.restore()
    expect(await run({ to: NEXT_DAY, mode: 'failed' })).toEqual(result(1, 1))
    await expectTruth(world.database.pool, ESTATE, START, NEXT_DAY)
  })

  test('that is stopped gives its windows back, and the same command goes on from there', async () => {
    const stop = new AbortController()
    let days = 0
    world.alter(asks('kube_pod_owner'), reply => {
      if (++days === 3) stop.abort(new NamedError('CANCELLED', 'The process was asked to stop.'))
      return reply
    })
    const stopped = await run({}, { signal: stop.signal })
    const usage = { usageCollected: 0, usageOpen: stopped.published }
    expect(stopped).toEqual(result(HOURS, stopped.published, 0, HOURS - stopped.published, usage))
    expect(stopped.published).toBeGreaterThan(0)
    expect((await world.ledger()).filter(row => row.claimed_by !== null)).toEqual([])
    world.restore()
    const rest = HOURS - stopped.published
    expect(await run()).toEqual(result(rest, rest, 0, 0, { usageCollected: HOURS }))
    await expectTruth(world.database.pool, ESTATE, ESTATE.from, ESTATE.to)
  })

  test('does not take live windows that it loads beside for those that it was asked for', async () => {
    await planWindows.run(world.context())
    world.alter(asks('kube_pod_owner'), (reply, { form }) =>
      Number(form.get('start')) <= NEXT_DAY ? { status: 401, body: 'Unauthorized' } : reply,
    )
    expect(await run({ to: NEXT_DAY })).toEqual(result(4, 0, 0, 4))
    expect(await loaded()).toEqual(hours(NEXT_DAY, ESTATE.to))
  })

  test('leaves a day that keeps failing after some tries, and says how many windows are open', async () => {
    world.stub.on(asks('kube_pod_owner'), { status: 401, body: 'Unauthorized' })
    expect(await run({ to: NEXT_DAY })).toEqual(result(4, 0, 0, 4))
    expect((await world.ledger()).slice(0, 4).every(row => row.error_code === 'THANOS_UNAUTHORIZED')).toBe(
      true,
    )
  })
})
