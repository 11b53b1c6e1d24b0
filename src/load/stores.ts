import type pg from 'pg'
import { inTransaction } from '../db/pool.js'
import { NamedError } from '../errors.js'

/** A set of external labels that announced an account. */
export interface StoreSet {
  /** Canonical JSON of the sorted label pairs. */
  readonly labelSet: string
  readonly component: string
  /** Oldest sample time, Unix seconds; older windows don't need the set. */
  readonly minTime: number
}

export interface KnownStoreSet extends StoreSet {
  readonly cloudAccountId: string
  readonly firstSeen: Date
  readonly lastSeen: Date
  /** When an operator accepted that it left for good. */
  readonly forgottenAt: Date | null
}

// "No lower bound" is announced as the smallest int64 of milliseconds, which lies before all that PostgreSQL can name.
const BEGINNING_OF_TIME = -200_000_000_000

/** Every set that ever announced the account, or any account, also forgotten ones. */
export async function listSets(pool: pg.Pool, cloudAccountId?: string): Promise<KnownStoreSet[]> {
  const { rows } = await pool.query<KnownStoreSet>({
    name: 'list-sets',
    text: `select cloud_account_id as "cloudAccountId", label_set as "labelSet", component,
             extract(epoch from min_time)::float8 as "minTime", first_seen as "firstSeen", last_seen as "lastSeen",
             forgotten_at as "forgottenAt"
           from warehouse.thanos_store
           where $1::uuid is null or cloud_account_id = $1
           order by cloud_account_id, label_set`,
    values: [cloudAccountId ?? null],
  })
  return rows
}

/** Remembers sets that announced the account; one that was forgotten is required again. */
export async function recordSets(
  pool: pg.Pool,
  cloudAccountId: string,
  sets: readonly StoreSet[],
): Promise<void> {
  const sorted = [...sets].sort((a, b) => (a.labelSet < b.labelSet ? -1 : 1))
  await inTransaction(pool, async client => {
    for (const { labelSet, component, minTime } of sorted) {
      await client.query({
        name: 'record-set',
        text: `insert into warehouse.thanos_store as s (cloud_account_id, label_set, component, min_time)
               values ($1, $2, $3, to_timestamp($4))
               on conflict (cloud_account_id, label_set) do update
                 set component = excluded.component, min_time = least(s.min_time, excluded.min_time),
                     last_seen = now(), forgotten_at = null`,
        values: [cloudAccountId, labelSet, component, minTime < BEGINNING_OF_TIME ? '-infinity' : minTime],
      })
    }
  })
}

/** Accepts that a set left for good, named by its exact text. */
export async function forgetSet(pool: pg.Pool, cloudAccountId: string, labelSet: string): Promise<void> {
  const { rowCount } = await pool.query(
    `update warehouse.thanos_store set forgotten_at = coalesce(forgotten_at, now())
     where cloud_account_id = $1 and label_set = $2`,
    [cloudAccountId, labelSet],
  )
  if (rowCount !== 0) return
  const known = (await listSets(pool, cloudAccountId)).map(set => set.labelSet)
  throw new NamedError(
    'NOT_FOUND',
    `No store with the label set ${labelSet.slice(0, 500)} has announced account ${cloudAccountId}. ` +
      (known.length === 0 ? 'None is known.' : `Known are: ${known.join('  ')}`),
  )
}
