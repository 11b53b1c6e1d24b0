import { listRetentions } from '../src/db/retention.js'
import { firstUsageDay } from '../src/domain/retention.js'
import { HOUR_SECONDS } from '../src/domain/window.js'
import { dueUsageDays, type UsageDueDay } from '../src/load/usage-due.js'
import type { JobContext } from './context.js'

/** More than this many days at once would only make the queue long. */
const DAYS_PER_RUN = 500
/** Many times the distance between two runs; what is older still is found with everything, which is seldom. */
const RECENT_SECONDS = 3 * HOUR_SECONDS

/** Which of the due days are looked for; all of them unless told. Unix seconds. */
export interface UsageScope {
  readonly accountId?: string
  readonly clusterId?: string
  readonly from?: number
  readonly to?: number
  readonly withinSeconds?: number
}

/** The days whose usage is due, newest first, as far back as usage is kept. */
export async function daysOfDueUsage(
  { pool, config, now }: Pick<JobContext, 'pool' | 'config' | 'now'>,
  { accountId, ...scope }: UsageScope = {},
): Promise<UsageDueDay[]> {
  const retentions = await listRetentions(pool, config.retention)
  const floors = new Map(
    retentions
      .filter(({ cloudAccountId }) => accountId === undefined || cloudAccountId === accountId)
      .map(one => [one.cloudAccountId, firstUsageDay(one, now())]),
  )
  return dueUsageDays(pool, { ...scope, floors, now: now(), limit: DAYS_PER_RUN })
}

/**
 * Wakes a worker for every day whose usage is due. Asks nobody but the ledger; what was published of late, and what
 * failed, is found every minute, everything with each planning.
 */
export const wakeUsage = {
  name: 'wake-usage',
  schedule: '* * * * *',
  async run(context: JobContext, scope: 'recent' | 'everything' | UsageScope): Promise<number> {
    const withinSeconds = scope === 'recent' ? { withinSeconds: RECENT_SECONDS } : {}
    const days = await daysOfDueUsage(context, typeof scope === 'string' ? withinSeconds : scope)
    for (const { cloudAccountId, clusterId, day } of days)
      await context.wakeUsage({ cloudAccountId, clusterId, day })
    return days.length
  },
}
