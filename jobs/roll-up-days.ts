import { listRetentions } from '../src/db/retention.js'
import { firstDailyDay } from '../src/domain/retention.js'
import { dateOf, HOUR_SECONDS } from '../src/domain/window.js'
import { describeError } from '../src/errors.js'
import { type ClusterDay, changedDays, rollUpDay } from '../src/load/rollup.js'
import type { JobContext } from './context.js'

/** Many times the distance between two runs; what is older still is found at the start and every night. */
const RECENT_SECONDS = 3 * HOUR_SECONDS

/**
 * Makes the daily sums of every day whose windows were published since they were made. Asks little when there is none,
 * so it runs a few minutes apart, beside planning and not in its way.
 */
export const rollUpDays = {
  name: 'roll-up-days',
  schedule: '*/5 * * * *',
  async run(
    context: JobContext,
    scope: 'recent' | 'everything',
  ): Promise<{ rolledUp: number; failed: number }> {
    const { pool, logger, config } = context
    const retentions = await listRetentions(pool, config.retention)
    const floors = new Map(retentions.map(one => [one.cloudAccountId, firstDailyDay(one, context.now())]))
    const days = await changedDays(pool, floors, scope === 'recent' ? RECENT_SECONDS : undefined)
    const result = { rolledUp: 0, failed: 0 }
    for (const day of days) {
      if (context.signal.aborted) break
      try {
        if (await rollUpDay(pool, day)) result.rolledUp++
      } catch (error) {
        result.failed++
        noteFailure(context, day, error)
      }
    }
    if (result.rolledUp > 0) logger.info(result, 'days rolled up')
    return result
  },
}

function noteFailure(
  { logger }: JobContext,
  { cloudAccountId, clusterId, day }: ClusterDay,
  error: unknown,
): void {
  const { code } = describeError(error)
  logger.error(
    { account: cloudAccountId, cluster: clusterId, day: dateOf(day), code, err: error },
    'a day could not be rolled up; it is tried again',
  )
}
