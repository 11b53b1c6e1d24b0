import { collectDueUsage } from '../../../jobs/collect-usage.js'
import { computeRightsizing } from '../../../jobs/compute-rightsizing.js'
import { rollUpDays } from '../../../jobs/roll-up-days.js'
import { createEstate, NORTH_ACCOUNT, SHOP_ACCOUNT } from '../../../src/sample/estate.js'
import { startSampleThanos } from '../../../src/sample/server.js'
import { createThanosClient } from '../../../src/thanos/client.js'
import { addAccounts, ingestAll, testContext } from '../../support/ingest.js'
import { OPEN_THANOS } from '../../support/open-thanos.js'
import { filledDatabase, type TestDatabase } from '../../support/postgres.js'

const HOUR = 3600
/** Two clusters in US dollars. */
export const SHOP = SHOP_ACCOUNT
/** One cluster in euros, silent for an hour of each day. */
export const NORTH = NORTH_ACCOUNT
/** An account of which nothing is loaded. */
export const EMPTY = '4f0c6a8e-7d1b-4a52-9e38-0b6d2c9f5a17'
/** 2026-09-29T00:00Z, from when on there is data: a whole day, and the next until 08:00. */
export const FROM = Date.UTC(2026, 8, 29) / 1000
export const TO = FROM + 32 * HOUR
/** A quarter past the last hour. Unix seconds, for the API and the browser alike. */
export const NOW = TO + 900

/** A database of the file's own with the sample estate as the product itself has read, computed and loaded it. */
export function sampleDatabase(): Promise<TestDatabase> {
  return filledDatabase('dashboard', fill)
}

async function fill({ pool }: TestDatabase): Promise<void> {
  const estate = createEstate({ start: FROM, end: TO })
  const sample = await startSampleThanos({ estate, now: () => NOW })
  const thanos = createThanosClient({ ...OPEN_THANOS, url: sample.url })
  try {
    await addAccounts(pool, [
      ...estate.accounts,
      { cloudAccountId: EMPTY, name: 'Empty', tenantId: EMPTY, currency: 'USD', kubernetesId: null },
    ])
    const context = testContext(pool, thanos, { now: () => NOW })
    const { open } = await ingestAll(context)
    const usage = await collectDueUsage.run(context)
    const days = await rollUpDays.run(context, 'everything')
    const advice = await computeRightsizing.run(context, 'everything')
    const left = open + usage.open + days.failed + advice.failed
    if (left > 0)
      throw new Error(`the sample is not loaded: ${JSON.stringify({ open, usage, days, advice })}`)
  } finally {
    await thanos.close()
    await sample.close()
  }
}
