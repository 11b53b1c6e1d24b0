import { getAccount } from '../src/db/accounts.js'
import { connectionProblem } from '../src/db/pool.js'
import type { WindowRows } from '../src/domain/rows.js'
import { DAY_SECONDS, formatWindow } from '../src/domain/window.js'
import { describeError, NamedError } from '../src/errors.js'
import { type Claim, claimKept, releaseClaims, renewLease } from '../src/load/claims.js'
import { countKept, type KeptDay, listKept, readReadings } from '../src/load/kept-readings.js'
import { isAsPublished, publishRecomputed } from '../src/load/publish-batch.js'
import { decodeReadings } from '../src/load/readings-decode.js'
import type { WindowKey } from '../src/load/window-key.js'
import { windowOutcomes } from '../src/transform/window-rows.js'
import type { JobContext } from './context.js'
import { keepLease, LEASE_SECONDS } from './lease.js'

export interface RecomputeRequest {
  readonly cloudAccountId: string
  /** Windows that start in `[from, to)`, Unix seconds. */
  readonly from: number
  readonly to: number
  /** Of this cluster only. */
  readonly clusterId?: string | undefined
  /** Computes and compares, and writes nothing. */
  readonly dryRun: boolean
}

export interface RecomputeResult {
  changed: number
  unchanged: number
  /** Published, but without readings to compute them from. */
  withoutSource: number
  /** Held by another process, or not to be computed from what is kept of them; they stay as they are. */
  open: number
}

/** What it needs of a job's context, and the currency of the prices. */
type RecomputeContext = Pick<JobContext, 'pool' | 'logger' | 'worker' | 'signal'>
type Computing = RecomputeContext & { readonly currency: string }
type Note = (outcome: 'changed' | 'unchanged') => void

/**
 * Computes published windows anew from the readings that were kept of them, as after a release that computes otherwise.
 * Asks no Thanos, and leaves when a window is read next as it is. Safe beside workers: the ledger deals the windows out.
 */
export const recompute = {
  name: 'recompute',
  async run(
    request: RecomputeRequest,
    context: RecomputeContext,
    onProgress: (progress: { done: number; total: number }) => void,
  ): Promise<RecomputeResult> {
    const { currency } = await getAccount(context.pool, request.cloudAccountId)
    const computing = { ...context, currency }
    const days = await countKept(context.pool, request)
    const total = days.reduce((sum, { kept }) => sum + kept, 0)
    const withoutSource = days.reduce((sum, { published, kept }) => sum + published - kept, 0)
    const result: RecomputeResult = { changed: 0, unchanged: 0, withoutSource, open: 0 }
    const note: Note = outcome => {
      result[outcome]++
      onProgress({ done: result.changed + result.unchanged, total })
    }
    for (const day of days) {
      if (day.kept === 0 || context.signal.aborted) continue
      const range = rangeOf(day, request)
      if (request.dryRun) await compareDay(range, computing, note)
      else await recomputeDay(range, computing, note)
    }
    result.open = total - result.changed - result.unchanged
    return result
  },
}

interface Range {
  readonly cloudAccountId: string
  readonly clusterId: string
  readonly from: number
  readonly to: number
}

function rangeOf({ clusterId, day }: KeptDay, { cloudAccountId, from, to }: RecomputeRequest): Range {
  return { cloudAccountId, clusterId, from: Math.max(day, from), to: Math.min(day + DAY_SECONDS, to) }
}

async function compareDay(range: Range, context: Computing, note: Note): Promise<void> {
  for (const window of await listKept(context.pool, range)) {
    if (context.signal.aborted) return
    const rows = await computed(window, context)
    if (rows === undefined) continue
    note((await isAsPublished(context.pool, range, rows)) ? 'unchanged' : 'changed')
  }
}

async function recomputeDay(range: Range, context: Computing, note: Note): Promise<void> {
  const { pool, worker } = context
  const claims = await claimKept(pool, { ...range, worker, leaseSeconds: LEASE_SECONDS })
  const lease = keepLease(context, claims, renewLease)
  try {
    for (const claim of claims) {
      // One at a time: a large cluster's windows are large.
      const outcome = lease.signal.aborted ? undefined : await recomputeOne(claim, context)
      if (outcome === undefined) await releaseClaims(pool, [claim])
      else note(outcome)
    }
  } finally {
    lease.stop()
  }
}

/** undefined where the window stays as it is, which is then logged. */
async function recomputeOne(claim: Claim, context: Computing): Promise<'changed' | 'unchanged' | undefined> {
  const rows = await computed(claim, context)
  if (rows === undefined) return undefined
  const [result] = await publishRecomputed(context.pool, claim, [{ claim, rows }])
  if (result?.outcome === 'published') return 'changed'
  if (result?.outcome === 'unchanged') return 'unchanged'
  if (result?.outcome === 'failed') warn(claim, context, result.error)
  return undefined
}

async function computed(window: WindowKey, context: Computing): Promise<WindowRows | undefined> {
  try {
    const readings = await readReadings(context.pool, window)
    // Gone since they were counted, as at the end of the time for which they are kept.
    if (readings === undefined) return undefined
    const batch = await decodeReadings(window.window, readings)
    const [outcome] = windowOutcomes({ ...batch, currency: context.currency })
    if (outcome !== undefined && 'rows' in outcome) return outcome.rows
    const detail = outcome === undefined ? 'nothing came of them' : `${outcome.kind}: ${outcome.detail}`
    throw new NamedError(
      'TRANSFORM_FAILED',
      `The readings kept of window ${formatWindow(window.window)} are not enough for this release: ${detail}. ` +
        'Read it again with backfill --mode all.',
    )
  } catch (error) {
    if (connectionProblem(error) !== undefined) throw error
    warn(window, context, error)
    return undefined
  }
}

function warn(
  { cloudAccountId, clusterId, window }: WindowKey,
  context: RecomputeContext,
  error: unknown,
): void {
  const { code, message } = describeError(error)
  context.logger.warn(
    { account: cloudAccountId, cluster: clusterId, window, code, err: error },
    `window not computed again: ${message}`,
  )
}
