import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunText, readUsageHistory, readUsageHistoryOf } from '../../src/db/usage-history.js'
import type { UsageRow } from '../../src/domain/usage.js'
import { UsageSum } from '../../src/domain/usage-sum.js'
import { DAY_SECONDS, HOUR_SECONDS, type Window, windowsStartingIn } from '../../src/domain/window.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { seedUsageDays, seedUsageHours, seedUsageWindows } from '../support/seed-usage.js'
import { encoded, GIB, usageRow } from '../support/usage-rows.js'

const DAY = Date.UTC(2026, 4, 11) / 1000
const at = (hours: number) => (DAY + hours * HOUR_SECONDS) as Window

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

/** Every hour of a number of days of a container, no two alike; whole numbers, as sums of others depend on their order. */
function hoursOf(days: number, changes: Partial<UsageRow> = {}): UsageRow[] {
  return windowsStartingIn(DAY, DAY + days * DAY_SECONDS).map((window, i) =>
    usageRow({
      ...{ firstWindow: window, lastWindow: window, cpuSum: i, cpuMax: i / 8, pods: 1 + (i % 3) },
      ...{ cpuSketch: encoded([i / 8, 12]), cpuHotSketch: i % 3 === 0 ? null : encoded([i / 4, 12]) },
      ...{ cpuCoreHours: i, cpuCoreRequestHours: 2, cpuCost: BigInt(i) * 1_000_003n, cpuHotSum: i },
      ...{
        ramMax: i * GIB,
        ramRequest: GIB + i,
        oom: i === 7,
        oomBytes: i === 7 ? GIB : null,
        cpuRequest: i / 2,
      },
      ...changes,
    }),
  )
}

const newHome = () => ({ cloudAccountId: randomUUID(), clusterId: 'one' })
const pick = (rows: readonly UsageRow[], from: number, to: number) =>
  rows.filter(row => row.firstWindow >= from && row.firstWindow < to)

function totalOf(rows: readonly UsageRow[]): UsageRow & { clusterId: string } {
  const sum = new UsageSum()
  for (const row of rows) sum.add(row)
  return { ...sum.total(), clusterId: 'one' }
}

const bytes = (row: UsageRow | undefined) =>
  row && {
    ...row,
    ...Object.fromEntries(
      (['cpuSketch', 'cpuHotSketch', 'ramPeakSketch', 'ramMeanSketch'] as const).map(name => [
        name,
        row[name] && Buffer.from(row[name]).toString('hex'),
      ]),
    ),
  }

describe('the usage of a range', () => {
  it('is that of its hours, to the hour at both ends, whether days were summed or not', async () => {
    const rows = hoursOf(4)
    const [summed, unsummed] = [newHome(), newHome()]
    for (const home of [summed, unsummed]) await seedUsageHours(database.pool, home, rows)
    await seedUsageDays(database.pool, summed, rows)
    for (const [from, to] of [
      [at(0), at(96)],
      [at(5), at(77)],
      [at(23), at(25)],
      [at(24), at(48)],
      [at(30), at(31)],
    ] as const) {
      const expected = totalOf(pick(rows, from, to))
      for (const { cloudAccountId } of [summed, unsummed]) {
        const history = await readUsageHistoryOf(database.pool, { cloudAccountId, from, to })
        expect(history.rows.map(bytes)).toEqual([bytes(expected)])
        expect(history.clusters.get('one')?.windows).toEqual(windowsStartingIn(from, to))
      }
    }
  })

  it('takes in the hours that it cuts', async () => {
    const home = newHome()
    const rows = hoursOf(2)
    await seedUsageHours(database.pool, home, rows)
    await seedUsageDays(database.pool, home, rows)
    const range = { ...home, from: at(0) + 1800, to: at(24) + 1 }
    const history = await readUsageHistoryOf(database.pool, range)
    expect(history.rows.map(bytes)).toEqual([bytes(totalOf(pick(rows, at(0), at(25))))])
  })

  it('reads whole days from their sums alone, and parts of days from their hours', async () => {
    const home = newHome()
    const rows = hoursOf(3)
    await seedUsageHours(database.pool, home, rows)
    await seedUsageDays(database.pool, home, rows)
    // Gone from the hours, as after the retention, the days are there all the same.
    await database.pool.query(
      `delete from warehouse.usage_hourly where cloud_account_id = $1 and window_start < to_timestamp($2)`,
      [home.cloudAccountId, at(48)],
    )
    await database.pool.query(
      `update warehouse.usage_window set hours_expired = true
       where cloud_account_id = $1 and window_start < to_timestamp($2)`,
      [home.cloudAccountId, at(48)],
    )
    const whole = await readUsageHistoryOf(database.pool, { ...home, from: at(0), to: at(50) })
    expect(whole.rows.map(bytes)).toEqual([bytes(totalOf(pick(rows, at(0), at(50))))])
    expect(whole.clusters.get('one')?.windows).toHaveLength(50)
    // Of a part of such a day nothing was measured, as far as anybody can tell.
    const part = await readUsageHistoryOf(database.pool, { ...home, from: at(12), to: at(50) })
    expect(part.rows.map(bytes)).toEqual([bytes(totalOf(pick(rows, at(24), at(50))))])
    expect(part.clusters.get('one')?.windows).toEqual(windowsStartingIn(at(24), at(50)))
  })

  it('keeps containers and clusters apart, and other accounts out', async () => {
    const home = newHome()
    const other = { ...home, clusterId: 'two' }
    const stranger = newHome()
    const rows = hoursOf(1)
    const side = hoursOf(1, { container: 'side' })
    await seedUsageHours(database.pool, home, [...rows, ...side])
    await seedUsageDays(database.pool, home, [...rows, ...side])
    // Only one of the clusters has its day summed.
    await seedUsageHours(database.pool, other, rows)
    await seedUsageHours(database.pool, stranger, hoursOf(1, { container: 'theirs' }))
    const history = await readUsageHistoryOf(database.pool, { ...home, from: at(0), to: at(24) })
    const found = history.rows.toSorted((a, b) =>
      `${a.clusterId} ${a.container}` < `${b.clusterId} ${b.container}` ? -1 : 1,
    )
    expect(found.map(bytes)).toEqual([
      bytes(totalOf(rows)),
      bytes(totalOf(side)),
      { ...bytes(totalOf(rows)), clusterId: 'two' },
    ])
  })

  it('has no window in which the cluster was not heard, though it is settled', async () => {
    const home = newHome()
    await seedUsageHours(database.pool, home, pick(hoursOf(1), at(0), at(4)))
    await seedUsageWindows(database.pool, home, [at(4), at(5)], { heard: false, cpu_source: null })
    await seedUsageHours(database.pool, home, pick(hoursOf(1), at(6), at(8)))
    const history = await readUsageHistoryOf(database.pool, { ...home, from: at(0), to: at(24) })
    expect(history.clusters.get('one')?.windows).toEqual([0, 1, 2, 3, 6, 7].map(at))
  })

  it('tells what the source tells, and of requests what it told last', async () => {
    const home = newHome()
    const knows = { knows_oom: false, knows_hpa: false, knows_limits: false }
    await seedUsageWindows(database.pool, home, [at(0)], { cpu_source: 'rule', largest_cpu_cores: 16 })
    await seedUsageWindows(database.pool, home, [at(1)], {
      ...knows,
      cpu_source: null,
      largest_ram_bytes: null,
    })
    // Claimed, but not collected yet.
    await seedUsageWindows(database.pool, home, [at(2)], { revision: 0, largest_cpu_cores: 99 })
    const { clusters, rows } = await readUsageHistoryOf(database.pool, { ...home, from: at(0), to: at(24) })
    expect(rows).toEqual([])
    expect(clusters.get('one')).toEqual({
      ...{ windows: [at(0), at(1)], cpuSource: 'rule', knowsRequests: true, knowsLimits: false },
      ...{
        knowsOom: true,
        knowsThrottling: true,
        knowsHpa: true,
        largestCpuCores: 16,
        largestRamBytes: 2 ** 35,
      },
    })
  })

  it('does not take an hour of silence for one that was measured, nor ask it what is told', async () => {
    const home = newHome()
    await seedUsageWindows(database.pool, home, [at(0), at(1)])
    const silence = {
      heard: false,
      points: 0,
      cpu_source: null,
      knows_requests: false,
      knows_limits: false,
    }
    await seedUsageWindows(database.pool, home, [at(2), at(3)], silence)
    const { clusters } = await readUsageHistoryOf(database.pool, {
      cloudAccountId: home.cloudAccountId,
      from: at(0),
      to: at(4),
    })
    expect(clusters.get('one')).toMatchObject({
      windows: [at(0), at(1)],
      knowsRequests: true,
      knowsLimits: true,
    })
  })

  it('is nothing where nothing was collected', async () => {
    const history = await readUsageHistoryOf(database.pool, { ...newHome(), from: at(0), to: at(24) })
    expect(history).toEqual({ clusters: new Map(), rows: [] })
  })

  it('never has more rows in hand than a day or an hour of them', async () => {
    const home = newHome()
    const rows = hoursOf(3)
    await seedUsageHours(database.pool, home, rows)
    await seedUsageDays(database.pool, home, pick(rows, at(0), at(48)))
    const most: number[] = []
    const counted: RunText = async <Row>(text: string, values: readonly unknown[]) => {
      const found = (await database.pool.query(text, [...values])).rows as Row[]
      if (!text.includes('usage_window')) most.push(found.length)
      return found
    }
    await readUsageHistory(counted, { ...home, from: at(0), to: at(72) })
    // Two days from their sums, one that has none from its hours.
    expect(most).toEqual([1, 1, 0, ...Array<number>(24).fill(1)])
  })
})
