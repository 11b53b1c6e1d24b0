import { connectionProblem } from '../src/db/pool.js'
import type { CloudAccount } from '../src/domain/account.js'
import { nextReadAt } from '../src/domain/settle.js'
import { HOUR_SECONDS, type Window, windowEnd } from '../src/domain/window.js'
import { describeError, NamedError } from '../src/errors.js'
import { type Claim, recordFailure, recordIncomplete, releaseClaims } from '../src/load/claims.js'
import { lastHeard } from '../src/load/clusters.js'
import { publishBatch, type WindowResult } from '../src/load/publish-batch.js'
import type { Run } from '../src/load/runs.js'
import type { WindowOutcome } from '../src/transform/window-rows.js'
import type { JobContext } from './context.js'
import type { StoreGuard } from './store-guard.js'

/** What became of the windows of one call. */
export interface LoadReport {
  published: number
  unchanged: number
  /** Not published: incomplete, failed, released or taken over by a newer attempt. */
  open: number
}

/** One call at work. */
export interface Load {
  readonly context: JobContext
  readonly account: CloudAccount
  readonly clusterId: string
  readonly guard: StoreGuard
  readonly run: Run
  readonly report: LoadReport
  /** Windows of which it is settled what became of them. */
  readonly finished: Set<Window>
  readonly signal: AbortSignal
}

/** A silent window is taken for a hole, and not for data that is late, this long after its end. */
const SILENCE_IS_FINAL_SECONDS = 3 * HOUR_SECONDS

/**
 * Publishes what can be published of some windows, with the encoded readings that it was computed from, and notes why
 * the others can't be.
 */
export async function publishOutcomes(
  load: Load,
  claims: readonly Claim[],
  found: readonly WindowOutcome[],
  readings: ReadonlyMap<Window, Promise<Buffer>>,
): Promise<void> {
  const outcomes = new Map(found.map(outcome => [windowOf(outcome), outcome]))
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
      readings: readings.get(claim.window),
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
  load.finished.add(result.claim.window)
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

export async function setAside(
  load: Load,
  claim: Claim,
  reason: 'source_incomplete' | 'source_silent' | 'missing_series',
  detail: string,
): Promise<void> {
  const { context, report, run } = load
  await recordIncomplete(context.pool, claim, reason, detail, context.now())
  load.finished.add(claim.window)
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
export async function giveUp(
  load: Omit<Load, 'guard'>,
  all: readonly Claim[],
  error: unknown,
): Promise<void> {
  const { context, report, run, finished } = load
  const claims = all.filter(claim => !finished.has(claim.window))
  for (const claim of claims) finished.add(claim.window)
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
export function isFaultOfWindows(error: unknown): boolean {
  if (connectionProblem(error) !== undefined) return false
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
