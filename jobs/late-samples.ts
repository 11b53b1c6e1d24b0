import { listAccounts } from '../src/db/accounts.js'
import type { CloudAccount } from '../src/domain/account.js'
import { DAY_SECONDS } from '../src/domain/window.js'
import { describeError } from '../src/errors.js'
import { countContainerSamples } from '../src/extract/late-samples.js'
import { listClusters } from '../src/load/clusters.js'
import { noteLateSamples, type SettledWindow, settledWindows } from '../src/load/late-samples.js'
import type { JobContext } from './context.js'

/** How long after its end a window is still asked about. */
const LOOK_BACK_SECONDS = 7 * DAY_SECONDS

/** Counts the samples that came after their windows were settled. They are not loaded, and no longer a secret. */
export const countLateSamples = {
  name: 'count-late-samples',
  async run(context: JobContext): Promise<{ windows: number; samples: number; failed: number }> {
    const result = { windows: 0, samples: 0, failed: 0 }
    for (const account of await listAccounts(context.pool)) {
      for (const { clusterId } of await listClusters(context.pool, account.cloudAccountId)) {
        if (context.signal.aborted) return result
        try {
          const late = await countOfCluster(context, account, clusterId)
          result.windows += late.length
          result.samples += late.reduce((sum, { more }) => sum + more, 0)
        } catch (error) {
          result.failed++
          const { code, message } = describeError(error)
          const about = { account: account.cloudAccountId, cluster: clusterId, code, err: error }
          context.logger.error(about, `late samples could not be counted: ${message}`)
        }
      }
    }
    return result
  },
}

async function countOfCluster(
  context: JobContext,
  account: CloudAccount,
  clusterId: string,
): Promise<{ more: number }[]> {
  const { pool, thanos, config, signal, logger } = context
  const { cloudAccountId } = account
  const settled = await settledWindows(pool, cloudAccountId, clusterId, context.now() - LOOK_BACK_SECONDS)
  const [first] = settled
  const last = settled.at(-1)
  if (first === undefined || last === undefined) return []
  const source = { client: thanos, account, clusterId, tenantLabel: config.thanos.tenantLabel, signal }
  const counts = await countContainerSamples(source, first.window, last.window)
  const changed = settled.flatMap(known => lateNow(known, counts.get(known.window) ?? 0))
  if (changed.length === 0) return []
  await noteLateSamples(pool, cloudAccountId, clusterId, changed)
  const before = new Map(settled.map(({ window, lateSamples }) => [window, lateSamples]))
  const late = changed
    .map(({ window, lateSamples }) => ({ window, more: lateSamples - (before.get(window) ?? 0) }))
    .filter(({ more }) => more > 0)
  const count = late.reduce((sum, { more }) => sum + more, 0)
  if (count === 0) return []
  context.observe({ kind: 'late_samples', count })
  const about = { account: cloudAccountId, cluster: clusterId, windows: late.length, samples: count }
  logger.warn(about, 'samples came after their windows were settled; they are counted, not loaded')
  return late
}

/** Fewer than were loaded say that the source has forgotten, and nothing of what came late. */
function lateNow(known: SettledWindow, count: number): SettledWindow[] {
  const lateSamples = count - known.sourceSamples
  return lateSamples < 0 || lateSamples === known.lateSamples ? [] : [{ ...known, lateSamples }]
}
