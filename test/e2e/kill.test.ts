import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Estate } from '../../src/sample/estate.js'
import { type RunningCli, startCli } from '../support/child.js'
import { ingestAll } from '../support/ingest.js'
import {
  asks,
  CLUSTER,
  HOUR,
  openSampleWorld,
  type SampleWorld,
  smallEstate,
} from '../support/sample-world.js'
import { expectTruth, warehouseHash } from '../support/truth-check.js'
import { waitFor } from '../support/wait.js'

const NOW = Math.floor(Date.now() / 1000)
/** Chosen so that the newest due hour changes half an hour from now, and not in the middle of a test. */
const SETTLE_MINUTES = (Math.floor((NOW % HOUR) / 60) + 30) % 60
const NEWEST = Math.floor((NOW - HOUR - SETTLE_MINUTES * 60) / HOUR) * HOUR
/** Some hours of two or three UTC days, so that there are several jobs. */
const HOURS = 28
const START = NEWEST - (HOURS - 1) * HOUR
const ESTATE: Estate = smallEstate({ start: START, hours: HOURS + 3 })

let undisturbed: string
let world: SampleWorld
let children: RunningCli[]

beforeAll(async () => {
  const calm = await openCalm()
  expect(await ingestAll(calm.context({ config: configOf() }))).toEqual({
    published: HOURS,
    unchanged: 0,
    open: 0,
  })
  await expectTruth(calm.database.pool, ESTATE, START, NEWEST + HOUR)
  undisturbed = await warehouseHash(calm.database.pool)
  await calm.close()
})
beforeEach(async () => {
  world = await openCalm()
  children = []
})
afterEach(async () => {
  await Promise.all(children.map(child => child.end('SIGKILL')))
  await world.close()
})

async function openCalm(): Promise<SampleWorld> {
  const opened = await openSampleWorld({ estate: ESTATE })
  opened.now = NOW
  return opened
}

function configOf() {
  return {
    schedule: { ingestCron: '10 * * * *', nightlyCron: '30 3 * * *', settleMinutes: SETTLE_MINUTES },
    retention: { hourlyDays: 400, dailyDays: 0 },
    thanos: { tenantLabel: 'tenant_id' },
  }
}

function start(command: 'worker' | 'scheduler'): RunningCli {
  const child = startCli([command], {
    DATABASE_URL: world.database.url,
    THANOS_URL: world.stub.url,
    SETTLE_MINUTES: String(SETTLE_MINUTES),
    METRICS_PORT: '0',
    LOG_LEVEL: 'warn',
  })
  children.push(child)
  return child
}

const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await world.database.pool.query(sql)).rows
const count = async (condition: string): Promise<number> =>
  Number((await rows(`select count(*) as n from warehouse.window_ledger where ${condition}`))[0]?.n)

const mostClaimedOfADay = async (): Promise<number> =>
  Number(
    (
      await rows(
        `select count(*) as n from warehouse.window_ledger where claimed_by is not null
         group by date_trunc('day', window_start, 'UTC') order by n desc limit 1`,
      )
    )[0]?.n ?? 0,
  )

/** Holds back all answers to one question; gives the way to let them go. */
function holdBack(): () => void {
  let letGo: () => void = () => undefined
  const ready = new Promise<void>(resolve => {
    letGo = resolve
  })
  world.alter(asks('kube_pod_owner'), reply => ({ ...reply, fault: { kind: 'after', ready } }))
  return letGo
}

/**
 * What the passing of a minute does after a worker was killed: its leases end, and so does its hold on the jobs of the
 * queue, which two looks in a row, half a minute apart, find.
 */
async function letAMinutePass(): Promise<void> {
  await rows(
    `update warehouse.window_ledger set lease_until = now() - interval '1 second' where claimed_by is not null`,
  )
  await rows(`update bullmq.job set locked_until_ms = 0, stalled_marked = true where state = 'active'`)
  await rows(`delete from bullmq.meta where field ilike '%stalled%'`)
}

async function expectUndisturbed(): Promise<void> {
  await waitFor('every window to be loaded', async () => (await count('revision > 0')) === HOURS)
  expect(await warehouseHash(world.database.pool)).toBe(undisturbed)
  expect(await count('revision = 1 and claimed_by is null and error_code is null')).toBe(HOURS)
  const [cluster] = await rows(
    `select extract(epoch from watermark)::float8 as watermark from warehouse.cluster`,
  )
  expect(cluster?.watermark).toBe(NEWEST + HOUR)
}

describe('a worker that is killed', () => {
  test('while it waits for answers leaves nothing behind that another does not take over', async () => {
    const letGo = holdBack()
    start('scheduler')
    const killed = start('worker')
    await waitFor('claimed windows', async () => (await count('claimed_by is not null')) > 0)
    await waitFor('a question', () => world.stub.requests.some(asks('kube_pod_owner')))
    await killed.end('SIGKILL')
    const taken = await count('claimed_by is not null')
    expect(taken).toBeGreaterThan(0)
    expect(await count('revision > 0')).toBe(0)
    expect(await rows('select 1 from warehouse.allocation_hourly limit 1')).toEqual([])

    world.restore()
    letGo()
    await letAMinutePass()
    start('worker')
    await expectUndisturbed()
    expect(await count('attempt = 2')).toBe(taken)
    const abandoned = await rows(
      `select error_code from warehouse.load_run where state in ('failed', 'running')`,
    )
    expect(abandoned.length).toBeGreaterThan(0)
  })

  test('between one window and the next keeps what was published, and the rest is loaded once', async () => {
    const letGo = holdBack()
    start('scheduler')
    const killed = start('worker')
    await waitFor('a day of claimed windows', async () => (await mostClaimedOfADay()) > 2)
    // Of a day with three at least: the first hours of a day are a job of one or two.
    const [, , third] = await rows(
      `select cluster_id, window_start from (
         select *, count(*) over (partition by date_trunc('day', window_start, 'UTC')) as of_day
         from warehouse.window_ledger where claimed_by is not null
       ) claimed
       where of_day > 2 order by date_trunc('day', window_start, 'UTC') desc, window_start`,
    )
    // Whoever publishes the third window has to wait for this lock.
    const client = await world.database.pool.connect()
    await client.query('begin')
    await client.query(
      'select from warehouse.window_ledger where cluster_id = $1 and window_start = $2 for update',
      [CLUSTER, third?.window_start],
    )
    letGo()
    await waitFor('two windows of its day', async () => {
      const { rows: loaded } = await world.database.pool.query(
        `select count(*)::int as n from warehouse.window_ledger
         where revision > 0 and date_trunc('day', window_start, 'UTC') = date_trunc('day', $1::timestamptz, 'UTC')`,
        [third?.window_start],
      )
      return loaded[0]?.n === 2
    })
    await killed.end('SIGKILL')
    await client.query('rollback')
    client.release()
    expect(await count('revision > 0')).toBeLessThan(HOURS)

    world.restore()
    await letAMinutePass()
    start('worker')
    await expectUndisturbed()
  })
})

describe('a worker that is asked to end', () => {
  test('gives its windows back, ends with 0 and leaves nothing half done', async () => {
    const letGo = holdBack()
    start('scheduler')
    const worker = start('worker')
    await waitFor('a question', () => world.stub.requests.some(asks('kube_pod_owner')))
    expect(await worker.end('SIGTERM')).toEqual({ code: 0, signal: null })
    expect(worker.stderr()).toContain('SIGTERM, stopping')
    expect(await count('claimed_by is not null or lease_until is not null')).toBe(0)
    expect(await count(`state = 'due' and revision = 0 and failures = 0`)).toBe(HOURS)
    const states = await rows('select distinct state from warehouse.load_run')
    expect(states).toEqual([{ state: 'released' }])

    world.restore()
    letGo()
    // The next tick of the scheduler would wake a worker; a scheduler that starts does so at once.
    start('scheduler')
    start('worker')
    await expectUndisturbed()
  })
})

describe('two schedulers and two workers', () => {
  test('at once load every window once, as one of each would', async () => {
    for (const command of ['worker', 'scheduler', 'worker', 'scheduler'] as const) start(command)
    await expectUndisturbed()
    expect(await rows('select sum(windows_published)::int as n from warehouse.load_run')).toEqual([
      { n: HOURS },
    ])
    const ends = await Promise.all(children.map(child => child.end('SIGTERM')))
    expect(ends).toEqual(Array(4).fill({ code: 0, signal: null }))
    expect(children.map(child => child.stdout()).join('')).toBe('')
    expect(children.map(child => child.stderr()).join('')).not.toMatch(/"level":"?(50|60|error|fatal)/)
  })
})
