import { listAccounts } from '../src/db/accounts.js'
import { unlessLocked } from '../src/db/session-lock.js'
import { readUsageHistoryOf } from '../src/db/usage-history.js'
import { DAY_SECONDS, windowOf } from '../src/domain/window.js'
import { describeError } from '../src/errors.js'
import { accountsWithoutRightsizing, replaceRightsizing } from '../src/load/rightsizing.js'
import { HISTORIES, PROFILES } from '../src/rightsizing/profiles.js'
import { recommend } from '../src/rightsizing/recommend.js'
import type { JobContext } from './context.js'

const LONGEST_HISTORY = Math.max(...HISTORIES)

/** Every account, those that have none of the last day, or a single one. */
type RightsizingScope = 'everything' | 'due' | { readonly cloudAccountId: string }

export interface RightsizingReport {
  readonly accounts: number
  /** Rows written, of all histories and profiles. */
  readonly rows: number
  /** Accounts that went wrong; they have the recommendations that they had. */
  readonly failed: number
}

/**
 * Computes the recommendations of every account, from the usage up to the newest full hour. `due` leaves out those that
 * have some of the last day, made of about as much as is known now, and asks little where there are no others, so it
 * runs a few minutes apart.
 */
export const computeRightsizing = {
  name: 'compute-rightsizing',
  schedule: '*/5 * * * *',
  async run(context: JobContext, scope: RightsizingScope): Promise<RightsizingReport> {
    let [accounts, rows, failed] = [0, 0, 0]
    for (const cloudAccountId of await accountsOf(context, scope)) {
      if (context.signal.aborted) break
      try {
        rows += (await computeOnce(context, cloudAccountId)) ?? 0
        accounts++
      } catch (error) {
        failed++
        const { code } = describeError(error)
        const about = { account: cloudAccountId, code, err: error }
        context.logger.error(about, 'recommendations could not be computed; they are tried again')
      }
    }
    if (accounts > 0) context.logger.info({ accounts, rows, failed }, 'recommendations computed')
    return { accounts, rows, failed }
  },
}

async function accountsOf({ pool, now }: JobContext, scope: RightsizingScope): Promise<string[]> {
  if (typeof scope === 'object') return [scope.cloudAccountId]
  if (scope === 'everything') return (await listAccounts(pool)).map(({ cloudAccountId }) => cloudAccountId)
  return accountsWithoutRightsizing(pool, {
    before: now() - DAY_SECONDS,
    usedSince: now() - LONGEST_HISTORY * DAY_SECONDS,
    now: now(),
  })
}

/** Gives how many rows were written; undefined where somebody else is at it. */
function computeOnce(context: JobContext, cloudAccountId: string): Promise<number | undefined> {
  return unlessLocked(context.pool, `compute rightsizing ${cloudAccountId}`, async () => {
    let rows = 0
    for (const historyDays of HISTORIES) rows += await computeHistory(context, cloudAccountId, historyDays)
    return rows
  })
}

async function computeHistory(
  { pool, now }: JobContext,
  cloudAccountId: string,
  historyDays: number,
): Promise<number> {
  const computedAt = now()
  const to = windowOf(computedAt)
  const range = { from: to - historyDays * DAY_SECONDS, to }
  const history = await readUsageHistoryOf(pool, { cloudAccountId, ...range })
  let rows = 0
  for (const [profile, knobs] of Object.entries(PROFILES)) {
    const recommendations = recommend(history, range, knobs)
    await replaceRightsizing(pool, { cloudAccountId, profile, historyDays, computedAt }, recommendations)
    rows += recommendations.length
  }
  return rows
}
