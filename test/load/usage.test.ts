import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { removeAccount } from '../../src/db/accounts.js'
import { readUsageHistoryOf } from '../../src/db/usage-history.js'
import type { UsageRow } from '../../src/domain/usage.js'
import type { UsageWindowRows } from '../../src/domain/usage-samples.js'
import { UsageSum } from '../../src/domain/usage-sum.js'
import { DAY_SECONDS, HOUR_SECONDS, type Window, windowOf } from '../../src/domain/window.js'
import { keepRetention } from '../../src/load/retention.js'
import { changedDays, rollUpDay } from '../../src/load/rollup.js'
import {
  claimUsage,
  recordUsageFailure,
  releaseUsage,
  renewUsageLease,
  type UsageClaim,
} from '../../src/load/usage-claims.js'
import { HOUR_SELECT, hourOf, type StoredHour } from '../../src/load/usage-columns.js'
import { dueUsageDays, waitsForCosts } from '../../src/load/usage-due.js'
import { publishUsage } from '../../src/load/usage-publish.js'
import { readPublished } from '../../src/load/usage-published.js'
import { type FactKey, publishFacts, seedHome } from '../support/facts.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { encoded, GIB, usageRow } from '../support/usage-rows.js'

const ACCOUNT = '11111111-1111-4111-8111-111111111111'
const OTHER = '22222222-2222-4222-8222-222222222222'
const KEY: FactKey = { account: ACCOUNT, cluster: 'one' }
const CLUSTER = { cloudAccountId: ACCOUNT, clusterId: 'one' }
const DAY = Date.UTC(2026, 8, 29) / 1000
const NOW = DAY + 2 * DAY_SECONDS + 900
const hour = (n: number): Window => windowOf(DAY + n * HOUR_SECONDS)

let database: TestDatabase
beforeEach(async () => {
  database = await testDatabase()
  await seedHome(database.pool, KEY, DAY - 60 * DAY_SECONDS, NOW)
})
afterEach(() => database.drop())

const query = async <T extends object>(text: string, values: unknown[] = []) =>
  (await database.pool.query<T>(text, values)).rows

async function publishCosts(...windows: Window[]): Promise<void> {
  for (const window of windows) {
    await publishFacts(database.pool, KEY, window, {
      containers: [
        {
          ...{
            namespace: 'web',
            pod: 'a',
            container: 'app',
            node: 'n',
            minutes: 30,
            cpuHours: 0.5,
            ramHours: 1,
          },
          ...{ controllerKind: 'Deployment', controller: 'api', cpuRequest: 0.5, ramUsed: 0.25 },
          ...{ cpuCost: 15n, ramCost: 4n },
        },
        { namespace: 'web', pod: 'b', container: 'app', node: 'n', cpuCost: 1n, ramCost: 10n ** 13n },
      ],
      nodes: [{ node: 'n', cores: 8, cpuCost: 20n, ramCost: 10n ** 13n + 4n }],
    })
  }
}

const claim = (changes: Partial<Parameters<typeof claimUsage>[1]> = {}) =>
  claimUsage(database.pool, {
    ...CLUSTER,
    ...{ from: DAY, to: DAY + DAY_SECONDS, worker: 'w', leaseSeconds: 60, now: NOW, ...changes },
  })

function rowsOf(claimed: UsageClaim, rows: readonly UsageRow[], changes: Partial<UsageWindowRows> = {}) {
  const { window } = claimed
  return {
    claim: claimed,
    rows: {
      ...{
        window,
        revision: 1,
        isHeard: true,
        rejects: [],
        cpuSource: 'counter',
        stepSeconds: 300,
        knowsRequests: true,
      },
      ...{ knowsLimits: true, knowsOom: true, knowsThrottling: false, knowsHpa: false },
      ...{ largestCpuCores: 8, largestRamBytes: null },
      points: rows.reduce((sum, row) => sum + row.cpuPoints + row.ramWeight, 0),
      rows: rows.map(row => ({ ...row, firstWindow: window, lastWindow: window })),
      ...changes,
    } satisfies UsageWindowRows,
  }
}

const publish = (windows: Parameters<typeof publishUsage>[2], day = DAY) =>
  publishUsage(database.pool, { ...CLUSTER, day }, windows)

/** Rows of one hour that differ from each other and from those of other hours. */
function ofHour(n: number): UsageRow[] {
  const cpu = { cpuSum: 0.1 * n + 1 / 3, cpuMax: n / 7, cpuSketch: encoded([0.01 * (n + 1), 11], [n / 7, 1]) }
  return [
    usageRow({ ...cpu, cpuRequest: 0.1 * n, cpuCost: 10n ** 12n + BigInt(n), restarts: n % 3 }),
    usageRow({
      ...cpu,
      container: 'sidecar "x"',
      cpuHotSketch: encoded([0.9, 12]),
      hpaCpu: null,
      oom: n === 2,
    }),
    usageRow({
      ...{ namespace: 'über', controllerKind: '', controller: '', cpuPoints: 0, cpuWeight: 0, cpuSum: null },
      ...{
        cpuMax: null,
        cpuSketch: null,
        cpuHotSum: null,
        cpuHotHours: 0,
        stepSeconds: null,
        restarts: null,
      },
    }),
  ]
}

const HASH = (table: string) =>
  `select md5(coalesce(string_agg(t::text, e'\\n' order by t::text), '')) as hash from warehouse.${table} t`
const hashOf = async (table: string) => (await query<{ hash: string }>(HASH(table)))[0]?.hash

async function storedHours(): Promise<UsageRow[]> {
  return (
    await query<StoredHour>(`select ${HOUR_SELECT} from warehouse.usage_hourly order by window_start`)
  ).map(hourOf)
}

interface StoredDay {
  readonly container: string
  readonly hours: number
  readonly first: number
  readonly last: number
  readonly cpu_sum: number
  readonly cpu_cost: string
  readonly cpu_sketch: Buffer
  readonly cpu_request: number
}
const storedDays = () =>
  query<StoredDay>(
    `select *, extract(epoch from first_window)::float8 as first, extract(epoch from last_window)::float8 as last
     from warehouse.usage_daily where namespace = 'web' order by container`,
  )

describe('windows whose usage is due', () => {
  test('are those that are published, until their usage is of what is published', async () => {
    await publishCosts(hour(1), hour(2))
    await database.pool.query(
      `insert into warehouse.window_ledger (cloud_account_id, cluster_id, window_start) values ($1, 'one', to_timestamp($2))`,
      [ACCOUNT, hour(3)],
    )
    const claims = await claim()
    expect(claims.map(({ window, attempt }) => [window, attempt])).toEqual([
      [hour(1), 1],
      [hour(2), 1],
    ])
    await publish(claims.map(one => rowsOf(one, ofHour(1))))
    expect(await claim()).toEqual([])
    await publishCosts(hour(2))
    expect((await claim()).map(({ window, attempt }) => [window, attempt])).toEqual([[hour(2), 2]])
  })

  test('are dealt out among those who claim at once, and to others when a lease runs out', async () => {
    await publishCosts(hour(1), hour(2), hour(3))
    const dealt = await Promise.all(['a', 'b', 'c', 'd'].map(worker => claim({ worker })))
    expect(
      dealt
        .flat()
        .map(({ window }) => window)
        .sort(),
    ).toEqual([hour(1), hour(2), hour(3)])
    expect(await claim()).toEqual([])
    await database.pool.query(`update warehouse.usage_window set lease_until = now() - interval '1 second'`)
    const again = await claim()
    expect(again.map(({ attempt }) => attempt)).toEqual([2, 2, 2])
    expect(await renewUsageLease(database.pool, dealt.flat(), 60)).toEqual([])
    expect(await renewUsageLease(database.pool, again, 60)).toEqual(again)
    await releaseUsage(database.pool, again)
    expect(await claim()).toHaveLength(3)
  })

  test('that failed are tried again after a pause that grows, for ever, and never set aside', async () => {
    await publishCosts(hour(1))
    const fail = async (now: number, retryAfterSeconds?: number) => {
      const claims = await claim({ now })
      const failure = { code: 'THANOS_TIMEOUT', message: 'no answer', retryAfterSeconds }
      await recordUsageFailure(database.pool, claims, failure, now)
      const [row] = await query<{ next: number; failures: number; error_code: string }>(
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
      expect(await claim({ now: now + pause - 1 })).toEqual([])
      now += pause
    }
    expect(pauses).toEqual([60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600, 21600])
    expect((await fail(now, 90_000)).pause).toBe(90_000)
  })
})

describe('days whose usage is due', () => {
  const floors = new Map([[ACCOUNT, DAY - 30 * DAY_SECONDS]])
  const due = async (changes: Partial<Parameters<typeof dueUsageDays>[1]> = {}) =>
    (await dueUsageDays(database.pool, { floors, now: NOW, limit: 10, ...changes })).map(
      ({ day, windows }) => [(day - DAY) / DAY_SECONDS, windows],
    )

  test('come newest first, as far back as usage is kept, and not while somebody collects them', async () => {
    await publishCosts(hour(1), hour(2), hour(-30), windowOf(DAY - 31 * DAY_SECONDS))
    expect(await due()).toEqual([
      [0, 2],
      [-2, 1],
    ])
    expect(await due({ limit: 1 })).toEqual([[0, 2]])
    expect(await due({ to: DAY })).toEqual([[-2, 1]])
    expect(await due({ from: hour(2) })).toEqual([[0, 1]])
    expect(await due({ clusterId: 'two' })).toEqual([])
    await claim()
    expect(await due()).toEqual([[-2, 1]])
    await removeAccount(database.pool, ACCOUNT)
    expect(await due()).toEqual([])
  })

  test('wait while costs of live windows of their cluster are due', async () => {
    await publishCosts(hour(-30), hour(1), hour(47))
    const readAt = (window: Window, next: number) =>
      database.pool.query(
        'update warehouse.window_ledger set next_read_at = to_timestamp($2) where window_start = to_timestamp($1)',
        [window, next],
      )
    await readAt(hour(1), NOW)
    expect(await due()).toEqual([])
    expect(await waitsForCosts(database.pool, CLUSTER, NOW)).toBe(true)
    await readAt(hour(1), NOW + 1)
    // An old one that is read again holds nothing up.
    await readAt(hour(-30), NOW)
    expect((await due()).map(([day]) => day)).toEqual([1, 0, -2])
    expect(await waitsForCosts(database.pool, CLUSTER, NOW)).toBe(false)
  })

  test('that were published long ago are found with everything, and at once where they have failed', async () => {
    await publishCosts(hour(1))
    await database.pool.query(`update warehouse.window_ledger set loaded_at = now() - interval '1 day'`)
    expect(await due({ withinSeconds: 3600 })).toEqual([])
    expect(await due()).toEqual([[0, 1]])
    await recordUsageFailure(database.pool, await claim(), { code: 'X', message: 'x' }, NOW)
    expect(await due({ now: NOW + 59 })).toEqual([])
    expect(await due({ withinSeconds: 3600, now: NOW + 60 })).toEqual([[0, 1]])
  })
})

describe('costs of a window', () => {
  test('are read with their revision, by container, in exact money, with the largest node', async () => {
    await publishCosts(hour(1), hour(2), hour(1))
    const found = await readPublished(database.pool, CLUSTER, [hour(1), hour(3)])
    expect(found).toMatchObject([{ window: hour(1), revision: 2, largestCpuCores: 8 }])
    const byPod = [...(found[0]?.containers ?? [])].sort((a, b) => (a.pod < b.pod ? -1 : 1))
    expect(byPod).toMatchObject([
      {
        ...{ namespace: 'web', pod: 'a', container: 'app', controllerKind: 'Deployment', controller: 'api' },
        ...{
          minutes: 30,
          cpuCoreHours: 0.5,
          cpuCoreRequestHours: 0.5,
          ramGibHours: 1,
          ramGibRequestHours: null,
        },
        ...{ ramGibUsedHours: 0.25, cpuCost: 15n, ramCost: 4n },
      },
      { pod: 'b', controllerKind: '', controller: '', cpuCoreRequestHours: null, ramCost: 10n ** 13n },
    ])
  })
})

describe('usage of a day', () => {
  test('is stored as it was, and its sums are those of its hours', async () => {
    await publishCosts(hour(0), hour(1), hour(2), hour(23))
    const claims = await claim()
    const given = claims.map((one, n) => rowsOf(one, ofHour(n)))
    expect(await publish(given)).toEqual(claims.map(one => ({ claim: one, outcome: 'collected' })))
    const stored = await storedHours()
    const byKey = (row: UsageRow) => `${row.firstWindow} ${row.namespace} ${row.container}`
    const sorted = (rows: readonly UsageRow[]) => [...rows].sort((a, b) => (byKey(a) < byKey(b) ? -1 : 1))
    const plain = (row: UsageRow) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, value instanceof Uint8Array ? [...value] : value]),
      )
    expect(sorted(stored).map(plain)).toEqual(sorted(given.flatMap(({ rows }) => rows.rows)).map(plain))

    const days = await storedDays()
    for (const [i, container] of ['app', 'sidecar "x"'].entries()) {
      const sum = new UsageSum()
      for (const { rows } of given)
        for (const row of rows.rows) if (row.container === container && row.namespace === 'web') sum.add(row)
      const total = sum.total()
      expect(days[i]).toMatchObject({
        ...{ container, hours: 4, first: hour(0), last: hour(23), cpu_sum: total.cpuSum },
        ...{ cpu_request: total.cpuRequest, cpu_sketch: Buffer.from(total.cpuSketch ?? []) },
      })
      expect(days[i]?.cpu_cost.replace('.', '')).toBe(String(total.cpuCost).padStart(13, '0'))
    }
    expect(days).toHaveLength(2)
  })

  test('stored a second time changes nothing, and less of it leaves no trace of what was there', async () => {
    await publishCosts(hour(0), hour(1))
    await publish((await claim()).map((one, n) => rowsOf(one, ofHour(n))))
    const before = [await hashOf('usage_hourly'), await hashOf('usage_daily')]
    await publishCosts(hour(0), hour(1))
    await publish((await claim()).map((one, n) => rowsOf(one, ofHour(n), { revision: 2 })))
    expect([await hashOf('usage_hourly'), await hashOf('usage_daily')]).toEqual(before)
    await publishCosts(hour(0), hour(1))
    await publish((await claim()).map(one => rowsOf(one, [usageRow()], { revision: 3, points: 26 })))
    expect(await storedHours()).toHaveLength(2)
    expect((await storedDays()).map(({ container, hours }) => [container, hours])).toEqual([['app', 2]])
  })

  test('stored by two at once has the hours of both in its sums', async () => {
    await publishCosts(...Array.from({ length: 12 }, (_, n) => hour(n)))
    const claims = await claim()
    await Promise.all(
      [0, 1, 2, 3].map(part =>
        publish(claims.filter((_, n) => n % 4 === part).map(one => rowsOf(one, ofHour(one.window % 7)))),
      ),
    )
    expect((await storedDays()).map(({ hours }) => hours)).toEqual([12, 12])
  })

  test('of more containers than are held at once is summed whole', async () => {
    await publishCosts(hour(0), hour(1), hour(2))
    const many = Array.from({ length: 1100 }, (_, n) => usageRow({ controller: `w${n}` }))
    await publish((await claim()).map(one => rowsOf(one, many)))
    const [sums] = await query(
      `select count(*)::int as rows, min(hours) as least, sum(cpu_points)::int as points from warehouse.usage_daily`,
    )
    expect(sums).toEqual({ rows: 1100, least: 3, points: 1100 * 3 * 12 })
  })

  test('of a claim that was overtaken, or of costs that have changed meanwhile, is not stored', async () => {
    await publishCosts(hour(0), hour(1))
    const old = await claim()
    await database.pool.query(
      `update warehouse.usage_window set lease_until = now() where window_start = to_timestamp($1)`,
      [hour(0)],
    )
    const [newer] = await claim()
    await publishCosts(hour(1))
    const results = await publish(old.map(one => rowsOf(one, ofHour(1))))
    expect(results.map(({ outcome }) => outcome)).toEqual(['stale', 'stale'])
    expect(await storedHours()).toEqual([])
    expect(await storedDays()).toEqual([])
    // The claim that overtook it is still held; the other window is due again at once.
    if (newer === undefined) throw new Error('nothing was claimed')
    expect(await renewUsageLease(database.pool, [newer], 60)).toEqual([newer])
    expect((await claim()).map(({ window }) => window)).toEqual([hour(1)])
  })

  test('that the source has forgotten stays as it was, and says so', async () => {
    await publishCosts(hour(0))
    await publish((await claim()).map(one => rowsOf(one, [usageRow()])))
    const before = [await hashOf('usage_hourly'), await hashOf('usage_daily')]
    await publishCosts(hour(0))
    const results = await publish(
      (await claim()).map(one =>
        rowsOf(one, [usageRow({ cpuPoints: 0, cpuSum: null })], { revision: 2, points: 1 }),
      ),
    )
    expect(results.map(({ outcome }) => outcome)).toEqual(['poorer'])
    expect([await hashOf('usage_hourly'), await hashOf('usage_daily')]).toEqual(before)
    expect(await query('select revision, points::int, error_code from warehouse.usage_window')).toEqual([
      { revision: 2, points: 13, error_code: 'USAGE_POORER' },
    ])
    expect(await claim()).toEqual([])
  })

  test('keeps what the window says of the source and of what was rejected', async () => {
    await publishCosts(hour(0))
    const rejects = [{ reason: 'impossible_usage', metric: 'm', count: 2, example: 'pod=x' }]
    await publish(
      (await claim()).map(one => rowsOf(one, [], { rejects, largestRamBytes: 8 * GIB, cpuSource: 'rule' })),
    )
    const [row] = await query(`select * from warehouse.usage_window`)
    expect(row).toMatchObject({
      ...{
        rejects,
        cpu_source: 'rule',
        step_seconds: 300,
        knows_requests: true,
        knows_oom: true,
        knows_hpa: false,
      },
      ...{
        largest_cpu_cores: 8,
        largest_ram_bytes: 8 * GIB,
        claimed_by: null,
        failures: 0,
        next_try_at: null,
      },
    })
  })
})

describe('usage that is kept no longer', () => {
  const keep = (now: number, hourlyDays = 400) =>
    keepRetention(
      database.pool,
      [{ cloudAccountId: ACCOUNT, hourlyDays, dailyDays: 0 }],
      now,
      new AbortController().signal,
      { lockSeconds: 1, tries: 1 },
    )
  const collectDay = async () => {
    await publishCosts(hour(0), hour(1))
    await publish((await claim()).map((one, n) => rowsOf(one, ofHour(n))))
  }

  test('goes by hour after 35 days, and its sums stay as they are', async () => {
    await collectDay()
    const sums = await hashOf('usage_daily')
    expect(await keep(DAY + 35 * DAY_SECONDS)).toMatchObject({ usageHourlyDays: 0, usageDailyDays: 0 })
    expect(await storedHours()).not.toEqual([])
    expect(await keep(DAY + 36 * DAY_SECONDS)).toMatchObject({ usageHourlyDays: 1, usageDailyDays: 0 })
    expect(await storedHours()).toEqual([])
    expect(await hashOf('usage_daily')).toBe(sums)
    expect(await claim()).toEqual([])
  })

  test('is collected again for the whole day where one of its hours is published anew', async () => {
    await collectDay()
    const sums = await hashOf('usage_daily')
    await keep(DAY + 36 * DAY_SECONDS)
    await publishCosts(hour(1))
    const [first, second, ...none] = await claim()
    if (first === undefined || second === undefined) throw new Error('two windows were expected')
    expect([first.window, second.window, none]).toEqual([hour(0), hour(1), []])
    // Half of the hours make no smaller day of it, also where the worker is killed in between.
    await publish([rowsOf(second, ofHour(5), { revision: 2 })])
    expect(await hashOf('usage_daily')).toBe(sums)
    await releaseUsage(database.pool, [first])
    await publish((await claim()).map(one => rowsOf(one, ofHour(0))))
    expect((await storedDays()).map(({ hours, cpu_request }) => [hours, cpu_request])).toEqual([
      [2, 0.5],
      [2, 0.2],
    ])
  })

  test('goes as days after 400, and with the ledger where hours are kept shorter', async () => {
    await collectDay()
    expect(await keep(DAY + 400 * DAY_SECONDS)).toMatchObject({ usageDailyDays: 0 })
    expect(await storedDays()).not.toEqual([])
    expect(await keep(DAY + 401 * DAY_SECONDS)).toMatchObject({ usageDailyDays: 1 })
    expect(await storedDays()).toEqual([])
  })

  test('goes with the ledger rows of its windows where hours are kept shorter, but for its sums', async () => {
    await collectDay()
    const floors = new Map([[ACCOUNT, 0]])
    expect(await dueUsageDays(database.pool, { floors, now: NOW, limit: 5 })).toEqual([])
    for (const day of await changedDays(database.pool, floors)) await rollUpDay(database.pool, day)
    await keep(DAY + 10 * DAY_SECONDS, 5)
    expect(await query('select from warehouse.window_ledger')).toEqual([])
    expect(await storedHours()).toEqual([])
    expect(await storedDays()).toHaveLength(2)
    // The sums are read as before.
    const range = { cloudAccountId: ACCOUNT, from: DAY, to: DAY + DAY_SECONDS }
    const { rows } = await readUsageHistoryOf(database.pool, range)
    expect(rows.filter(({ namespace }) => namespace === 'web')).toHaveLength(2)
    await keep(DAY + 401 * DAY_SECONDS, 5)
    expect(await query('select from warehouse.usage_window')).toEqual([])
  })

  test('of another account stays', async () => {
    await collectDay()
    const retentions = [{ cloudAccountId: OTHER, hourlyDays: 400, dailyDays: 0 }]
    await keepRetention(database.pool, retentions, DAY + 500 * DAY_SECONDS, new AbortController().signal)
    expect(await storedHours()).not.toEqual([])
    expect(await storedDays()).toHaveLength(2)
  })
})
