import type pg from 'pg'
import { inTransaction } from '../db/pool.js'
import { DAY_SECONDS, type Window } from '../domain/window.js'

/**
 * The tables that are kept in monthly partitions by window; there is no default one, so that a row outside all of them
 * fails loudly.
 */
export const PARTITIONED_TABLES = [
  ...['allocation_hourly', 'node_hourly', 'idle_hourly', 'asset_hourly', 'remainder_hourly', 'metric_hourly'],
  'window_source',
] as const

const LOCK_TRIES = 5
const LOCK_NOT_AVAILABLE = '55P03'

// What this process has seen exist. Only for a while: a month that passed its retention is dropped, and is needed again
// where the retention is lengthened.
const known = new WeakMap<pg.Pool, { readonly since: number; readonly names: Set<string> }>()
const KNOWN_MS = 3_600_000

function knownNames(pool: pg.Pool): Set<string> {
  const found = known.get(pool)
  if (found !== undefined && performance.now() - found.since < KNOWN_MS) return found.names
  const names = new Set<string>()
  known.set(pool, { since: performance.now(), names })
  return names
}

/**
 * Makes the monthly partitions that the windows from `first` to `last` need, of the hourly facts unless told. Safe to
 * race; free once they are known.
 */
export async function ensurePartitions(
  pool: pg.Pool,
  first: Window,
  last: Window,
  tables: readonly string[] = PARTITIONED_TABLES,
): Promise<void> {
  const seen = knownNames(pool)
  for (const month of monthsOf(first, last)) {
    for (const table of tables) {
      const name = `${table}_p${month.replaceAll('-', '')}`
      if (seen.has(name)) continue
      await createPartition(pool, table, name, month)
      seen.add(name)
    }
  }
}

/** First days (`2026-10-01`) of the UTC months of both and of all between. */
function monthsOf(first: Window, last: Window): string[] {
  const months: string[] = []
  for (let at = monthStart(first); at <= last; at = monthStart(at + 32 * DAY_SECONDS)) {
    months.push(new Date(at * 1000).toISOString().slice(0, 10))
  }
  return months
}

function monthStart(seconds: number): number {
  const date = new Date(seconds * 1000)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / 1000
}

async function createPartition(pool: pg.Pool, table: string, name: string, month: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(pool, client => createOnce(client, table, name, month))
    } catch (error) {
      const isLocked = error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE
      if (!isLocked || attempt === LOCK_TRIES) throw error
    }
  }
}

// The names are made of constants and digits only.
async function createOnce(client: pg.ClientBase, table: string, name: string, month: string): Promise<void> {
  await client.query(`set local lock_timeout = '2s'`)
  // The advisory lock lets racing loaders wait for each other instead of failing over the name.
  await client.query(`select pg_advisory_xact_lock(hashtextextended('warehouse partition ' || $1, 0))`, [
    name,
  ])
  const { rows } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
    `warehouse.${name}`,
  ])
  if (rows[0]?.there === true) return
  // LIKE and ATTACH leave readers and writers of the other partitions alone; PARTITION OF would lock them all out.
  await client.query(`create table warehouse.${name} (like warehouse.${table} including all)
    with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05)`)
  await client.query(`alter table warehouse.${table} attach partition warehouse.${name}
    for values from ('${month} 00:00:00+00') to ('${nextMonth(month)} 00:00:00+00')`)
}

function nextMonth(month: string): string {
  return new Date(monthStart(Date.parse(month) / 1000 + 32 * DAY_SECONDS) * 1000).toISOString().slice(0, 10)
}
