import { collectUsage } from '../../jobs/collect-usage.js'
import type { JobContext } from '../../jobs/context.js'
import { loadDay } from '../../jobs/load-day.js'
import { wakeUsage } from '../../jobs/wake-usage.js'
import type { ProgressWatch } from '../observe/progress.js'
import type { WakeUpQueue } from '../queue/queues.js'

/** Days that one worker process loads at once: one waits for Thanos while another computes. */
const DAYS_AT_ONCE = 2
/** One after the other, so that Thanos never has more than one question about usage from a process. */
const USAGE_DAYS_AT_ONCE = 1
const WORKER_LIMIT_SECONDS = 600

/** Loads the days that the queue names. */
export function startWorker(
  jobs: JobContext,
  queue: WakeUpQueue,
  progress: ProgressWatch,
): () => Promise<void> {
  progress.expect('worker', WORKER_LIMIT_SECONDS)
  const worker = queue.work(
    async (wakeUp, signal) => {
      const report = await loadDay.run(wakeUp, { ...jobs, signal: AbortSignal.any([signal, jobs.signal]) })
      jobs.logger.info({ ...wakeUp, ...report }, 'day loaded')
      // Usage waits for the costs of its cluster: whatever was put off for them goes on as soon as the last are read.
      const { cloudAccountId: accountId, clusterId } = wakeUp
      await wakeUsage.run(jobs, { accountId, clusterId })
    },
    { concurrency: DAYS_AT_ONCE, onAlive: () => progress.note('worker') },
  )
  return () => worker.close()
}

/** Collects the usage of the days that its queue names. */
export function startUsageWorker(
  jobs: JobContext,
  queue: WakeUpQueue,
  progress: ProgressWatch,
): () => Promise<void> {
  progress.expect('usage worker', WORKER_LIMIT_SECONDS)
  const worker = queue.work(
    async (wakeUp, signal) => {
      const report = await collectUsage.run(wakeUp, {
        ...jobs,
        signal: AbortSignal.any([signal, jobs.signal]),
      })
      jobs.logger.info({ ...wakeUp, ...report }, 'usage of a day collected')
    },
    { concurrency: USAGE_DAYS_AT_ONCE, onAlive: () => progress.note('usage worker') },
  )
  return () => worker.close()
}
