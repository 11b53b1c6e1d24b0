import type pg from 'pg'
import { transact } from '../db/pool.js'
import { retryConflicts } from '../db/retry.js'
import { underLock } from '../db/session-lock.js'
import { DAY_SECONDS, dateOf, type Window } from '../domain/window.js'
import { ensurePartitions } from './partitions.js'
import { DAILY_TABLES, NOTE_ROLLED, NOTE_USED, ROLL_UP } from './rollup-sql.js'

/** A UTC day of a cluster. */
export interface ClusterDay {
  readonly cloudAccountId: string
  readonly clusterId: string
  /** Unix seconds of its start. */
  readonly day: number
}

/**
 * What makes the sums of a day differ from its hours; `s` is what is published, `d` what was summed. The release that
 * knew no shares raised revision_sum alone.
 */
const DIFFERS = `(
  d.rolled_at is null
  or (((d.windows, d.revision_sum) is distinct from (s.windows, s.revision_sum)
      or d.shared_revision_sum is distinct from d.revision_sum)
    and (not d.hours_expired or s.windows >= d.windows))
)`

/**
 * The days whose windows were published since they were rolled up, oldest first. `floors` names the accounts that are
 * looked at, and the first day of each (Unix seconds). `withinSeconds` looks only at days of which a window was
 * published in so many seconds before now, which an index answers.
 */
export async function changedDays(
  pool: pg.Pool | pg.ClientBase,
  floors: ReadonlyMap<string, number>,
  withinSeconds?: number,
): Promise<ClusterDay[]> {
  const { rows } = await pool.query<ClusterDay>({
    name: 'changed-days',
    text: `with floor as (
             select * from unnest($1::uuid[], $2::float8[]) as f (cloud_account_id, first_day)
           ),
           touched as (
             select distinct l.cloud_account_id, l.cluster_id, date_trunc('day', l.window_start, 'UTC') as starts
             from warehouse.window_ledger l
             join floor f on f.cloud_account_id = l.cloud_account_id
             where l.loaded_at >= coalesce(now() - $3 * interval '1 second', '-infinity') and l.revision > 0
               and l.window_start >= to_timestamp(f.first_day)
           ),
           summed as (
             select t.cloud_account_id, t.cluster_id, t.starts, count(*) as windows, sum(l.revision) as revision_sum
             from touched t
             join warehouse.window_ledger l on l.cloud_account_id = t.cloud_account_id and l.cluster_id = t.cluster_id
               and l.window_start >= t.starts and l.window_start < t.starts + interval '24 hours' and l.revision > 0
             group by t.cloud_account_id, t.cluster_id, t.starts
           )
           select s.cloud_account_id as "cloudAccountId", s.cluster_id as "clusterId",
             extract(epoch from s.starts)::float8 as day
           from summed s
           left join warehouse.day_ledger d on d.cloud_account_id = s.cloud_account_id and d.cluster_id = s.cluster_id
             and d.day = (s.starts at time zone 'UTC')::date
           where ${DIFFERS}
           order by s.starts, s.cloud_account_id, s.cluster_id`,
    values: [[...floors.keys()], [...floors.values()], withinSeconds ?? null],
  })
  return rows
}

/**
 * Makes the sums of a day anew from its hours, in one transaction that sees one version of all of them. Gives false where
 * they are what they would be, or where hours have gone meanwhile and the sums know more. Safe to race.
 */
export async function rollUpDay(
  pool: pg.Pool,
  { cloudAccountId, clusterId, day }: ClusterDay,
): Promise<boolean> {
  await ensurePartitions(pool, day as Window, day as Window, DAILY_TABLES)
  // Of the whole cluster, as days share the containers that they note as used.
  return underLock(pool, `roll-up ${cloudAccountId} ${clusterId}`, client =>
    retryConflicts(() =>
      transact(client, async () => {
        await client.query('set transaction isolation level repeatable read')
        return rollUpOnce(client, [cloudAccountId, clusterId, dateOf(day), day, day + DAY_SECONDS])
      }),
    ),
  )
}

async function rollUpOnce(client: pg.ClientBase, values: readonly [string, string, string, number, number]) {
  const key = values.slice(0, 3)
  await client.query(
    `insert into warehouse.day_ledger (cloud_account_id, cluster_id, day) values ($1, $2, $3) on conflict do nothing`,
    key,
  )
  const { rows } = await client.query(
    `select from warehouse.day_ledger d,
       lateral (
         select count(*) as windows, coalesce(sum(l.revision), 0) as revision_sum
         from warehouse.window_ledger l
         where l.cloud_account_id = $1 and l.cluster_id = $2 and l.revision > 0
           and l.window_start >= to_timestamp($4) and l.window_start < to_timestamp($5)
       ) s
     where d.cloud_account_id = $1 and d.cluster_id = $2 and d.day = $3::date and ${DIFFERS}
     for no key update of d`,
    [...values],
  )
  if (rows.length === 0) return false
  for (const text of [...ROLL_UP, NOTE_ROLLED, ...NOTE_USED]) await client.query(bound(text, values))
  return true
}

/** A statement with those of the values that it names, numbered anew, as PostgreSQL refuses any other. */
function bound(text: string, values: readonly unknown[]): { text: string; values: unknown[] } {
  const named = values.map((_, i) => i + 1).filter(number => text.includes(`$${number}`))
  return {
    text: text.replace(/\$(\d)/g, (_, number) => `$${named.indexOf(Number(number)) + 1}`),
    values: named.map(number => values[number - 1]),
  }
}
