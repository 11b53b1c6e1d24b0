import { getAccount } from '../src/db/accounts.js'
import type { CloudAccount } from '../src/domain/account.js'
import { DAY_SECONDS, dateOf } from '../src/domain/window.js'
import { describeError, NamedError } from '../src/errors.js'
import { extractUsage } from '../src/extract/extract-usage.js'
import {
  claimUsage,
  recordUsageFailure,
  releaseUsage,
  renewUsageLease,
  type UsageClaim,
} from '../src/load/usage-claims.js'
import { waitsForCosts } from '../src/load/usage-due.js'
import { publishUsage } from '../src/load/usage-publish.js'
import { readPublished } from '../src/load/usage-published.js'
import { usageWindows } from '../src/transform/usage.js'
import type { DayKey, JobContext } from './context.js'
import { keepLease, LEASE_SECONDS } from './lease.js'
import { isFaultOfWindows } from './load-result.js'
import { guardStores, type StoreGuard } from './store-guard.js'
import { daysOfDueUsage, type UsageScope } from './wake-usage.js'

/** What became of the windows of one call. */
export interface UsageReport {
  collected: number
  /** Left as they were, as the source gave much less than before. */
  poorer: number
  /** Not collected: failed, released, or taken over by a newer attempt. */
  open: number
}

/** One call at work. */
interface Collection {
  readonly context: JobContext
  readonly key: DayKey
  readonly account: CloudAccount
  readonly guard: StoreGuard
  readonly report: UsageReport
  readonly signal: AbortSignal
}

/** Hours read at once as long as nobody knows how much an hour is. */
const FIRST_PIECE_WINDOWS = 6
/** Container-hours held at once: twelve points each. */
const PIECE_ROWS = 20_000

/**
 * Collects what is due of the usage of one day of one cluster, unless costs of the cluster's live windows are due: those
 * go first. Safe to run any number of times, on any number of workers at once.
 */
export const collectUsage = {
  name: 'collect-usage',
  async run(key: DayKey, context: JobContext): Promise<UsageReport> {
    const report: UsageReport = { collected: 0, poorer: 0, open: 0 }
    const { pool, worker } = context
    if (await waitsForCosts(pool, key, context.now())) return report
    const account = await getAccount(pool, key.cloudAccountId)
    const claims = await claimUsage(pool, {
      cloudAccountId: key.cloudAccountId,
      clusterId: key.clusterId,
      from: key.day,
      to: key.day + DAY_SECONDS,
      worker,
      leaseSeconds: LEASE_SECONDS,
      now: context.now(),
    })
    if (claims.length === 0) return report
    const lease = keepLease(context, claims, renewUsageLease)
    const open = new Set(claims)
    try {
      const guard = await guardStores(context, account, lease.signal)
      await collectInPieces({ context, key, account, guard, report, signal: lease.signal }, open)
    } catch (error) {
      await giveUp({ context, key, report, signal: lease.signal }, [...open], error)
    } finally {
      lease.stop()
    }
    return report
  },
}

/** A day that keeps being left open is left to later runs after this many tries. */
const TRIES_PER_DAY = 3

/** Collects all usage that is due, in this process and one day after the other, newest first. */
export const collectDueUsage = {
  name: 'collect-due-usage',
  async run(
    context: JobContext,
    scope: UsageScope = {},
    onProgress: (progress: { done: number; total: number }) => void = () => undefined,
  ): Promise<UsageReport> {
    const sum: UsageReport = { collected: 0, poorer: 0, open: 0 }
    const tries = new Map<string, number>()
    for (;;) {
      const due = (await daysOfDueUsage(context, scope)).filter(
        day => (tries.get(nameOf(day)) ?? 0) < TRIES_PER_DAY,
      )
      const [day] = due
      if (day === undefined || context.signal.aborted) return sum
      tries.set(nameOf(day), (tries.get(nameOf(day)) ?? 0) + 1)
      const report = await collectUsage.run(day, context)
      sum.collected += report.collected
      sum.poorer += report.poorer
      sum.open += report.open
      const done = sum.collected + sum.poorer
      const left = due.reduce((windows, one) => windows + one.windows, 0) - report.collected - report.poorer
      onProgress({ done, total: done + Math.max(0, left) })
    }
  },
}

function nameOf({ cloudAccountId, clusterId, day }: DayKey): string {
  return JSON.stringify([cloudAccountId, clusterId, day])
}

/** `open` holds the claims of which nothing is settled yet. */
async function collectInPieces(collection: Collection, open: Set<UsageClaim>): Promise<void> {
  const { context, key } = collection
  const claims = [...open]
  let size = FIRST_PIECE_WINDOWS
  for (let next = 0; next < claims.length; ) {
    // Costs may have become due meanwhile, and they go first.
    if (next > 0 && (await waitsForCosts(context.pool, key, context.now()))) {
      await giveBack(collection, [...open])
      return
    }
    const piece = claims.slice(next, next + size)
    next += piece.length
    const rows = await narrowingDown(collection, piece, open)
    if (rows > 0) size = Math.max(1, Math.floor(PIECE_ROWS / (rows / piece.length)))
  }
  // Their costs went meanwhile.
  if (open.size > 0) await giveBack(collection, [...open])
}

/** Collects some windows; where they themselves are to blame for a failure, it is narrowed down. Gives containers read. */
async function narrowingDown(
  collection: Collection,
  claims: readonly UsageClaim[],
  open: Set<UsageClaim>,
): Promise<number> {
  try {
    return await collectWindows(collection, claims, open)
  } catch (error) {
    if (collection.signal.aborted || !isFaultOfWindows(error)) throw error
    if (claims.length === 1) {
      await giveUp(
        collection,
        claims.filter(claim => open.delete(claim)),
        error,
      )
      return 0
    }
    const middle = Math.ceil(claims.length / 2)
    const early = await narrowingDown(collection, claims.slice(0, middle), open)
    return early + (await narrowingDown(collection, claims.slice(middle), open))
  }
}

async function collectWindows(
  collection: Collection,
  claims: readonly UsageClaim[],
  open: Set<UsageClaim>,
): Promise<number> {
  const { context, key, account, guard, signal } = collection
  await guard.look()
  const asked = await setAsideUnguarded(collection, claims, open)
  if (asked.length === 0) return 0
  const { tenantLabel } = context.config.thanos
  const source = { client: context.thanos, account, clusterId: key.clusterId, tenantLabel, signal }
  const batch = await extractUsage(
    source,
    asked.map(({ window }) => window),
  )
  await guard.look()
  const whole = await setAsideUnguarded(collection, asked, open)
  if (whole.length === 0) return 0
  const costs = await readPublished(
    context.pool,
    key,
    whole.map(({ window }) => window),
  )
  const byWindow = new Map(usageWindows(batch, costs).map(rows => [rows.window, rows]))
  const ready = whole.flatMap(claim => {
    const rows = byWindow.get(claim.window)
    return rows === undefined ? [] : [{ claim, rows }]
  })
  const results = await publishUsage(context.pool, key, ready)
  for (const { claim, outcome } of results) {
    open.delete(claim)
    if (outcome === 'stale') collection.report.open++
    else collection.report[outcome]++
    context.observe({ kind: 'usage', outcome, windows: 1 })
  }
  for (const { reason, count } of ready.flatMap(({ rows }) => rows.rejects))
    context.observe({ kind: 'rejects', reason, count })
  return costs.reduce((sum, { containers }) => sum + containers.length, 0)
}

/** Windows for which a store is missing are put off, as their usage would be a part of it; the others are returned. */
async function setAsideUnguarded(
  collection: Collection,
  claims: readonly UsageClaim[],
  open: Set<UsageClaim>,
): Promise<UsageClaim[]> {
  const whole: UsageClaim[] = []
  for (const claim of claims) {
    const missing = collection.guard.missingFor(claim.window)
    if (missing.length === 0) {
      whole.push(claim)
      continue
    }
    const detail = `${missing.length} Thanos store(s) that announced the account did not answer for this window: ${missing.join('; ')}`
    await giveUp(collection, [claim], new NamedError('SOURCE_INCOMPLETE', detail))
    open.delete(claim)
  }
  return whole
}

/** Ends claims that could not be served: given back where the process stops, else noted with what went wrong. */
async function giveUp(
  collection: Omit<Collection, 'guard' | 'account'>,
  claims: readonly UsageClaim[],
  error: unknown,
): Promise<void> {
  const { context, key, report, signal } = collection
  if (claims.length === 0) return
  if (signal.aborted) return giveBack(collection, claims)
  const { code, message } = describeError(error)
  const retryAfterSeconds = error instanceof NamedError ? error.retryAfterSeconds : undefined
  await recordUsageFailure(context.pool, claims, { code, message, retryAfterSeconds }, context.now())
  report.open += claims.length
  context.observe({ kind: 'usage', outcome: 'failed', windows: claims.length })
  context.logger.warn(
    {
      ...{ account: key.cloudAccountId, cluster: key.clusterId, day: dateOf(key.day) },
      ...{ windows: claims.length, code, err: error },
    },
    `usage not collected: ${message}`,
  )
}

async function giveBack(
  { context, report }: Pick<Collection, 'context' | 'report'>,
  claims: readonly UsageClaim[],
): Promise<void> {
  await releaseUsage(context.pool, claims)
  report.open += claims.length
  context.observe({ kind: 'usage', outcome: 'released', windows: claims.length })
}
