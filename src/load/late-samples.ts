import type pg from 'pg'
import type { Window } from '../domain/window.js'

/** A window that is not read again, and how many samples its published version was made of. */
export interface SettledWindow {
  readonly window: Window
  readonly revision: number
  readonly sourceSamples: number
  /** Beyond those, as noted so far. */
  readonly lateSamples: number
}

/** The settled windows of a cluster from `from` (Unix seconds) on whose samples were counted when they were loaded. */
export async function settledWindows(
  pool: pg.Pool,
  cloudAccountId: string,
  clusterId: string,
  from: number,
): Promise<SettledWindow[]> {
  const { rows } = await pool.query<SettledWindow>(
    `select extract(epoch from window_start)::float8 as window, revision, source_samples::float8 as "sourceSamples",
       late_samples::float8 as "lateSamples"
     from warehouse.window_ledger
     where cloud_account_id = $1 and cluster_id = $2 and window_start >= to_timestamp($3)
       and revision > 0 and next_read_at is null and source_samples is not null
     order by window_start`,
    [cloudAccountId, clusterId, from],
  )
  return rows
}

/** Notes how many samples came late, of windows that are still the version that was looked at. */
export async function noteLateSamples(
  pool: pg.Pool,
  cloudAccountId: string,
  clusterId: string,
  windows: readonly SettledWindow[],
): Promise<void> {
  await pool.query(
    `update warehouse.window_ledger l set late_samples = n.late
     from unnest($3::float8[], $4::int[], $5::float8[]) as n (window_start, revision, late)
     where l.cloud_account_id = $1 and l.cluster_id = $2 and l.window_start = to_timestamp(n.window_start)
       and l.revision = n.revision and l.late_samples <> n.late`,
    [
      cloudAccountId,
      clusterId,
      windows.map(({ window }) => window),
      windows.map(({ revision }) => revision),
      windows.map(({ lateSamples }) => lateSamples),
    ],
  )
}
