import { listAccounts } from '../src/db/accounts.js'
import { getRetention } from '../src/db/retention.js'
import type { CloudAccount } from '../src/domain/account.js'
import { isOffline } from '../src/domain/cluster.js'
import { firstHourlyDay } from '../src/domain/retention.js'
import {
  DAY_SECONDS,
  HOUR_SECONDS,
  newestDueWindow,
  type Window,
  windowEnd,
  windowOf,
} from '../src/domain/window.js'
import { describeError } from '../src/errors.js'
import { clustersAhead } from '../src/extract/clock-checks.js'
import { discoverClusters } from '../src/extract/discover.js'
import { type ClusterRow, listClusters } from '../src/load/clusters.js'
import { planWindows as enterWindows, recordClusters } from '../src/load/ledger.js'
import { ensurePartitions } from '../src/load/partitions.js'
import type { JobContext } from './context.js'
import { wakeDue } from './wake-due.js'

/** How far back of the newest known hour each planning looks for clusters, so that late ones are noticed. */
const LOOK_BACK_SECONDS = 26 * HOUR_SECONDS

/**
 * Derives from Thanos which clusters there are and from the ledger which of their hours are not planned yet. Missed
 * ticks, a flushed queue or days of standstill are all caught up by the next run.
 */
export const planWindows = {
  name: 'plan-windows',
  async run(context: JobContext): Promise<void> {
    for (const account of await listAccounts(context.pool)) await planAccount(context, account)
    await wakeDue.run(context)
  },
}

/** So that the first hour of a month finds its partition whatever happens in the night before. */
const PARTITIONS_AHEAD_SECONDS = 31 * DAY_SECONDS

/** Looks through the whole retention: finds clusters whose samples arrived for hours that were already passed. */
export const rediscover = {
  name: 'rediscover',
  async run(context: JobContext): Promise<void> {
    for (const account of await listAccounts(context.pool)) await planAccount(context, account, 'everything')
    await wakeDue.run(context)
  },
}

/** Plans one account; a source that can't be asked leaves the known clusters, which are planned all the same. */
export async function planAccount(
  context: JobContext,
  account: CloudAccount,
  scope: 'new' | 'everything' = 'new',
): Promise<void> {
  const { pool, config, logger } = context
  const newest = newestDueWindow(context.now(), config.schedule.settleMinutes)
  const retention = await getRetention(pool, account.cloudAccountId, config.retention)
  const oldest = firstHourlyDay(retention, context.now()) as Window
  const known = await listClusters(pool, account.cloudAccountId)
  const from = scope === 'everything' || known.length === 0 ? oldest : lookFrom(known, oldest)
  try {
    const { thanos } = context
    const found = await discoverClusters(
      thanos,
      account,
      config.thanos.tenantLabel,
      from,
      newest,
      context.signal,
    )
    await recordClusters(pool, account.cloudAccountId, found)
    if (found.length === 0 && known.length === 0) {
      logger.warn(
        { account: account.cloudAccountId },
        'Thanos has no series of this account; k8s-costs doctor tells why',
      )
    }
    await warnOfClocks(context, account)
  } catch (error) {
    const { code, message } = describeError(error)
    context.observe({ kind: 'failure', code })
    logger.error(
      { account: account.cloudAccountId, code, err: error },
      `clusters could not be looked up: ${message}`,
    )
  }
  for (const cluster of await listClusters(pool, account.cloudAccountId)) {
    await planCluster(context, account, cluster, newest, oldest)
  }
}

/** Samples of the future make stores refuse those of now, which later looks like a silent cluster. */
async function warnOfClocks(context: JobContext, account: CloudAccount): Promise<void> {
  const { thanos, config, logger, signal } = context
  const ahead = await clustersAhead(thanos, account, config.thanos.tenantLabel, context.now(), signal)
  for (const [cluster, samples] of ahead) {
    logger.warn(
      { account: account.cloudAccountId, cluster, samples },
      "samples lie in the future: the clock of the cluster's sender runs ahead",
    )
  }
}

async function planCluster(
  context: JobContext,
  account: CloudAccount,
  cluster: ClusterRow,
  newest: Window,
  oldest: Window,
): Promise<void> {
  const { pool, config, logger } = context
  const last = isOffline(cluster.lastWindow, newest) ? cluster.lastWindow : newest
  const first = Math.max(cluster.firstWindow, oldest) as Window
  if (first > last) return
  await ensurePartitions(pool, first, (last + PARTITIONS_AHEAD_SECONDS) as Window)
  const key = { cloudAccountId: account.cloudAccountId, clusterId: cluster.clusterId }
  const planned = await enterWindows(pool, key, first, windowEnd(last), config.schedule.settleMinutes)
  if (planned > 0)
    logger.info(
      { account: account.cloudAccountId, cluster: cluster.clusterId, windows: planned },
      'windows planned',
    )
}

function lookFrom(known: readonly ClusterRow[], oldest: Window): Window {
  const newestKnown = Math.max(...known.map(cluster => cluster.lastWindow))
  return Math.max(oldest, windowOf(newestKnown - LOOK_BACK_SECONDS)) as Window
}
