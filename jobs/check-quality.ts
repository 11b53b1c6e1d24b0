import { listAccounts } from '../src/db/accounts.js'
import { DAY_SECONDS, dateOf, dayOf } from '../src/domain/window.js'
import { describeError } from '../src/errors.js'
import { listClusters } from '../src/load/clusters.js'
import { checkSpan, checkWindows, uncheckedDays, type Violation } from '../src/load/quality.js'
import type { ClusterDay } from '../src/load/rollup.js'
import type { JobContext } from './context.js'

/** Days before today that are looked at every night, also where nothing of them was published. */
const RECENT_DAYS = 3

/** Runs the checks of the catalogue over what is stored: a fault in the tables is to be found before a reader does. */
export const checkQuality = {
  name: 'check-quality',
  async run(context: JobContext): Promise<{ days: number; violations: number; failed: number }> {
    const result = { days: 0, violations: 0, failed: 0 }
    const { pool } = context
    const now = context.now()
    const today = dayOf(now)
    const recent = await recentDays(context, today)
    const days = new Map(
      [...(await uncheckedDays(pool, now)), ...recent].map(day => [JSON.stringify(day), day]),
    )
    const look = async (day: ClusterDay, what: () => Promise<Violation[]>) => {
      if (context.signal.aborted) return
      try {
        const violations = await what()
        result.violations += violations.length
        for (const violation of violations) note(context, day, violation)
      } catch (error) {
        result.failed++
        const about = { account: day.cloudAccountId, cluster: day.clusterId, day: dateOf(day.day) }
        context.logger.error({ ...about, ...describeError(error), err: error }, 'a day could not be checked')
      }
    }
    for (const day of days.values()) {
      await look(day, () => checkWindows(pool, day))
      if (day.day < today) await look(day, () => checkSpan(pool, 'day', day, now))
      result.days++
    }
    for (const yesterday of recent.filter(({ day }) => day === today - DAY_SECONDS)) {
      await look(yesterday, () => checkSpan(pool, 'month', yesterday, now))
      const atPresent = { ...yesterday, day: today }
      await look(atPresent, () => checkSpan(pool, 'cluster', atPresent, now))
    }
    return result
  },
}

async function recentDays({ pool }: JobContext, today: number): Promise<ClusterDay[]> {
  const days: ClusterDay[] = []
  for (const { cloudAccountId } of await listAccounts(pool)) {
    for (const { clusterId } of await listClusters(pool, cloudAccountId)) {
      for (let back = RECENT_DAYS; back > 0; back--)
        days.push({ cloudAccountId, clusterId, day: today - back * DAY_SECONDS })
    }
  }
  return days
}

function note(context: JobContext, day: ClusterDay, violation: Violation): void {
  const { check, severity, windows, observed, expected, detail } = violation
  context.observe({ kind: 'check', check, severity })
  const about = { account: day.cloudAccountId, cluster: day.clusterId, day: dateOf(day.day) }
  const fields = { ...about, check, severity, windows, observed, expected, detail }
  if (severity === 'E') context.logger.error(fields, `check ${check} does not hold`)
  else context.logger.warn(fields, `check ${check} does not hold`)
}
