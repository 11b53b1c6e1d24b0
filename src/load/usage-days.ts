import type pg from 'pg'
import type { UsageRow } from '../domain/usage.js'
import { UsageSum } from '../domain/usage-sum.js'
import { DAY_SECONDS, dateOf } from '../domain/window.js'
import type { ClusterDay } from './rollup.js'
import { BY_CONTAINER, copyDays, HOUR_SELECT, hourOf, type StoredHour } from './usage-columns.js'

/** Hours that are held at once, however large the cluster is. */
const HOURS_AT_ONCE = 2_000

/** The lock under which the hours of a day and their sums change together. */
export function usageLock({ cloudAccountId, clusterId, day }: ClusterDay): string {
  return `usage ${cloudAccountId} ${clusterId} ${dateOf(day)}`
}

/**
 * Makes the sums of a day anew from its hours, within the caller's transaction and lock. Gives false, and leaves them,
 * where hours that they were made of are gone.
 */
export async function sumUsageDay(client: pg.ClientBase, day: ClusterDay): Promise<boolean> {
  const hours = [day.cloudAccountId, day.clusterId, day.day, day.day + DAY_SECONDS]
  const { rows } = await client.query<{ expired: boolean }>({
    name: 'usage-hours-expired',
    text: `select exists (
             select from warehouse.usage_window
             where cloud_account_id = $1 and cluster_id = $2 and hours_expired
               and window_start >= to_timestamp($3) and window_start < to_timestamp($4)
           ) as expired`,
    values: hours,
  })
  if (rows[0]?.expired === true) return false
  await client.query({
    name: 'delete-usage-day',
    text: 'delete from warehouse.usage_daily where cloud_account_id = $1 and cluster_id = $2 and day = $3::date',
    values: [day.cloudAccountId, day.clusterId, dateOf(day.day)],
  })
  await client.query(
    `declare usage_hours no scroll cursor for
     select ${HOUR_SELECT} from warehouse.usage_hourly
     where cloud_account_id = $1 and cluster_id = $2
       and window_start >= to_timestamp($3) and window_start < to_timestamp($4)
     order by ${BY_CONTAINER}, window_start`,
    hours,
  )
  await copySums(client, day)
  await client.query('close usage_hours')
  return true
}

async function copySums(client: pg.ClientBase, day: ClusterDay): Promise<void> {
  let open: { key: string; sum: UsageSum } | undefined
  for (;;) {
    const { rows } = await client.query<StoredHour>(`fetch ${HOURS_AT_ONCE} from usage_hours`)
    const totals: UsageRow[] = []
    for (const row of rows.map(hourOf)) {
      const key = [row.namespace, row.controllerKind, row.controller, row.container].join('\0')
      if (open !== undefined && open.key !== key) totals.push(open.sum.total())
      if (open?.key !== key) open = { key, sum: new UsageSum() }
      open.sum.add(row)
    }
    const isLast = rows.length < HOURS_AT_ONCE
    if (isLast && open !== undefined) totals.push(open.sum.total())
    if (totals.length > 0) await copyDays(client, day, totals)
    if (isLast) return
  }
}
