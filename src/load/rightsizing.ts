import type pg from 'pg'
import { inTransaction } from '../db/pool.js'
import { type Recommended, toColumns } from '../db/rightsizing-rows.js'
import { DAY_SECONDS } from '../domain/window.js'

/** What recommendations were computed for, with and when. */
export interface RightsizingSet {
  readonly cloudAccountId: string
  readonly profile: string
  readonly historyDays: number
  /** Unix seconds. */
  readonly computedAt: number
}

/** Rows that are sent in one statement. */
const BATCH = 1000

/**
 * Puts recommendations in the place of those of the same account, profile and history, for readers all at once. Whoever
 * replaces the same set meanwhile waits.
 */
export async function replaceRightsizing<R extends Recommended<R>>(
  pool: pg.Pool,
  set: RightsizingSet,
  recommendations: readonly R[],
): Promise<void> {
  const { cloudAccountId, profile, historyDays } = set
  const key = [cloudAccountId, profile, historyDays]
  await inTransaction(pool, async client => {
    await client.query(`select pg_advisory_xact_lock(hashtextextended('rightsizing ' || $1, 0))`, [
      key.join(' '),
    ])
    await client.query(
      `delete from warehouse.rightsizing where cloud_account_id = $1 and profile = $2 and history_days = $3`,
      key,
    )
    for (let from = 0; from < recommendations.length; from += BATCH) {
      const records = recommendations.slice(from, from + BATCH).map(one => toColumns({ ...one, ...set }))
      await client.query(
        `insert into warehouse.rightsizing
         select * from jsonb_populate_recordset(null::warehouse.rightsizing, $1::jsonb)`,
        [JSON.stringify(records)],
      )
    }
  })
}

/**
 * So many hours of a cluster, and this much more than what its advice is made of, call for new advice before the night:
 * a history that is being loaded, but not the hour that comes in every hour.
 */
const MANY_MORE = { hours: 6, times: 1.1 }

/** The advice whose history tells how much of a cluster was known. */
const JUDGED = { profile: 'balanced', historyDays: 14 }

/**
 * The accounts that are to have recommendations and don't, or none since `before` (Unix seconds), or some that know much
 * less than has been collected meanwhile: of those that are ingested and have usage of a window from `usedSince` on.
 */
export async function accountsWithoutRightsizing(
  pool: pg.Pool,
  { before, usedSince, now }: { readonly before: number; readonly usedSince: number; readonly now: number },
): Promise<string[]> {
  const { rows } = await pool.query<{ cloudAccountId: string }>(
    `select a.cloud_account_id as "cloudAccountId"
     from warehouse.cloud_account a
     where a.removed_at is null
       and exists (
         select from warehouse.usage_window u
         where u.cloud_account_id = a.cloud_account_id and u.window_start >= to_timestamp($2) and u.revision > 0
       )
       and (
         not exists (
           select from warehouse.rightsizing r
           where r.cloud_account_id = a.cloud_account_id and r.computed_at >= to_timestamp($1)
         )
         or exists (
           select from warehouse.usage_window u
           where u.cloud_account_id = a.cloud_account_id and u.revision > 0 and u.heard
             and u.window_start >= to_timestamp($3)
           group by u.cluster_id
           having count(*) > $4::float8 + $5::float8 * coalesce((
             select max(r.measured_hours) from warehouse.rightsizing r
             where r.cloud_account_id = a.cloud_account_id and r.profile = $6 and r.history_days = $7
               and r.cluster_id = u.cluster_id
           ), 0)
         )
       )
     order by a.cloud_account_id`,
    [
      ...[before, usedSince, now - JUDGED.historyDays * DAY_SECONDS, MANY_MORE.hours, MANY_MORE.times],
      ...[JUDGED.profile, JUDGED.historyDays],
    ],
  )
  return rows.map(({ cloudAccountId }) => cloudAccountId)
}
