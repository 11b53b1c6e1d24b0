import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { collectDueUsage, collectUsage } from '../../jobs/collect-usage.js'
import type { JobEvent } from '../../jobs/context.js'
import { wakeUsage } from '../../jobs/wake-usage.js'
import { Sketch } from '../../src/domain/sketch.js'
import { NamedError } from '../../src/errors.js'
import { type UsageTruth, usageOf } from '../../src/sample/truth-usage.js'
import { ingestAll } from '../support/ingest.js'
import {
  ACCOUNT,
  asks,
  CLUSTER,
  changed,
  FIRST,
  HOUR,
  openSampleWorld,
  type SampleWorld,
  silenced,
  smallEstate,
} from '../support/sample-world.js'
import { readRecordings, refusal } from '../support/thanos-stub.js'
import { waitFor } from '../support/wait.js'

const HOURS = 4
const ESTATE = smallEstate({ hours: HOURS })
const DAY = { cloudAccountId: ACCOUNT, clusterId: CLUSTER, day: FIRST }
const DERIV = 'deriv(container_cpu_usage_seconds_total'
const collected = (windows: number) => ({ collected: windows, poorer: 0, open: 0 })
const open = (windows: number) => ({ collected: 0, poorer: 0, open: windows })

let world: SampleWorld
beforeEach(async () => {
  world = await openSampleWorld({ estate: ESTATE })
})
afterEach(() => world.close())

const query = async <T extends object>(text: string) => (await world.database.pool.query<T>(text)).rows

interface UsageWindow {
  readonly window: number
  readonly revision: number
  readonly attempt: number
  readonly failures: number
  readonly claimed_by: string | null
  readonly next_try: number | null
  readonly error_code: string | null
  readonly error_message: string | null
  readonly cpu_source: string | null
  readonly step_seconds: number | null
  readonly rejects: { reason: string; count: number }[]
}
const windows = () =>
  query<UsageWindow>(
    `select *, extract(epoch from window_start)::float8 as window, extract(epoch from next_try_at)::float8 as next_try
     from warehouse.usage_window order by window_start`,
  )

/** Every byte of a table but its dates of collection. */
async function contentOf(table: 'usage_hourly' | 'usage_daily'): Promise<string[]> {
  return (await query<{ row: string }>(`select t::text as row from warehouse.${table} t order by 1`)).map(
    ({ row }) => row,
  )
}

const collect = (overrides = {}) => collectUsage.run(DAY, world.context(overrides))

interface DayRow {
  readonly namespace: string
  readonly controller_kind: string
  readonly controller: string
  readonly container: string
  readonly [column: string]: unknown
}

function rowOf(rows: readonly DayRow[], truth: UsageTruth): DayRow {
  const found = rows.find(
    row =>
      row.namespace === truth.namespace &&
      row.controller_kind === truth.controllerKind &&
      row.controller === truth.controller &&
      row.container === truth.container,
  )
  if (found === undefined) throw new Error(`no row of ${truth.controller}/${truth.container}`)
  return found
}

describe('usage of the sample estate', () => {
  test('is that of its containers, with the costs that they have and nothing left out', async () => {
    await ingestAll(world.context())
    expect(await collect()).toEqual(collected(HOURS))
    const sums = `sum(cpu_cost)::text as cpu, sum(ram_cost)::text as ram, round(sum(cpu_core_hours)::numeric, 9)::text as hours`
    const [costs] = await query(`select ${sums} from warehouse.allocation_hourly`)
    expect(await query(`select ${sums} from warehouse.usage_hourly`)).toEqual([costs])
    expect(await query(`select ${sums} from warehouse.usage_daily`)).toEqual([costs])
    expect(await windows()).toMatchObject(
      Array(HOURS).fill({ revision: 1, attempt: 1, claimed_by: null, cpu_source: 'counter', rejects: [] }),
    )

    const [cluster] = ESTATE.accounts[0]?.clusters ?? []
    if (cluster === undefined) throw new Error('an estate without a cluster')
    const rows = await query<DayRow>('select * from warehouse.usage_daily')
    const truths = usageOf(ESTATE, cluster, ESTATE.from, ESTATE.to)
    expect(rows).toHaveLength(truths.length)
    for (const truth of truths) {
      const row = rowOf(rows, truth)
      expect(row.pods).toBe(truth.pods)
      expect(Number(row.pod_seconds) / 3600).toBeCloseTo(truth.podHours, 6)
      expect(row.ram_max).toBeCloseTo(truth.ramPeak, 0)
      for (const [column, value] of [
        ['cpu_request', truth.cpuRequest],
        ['cpu_limit', truth.cpuLimit],
        ['ram_request', truth.ramRequest],
        ['ram_limit', truth.ramLimit],
      ] as const)
        expect([truth.container, column, row[column]]).toEqual([truth.container, column, value])
      // A slope weighs the middle of the five minutes more than their ends.
      expect(Number(row.cpu_sum) / Number(row.cpu_weight) / truth.cpuMean).toBeCloseTo(1, 1)
      expect(Sketch.decode(row.cpu_sketch as Buffer).weight).toBe(Number(row.cpu_weight))
    }
  })

  test('collected a day at once is to the byte that of each hour collected by itself', async () => {
    for (let n = 1; n <= HOURS; n++) {
      world.now = FIRST + n * HOUR + 900
      await ingestAll(world.context())
      expect(await collect()).toEqual(collected(1))
    }
    const apart = [await contentOf('usage_hourly'), await contentOf('usage_daily')]
    expect(apart[1]?.length).toBeGreaterThan(10)
    await world.close()
    world = await openSampleWorld({ estate: ESTATE })
    await ingestAll(world.context())
    expect(await collect()).toEqual(collected(HOURS))
    expect([await contentOf('usage_hourly'), await contentOf('usage_daily')]).toEqual(apart)
  })

  test('is collected again where its costs are published anew, and else not asked for', async () => {
    await ingestAll(world.context())
    await collect()
    const before = await contentOf('usage_daily')
    world.stub.reset()
    world.restore()
    expect(await collect()).toEqual(collected(0))
    expect(world.stub.requests).toEqual([])
    await query(`update warehouse.window_ledger set revision = 2 where window_start = to_timestamp(${FIRST})`)
    expect(await collect()).toEqual(collected(1))
    expect(await contentOf('usage_daily')).toEqual(before)
  })

  test('of a window without a heartbeat is nothing, and of a gap what is left', async () => {
    await world.hold(silenced(ESTATE, FIRST + 0.5 * HOUR, FIRST + 2 * HOUR))
    await ingestAll(world.context())
    expect(await collect()).toEqual(collected(HOURS))
    const hours = await query<{ hour: number; rows: number; covered: number }>(
      `select extract(hour from window_start at time zone 'UTC')::int as hour, count(*)::int as rows,
         sum(hours_covered)::int as covered
       from warehouse.usage_hourly group by 1 order by 1`,
    )
    expect(hours.map(({ hour }) => hour)).toEqual([0, 2, 3])
    // What ran for half an hour was read for half an hour.
    expect(hours[0]?.covered).toBe(hours[0]?.rows)
  })

  test('from a coarse source says so', async () => {
    await world.hold(
      changed(ESTATE, (series, name) =>
        name === 'container_cpu_usage_seconds_total' ? { ...series, interval: 300 } : series,
      ),
    )
    await ingestAll(world.context())
    await collect()
    expect(await windows()).toMatchObject(Array(HOURS).fill({ step_seconds: 600, cpu_source: 'counter' }))
  })
})

describe('usage of a cluster', () => {
  test('waits while costs of its live windows are due', async () => {
    world.now = FIRST + 2 * HOUR + 900
    await ingestAll(world.context())
    await query(`update warehouse.window_ledger set next_read_at = to_timestamp(${world.now})`)
    expect(await collect()).toEqual(collected(0))
    expect(await windows()).toEqual([])
    expect(await collectDueUsage.run(world.context())).toEqual(collected(0))
    await ingestAll(world.context())
    expect(await collectDueUsage.run(world.context())).toEqual(collected(2))
  })

  test('is given back where they become due meanwhile, with what is collected stored', async () => {
    await world.close()
    world = await openSampleWorld({ estate: smallEstate({ hours: 8 }) })
    await ingestAll(world.context())
    world.alter(asks(DERIV), async reply => {
      await query(
        `update warehouse.window_ledger set next_read_at = to_timestamp(${world.now}) where window_start = to_timestamp(${FIRST})`,
      )
      return reply
    })
    expect(await collect()).toEqual({ collected: 6, poorer: 0, open: 2 })
    expect((await windows()).slice(6)).toMatchObject(
      Array(2).fill({ claimed_by: null, failures: 0, revision: 0 }),
    )
    expect(await query('select max(hours) as hours from warehouse.usage_daily')).toEqual([{ hours: 6 }])
  })

  test('is woken for by keys alone, newest day first', async () => {
    await ingestAll(world.context())
    const context = world.context()
    expect(await wakeUsage.run(context, 'recent')).toBe(1)
    expect(context.wokenForUsage).toEqual([DAY])
    await collect()
    expect(await wakeUsage.run(context, 'everything')).toBe(0)
    expect(await wakeUsage.run(context, { accountId: ACCOUNT, clusterId: CLUSTER })).toBe(0)
  })
})

describe('a failure', () => {
  test('is noted with its code, tells nothing of others, and is tried again after its pause', async () => {
    await ingestAll(world.context())
    world.stub.on(asks(DERIV), { status: 401, body: 'Unauthorized: secret of the proxy' })
    const events: JobEvent[] = []
    expect(await collect({ observe: (event: JobEvent) => events.push(event) })).toEqual(open(HOURS))
    expect(events).toEqual([{ kind: 'usage', outcome: 'failed', windows: HOURS }])
    const failed = await windows()
    expect(failed).toMatchObject(
      Array(HOURS).fill({ revision: 0, failures: 1, error_code: 'THANOS_UNAUTHORIZED', claimed_by: null }),
    )
    expect(JSON.stringify(failed) + world.log.text()).not.toContain('secret of the proxy')
    expect(await contentOf('usage_daily')).toEqual([])
    world.restore()
    expect(await collect()).toEqual(collected(0))
    world.now += 60
    expect(await collect()).toEqual(collected(HOURS))
    expect(await windows()).toMatchObject(
      Array(HOURS).fill({ failures: 0, error_code: null, next_try: null }),
    )
  })

  test('of a single window leaves the others to be collected', async () => {
    await ingestAll(world.context())
    world.alter(asks(DERIV), (reply, { form }) => {
      const [start, end] = [Number(form.get('start')), Number(form.get('end'))]
      const isBroken = start <= FIRST + 1.5 * HOUR && FIRST + 1.5 * HOUR <= end
      return isBroken ? refusal(400, 'bad_data', 'parse error') : reply
    })
    expect(await collect()).toEqual({ collected: 3, poorer: 0, open: 1 })
    expect((await windows()).map(({ error_code }) => error_code)).toEqual([
      null,
      'THANOS_BAD_QUERY',
      null,
      null,
    ])
  })

  test('of a store that is not there stores nothing of what the others gave', async () => {
    const says = (moment: string) => {
      const found = readRecordings('stores').find(
        ({ name, server }) => name.startsWith(moment) && name.endsWith(', stores') && server === 'querier',
      )
      if (found === undefined) throw new Error(`nothing recorded for ${moment}`)
      world.stub.on('/api/v1/stores', found.response)
    }
    says('both stores up')
    await ingestAll(world.context())
    says('one store dead for 14 s')
    expect(await collect()).toEqual(open(HOURS))
    expect(await windows()).toMatchObject(Array(HOURS).fill({ error_code: 'SOURCE_INCOMPLETE', revision: 0 }))
    expect(await contentOf('usage_hourly')).toEqual([])
    says('both stores up')
    world.now += 60
    expect(await collect()).toEqual(collected(HOURS))
  })
})

describe('two workers', () => {
  test('that race for a day share it out, and its sums have all of its hours', async () => {
    await ingestAll(world.context())
    const reports = await Promise.all(Array.from({ length: 3 }, () => collect()))
    expect(reports.reduce((sum, report) => sum + report.collected, 0)).toBe(HOURS)
    expect(await query('select max(hours) as hours from warehouse.usage_daily')).toEqual([{ hours: HOURS }])
  })

  test('of which one was frozen beyond its lease store once: the late one is refused', async () => {
    await ingestAll(world.context())
    const held = holdBack(DERIV)
    const frozen = collect()
    await held.asked()
    await query(`update warehouse.usage_window set lease_until = now() - interval '1 second'`)
    world.restore()
    expect(await collect()).toEqual(collected(HOURS))
    const before = await contentOf('usage_daily')
    held.letGo()
    expect(await frozen).toEqual(open(HOURS))
    expect(await contentOf('usage_daily')).toEqual(before)
    expect(await windows()).toMatchObject(
      Array(HOURS).fill({ attempt: 2, revision: 1, claimed_by: null, error_code: null }),
    )
  })
})

test('a worker that is asked to stop gives its windows back at once', async () => {
  await ingestAll(world.context())
  const stop = new AbortController()
  const held = holdBack(DERIV)
  const stopped = collect({ signal: stop.signal })
  await held.asked()
  stop.abort(new NamedError('CANCELLED', 'the process stops'))
  expect(await stopped).toEqual(open(HOURS))
  held.letGo()
  expect(await windows()).toMatchObject(Array(HOURS).fill({ claimed_by: null, failures: 0, revision: 0 }))
  world.restore()
  expect(await collect()).toEqual(collected(HOURS))
})

/** Holds the answer to a question back until told. */
function holdBack(text: string): { letGo: () => void; asked: () => Promise<void> } {
  let letGo: () => void = () => undefined
  const ready = new Promise<void>(resolve => {
    letGo = resolve
  })
  let isAsked = false
  world.alter(asks(text), reply => {
    isAsked = true
    return { ...reply, fault: { kind: 'after', ready } }
  })
  return { letGo, asked: () => waitFor(`the question for ${text}`, () => isAsked) }
}
