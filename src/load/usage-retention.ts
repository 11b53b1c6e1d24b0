import type pg from 'pg'
import { transact } from '../db/pool.js'
import { retryConflicts } from '../db/retry.js'
import { underLock } from '../db/session-lock.js'
import { firstUsageDay, firstUsageHour, type Retention } from '../domain/retention.js'
import { DAY_SECONDS, dateOf } from '../domain/window.js'
import type { ClusterDay } from './rollup.js'
import { usageLock } from './usage-days.js'

/** How many days of clusters went, of usage by hour and of its sums. */
export interface UsageRetention {
  hours: number
  days: number
}

/** Deletes the usage of an account that is kept no longer. Sums stay when their hours go, and are not made smaller. */
export async function keepUsageRetention(
  pool: pg.Pool,
  retention: Retention,
  now: number,
  signal: AbortSignal,
): Promise<UsageRetention> {
  const report: UsageRetention = { hours: 0, days: 0 }
  const { cloudAccountId } = retention
  const { rows } = await pool.query<ClusterDay>(
    `select distinct cloud_account_id as "cloudAccountId", cluster_id as "clusterId",
       extract(epoch from date_trunc('day', window_start, 'UTC'))::float8 as day
     from warehouse.usage_hourly
     where cloud_account_id = $1 and window_start < to_timestamp($2)
     order by day, "clusterId"`,
    [cloudAccountId, firstUsageHour(retention, now)],
  )
  for (const day of rows) {
    if (signal.aborted) return report
    await expireHours(pool, day)
    report.hours++
  }
  const firstDay = firstUsageDay(retention, now)
  const gone = await pool.query<{ clusterId: string; day: string }>(
    `with gone as (
       delete from warehouse.usage_daily where cloud_account_id = $1 and day < $2::date returning cluster_id, day
     )
     select distinct cluster_id as "clusterId", day from gone`,
    [cloudAccountId, dateOf(firstDay)],
  )
  // Which windows the sums are of is to be known as long as they are there.
  await pool.query(
    'delete from warehouse.usage_window where cloud_account_id = $1 and window_start < to_timestamp($2)',
    [cloudAccountId, firstDay],
  )
  report.days = gone.rows.length
  return report
}

/** Waits for a collection that is under way, so that no sum is made of what is left of the hours. */
async function expireHours(pool: pg.Pool, day: ClusterDay): Promise<void> {
  const values = [day.cloudAccountId, day.clusterId, day.day, day.day + DAY_SECONDS]
  const ofDay = `cloud_account_id = $1 and cluster_id = $2
    and window_start >= to_timestamp($3) and window_start < to_timestamp($4)`
  await underLock(pool, usageLock(day), client =>
    retryConflicts(() =>
      transact(client, async () => {
        await client.query(`delete from warehouse.usage_hourly where ${ofDay}`, values)
        await client.query(
          `update warehouse.usage_window set hours_expired = true
           where ${ofDay} and collected_at is not null and not hours_expired`,
          values,
        )
      }),
    ),
  )
}
