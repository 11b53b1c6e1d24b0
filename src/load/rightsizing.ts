import type pg from 'pg'
import { inTransaction } from '../db/pool.js'
import { type Recommended, toColumns } from '../db/rightsizing-rows.js'

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
 * The accounts that are to have recommendations and don't, or none since `before` (Unix seconds): of those that are
 * ingested and have usage of a window from `usedSince` on.
 */
export async function accountsWithoutRightsizing(
  pool: pg.Pool,
  { before, usedSince }: { readonly before: number; readonly usedSince: number },
): Promise<string[]> {
  const { rows } = await pool.query<{ cloudAccountId: string }>(
    `select a.cloud_account_id as "cloudAccountId"
     from warehouse.cloud_account a
     where a.removed_at is null
       and exists (
         select from warehouse.usage_window u
         where u.cloud_account_id = a.cloud_account_id and u.window_start >= to_timestamp($2) and u.revision > 0
       )
       and not exists (
         select from warehouse.rightsizing r
         where r.cloud_account_id = a.cloud_account_id and r.computed_at >= to_timestamp($1)
       )
     order by a.cloud_account_id`,
    [before, usedSince],
  )
  return rows.map(({ cloudAccountId }) => cloudAccountId)
}
