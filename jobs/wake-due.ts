import { dueDays } from '../src/load/ledger.js'
import type { JobContext } from './context.js'

/** More than this many days at once would only make the queue long; the next run brings the rest. */
const DAYS_PER_RUN = 500

/**
 * Wakes a worker for every day that has something to read. Asks nobody but the ledger, so it is cheap enough for every
 * minute: retries, second readings and what a killed worker left behind all come back through here.
 */
export const wakeDue = {
  name: 'wake-due',
  schedule: '* * * * *',
  async run(context: JobContext): Promise<number> {
    const days = await dueDays(context.pool, context.now(), { limit: DAYS_PER_RUN })
    for (const { cloudAccountId, clusterId, day } of days)
      await context.wake({ cloudAccountId, clusterId, day })
    return days.length
  },
}
