import type pg from 'pg'
import type { ClusterDay } from './rollup.js'

export interface UsageDueRequest {
  /** Accounts that are looked at, and the first day of each whose usage is kept (Unix seconds). */
  readonly floors: ReadonlyMap<string, number>
  readonly now: number
  readonly limit: number
  /** Of this cluster only. */
  readonly clusterId?: string | undefined
  /** Windows that start in `[from, to)`, Unix seconds. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Looks only at windows published in so many seconds before now, and at those that failed; an index answers that. */
  readonly withinSeconds?: number | undefined
}

export interface UsageDueDay extends ClusterDay {
  readonly windows: number
}

/** Live windows of a cluster whose costs are due: its usage waits for them. `l` is a window that usage is due of. */
const COSTS_ARE_DUE = `exists (
  select from warehouse.window_ledger live
  where live.cloud_account_id = l.cloud_account_id and live.cluster_id = l.cluster_id
    and live.window_start >= to_timestamp($1) - interval '2 days' and live.next_read_at <= to_timestamp($1))`

/**
 * The days of which some window's usage is due and that nobody is collecting, of accounts that are not removed, newest
 * first. Those of a cluster whose live windows' costs are due wait.
 */
export async function dueUsageDays(pool: pg.Pool, request: UsageDueRequest): Promise<UsageDueDay[]> {
  const { floors, now, limit, clusterId, from, to, withinSeconds } = request
  const { rows } = await pool.query<UsageDueDay>({
    name: 'due-usage-days',
    text: `with floor as (
             select f.cloud_account_id, f.first_day
             from unnest($2::uuid[], $3::float8[]) as f (cloud_account_id, first_day)
             join warehouse.cloud_account a on a.cloud_account_id = f.cloud_account_id and a.removed_at is null
           ),
           published as (
             select l.cloud_account_id, l.cluster_id, l.window_start, l.revision
             from warehouse.window_ledger l
             join floor f on f.cloud_account_id = l.cloud_account_id
             where l.revision > 0 and l.state = 'loaded'
               and l.loaded_at >= coalesce(now() - $8 * interval '1 second', '-infinity')
               and l.window_start >= to_timestamp(f.first_day)
             union
             select l.cloud_account_id, l.cluster_id, l.window_start, l.revision
             from warehouse.usage_window u
             join floor f on f.cloud_account_id = u.cloud_account_id
             join warehouse.window_ledger l on l.cloud_account_id = u.cloud_account_id and l.cluster_id = u.cluster_id
               and l.window_start = u.window_start
             where u.next_try_at <= to_timestamp($1) and l.revision > 0 and l.state = 'loaded'
               and l.window_start >= to_timestamp(f.first_day)
           ),
           days as (
             select l.cloud_account_id, l.cluster_id, date_trunc('day', l.window_start, 'UTC') as day, count(*)::int as windows
             from published l
             left join warehouse.usage_window u on u.cloud_account_id = l.cloud_account_id
               and u.cluster_id = l.cluster_id and u.window_start = l.window_start
             where u.revision is distinct from l.revision
               and (u.next_try_at is null or u.next_try_at <= to_timestamp($1))
               and (u.lease_until is null or u.lease_until <= now())
               and ($5::text is null or l.cluster_id = $5)
               and ($6::float8 is null or l.window_start >= to_timestamp($6))
               and ($7::float8 is null or l.window_start < to_timestamp($7))
             group by l.cloud_account_id, l.cluster_id, day
           )
           select l.cloud_account_id as "cloudAccountId", l.cluster_id as "clusterId",
             extract(epoch from l.day)::float8 as day, l.windows
           from days l
           where not ${COSTS_ARE_DUE}
           order by l.day desc, l.cloud_account_id, l.cluster_id
           limit $4`,
    values: [
      ...[now, [...floors.keys()], [...floors.values()], limit, clusterId ?? null],
      ...[from ?? null, to ?? null, withinSeconds ?? null],
    ],
  })
  return rows
}

/** Whether usage of a cluster has to wait, as costs of its live windows are due. */
export async function waitsForCosts(
  pool: pg.Pool,
  { cloudAccountId, clusterId }: Pick<ClusterDay, 'cloudAccountId' | 'clusterId'>,
  now: number,
): Promise<boolean> {
  const { rows } = await pool.query<{ waits: boolean }>({
    name: 'usage-waits-for-costs',
    text: `select ${COSTS_ARE_DUE} as waits from (select $2::uuid as cloud_account_id, $3::text as cluster_id) l`,
    values: [now, cloudAccountId, clusterId],
  })
  return rows[0]?.waits === true
}

/** How many published windows of an account that start in `[from, to)` have usage that is still to be collected. */
export async function countDueUsage(
  pool: pg.Pool,
  { accountId, from, to }: { readonly accountId: string; readonly from: number; readonly to: number },
): Promise<number> {
  const { rows } = await pool.query<{ due: number }>(
    `select count(*)::int as due
     from warehouse.window_ledger l
     left join warehouse.usage_window u using (cloud_account_id, cluster_id, window_start)
     where l.cloud_account_id = $1 and l.window_start >= to_timestamp($2) and l.window_start < to_timestamp($3)
       and l.revision > 0 and u.revision is distinct from l.revision`,
    [accountId, from, to],
  )
  return rows[0]?.due ?? 0
}
