import type pg from 'pg'
import { formatWindow, type Window } from '../domain/window.js'
import { NamedError } from '../errors.js'
import { READINGS_FORMAT } from './readings.js'
import { keyOf, THIS_WINDOW, type WindowKey } from './window-key.js'

const INSERT = `insert into warehouse.window_source (cloud_account_id, cluster_id, window_start, format, readings)
  values ($1, $2, to_timestamp($3), $4, $5)`

/** Puts readings in the place of older ones, which no longer tell how the facts came to be; absent: keeps none. */
export async function replaceReadings(
  client: pg.ClientBase,
  window: WindowKey,
  readings: Buffer | undefined,
): Promise<void> {
  await client.query({
    name: 'delete-readings',
    text: `delete from warehouse.window_source where ${THIS_WINDOW}`,
    values: keyOf(window),
  })
  if (readings === undefined) return
  await client.query({
    name: 'insert-readings',
    text: INSERT,
    values: [...keyOf(window), READINGS_FORMAT, readings],
  })
}

/** Keeps readings of facts that are there without any. */
export async function addMissingReadings(
  client: pg.ClientBase,
  window: WindowKey,
  readings: Buffer,
): Promise<void> {
  await client.query({
    name: 'add-readings',
    text: `${INSERT} on conflict do nothing`,
    values: [...keyOf(window), READINGS_FORMAT, readings],
  })
}

/**
 * The readings that a published window was computed from, still encoded; undefined where none are kept. Throws
 * TRANSFORM_FAILED where they are written in a format of another release.
 */
export async function readReadings(pool: pg.Pool, window: WindowKey): Promise<Buffer | undefined> {
  const { rows } = await pool.query<{ format: number; readings: Buffer }>({
    name: 'read-readings',
    text: `select format, readings from warehouse.window_source where ${THIS_WINDOW}`,
    values: keyOf(window),
  })
  const [row] = rows
  if (row === undefined || row.format === READINGS_FORMAT) return row?.readings
  throw new NamedError(
    'TRANSFORM_FAILED',
    `The readings kept of window ${formatWindow(window.window)} of cluster '${window.clusterId}' are written in format ` +
      `${row.format}, which this release cannot read. Use the release that wrote them.`,
  )
}

interface KeptRequest {
  readonly cloudAccountId: string
  readonly clusterId?: string | undefined
  /** Windows that start in `[from, to)`, Unix seconds. */
  readonly from: number
  readonly to: number
}

/** A UTC day of a cluster that has published windows. */
export interface KeptDay {
  readonly clusterId: string
  /** Unix seconds of its start. */
  readonly day: number
  readonly published: number
  /** Those of them of which readings are kept. */
  readonly kept: number
}

const PUBLISHED = `from warehouse.window_ledger l
  left join warehouse.window_source s using (cloud_account_id, cluster_id, window_start)
  where l.cloud_account_id = $1 and ($2::text is null or l.cluster_id = $2)
    and l.window_start >= to_timestamp($3) and l.window_start < to_timestamp($4) and l.revision > 0`

/** Days with published windows, by cluster and time. */
export async function countKept(pool: pg.Pool, request: KeptRequest): Promise<KeptDay[]> {
  const { rows } = await pool.query<KeptDay>({
    name: 'count-kept',
    text: `select l.cluster_id as "clusterId",
             extract(epoch from date_trunc('day', l.window_start, 'UTC'))::float8 as day,
             count(*)::int as published, count(s.format)::int as kept
           ${PUBLISHED}
           group by 1, 2 order by 1, 2`,
    values: [request.cloudAccountId, request.clusterId ?? null, request.from, request.to],
  })
  return rows
}

/** Published windows of which readings are kept, oldest first. */
export async function listKept(pool: pg.Pool, request: KeptRequest): Promise<WindowKey[]> {
  const { rows } = await pool.query<{ clusterId: string; window: Window }>({
    name: 'list-kept',
    text: `select l.cluster_id as "clusterId", extract(epoch from l.window_start)::float8 as window
           ${PUBLISHED} and s.format is not null
           order by 1, 2`,
    values: [request.cloudAccountId, request.clusterId ?? null, request.from, request.to],
  })
  return rows.map(row => ({ ...row, cloudAccountId: request.cloudAccountId }))
}
