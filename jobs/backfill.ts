import { getRetention } from '../src/db/retention.js'
import type { CloudAccount } from '../src/domain/account.js'
import { firstHourlyDay } from '../src/domain/retention.js'
import {
  DAY_SECONDS,
  dateOf,
  HOUR_SECONDS,
  newestDueWindow,
  type Window,
  windowEnd,
} from '../src/domain/window.js'
import { discoverClusters } from '../src/extract/discover.js'
import { listClusters } from '../src/load/clusters.js'
import {
  countOpen,
  type DueDay,
  dueDays,
  planWindows as enterWindows,
  type ReloadMode,
  recordClusters,
  requestReload,
} from '../src/load/ledger.js'
import { ensurePartitions } from '../src/load/partitions.js'
import { countDueUsage } from '../src/load/usage-due.js'
import { collectDueUsage } from './collect-usage.js'
import { computeRightsizing } from './compute-rightsizing.js'
import type { JobContext } from './context.js'
import { loadDay } from './load-day.js'

export interface BackfillRequest {
  readonly account: CloudAccount
  /** Windows that start in `[from, to)`, Unix seconds. */
  readonly from: number
  readonly to: number
  readonly mode: ReloadMode
  readonly dryRun: boolean
  readonly maxParallel: number
  readonly newestFirst: boolean
}

export interface BackfillResult {
  readonly windows: number
  published: number
  unchanged: number
  open: number
  /** Windows of the range whose usage was collected, and those whose usage is still due. */
  usageCollected: number
  usageOpen: number
}

export interface BackfillProgress {
  /** Usage comes after the costs. */
  readonly stage: 'costs' | 'usage'
  readonly done: number
  readonly total: number
}

/** A day that keeps failing is left to the workers and their pauses after this many tries. */
const TRIES_PER_DAY = 3

/**
 * Loads a range of windows in this process, beside whatever workers there are: the ledger deals the windows out, so
 * interrupting and starting again goes on where it stopped. What is due of the last two days goes first.
 */
export const backfill = {
  name: 'backfill',
  async run(
    request: BackfillRequest,
    context: JobContext,
    onProgress: (progress: BackfillProgress) => void,
  ): Promise<BackfillResult> {
    await planRange(request, context)
    const reload = {
      cloudAccountId: request.account.cloudAccountId,
      from: request.from,
      to: request.to,
      mode: request.mode,
      now: context.now(),
      settleMinutes: context.config.schedule.settleMinutes,
      dryRun: request.dryRun,
    }
    const asked = await requestReload(context.pool, reload)
    const result: BackfillResult = {
      windows: asked.reduce((sum, { windows }) => sum + windows, 0),
      published: 0,
      unchanged: 0,
      open: 0,
      usageCollected: 0,
      usageOpen: 0,
    }
    if (request.dryRun) return result
    await loadDays(request, context, result, onProgress)
    result.open = await countOpen(context.pool, reload)
    await collectRange(request, context, result, onProgress)
    // The new history is advised on now, and not only the next night.
    const { cloudAccountId } = request.account
    if (result.usageCollected > 0) await computeRightsizing.run(context, { cloudAccountId })
    return result
  },
}

/** Collects the usage that is due in the range, also of windows whose costs were there before. */
async function collectRange(
  { account, from, to }: BackfillRequest,
  context: JobContext,
  result: BackfillResult,
  onProgress: (progress: BackfillProgress) => void,
): Promise<void> {
  const scope = { accountId: account.cloudAccountId, from, to }
  const report = await collectDueUsage.run(context, scope, progress =>
    onProgress({ stage: 'usage', ...progress }),
  )
  result.usageCollected = report.collected
  result.usageOpen = await countDueUsage(context.pool, scope)
}

/** Enters the windows of the range that the ledger lacks, of the clusters that Thanos knows there. */
async function planRange({ account, from, to }: BackfillRequest, context: JobContext): Promise<void> {
  const { pool, thanos, config } = context
  const newest = newestDueWindow(context.now(), config.schedule.settleMinutes)
  const retention = await getRetention(pool, account.cloudAccountId, config.retention)
  const kept = firstHourlyDay(retention, context.now())
  if (from < kept) {
    const fields = { account: account.cloudAccountId, from: dateOf(kept) }
    context.logger.warn(
      fields,
      'days before the retention are not loaded, as the next night would delete them',
    )
  }
  const first = (Math.ceil(Math.max(from, kept) / HOUR_SECONDS) * HOUR_SECONDS) as Window
  const last = Math.min(newest, Math.ceil(to / HOUR_SECONDS) * HOUR_SECONDS - HOUR_SECONDS) as Window
  if (first > last) return
  const found = await discoverClusters(
    thanos,
    account,
    config.thanos.tenantLabel,
    first,
    last,
    context.signal,
  )
  await recordClusters(pool, account.cloudAccountId, found)
  for (const { clusterId, firstWindow, lastWindow } of await listClusters(pool, account.cloudAccountId)) {
    const begin = Math.max(first, firstWindow) as Window
    const end = Math.min(last, lastWindow) as Window
    if (begin > end) continue
    await ensurePartitions(pool, begin, end)
    const key = { cloudAccountId: account.cloudAccountId, clusterId }
    await enterWindows(pool, key, begin, windowEnd(end), config.schedule.settleMinutes)
  }
}

async function loadDays(
  request: BackfillRequest,
  context: JobContext,
  result: BackfillResult,
  onProgress: (progress: BackfillProgress) => void,
): Promise<void> {
  const tries = new Map<string, number>()
  let done = 0
  const work = async (): Promise<void> => {
    for (
      let day = await nextDay(request, context, tries);
      day;
      day = await nextDay(request, context, tries)
    ) {
      const report = await loadDay.run(day, context)
      // Live days that go first are none of those that were asked for.
      if (!isInRange(day, request)) continue
      done += report.published + report.unchanged
      result.published += report.published
      result.unchanged += report.unchanged
      onProgress({ stage: 'costs', done: Math.min(done, result.windows), total: result.windows })
    }
  }
  await Promise.all(Array.from({ length: request.maxParallel }, work))
}

function isInRange({ day }: DueDay, { from, to }: BackfillRequest): boolean {
  return day < to && day + DAY_SECONDS > from
}

/** The next day to load: live ones of the account first, then those of the range in the order asked for. */
async function nextDay(
  request: BackfillRequest,
  context: JobContext,
  tries: Map<string, number>,
): Promise<DueDay | undefined> {
  if (context.signal.aborted) return undefined
  const days = await dueDays(context.pool, context.now(), {
    accountId: request.account.cloudAccountId,
    limit: 10_000,
    newestFirst: request.newestFirst,
  })
  const live = context.now() - 2 * DAY_SECONDS
  for (const day of days) {
    const key = `${day.clusterId}\0${day.day}`
    if (!(isInRange(day, request) || day.day >= live) || (tries.get(key) ?? 0) >= TRIES_PER_DAY) continue
    tries.set(key, (tries.get(key) ?? 0) + 1)
    return day
  }
  return undefined
}
