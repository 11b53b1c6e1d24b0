import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { DayKey, JobContext } from '../../jobs/context.js'
import { loadDay } from '../../jobs/load-day.js'
import { planAccount } from '../../jobs/plan-windows.js'
import { addAccount, listAccounts } from '../../src/db/accounts.js'
import type { CloudAccount } from '../../src/domain/account.js'
import { dueDays } from '../../src/load/ledger.js'
import type { ThanosClient } from '../../src/thanos/types.js'

/** A context for running jobs in a test; `now` stands still unless told otherwise. */
export function testContext(
  pool: pg.Pool,
  thanos: ThanosClient,
  overrides: Partial<JobContext> = {},
): JobContext & { woken: DayKey[]; wokenForUsage: DayKey[] } {
  const woken: DayKey[] = []
  const wokenForUsage: DayKey[] = []
  return {
    pool,
    thanos,
    config: {
      schedule: { ingestCron: '10 * * * *', nightlyCron: '30 3 * * *', settleMinutes: 10 },
      retention: { hourlyDays: 400, dailyDays: 0 },
      thanos: { tenantLabel: 'tenant_id' },
    },
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    observe: () => undefined,
    worker: `test-${randomUUID()}`,
    now: () => Math.floor(Date.now() / 1000),
    wake: async key => {
      woken.push(key)
    },
    wakeUsage: async key => {
      wokenForUsage.push(key)
    },
    signal: new AbortController().signal,
    woken,
    wokenForUsage,
    ...overrides,
  }
}

export async function addAccounts(pool: pg.Pool, accounts: readonly CloudAccount[]): Promise<void> {
  for (const { cloudAccountId, name, tenantId, currency } of accounts) {
    await addAccount(pool, { cloudAccountId, name, tenantId, currency })
  }
}

/** Plans every account and loads every due day once, newest first; gives what became of the windows. */
export async function ingestAll(
  context: JobContext,
): Promise<{ published: number; unchanged: number; open: number }> {
  for (const account of await listAccounts(context.pool)) await planAccount(context, account)
  const sum = { published: 0, unchanged: 0, open: 0 }
  for (const day of await dueDays(context.pool, context.now(), { limit: 10_000 })) {
    const report = await loadDay.run(day, context)
    sum.published += report.published
    sum.unchanged += report.unchanged
    sum.open += report.open
  }
  return sum
}
