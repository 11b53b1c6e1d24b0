import type pg from 'pg'
import { transact } from '../db/pool.js'
import { retryConflicts } from '../db/retry.js'
import { nextReadAt } from '../domain/settle.js'
import { formatWindow } from '../domain/window.js'
import { NamedError } from '../errors.js'
import { type AuditReason, recordReplaced, TOTALS } from './audit.js'
import type { Claim } from './claims.js'
import type { WindowContent } from './content.js'
import { COST_TABLES, type FactTable, METRIC_TABLE } from './fact-tables.js'
import { addMissingReadings, replaceReadings } from './kept-readings.js'
import { noteLoaded, noteSuspect, noteUnchanged, type SourceReading } from './ledger-notes.js'
import { poorerThan } from './poorer.js'
import { advanceWatermark } from './watermark.js'
import { keyOf, THIS_WINDOW, type WindowKey } from './window-key.js'

/**
 * - `published`: the facts are replaced, the revision is one higher.
 * - `unchanged`: the content equals what is there; no fact was written.
 * - `suspect`: fewer samples or things than what is there was made of; that stays.
 * - `stale`: somebody has claimed the window since; nothing was written.
 */
export type Outcome = 'published' | 'unchanged' | 'suspect' | 'stale'

export interface Publication {
  readonly claim: Claim
  /** As staged on the same connection. */
  readonly content: WindowContent
  /** How it was read; absent: it was computed again from the readings that were kept. */
  readonly reading?: SourceReading
  /** What it was computed from, encoded; absent: not to be kept. Those that are kept outlive a computing again. */
  readonly readings?: Buffer | undefined
}

/**
 * Publishes one staged window in one short transaction: facts, ledger and watermark change together or not at all.
 *
 * A version is never replaced by a reading of fewer heartbeat samples, nodes or containers: a source that lost a store,
 * or whose retention has passed, would wipe out what was measured. Such a window keeps its facts, is marked suspect and
 * read again, and takes the first answer that is no poorer; no number of poorer ones replaces it.
 */
export async function publishWindow(
  client: pg.ClientBase,
  publication: Publication,
): Promise<{ outcome: Outcome; revision: number }> {
  return retryConflicts(() => transact(client, () => publishLocked(client, publication)))
}

interface LedgerRow {
  attempt: number
  revision: number
  samples_seen: string | null
  source_samples: string | null
  node_rows: number | null
  allocation_rows: number | null
  content_hash: Buffer | null
  reason: string | null
  next_read_at: Date | null
  read_at: Date | null
  /** JSON, as text: amounts keep all their digits. */
  totals: string
}

async function publishLocked(
  client: pg.ClientBase,
  publication: Publication,
): Promise<{ outcome: Outcome; revision: number }> {
  const { claim, content, reading } = publication
  const stored = await lockLedger(client, claim)
  const { revision } = stored
  if (stored.attempt !== claim.attempt) return { outcome: 'stale', revision }
  const hash = contentHash(publication, stored)
  if (revision > 0 && stored.content_hash?.equals(hash) === true) {
    await noteUnchanged(client, claim, content, reading)
    if (publication.readings) await addMissingReadings(client, claim, publication.readings)
    return { outcome: 'unchanged', revision }
  }
  if (revision > 0 && reading !== undefined) {
    const poorer = await poorerThan(client, claim, stored, content)
    if (poorer !== undefined) {
      await noteSuspect(client, claim, reading.readAt, poorer)
      return { outcome: 'suspect', revision }
    }
  }
  await replaceFacts(client, publication)
  await noteLoaded(client, claim, content, hash, reading)
  if (revision > 0) await recordReplaced(client, claim, stored, reasonOf(publication, stored))
  await advanceWatermark(client, claim, claim.window)
  return { outcome: 'published', revision: revision + 1 }
}

/** Costs first, then the exporter's own series, of which a computing again knows nothing: those there stay. */
function contentHash({ content, reading }: Publication, stored: LedgerRow): Buffer {
  const metricHash =
    reading === undefined ? stored.content_hash?.subarray(content.costHash.length) : content.metricHash
  return Buffer.concat([content.costHash, metricHash ?? Buffer.alloc(0)])
}

/** The hash of the version that is there, costs first; null where there is none. */
export async function publishedHash(pool: pg.Pool, window: WindowKey): Promise<Buffer | null> {
  const { rows } = await pool.query<{ hash: Buffer | null }>({
    name: 'published-hash',
    text: `select content_hash as hash from warehouse.window_ledger where ${THIS_WINDOW}`,
    values: keyOf(window),
  })
  return rows[0]?.hash ?? null
}

function reasonOf({ claim, reading }: Publication, stored: LedgerRow): AuditReason {
  return reading === undefined ? 'recomputed' : wasSettled(claim, stored) ? 'restated' : 'late_data'
}

/** A reload makes a settled window due, so that the plan alone no longer tells: the last good reading does. */
function wasSettled({ window }: Claim, { next_read_at, read_at, reason }: LedgerRow): boolean {
  if (next_read_at === null) return true
  return read_at !== null && reason !== 'suspect' && nextReadAt(window, read_at.getTime() / 1000) === null
}

async function lockLedger(client: pg.ClientBase, claim: Claim): Promise<LedgerRow> {
  await client.query(`set local lock_timeout = '10s'`)
  const { rows } = await client.query<LedgerRow>({
    name: 'lock-ledger',
    text: `select attempt, revision, samples_seen, source_samples, node_rows, allocation_rows, content_hash, reason,
             next_read_at, read_at, ${TOTALS}::text as totals
           from warehouse.window_ledger
           where ${THIS_WINDOW}
           for no key update`,
    values: keyOf(claim),
  })
  if (rows[0] !== undefined) return rows[0]
  throw new NamedError(
    'NOT_FOUND',
    `Window ${formatWindow(claim.window)} of cluster '${claim.clusterId}' of account ${claim.cloudAccountId} is not in ` +
      'the ledger, so it cannot be published.',
  )
}

// Always in this order of tables.
async function replaceFacts(client: pg.ClientBase, publication: Publication): Promise<void> {
  const { claim, content, reading, readings } = publication
  const tables = reading === undefined ? COST_TABLES : [...COST_TABLES, METRIC_TABLE]
  for (const { name } of tables) {
    await client.query({
      name: `delete-${name}`,
      text: `delete from warehouse.${name} where ${THIS_WINDOW}`,
      values: keyOf(claim),
    })
  }
  for (const table of tables) {
    if (table.count(content.facts) > 0) await client.query({ ...insertion(table), values: keyOf(claim) })
  }
  if (reading !== undefined) await replaceReadings(client, claim, readings)
}

function insertion({ name, stage, order, columns }: FactTable): { name: string; text: string } {
  const list = columns.join(', ')
  return {
    name: `insert-${name}`,
    text: `insert into warehouse.${name} (cloud_account_id, cluster_id, window_start, ${list})
           select $1, $2, window_start, ${list}
           from pg_temp.${stage}
           where window_start = to_timestamp($3)
           order by ${order}`,
  }
}
