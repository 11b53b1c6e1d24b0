import { getAccount } from '../src/db/accounts.js'
import type { CloudAccount } from '../src/domain/account.js'
import type { ClusterBatch } from '../src/domain/samples.js'
import { nextReadAt } from '../src/domain/settle.js'
import { DAY_SECONDS, HOUR_SECONDS, type Window, windowEnd } from '../src/domain/window.js'
import { describeError, NamedError } from '../src/errors.js'
import { extractBatch } from '../src/extract/extract-batch.js'
import { type Claim, claimDue, recordFailure, recordIncomplete, releaseClaims } from '../src/load/claims.js'
import { lastHeard } from '../src/load/clusters.js'
import { publishBatch, type WindowResult } from '../src/load/publish-batch.js'
import { type Run, startRun } from '../src/load/runs.js'
import { type WindowOutcome, windowOutcomes } from '../src/transform/window-rows.js'
import type { DayKey, JobContext } from './context.js'
import { keepLease, LEASE_SECONDS } from './lease.js'
import { guardStores, type StoreGuard } from './store-guard.js'

/** What became of the windows of one call. */
export interface LoadReport {
  published: number
  unchanged: number
  /** Not published: incomplete, failed, released or taken over by a newer attempt. */
  open: number
}

interface Load {
  readonly context: JobContext
  readonly account: CloudAccount
  readonly clusterId: string
  readonly guard: StoreGuard
  readonly run: Run
  readonly report: LoadReport
  readonly signal: AbortSignal
}

/** A silent window is taken for a hole, and not for data that is late, this long after its end. */
const SILENCE_IS_FINAL_SECONDS = 3 * HOUR_SECONDS

/**
 * Loads what is due of one day of one cluster: claim, extract, transform, publish. Safe to run any number of times, on
 * any number of workers at once: the ledger deals the windows out and refuses an attempt that was overtaken.
 */
export const loadDay = {
  name: 'load-day',
  async run(key: DayKey, context: JobContext): Promise<LoadReport> {
    const report: LoadReport = { published: 0, unchanged: 0, open: 0 }
    const { pool, worker } = context
    const account = await getAccount(pool, key.cloudAccountId)
    const claims = await claimDue(pool, {
      cloudAccountId: key.cloudAccountId,
      clusterId: key.clusterId,
      from: key.day,
      to: key.day + DAY_SECONDS,
      worker,
      leaseSeconds: LEASE_SECONDS,
      now: context.now(),
    })
    if (claims.length === 0) return report
    const lease = keepLease(context, claims)
    const run = await startRun(pool, { ...key, windows: claims.map(claim => claim.window), worker })
    const load = { context, account, clusterId: key.clusterId, run, report, signal: lease.signal }
    try {
      const guard = await guardStores(context, account, lease.signal)
      await loadInPieces({ ...load, guard }, claims)
    } catch (error) {
      await giveUp(load, claims, error)
    } finally {
      lease.stop()
      await run.finish()
    }
    return report
  },
}

/** Hours read at once: enough that asking costs little, few enough that a day never lies in memory. */
const PIECE_WINDOWS = 8

/** Reads the next hours while the last ones are computed and written. */
async function loadInPieces(load: Load, claims: readonly Claim[]): Promise<void> {
  const failures: unknown[] = []
  let writing = Promise.resolve()
  for (let i = 0; i < claims.length && failures.length === 0; i += PIECE_WINDOWS) {
    const piece = claims.slice(i, i + PIECE_WINDOWS)
    const read = await narrowingDown(load, piece, () => readWindows(load, piece))
    await writing
    if (read === undefined) continue
    writing = narrowingDown(load, piece, () => writeWindows(load, read)).catch((error: unknown) => {
      failures.push(error)
    })
  }
  await writing
  if (failures.length > 0) throw failures[0]
}

/** Runs a step of some windows; a failure that is the fault of single windows is narrowed down to them. */
async function narrowingDown<T>(
  load: Load,
  claims: readonly Claim[],
  step: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await step()
  } catch (error) {
    if (claims.length === 1 || !isFaultOfWindows(error)) {
      await giveUp(load, claims, error)
      return undefined
    }
    const middle = Math.ceil(claims.length / 2)
    await loadAlone(load, claims.slice(0, middle))
    await loadAlone(load, claims.slice(middle))
    return undefined
  }
}

async function loadAlone(load: Load, claims: readonly Claim[]): Promise<void> {
  await narrowingDown(load, claims, async () => writeWindows(load, await readWindows(load, claims)))
}

interface ReadWindows {
  readonly claims: readonly Claim[]
  readonly batch: ClusterBatch
}

async function readWindows(load: Load, claims: readonly Claim[]): Promise<ReadWindows> {
  const { context, run, guard } = load
  const source = {
    client: context.thanos,
    account: load.account,
    clusterId: load.clusterId,
    tenantLabel: context.config.thanos.tenantLabel,
    signal: load.signal,
  }
  await guard.look()
  const asked = await setAsideUnguarded(load, claims)
  if (asked.length === 0)
    return { claims: [], batch: { windows: [], facts: new Map(), intervals: new Map() } }
  await run.advance('extract')
  const batch = await extractBatch(
    source,
    asked.map(claim => claim.window),
  )
  await guard.look()
  return { claims: await setAsideUnguarded(load, asked), batch }
}

async function writeWindows(load: Load, { claims, batch }: ReadWindows): Promise<void> {
  if (claims.length === 0) return
  await load.run.advance('transform')
  const outcomes = new Map(windowOutcomes(batch).map(outcome => [windowOf(outcome), outcome]))
  await publishOutcomes(load, claims, outcomes)
}

/** Windows for which a store is missing are noted as incomplete; the others are returned. */
async function setAsideUnguarded(load: Load, claims: readonly Claim[]): Promise<Claim[]> {
  const whole: Claim[] = []
  for (const claim of claims) {
    const missing = load.guard.missingFor(claim.window)
    if (missing.length === 0) whole.push(claim)
    else {
      const detail = `${missing.length} Thanos store(s) that announced the account did not answer for this window: ${missing.join('; ')}`
      await setAside(load, claim, 'source_incomplete', detail)
    }
  }
  return whole
}

async function publishOutcomes(
  load: Load,
  claims: readonly Claim[],
  outcomes: ReadonlyMap<Window, WindowOutcome>,
): Promise<void> {
  const ready: { claim: Claim; rows: WindowOutcome & { kind: 'rows' | 'silent' } }[] = []
  const heardUntil = await lastHeard(load.context.pool, load.account.cloudAccountId, load.clusterId)
  for (const claim of claims) {
    const outcome = outcomes.get(claim.window)
    if (!outcome) continue
    if (outcome.kind === 'incomplete') await setAside(load, claim, outcome.reason, outcome.detail)
    else if (outcome.kind === 'unpaced') await giveUp(load, [claim], unpaced(load, outcome.detail))
    else if (outcome.kind === 'silent' && !isSilenceFinal(load, claim.window, heardUntil)) {
      await setAside(load, claim, 'source_silent', 'no heartbeat of the cluster in this window yet')
    } else ready.push({ claim, rows: outcome })
  }
  if (ready.length === 0) return
  await load.run.advance('publish')
  const { context } = load
  const readAt = context.now()
  const results = await publishBatch(context.pool, {
    cloudAccountId: load.account.cloudAccountId,
    clusterId: load.clusterId,
    windows: ready.map(({ claim, rows: { rows } }) => ({
      claim,
      rows,
      nextReadAt: nextReadAt(claim.window, readAt),
    })),
    storeSets: load.guard.labelSets(),
    readAt,
  })
  for (const result of results) await note(load, result)
  await load.guard.record()
}

async function note(load: Load, result: WindowResult): Promise<void> {
  if (result.outcome === 'failed') return giveUp(load, [result.claim], result.error)
  const { context, report, run } = load
  context.observe({ kind: 'window', outcome: result.outcome })
  run.count(result)
  for (const reject of result.rows.rejects) {
    context.observe({ kind: 'rejects', reason: reject.reason, count: reject.count })
  }
  if (result.outcome === 'published') report.published++
  else if (result.outcome === 'unchanged') report.unchanged++
  else report.open++
}

/** A hole in the middle of a cluster's life is a hole; at its end the samples may still be on their way. */
function isSilenceFinal(load: Load, window: Window, heardUntil: Window | undefined): boolean {
  const isHeardLater = heardUntil !== undefined && heardUntil > window
  return isHeardLater || load.context.now() >= windowEnd(window) + SILENCE_IS_FINAL_SECONDS
}

async function setAside(
  load: Load,
  claim: Claim,
  reason: 'source_incomplete' | 'source_silent' | 'missing_series',
  detail: string,
): Promise<void> {
  const { context, report, run } = load
  await recordIncomplete(context.pool, claim, reason, detail, context.now())
  report.open++
  run.setAside(reason, detail)
  context.observe({ kind: 'window', outcome: reason })
  context.logger.warn(
    { account: claim.cloudAccountId, cluster: claim.clusterId, window: claim.window, reason },
    `window not published: ${detail}`,
  )
}

function unpaced(load: Load, detail: string): NamedError {
  return new NamedError(
    'INTERVAL_UNKNOWN',
    `account ${load.account.cloudAccountId}, cluster "${load.clusterId}": ${detail}; it is tried again when more samples are there`,
  )
}

/** Ends claims that could not be served: given back where the process stops, else noted with what went wrong. */
async function giveUp(load: Omit<Load, 'guard'>, claims: readonly Claim[], error: unknown): Promise<void> {
  const { context, report, run } = load
  report.open += claims.length
  if (load.signal.aborted) {
    run.released()
    await releaseClaims(context.pool, claims)
    return
  }
  const { code, message } = describeError(error)
  const remedy = isFaultOfWindows(error) ? 'terminal' : 'retry'
  const retryAfterSeconds = error instanceof NamedError ? error.retryAfterSeconds : undefined
  for (const claim of claims) {
    await recordFailure(context.pool, claim, { code, message, remedy, retryAfterSeconds }, context.now())
    context.observe({ kind: 'failure', code })
  }
  run.failed(code, message)
  context.logger.error(
    {
      account: load.account.cloudAccountId,
      cluster: load.clusterId,
      windows: claims.length,
      code,
      err: error,
    },
    message,
  )
}

/**
 * Whether the windows themselves are to blame, so that they are set aside after some tries. What is wrong with the
 * connection or the configuration concerns every window and heals without anybody releasing them one by one.
 */
function isFaultOfWindows(error: unknown): boolean {
  if (!(error instanceof NamedError)) return true
  return (
    error.code === 'THANOS_CONTRACT' ||
    error.code === 'THANOS_BAD_QUERY' ||
    error.code === 'TRANSFORM_FAILED' ||
    error.remedy === 'split'
  )
}

function windowOf(outcome: WindowOutcome): Window {
  return 'rows' in outcome ? outcome.rows.window : outcome.window
}
