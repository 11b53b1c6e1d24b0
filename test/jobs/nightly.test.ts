import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JobEvent } from '../../jobs/context.js'
import { loadDay } from '../../jobs/load-day.js'
import { nightly } from '../../jobs/nightly.js'
import { rollUpDays } from '../../jobs/roll-up-days.js'
import { setRetention } from '../../src/db/retention.js'
import type { Window } from '../../src/domain/window.js'
import { extractBatch } from '../../src/extract/extract-batch.js'
import { ingestAll, testContext } from '../support/ingest.js'
import {
  ACCOUNT,
  asks,
  CLUSTER,
  changed,
  FIRST,
  HOUR,
  openSampleWorld,
  type SampleWorld,
  smallEstate,
} from '../support/sample-world.js'

const DAY = 24 * HOUR
/** The last three hours of a day and the first three of the next. */
const START = FIRST + 21 * HOUR
const HOURS = 6
const ESTATE = smallEstate({ start: START, hours: HOURS })
/** Half past three of the night between the estate's days. */
const NIGHT = FIRST + DAY + 3.5 * HOUR
const STEPS = [
  ...[
    'rediscover',
    'roll-up-days',
    'check-quality',
    'compute-rightsizing',
    'keep-retention',
    'count-late-samples',
    'reload-yesterday',
  ],
]

let world: SampleWorld
let events: JobEvent[]
beforeEach(async () => {
  world = await openSampleWorld({ estate: ESTATE })
  world.now = NIGHT
  events = []
})
afterEach(() => world.close())

const context = (overrides = {}) => world.context({ observe: event => void events.push(event), ...overrides })
const outcomes = () =>
  events.flatMap(event => (event.kind === 'nightly' ? [[event.step, event.outcome]] : []))
const done = STEPS.map(step => [step, 'done'])

async function one<T>(text: string): Promise<T | undefined> {
  const { rows } = await world.database.pool.query(text)
  return rows[0] as T | undefined
}
const dueWindows = () =>
  one<{ n: number; first: number }>(
    `select count(*)::int as n, extract(epoch from min(window_start))::float8 as first
     from warehouse.window_ledger where next_read_at <= to_timestamp(${NIGHT}) and revision > 0`,
  )

describe('the nightly work', () => {
  test('sums, checks and asks for all of yesterday again, and says so step by step', async () => {
    await ingestAll(context())
    expect(await dueWindows()).toMatchObject({ n: 0 })
    const night = context()
    await nightly.run(night)
    expect(outcomes()).toEqual(done)
    expect(await dueWindows()).toEqual({ n: 3, first: START })
    expect(night.woken).toContainEqual({ cloudAccountId: ACCOUNT, clusterId: CLUSTER, day: FIRST })
    for (const step of STEPS) expect(world.log.text()).toContain(step)

    const sums = await one<{ hours: string; days: string; windows: number }>(
      `select ((select sum(total_cost) from warehouse.allocation_hourly)
           + (select sum(cost) from warehouse.remainder_hourly))::text as hours,
         (select sum(total_cost) from warehouse.allocation_daily)::text as days,
         (select sum(windows)::int from warehouse.day_ledger) as windows`,
    )
    expect(sums?.days).toBe(sums?.hours)
    expect(sums?.windows).toBe(HOURS)
    const broken = await world.database.pool.query(
      `select window_start, e.key, e.value from warehouse.window_ledger, jsonb_each(checks) e where e.value ->> 'ok' <> 'true'`,
    )
    expect(broken.rows).toEqual([])
    expect(
      await one(
        `select count(*)::int as n from warehouse.window_ledger where checks -> 'I1' ->> 'ok' = 'true'`,
      ),
    ).toEqual({ n: HOURS })
    expect(
      await one(
        `select ok from analytics.quality_result where check_id = 'completeness' and day = '2026-09-29'`,
      ),
    ).toEqual({ ok: true })
  })

  test('changes nothing where nothing has changed', async () => {
    await ingestAll(context())
    await nightly.run(context())
    const facts = () =>
      one(
        `select md5(string_agg(d.xmin::text || d::text, '' order by d::text)) as all from warehouse.allocation_daily d`,
      )
    const before = await facts()
    expect(
      await loadDay.run({ cloudAccountId: ACCOUNT, clusterId: CLUSTER, day: FIRST }, context()),
    ).toMatchObject({
      unchanged: 3,
    })
    await nightly.run(context())
    expect(await facts()).toEqual(before)
  })

  test('is done by one of two schedulers, and both are none the worse', async () => {
    await ingestAll(context())
    const other = testContext(world.database.newPool(), world.thanos, {
      now: () => NIGHT,
      observe: event => void events.push(event),
    })
    await Promise.all([nightly.run(context()), nightly.run(other), nightly.run(context())])
    expect(outcomes()).toEqual(done)
    expect(world.log.text()).toContain('another scheduler is at the nightly work')
    expect(await dueWindows()).toMatchObject({ n: 3 })
    await nightly.run(context())
    expect(outcomes()).toEqual([...done, ...done])
  })

  test('goes on behind a step that fails', async () => {
    await ingestAll(context())
    await world.database.pool.query('alter table warehouse.quality_result rename to elsewhere')
    world.alter(
      () => true,
      () => ({ status: 503, body: 'Service Unavailable' }),
    )
    await world.database.pool.query(
      `update warehouse.window_ledger set source_samples = 1, next_read_at = null`,
    )
    await nightly.run(context())
    const failed = ['check-quality', 'keep-retention', 'count-late-samples']
    expect(outcomes()).toEqual(STEPS.map(step => [step, failed.includes(step) ? 'failed' : 'done']))
    expect(await dueWindows()).toMatchObject({ n: 3 })
    expect(await one('select count(*)::int as n from warehouse.day_ledger')).toEqual({ n: 2 })
  })

  test('deletes nothing where it cannot read how long things are kept', async () => {
    await ingestAll(context())
    await setRetention(world.database.pool, ACCOUNT, { hourlyDays: 500 })
    world.now = NIGHT + 450 * DAY
    await world.database.pool.query(
      'alter table warehouse.cloud_account rename retention_hourly_days to elsewhere',
    )
    await nightly.run(context())
    expect(outcomes()).toContainEqual(['keep-retention', 'failed'])
    expect(
      await one('select count(distinct window_start)::int as n from warehouse.allocation_hourly'),
    ).toEqual({ n: HOURS })
    await world.database.pool.query(
      'alter table warehouse.cloud_account rename elsewhere to retention_hourly_days',
    )
    await setRetention(world.database.pool, ACCOUNT, { hourlyDays: null })
    await nightly.run(context())
    expect(
      await one('select count(distinct window_start)::int as n from warehouse.allocation_hourly'),
    ).toEqual({ n: 0 })
    expect(await one('select sum(windows)::int as n from warehouse.day_ledger')).toEqual({ n: HOURS })
  })

  test('stops between two steps when the process is to stop', async () => {
    await ingestAll(context())
    const stop = new AbortController()
    await nightly.run(
      context({
        signal: stop.signal,
        observe: (event: JobEvent) => {
          events.push(event)
          if (event.kind === 'nightly' && event.step === 'roll-up-days') stop.abort()
        },
      }),
    )
    expect(outcomes()).toEqual(done.slice(0, 2))
    expect(await dueWindows()).toMatchObject({ n: 0 })
  })
})

describe('a broken identity', () => {
  test('marks its window, is logged as an error and counted', async () => {
    await ingestAll(context())
    await world.database.pool.query(
      `update warehouse.idle_hourly set cpu_cost = cpu_cost + 0.000000000001
       where (window_start, node) = (select window_start, node from warehouse.idle_hourly order by 1, 2 limit 1)`,
    )
    await nightly.run(context())
    expect(
      await one(
        `select extract(epoch from window_start)::float8 as at, checks -> 'I1' ->> 'observed' as nodes
         from warehouse.window_ledger where checks -> 'I1' ->> 'ok' = 'false'`,
      ),
    ).toEqual({ at: START, nodes: '1' })
    expect(events).toContainEqual({ kind: 'check', check: 'I1', severity: 'E' })
    const line = world.log.lines.find(text => text.includes('check I1 does not hold'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      level: 50,
      windows: 1,
      cluster: CLUSTER,
      day: '2026-09-29',
    })
  })
})

describe('rolling up', () => {
  test('asks little and writes nothing when nothing was published since', async () => {
    await ingestAll(context())
    expect(await rollUpDays.run(context(), 'recent')).toEqual({ rolledUp: 2, failed: 0 })
    expect(await rollUpDays.run(context(), 'recent')).toEqual({ rolledUp: 0, failed: 0 })
    expect(await rollUpDays.run(context(), 'everything')).toEqual({ rolledUp: 0, failed: 0 })
  })

  test('leaves a day that fails behind and takes the next', async () => {
    await ingestAll(context())
    await world.database.pool.query(
      `alter table warehouse.allocation_daily add check (day <> '2026-09-29') not valid`,
    )
    expect(await rollUpDays.run(context(), 'recent')).toEqual({ rolledUp: 1, failed: 1 })
    expect(world.log.text()).toContain('a day could not be rolled up')
  })
})

describe('late samples', () => {
  const gap = [START + HOUR, START + 2 * HOUR] as const
  /** The estate as it is before the containers of one node have been delivered for an hour. */
  const before = changed(ESTATE, (one, name) =>
    name === 'container_cpu_allocation' && (one.labels.get('node') ?? '').endsWith('pool-c')
      ? {
          ...one,
          segments: one.segments
            .flatMap(segment => [
              { ...segment, to: Math.min(segment.to, gap[0]), endsUnmarked: true },
              { ...segment, from: Math.max(segment.from, gap[1]) },
            ])
            .filter(segment => segment.from < segment.to),
        }
      : one,
  )

  async function samplesOf(window: number): Promise<number> {
    const [account] = ESTATE.accounts
    if (account === undefined) throw new Error('an estate without an account')
    const source = { client: world.thanos, account, clusterId: CLUSTER, tenantLabel: 'tenant_id' }
    const batch = await extractBatch(source, [window as Window])
    return (batch.facts.get('containerSamples') ?? [])
      .flatMap(series => series.values)
      .reduce((sum, value) => sum + value, 0)
  }
  const late = async () =>
    (
      await world.database.pool.query(
        `select extract(epoch from window_start)::float8 as window, late_samples::int as late
         from warehouse.window_ledger where late_samples <> 0`,
      )
    ).rows

  test('of settled windows are counted as loading counts them, once, and not loaded', async () => {
    await world.hold(before)
    await ingestAll(context())
    const loaded = await samplesOf(gap[0])
    // Those of the other hours are all there.
    for (let window = START; window < START + HOURS * HOUR; window += HOUR) {
      await world.database.pool.query(
        `update warehouse.window_ledger set source_samples = $2, next_read_at = null where window_start = to_timestamp($1)`,
        [window, await samplesOf(window)],
      )
    }
    await nightly.run(context())
    expect(await late()).toEqual([])

    await world.hold(ESTATE)
    const now = await samplesOf(gap[0])
    expect(now).toBeGreaterThan(loaded)
    await world.database.pool.query('update warehouse.window_ledger set next_read_at = null')
    await nightly.run(context())
    expect(await late()).toEqual([{ window: gap[0], late: now - loaded }])
    expect(events).toContainEqual({ kind: 'late_samples', count: now - loaded })
    expect(world.log.text()).toContain('samples came after their windows were settled')
    expect(await one('select max(revision) as revision from warehouse.window_ledger')).toEqual({
      revision: 1,
    })

    // Asked again, nothing is new; and a source that has forgotten changes nothing.
    events = []
    await world.database.pool.query('update warehouse.window_ledger set next_read_at = null')
    await world.hold({ ...ESTATE, series: () => [] })
    await nightly.run(context())
    expect(events.filter(event => event.kind === 'late_samples')).toEqual([])
    expect(await late()).toEqual([{ window: gap[0], late: now - loaded }])
  })

  test('are asked for with one query for each cluster', async () => {
    await ingestAll(context())
    await world.database.pool.query(
      'update warehouse.window_ledger set source_samples = 1, next_read_at = null',
    )
    world.restore()
    await nightly.run(context())
    expect(world.stub.requests.filter(asks('count_over_time(container_cpu_allocation'))).toHaveLength(1)
  })
})
