import type pg from 'pg'
import { connectionProblem } from '../db/pool.js'
import type { WindowRows } from '../domain/rows.js'
import type { Claim } from './claims.js'
import { contentOf } from './content.js'
import type { Cluster } from './dimensions.js'
import { Keys } from './keys.js'
import type { SourceReading } from './ledger-notes.js'
import { ensurePartitions } from './partitions.js'
import { type Outcome, publishedHash, publishWindow } from './publish.js'
import { type Staged, stageWindows } from './stage.js'

/** Windows of one cluster, each with the claim that it is published under. */
export interface Batch extends Cluster {
  readonly windows: readonly ReadRows[]
  /** Label sets of the stores that announced the account when it was read. */
  readonly storeSets: readonly string[]
  /** Unix seconds. */
  readonly readAt: number
}

interface ClaimedRows {
  readonly claim: Claim
  readonly rows: WindowRows
}

interface ReadRows extends ClaimedRows {
  /** When it is to be read again, Unix seconds; null when it is settled. */
  readonly nextReadAt: number | null
  /** What the rows were computed from, encoded, to be kept beside them; absent: it is not kept. */
  readonly readings?: Promise<Buffer> | undefined
}

/** Rows on their way: `reading` is absent where they were computed from readings that were kept. */
interface Rows extends ClaimedRows {
  readonly reading?: SourceReading
  readonly readings?: Promise<Buffer> | undefined
}

/** What became of a window: `failed` holds what the database, or the check of its rows, had against it. */
export type WindowResult = ClaimedRows &
  (
    | { readonly outcome: Outcome; readonly revision: number }
    | { readonly outcome: 'failed'; readonly error: unknown }
  )

/**
 * Stages a batch on one connection and publishes its windows one by one, oldest first. A window that cannot be stored
 * is `failed` and does not hold up the others; only a database out of reach rejects the whole.
 */
export async function publishBatch(pool: pg.Pool, batch: Batch): Promise<WindowResult[]> {
  const { storeSets, readAt } = batch
  return publishRows(
    pool,
    batch,
    batch.windows.map(({ claim, rows, nextReadAt, readings }) => ({
      claim,
      rows,
      readings,
      reading: { storeSets, readAt, nextReadAt },
    })),
  )
}

/**
 * As `publishBatch`, of rows that were computed again from the readings that were kept: when the window is read next,
 * the readings and the exporter's own series stay as they are, and no version is too poor, as the source is the same.
 */
export async function publishRecomputed(
  pool: pg.Pool,
  cluster: Cluster,
  windows: readonly ClaimedRows[],
): Promise<WindowResult[]> {
  return publishRows(pool, cluster, windows)
}

/** Whether the costs of the published version are those of the rows, so that publishing them would change none. */
export async function isAsPublished(pool: pg.Pool, cluster: Cluster, rows: WindowRows): Promise<boolean> {
  const { costHash } = contentOf(rows, new Keys(cluster))
  const published = await publishedHash(pool, { ...cluster, window: rows.window })
  return published?.subarray(0, costHash.length).equals(costHash) === true
}

async function publishRows(pool: pg.Pool, cluster: Cluster, all: readonly Rows[]): Promise<WindowResult[]> {
  const windows = [...all].sort((a, b) => a.claim.window - b.claim.window)
  const [oldest, newest] = [windows[0], windows.at(-1)]
  if (oldest === undefined || newest === undefined) return []
  for (const { claim, rows } of windows) {
    if (claim.window !== rows.window) throw new RangeError('a claim came with the rows of another window')
  }
  await ensurePartitions(pool, oldest.claim.window, newest.claim.window)
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    return await load(pool, client, cluster, windows)
  } catch (error) {
    broken = error instanceof Error ? error : new Error('loading failed')
    throw error
  } finally {
    client.release(broken)
  }
}

async function load(
  pool: pg.Pool,
  client: pg.PoolClient,
  cluster: Cluster,
  windows: readonly Rows[],
): Promise<WindowResult[]> {
  const staged = await orError(() =>
    stageWindows(
      pool,
      client,
      cluster,
      windows.map(({ rows }) => rows),
    ),
  )
  if ('value' in staged) return publishStaged(client, windows, staged.value)
  const [first, ...others] = windows
  if (first !== undefined && others.length === 0)
    return [{ ...first, outcome: 'failed', error: staged.error }]
  // One of them cannot be staged: find out which, so that the others get through.
  const results: WindowResult[] = []
  for (const window of windows) results.push(...(await load(pool, client, cluster, [window])))
  return results
}

async function publishStaged(
  client: pg.PoolClient,
  windows: readonly Rows[],
  staged: Staged,
): Promise<WindowResult[]> {
  const results: WindowResult[] = []
  for (const { claim, rows, ...window } of windows) {
    const content = staged.get(claim.window)
    if (content === undefined) continue
    const published = await orError(async () =>
      publishWindow(client, { ...window, claim, content, readings: await window.readings }),
    )
    if ('value' in published) results.push({ claim, rows, ...published.value })
    else results.push({ claim, rows, outcome: 'failed', error: published.error })
  }
  return results
}

/** The result or what it failed with; a database out of reach still rejects. */
async function orError<T>(work: () => Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await work() }
  } catch (error) {
    if (connectionProblem(error) !== undefined) throw error
    return { error }
  }
}
