import type pg from 'pg'
import { inTransaction } from '../db/pool.js'
import { retryConflicts } from '../db/retry.js'
import type { Window } from '../domain/window.js'
import { advanceWatermark } from './watermark.js'

/** Hours in which a cluster has been heard of, first and newest. */
export interface ClusterSighting {
  readonly clusterId: string
  readonly firstWindow: Window
  readonly lastWindow: Window
}

/**
 * Notes clusters and widens the hours in which they were heard of. A first hour earlier than the one known is the one
 * thing that moves a watermark back: it then promises loaded windows from that hour on, and is found anew.
 */
export async function recordClusters(
  pool: pg.Pool,
  cloudAccountId: string,
  clusters: readonly ClusterSighting[],
): Promise<void> {
  // One order for all writers, so that they never wait for each other in a circle.
  const sorted = [...clusters].sort((a, b) => (a.clusterId < b.clusterId ? -1 : 1))
  await inTransaction(pool, async client => {
    for (const { clusterId, firstWindow, lastWindow } of sorted) {
      const { rowCount } = await client.query({
        name: 'record-cluster',
        text: `insert into warehouse.cluster as c (cloud_account_id, cluster_id, first_window, last_window, watermark)
               values ($1, $2, to_timestamp($3), to_timestamp($4), to_timestamp($3))
               on conflict (cloud_account_id, cluster_id) do update
                 set first_window = least(c.first_window, excluded.first_window),
                     last_window = greatest(c.last_window, excluded.last_window),
                     watermark = case when excluded.first_window < c.first_window
                       then excluded.first_window else c.watermark end
                 where excluded.first_window < c.first_window or excluded.last_window > c.last_window`,
        values: [cloudAccountId, clusterId, firstWindow, lastWindow],
      })
      if (rowCount !== 0) await advanceWatermark(client, { cloudAccountId, clusterId })
    }
  })
}

/** Enters the windows in `[from, to)` that the ledger lacks, each due `settleMinutes` after its end. Gives their number. */
export async function planWindows(
  pool: pg.Pool,
  cluster: { cloudAccountId: string; clusterId: string },
  from: Window,
  to: number,
  settleMinutes: number,
): Promise<number> {
  const { rowCount } = await pool.query({
    name: 'plan-windows',
    text: `insert into warehouse.window_ledger (cloud_account_id, cluster_id, window_start, next_read_at)
           select $1, $2, hour, hour + interval '1 hour' + $5 * interval '1 minute'
           from generate_series(to_timestamp($3), to_timestamp($4) - interval '1 second', interval '1 hour') as hour
           on conflict do nothing`,
    values: [cluster.cloudAccountId, cluster.clusterId, from, to, settleMinutes],
  })
  return rowCount ?? 0
}

/** A UTC day of a cluster in which windows are to be read. */
export interface DueDay {
  readonly cloudAccountId: string
  readonly clusterId: string
  /** Unix seconds of its start. */
  readonly day: number
  readonly windows: number
  readonly newest: Window
}

/**
 * The days that have windows to read at `now` that nobody is reading, of accounts that are not removed. Live days
 * (the last two) come first, newest first; then the others from the oldest on, or from the newest where told.
 */
export async function dueDays(
  pool: pg.Pool,
  now: number,
  options: { accountId?: string; limit: number; newestFirst?: boolean },
): Promise<DueDay[]> {
  const { rows } = await pool.query<DueDay>({
    name: 'due-days',
    text: `with due as (
             select l.cloud_account_id, l.cluster_id, date_trunc('day', l.window_start, 'UTC') as day, l.window_start
             from warehouse.window_ledger l
             join warehouse.cloud_account a on a.cloud_account_id = l.cloud_account_id and a.removed_at is null
             where l.next_read_at <= to_timestamp($1)
               and (l.lease_until is null or l.lease_until <= now())
               and ($2::uuid is null or l.cloud_account_id = $2)
           ),
           days as (
             select cloud_account_id, cluster_id, day, count(*)::int as windows, max(window_start) as newest,
               max(window_start) >= to_timestamp($1) - interval '2 days' as is_live
             from due
             group by cloud_account_id, cluster_id, day
           )
           select cloud_account_id as "cloudAccountId", cluster_id as "clusterId",
             extract(epoch from day)::float8 as day, windows, extract(epoch from newest)::float8 as newest
           from days
           order by is_live desc, case when is_live or $4 then day end desc, day, cloud_account_id, cluster_id
           limit $3`,
    values: [now, options.accountId ?? null, options.limit, options.newestFirst ?? false],
  })
  return rows
}

/**
 * Which windows a reload asks for: `missing` never loaded; `failed` incomplete, set aside or with an error; `loaded` those
 * with a published version; `all`.
 */
export type ReloadMode = 'missing' | 'failed' | 'loaded' | 'all'

const RELOADED: Record<ReloadMode, string> = {
  missing: 'revision = 0',
  failed: `(state in ('incomplete', 'quarantined') or error_code is not null)`,
  loaded: 'revision > 0',
  all: 'true',
}

export interface ReloadRequest {
  readonly cloudAccountId: string
  /** Windows that start in `[from, to)`. */
  readonly from: number
  readonly to: number
  readonly mode: ReloadMode
  readonly now: number
  /** Windows that ended less than this before `now` keep their own first time. */
  readonly settleMinutes: number
  readonly dryRun?: boolean
}

const IN_RANGE = `cloud_account_id = $1 and window_start >= to_timestamp($2) and window_start < to_timestamp($3)
  and window_start <= to_timestamp($4) - interval '1 hour' - $5 * interval '1 minute'`

function rangeOf({ cloudAccountId, from, to, now, settleMinutes }: ReloadRequest): unknown[] {
  return [cloudAccountId, from, to, now, settleMinutes]
}

/** How many windows that a reload made due have not been read well since: failed, incomplete, suspect or untouched. */
export async function countOpen(pool: pg.Pool, request: ReloadRequest): Promise<number> {
  const { rows } = await pool.query<{ open: number }>(
    `select count(*)::int as open from warehouse.window_ledger
     where ${IN_RANGE} and (next_read_at <= to_timestamp($4) or (failures > 0 and ${RELOADED[request.mode]}))`,
    rangeOf(request),
  )
  return rows[0]?.open ?? 0
}

/**
 * Makes planned windows of an account due at once, and takes those set aside back. Gives their number by cluster; with
 * `dryRun` it only counts. A window that was published keeps its facts until it has been read anew.
 */
export async function requestReload(
  pool: pg.Pool,
  request: ReloadRequest,
): Promise<{ clusterId: string; windows: number }[]> {
  const chosen = `${IN_RANGE} and ${RELOADED[request.mode]}`
  const values = rangeOf(request)
  const count = 'cluster_id as "clusterId", count(*)::int as windows'
  const text =
    request.dryRun === true
      ? `select ${count} from warehouse.window_ledger where ${chosen} group by cluster_id order by cluster_id`
      : `with reloaded as (
           update warehouse.window_ledger
           set next_read_at = least(next_read_at, to_timestamp($4)),
               state = case when state = 'quarantined' then 'due' else state end,
               reason = case when state = 'quarantined' then null else reason end,
               reason_detail = case when state = 'quarantined' then null else reason_detail end,
               failures = 0, terminal_failures = 0
           where ${chosen}
           returning cluster_id
         )
         select ${count} from reloaded group by cluster_id order by cluster_id`
  const { rows } = await retryConflicts(() =>
    pool.query<{ clusterId: string; windows: number }>(text, values),
  )
  return rows
}
