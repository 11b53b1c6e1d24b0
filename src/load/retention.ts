import type pg from 'pg'
import { inTransaction } from '../db/pool.js'
import { retryConflicts } from '../db/retry.js'
import { firstDailyDay, firstHourlyDay, type Retention } from '../domain/retention.js'
import { DAY_SECONDS, dateOf } from '../domain/window.js'
import { forgetNames, type Kept } from './forget-names.js'
import { type FactTable, factTables, monthsOf, type Patience, retireMonth } from './retire-months.js'
import { type ClusterDay, changedDays } from './rollup.js'
import { keepUsageRetention } from './usage-retention.js'
import { advanceWatermark } from './watermark.js'

/** What a night's retention took away. */
export interface RetentionReport {
  /** Days of clusters whose hours went, and whose sums went. */
  hourlyDays: number
  dailyDays: number
  /** The same of usage, which is kept shorter. */
  usageHourlyDays: number
  usageDailyDays: number
  /** Months of tables that were dropped whole. */
  readonly months: string[]
  /** Months whose readers stayed too long, left to the next night. */
  readonly busyMonths: string[]
  /** Containers, label sets and series that no hour has any more. */
  names: number
}

/**
 * Deletes what is older than the retention of its account. A month that nobody keeps goes as a table; of others the rows
 * go, a day of a cluster at a time. Hours that are not in their day's sums yet stay until they are.
 */
export async function keepRetention(
  pool: pg.Pool,
  retentions: readonly Retention[],
  now: number,
  signal: AbortSignal,
  patience?: Patience,
): Promise<RetentionReport> {
  const report: RetentionReport = {
    ...{ hourlyDays: 0, dailyDays: 0, usageHourlyDays: 0, usageDailyDays: 0, names: 0 },
    ...{ months: [], busyMonths: [] },
  }
  // Without an account nobody says how long anything is kept.
  if (retentions.length === 0) return report
  for (const retention of retentions) {
    const usage = await keepUsageRetention(pool, retention, now, signal)
    report.usageHourlyDays += usage.hours
    report.usageDailyDays += usage.days
  }
  const kept = await untilRolledUp(pool, retentions, now)
  const tables = await factTables(pool)
  for (const account of kept) {
    await freezeDays(pool, account)
    await expireHours(pool, account, tables, monthsBefore(oldest(kept, 'hoursFrom')), report, signal)
    await expireDays(pool, account, tables, monthsBefore(oldest(kept, 'daysFrom')), report, signal)
    await expireNotes(pool, account)
  }
  await retireMonths(pool, tables, kept, report, signal, patience)
  for (const account of kept) {
    if (!signal.aborted) report.names += await forgetNames(pool, account)
  }
  return report
}

async function untilRolledUp(pool: pg.Pool, retentions: readonly Retention[], now: number): Promise<Kept[]> {
  const kept = retentions.map(retention => ({
    cloudAccountId: retention.cloudAccountId,
    hoursFrom: firstHourlyDay(retention, now),
    daysFrom: firstDailyDay(retention, now),
  }))
  const floors = new Map(kept.map(({ cloudAccountId, daysFrom }) => [cloudAccountId, daysFrom]))
  const pending = await changedDays(pool, floors)
  return kept.map(account => ({
    ...account,
    hoursFrom: Math.min(
      account.hoursFrom,
      ...pending.filter(day => day.cloudAccountId === account.cloudAccountId).map(({ day }) => day),
    ),
  }))
}

function oldest(kept: readonly Kept[], what: 'hoursFrom' | 'daysFrom'): number {
  return Math.min(...kept.map(account => account[what]))
}

/** Whether the month of a day ends before all that anybody keeps, so that it goes as a whole. */
function monthsBefore(from: number): (day: number) => boolean {
  return day => {
    const date = new Date(day * 1000)
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / 1000 <= from
  }
}

/** From here on the sums of these days are not made smaller; waits for a roll-up that is under way. */
async function freezeDays(pool: pg.Pool, { cloudAccountId, hoursFrom }: Kept): Promise<void> {
  await pool.query(
    `update warehouse.day_ledger set hours_expired = true
     where cloud_account_id = $1 and day < $2::date and not hours_expired`,
    [cloudAccountId, dateOf(hoursFrom)],
  )
}

async function expireHours(
  pool: pg.Pool,
  { cloudAccountId, hoursFrom }: Kept,
  tables: readonly FactTable[],
  goesWhole: (day: number) => boolean,
  report: RetentionReport,
  signal: AbortSignal,
): Promise<void> {
  const { rows } = await pool.query<ClusterDay>(
    `select distinct cloud_account_id as "cloudAccountId", cluster_id as "clusterId",
       extract(epoch from date_trunc('day', window_start, 'UTC'))::float8 as day
     from warehouse.window_ledger
     where cloud_account_id = $1 and window_start < to_timestamp($2)
     order by day, "clusterId"`,
    [cloudAccountId, hoursFrom],
  )
  const hourly = tables.filter(({ grain }) => grain === 'hour').map(({ table }) => table)
  for (const day of rows) {
    if (signal.aborted) return
    if (await expireDayOfHours(pool, day, goesWhole(day.day) ? [] : hourly)) report.hourlyDays++
  }
  await raiseWatermarks(pool, cloudAccountId, hoursFrom)
}

/** Not partitioned, so that they go by day always; the ledger last. */
const OF_WINDOWS = ['window_audit', 'window_ledger']

/**
 * Ledger and facts of a day go in one transaction, so that no reader sees one without the other. Of a month that goes
 * whole only the ledger does: its facts then belong to no loaded window. A day that somebody is loading waits a night.
 */
async function expireDayOfHours(pool: pg.Pool, day: ClusterDay, tables: readonly string[]): Promise<boolean> {
  const values = [day.cloudAccountId, day.clusterId, day.day, day.day + DAY_SECONDS]
  const ofDay = `cloud_account_id = $1 and cluster_id = $2
    and window_start >= to_timestamp($3) and window_start < to_timestamp($4)`
  return retryConflicts(() =>
    inTransaction(pool, async client => {
      const { rows } = await client.query<{ held: boolean }>(
        `select lease_until > now() is true as held from warehouse.window_ledger where ${ofDay} for update`,
        values,
      )
      if (rows.some(({ held }) => held)) return false
      for (const table of [...tables, ...OF_WINDOWS])
        await client.query(`delete from warehouse.${table} where ${ofDay}`, values)
      return true
    }),
  )
}

/** A watermark before the first hour that is kept would wait for hours that nobody loads any more. */
async function raiseWatermarks(pool: pg.Pool, cloudAccountId: string, hoursFrom: number): Promise<void> {
  const { rows } = await pool.query<{ clusterId: string }>(
    `update warehouse.cluster
     set watermark = least(to_timestamp($2), last_window + interval '1 hour')
     where cloud_account_id = $1 and watermark < least(to_timestamp($2), last_window + interval '1 hour')
     returning cluster_id as "clusterId"`,
    [cloudAccountId, hoursFrom],
  )
  for (const { clusterId } of rows)
    await inTransaction(pool, client => advanceWatermark(client, { cloudAccountId, clusterId }))
}

async function expireDays(
  pool: pg.Pool,
  { cloudAccountId, daysFrom }: Kept,
  tables: readonly FactTable[],
  goesWhole: (day: number) => boolean,
  report: RetentionReport,
  signal: AbortSignal,
): Promise<void> {
  const { rows } = await pool.query<{ clusterId: string; day: string }>(
    `select cluster_id as "clusterId", day from warehouse.day_ledger
     where cloud_account_id = $1 and day < $2::date order by day, cluster_id`,
    [cloudAccountId, dateOf(daysFrom)],
  )
  const daily = tables.filter(({ grain }) => grain === 'day').map(({ table }) => table)
  for (const { clusterId, day } of rows) {
    if (signal.aborted) return
    const deleted = [...(goesWhole(Date.parse(day) / 1000) ? [] : daily), 'day_ledger']
    await inTransaction(pool, async client => {
      for (const table of deleted) {
        await client.query(
          `delete from warehouse.${table} where cloud_account_id = $1 and cluster_id = $2 and day = $3::date`,
          [cloudAccountId, clusterId, day],
        )
      }
    })
    report.dailyDays++
  }
}

/** Runs and findings about hours that are gone. */
async function expireNotes(pool: pg.Pool, { cloudAccountId, hoursFrom }: Kept): Promise<void> {
  await pool.query(
    `delete from warehouse.load_run where cloud_account_id = $1 and started_at < to_timestamp($2)`,
    [cloudAccountId, hoursFrom],
  )
  await pool.query(`delete from warehouse.quality_result where cloud_account_id = $1 and day < $2::date`, [
    cloudAccountId,
    dateOf(hoursFrom),
  ])
}

async function retireMonths(
  pool: pg.Pool,
  tables: readonly FactTable[],
  kept: readonly Kept[],
  report: RetentionReport,
  signal: AbortSignal,
  patience?: Patience,
): Promise<void> {
  for (const { table, grain } of tables) {
    const from = oldest(kept, grain === 'hour' ? 'hoursFrom' : 'daysFrom')
    for (const month of await monthsOf(pool, table)) {
      if (signal.aborted) return
      if (month.ends > from || (grain === 'hour' && (await isStillLedgered(pool, month.ends)))) continue
      const isGone = await retireMonth(pool, month, patience)
      if (isGone) report.months.push(month.name)
      else report.busyMonths.push(month.name)
      // A table bears one detach at a time.
      if (!isGone) break
    }
  }
}

/** Somebody is loading an hour of the month, or it has an account that was added meanwhile. */
async function isStillLedgered(pool: pg.Pool, ends: number): Promise<boolean> {
  const { rows } = await pool.query<{ is: boolean }>(
    `select exists (
       select from warehouse.window_ledger
       where window_start < to_timestamp($1) and window_start >= to_timestamp($1) - interval '1 month'
     ) as is`,
    [ends],
  )
  return rows[0]?.is === true
}
