import type pg from 'pg'
import { inTransaction } from '../db/pool.js'
import { retryConflicts } from '../db/retry.js'
import { DAY_SECONDS, dateOf } from '../domain/window.js'
import { changedDays } from './rollup.js'

/** From when on the facts of an account are kept, Unix seconds. */
export interface Kept {
  readonly cloudAccountId: string
  readonly hoursFrom: number
  /** 0: all. */
  readonly daysFrom: number
}

const BATCH = 5_000

/**
 * How many days longer than the hours that had them names are kept: longer than a loader remembers that it has stored
 * one, so that none is taken for stored that is not.
 */
const GRACE_SECONDS = 2 * DAY_SECONDS

/** `$1` account, `$2` first day whose hours may still have them. */
const FORGOTTEN = [
  unused('container', 'container_key'),
  // The pairs are only a way to find the sets.
  `with gone as (${unused('label_set', 'label_set_key')} returning cloud_account_id, label_set_key)
   , pairs as (
     delete from warehouse.label_pair p using gone g
     where p.cloud_account_id = $1 and p.label_set_key = g.label_set_key
   )
   select from gone`,
  unused('metric_series', 'series_key'),
]

function unused(table: string, key: string): string {
  return `delete from warehouse.${table} where cloud_account_id = $1 and ${key} in (
    select ${key} from warehouse.${table} where cloud_account_id = $1 and last_day < $2::date limit ${BATCH}
  )`
}

/**
 * Deletes containers, label sets and series that no hour that is kept has. Nothing is deleted
 * while the account is being loaded or has hours that no roll-up has seen, as those may have brought one back. Gives
 * their number.
 */
export async function forgetNames(pool: pg.Pool, kept: Kept): Promise<number> {
  let forgotten = 0
  for (const text of FORGOTTEN) {
    for (let batch = BATCH; batch === BATCH; forgotten += batch) batch = await forgetBatch(pool, kept, text)
  }
  return forgotten
}

async function forgetBatch(pool: pg.Pool, kept: Kept, text: string): Promise<number> {
  return retryConflicts(() =>
    inTransaction(pool, async client => {
      // One moment for the question and for the deletion.
      await client.query('set transaction isolation level repeatable read')
      if (await isInMotion(client, kept)) return 0
      const { rowCount } = await client.query(text, [
        kept.cloudAccountId,
        dateOf(kept.hoursFrom - GRACE_SECONDS),
      ])
      return rowCount ?? 0
    }),
  )
}

async function isInMotion(client: pg.ClientBase, { cloudAccountId, daysFrom }: Kept): Promise<boolean> {
  const { rows } = await client.query<{ is: boolean }>(
    `select exists (
       select from warehouse.window_ledger where cloud_account_id = $1 and lease_until > now()
     ) as is`,
    [cloudAccountId],
  )
  if (rows[0]?.is === true) return true
  return (await changedDays(client, new Map([[cloudAccountId, daysFrom]]))).length > 0
}
