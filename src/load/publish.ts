import type pg from 'pg'
import { transact } from '../db/pool.js'
import { retryConflicts } from '../db/retry.js'
import { formatMoney } from '../domain/money.js'
import { formatWindow, HOUR_SECONDS } from '../domain/window.js'
import { NamedError } from '../errors.js'
import type { Claim } from './claims.js'
import type { WindowContent } from './content.js'
import { advanceWatermark } from './watermark.js'

/**
 * - `published`: the facts are replaced, the revision is one higher.
 * - `unchanged`: the content equals what is there; no fact was written.
 * - `suspect`: fewer samples, nodes or containers than what is there was made of; that stays.
 * - `stale`: somebody has claimed the window since; nothing was written.
 */
export type Outcome = 'published' | 'unchanged' | 'suspect' | 'stale'

export interface Publication {
  readonly claim: Claim
  /** As staged on the same connection. */
  readonly content: WindowContent
  /** Label sets of the stores that announced the account when it was read. */
  readonly storeSets: readonly string[]
  /** Unix seconds. */
  readonly readAt: number
  /** Unix seconds; null when the window is settled. */
  readonly nextReadAt: number | null
}

/** Below this share of the expected heartbeat a window says that its cluster was silent. */
const WHOLE_COVERAGE = 0.95
/** Suspect answers in a row, an hour apart and then longer up to a day, after which a window is left alone. */
const SUSPECT_TRIES = 8

/**
 * Publishes one staged window in one short transaction: facts, ledger and watermark change together or not at all.
 *
 * A version is never replaced by one of fewer heartbeat samples, nodes or containers: a source that lost a store, or
 * whose retention has passed, would wipe out what was measured. Such a window keeps its facts, is marked suspect and read again, and takes
 * the first answer that is no poorer; no number of poorer ones replaces it.
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
  node_rows: number | null
  allocation_rows: number | null
  content_hash: Buffer | null
}

async function publishLocked(
  client: pg.ClientBase,
  publication: Publication,
): Promise<{ outcome: Outcome; revision: number }> {
  const { claim, content } = publication
  const stored = await lockLedger(client, claim)
  const { revision } = stored
  if (stored.attempt !== claim.attempt) return { outcome: 'stale', revision }
  if (revision > 0 && stored.content_hash?.equals(content.hash) === true) {
    await noteUnchanged(client, publication)
    return { outcome: 'unchanged', revision }
  }
  const poorer = revision > 0 ? poorerThan(stored, content) : undefined
  if (poorer !== undefined) {
    await noteSuspect(client, publication, poorer)
    return { outcome: 'suspect', revision }
  }
  await replaceFacts(client, claim)
  await noteLoaded(client, publication)
  await advanceWatermark(client, claim, claim.window)
  return { outcome: 'published', revision: revision + 1 }
}

/** In what a reading falls short of the published version; late samples only ever add. */
function poorerThan(stored: LedgerRow, content: WindowContent): string | undefined {
  const compared = [
    { what: 'heartbeat samples', now: content.source.samplesSeen, before: Number(stored.samples_seen ?? 0) },
    { what: 'nodes', now: content.nodes.length, before: stored.node_rows ?? 0 },
    { what: 'containers', now: content.allocations.length, before: stored.allocation_rows ?? 0 },
  ]
  const short = compared.find(({ now, before }) => now < before)
  return short && `${short.now} ${short.what} where the published version has ${short.before}`
}

async function lockLedger(client: pg.ClientBase, claim: Claim): Promise<LedgerRow> {
  await client.query(`set local lock_timeout = '10s'`)
  const { rows } = await client.query<LedgerRow>({
    name: 'lock-ledger',
    text: `select attempt, revision, samples_seen, node_rows, allocation_rows, content_hash
           from warehouse.window_ledger
           where cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3)
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
async function replaceFacts(client: pg.ClientBase, claim: Claim): Promise<void> {
  for (const table of ['allocation_hourly', 'node_hourly', 'idle_hourly']) {
    await client.query({
      name: `delete-${table}`,
      text: `delete from warehouse.${table}
             where cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3)`,
      values: keyOf(claim),
    })
  }
  for (const { name, text } of INSERTS) await client.query({ name, text, values: keyOf(claim) })
}

const INSERTS = [
  insertion('allocation_hourly', 'stage_allocation', 'container_key', [
    ...['container_key', 'minutes', 'cpu_core_hours', 'cpu_core_request_hours', 'cpu_core_used_hours'],
    ...[
      'ram_gib_hours',
      'ram_gib_request_hours',
      'ram_gib_used_hours',
      'cpu_cost',
      'ram_cost',
      'price_source',
    ],
  ]),
  insertion('node_hourly', 'stage_node', 'node, provider_id', [
    ...[
      'node',
      'provider_id',
      'instance_type',
      'region',
      'minutes',
      'cpu_cores',
      'ram_gib',
      'cpu_price',
      'ram_price',
    ],
    ...['price_source', 'spot_ratio', 'cpu_cost', 'ram_cost'],
  ]),
  insertion('idle_hourly', 'stage_idle', 'node', ['node', 'cpu_cost', 'ram_cost']),
]

function insertion(
  table: string,
  stage: string,
  order: string,
  columns: string[],
): { name: string; text: string } {
  const list = columns.join(', ')
  return {
    name: `insert-${table}`,
    text: `insert into warehouse.${table} (cloud_account_id, cluster_id, window_start, ${list})
           select $1, $2, window_start, ${list}
           from pg_temp.${stage}
           where window_start = to_timestamp($3)
           order by ${order}`,
  }
}

const READ = `read_at = to_timestamp($4), next_read_at = to_timestamp($5), store_sets = $6, intervals = $7,
  warnings = $8, rejects = $9, claimed_by = null, lease_until = null, failures = 0, terminal_failures = 0,
  error_code = null, error_message = null, reason = $10, reason_detail = $11`

const THIS_WINDOW = 'cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3)'

async function noteUnchanged(client: pg.ClientBase, publication: Publication): Promise<void> {
  await client.query({
    name: 'note-unchanged',
    text: `update warehouse.window_ledger set ${READ} where ${THIS_WINDOW}`,
    values: [...keyOf(publication.claim), ...readingOf(publication)],
  })
}

async function noteLoaded(client: pg.ClientBase, publication: Publication): Promise<void> {
  const { source, ...content } = publication.content
  await client.query({
    name: 'note-loaded',
    text: `update warehouse.window_ledger
           set ${READ}, state = 'loaded', revision = revision + 1, loaded_at = now(), coverage = $12,
               samples_seen = $13, samples_expected = $14, allocation_rows = $15, node_rows = $16,
               asset_cost = $17, allocated_cost = $18, idle_cost = $19, content_hash = $20
           where ${THIS_WINDOW}`,
    values: [
      ...keyOf(publication.claim),
      ...readingOf(publication),
      source.coverage,
      source.samplesSeen,
      source.samplesExpected,
      content.allocations.length,
      content.nodes.length,
      formatMoney(content.assetCost),
      formatMoney(content.allocatedCost),
      formatMoney(content.idleCost),
      content.hash,
    ],
  })
}

function readingOf({ content, storeSets, readAt, nextReadAt }: Publication): unknown[] {
  const { coverage, samplesSeen, samplesExpected, intervals, warnings, rejects } = content.source
  const isSilent = coverage < WHOLE_COVERAGE
  return [
    readAt,
    nextReadAt,
    JSON.stringify(storeSets),
    JSON.stringify(intervals),
    JSON.stringify(warnings),
    rejects.reduce((sum, reject) => sum + reject.count, 0),
    isSilent ? 'source_silent' : null,
    isSilent ? `${samplesSeen} of ${samplesExpected} heartbeat samples` : null,
  ]
}

async function noteSuspect(client: pg.ClientBase, publication: Publication, detail: string): Promise<void> {
  const { claim, readAt } = publication
  await client.query({
    name: 'note-suspect',
    text: `update warehouse.window_ledger
           set read_at = to_timestamp($4), reason = 'suspect', reason_detail = $5, claimed_by = null, lease_until = null,
               failures = failures + 1, terminal_failures = 0, error_code = null, error_message = null,
               next_read_at = case when failures + 1 < ${SUSPECT_TRIES}
                 then to_timestamp($4 + least(86400, ${HOUR_SECONDS} * power(2, failures))) end
           where ${THIS_WINDOW}`,
    values: [...keyOf(claim), readAt, detail],
  })
}

function keyOf(claim: Claim): [string, string, number] {
  return [claim.cloudAccountId, claim.clusterId, claim.window]
}
