import type pg from 'pg'
import { connectionProblem } from '../db/pool.js'
import type { WindowRows } from '../domain/rows.js'
import type { Claim } from './claims.js'
import { ensurePartitions } from './partitions.js'
import { type Outcome, publishWindow } from './publish.js'
import { type Staged, stageWindows } from './stage.js'

/** Windows of one cluster, each with the claim that it is published under. */
export interface Batch {
  readonly cloudAccountId: string
  readonly clusterId: string
  readonly windows: readonly ClaimedRows[]
  /** Label sets of the stores that announced the account when it was read. */
  readonly storeSets: readonly string[]
  /** Unix seconds. */
  readonly readAt: number
}

interface ClaimedRows {
  readonly claim: Claim
  readonly rows: WindowRows
  /** When it is to be read again, Unix seconds; null when it is settled. */
  readonly nextReadAt: number | null
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
  const windows = [...batch.windows].sort((a, b) => a.claim.window - b.claim.window)
  const [oldest, newest] = [windows[0], windows.at(-1)]
  if (oldest === undefined || newest === undefined) return []
  for (const { claim, rows } of windows) {
    if (claim.window !== rows.window) throw new RangeError('a claim came with the rows of another window')
  }
  await ensurePartitions(pool, oldest.claim.window, newest.claim.window)
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    return await load(pool, client, { ...batch, windows })
  } catch (error) {
    broken = error instanceof Error ? error : new Error('loading failed')
    throw error
  } finally {
    client.release(broken)
  }
}

async function load(pool: pg.Pool, client: pg.PoolClient, batch: Batch): Promise<WindowResult[]> {
  const staged = await orError(() =>
    stageWindows(
      pool,
      client,
      batch,
      batch.windows.map(({ rows }) => rows),
    ),
  )
  if ('value' in staged) return publishStaged(client, batch, staged.value)
  const [first, ...others] = batch.windows
  if (first !== undefined && others.length === 0)
    return [{ ...first, outcome: 'failed', error: staged.error }]
  // One of them cannot be staged: find out which, so that the others get through.
  const results: WindowResult[] = []
  for (const window of batch.windows)
    results.push(...(await load(pool, client, { ...batch, windows: [window] })))
  return results
}

async function publishStaged(client: pg.PoolClient, batch: Batch, staged: Staged): Promise<WindowResult[]> {
  const results: WindowResult[] = []
  for (const window of batch.windows) {
    const { claim, nextReadAt } = window
    const content = staged.get(claim.window)
    if (content === undefined) continue
    const { storeSets, readAt } = batch
    const published = await orError(() =>
      publishWindow(client, { claim, content, storeSets, readAt, nextReadAt }),
    )
    if ('value' in published) results.push({ ...window, ...published.value })
    else results.push({ ...window, outcome: 'failed', error: published.error })
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
