import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEstate, type Estate } from '../../src/sample/estate.js'
import { type SampleThanos, startSampleThanos } from '../../src/sample/server.js'
import { createThanosClient } from '../../src/thanos/client.js'
import type { ThanosClient } from '../../src/thanos/types.js'
import { addAccounts, ingestAll, testContext } from '../support/ingest.js'
import { OPEN_THANOS } from '../support/open-thanos.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { expectTruth, warehouseHash } from '../support/truth-check.js'

const DAY = 86_400
const START = Math.floor(Date.now() / 1000 / DAY) * DAY - 2 * DAY
/** A quarter of an hour after the last window of the day ended. */
const now = () => START + DAY + 900

describe('a day of the sample estate, from Thanos to Postgres', () => {
  let estate: Estate
  let server: SampleThanos
  let thanos: ThanosClient
  let database: TestDatabase

  beforeAll(async () => {
    estate = createEstate({ start: START, end: START + DAY })
    server = await startSampleThanos({ estate })
    thanos = createThanosClient({ ...OPEN_THANOS, url: server.url, timeoutMs: 60_000 })
    database = await testDatabase()
    await addAccounts(database.pool, estate.accounts)
  })

  afterAll(async () => {
    await thanos?.close()
    await server?.close()
    await database?.drop()
  })

  test('every container-hour, node-hour and idle row equals the truth', async () => {
    const context = testContext(database.pool, thanos, { now })
    const result = await ingestAll(context)
    expect(result).toEqual({ published: 3 * 24, unchanged: 0, open: 0 })
    const { exact, windows } = await expectTruth(database.pool, estate, START, START + DAY)
    expect(windows).toBe(3 * 24)
    expect(exact).toBeGreaterThan(3000)
  })

  test('reading everything a second time changes no row', async () => {
    const before = await warehouseHash(database.pool)
    await database.pool.query('update warehouse.window_ledger set next_read_at = window_start')
    const result = await ingestAll(testContext(database.pool, thanos, { now }))
    expect(result).toEqual({ published: 0, unchanged: 3 * 24, open: 0 })
    expect(await warehouseHash(database.pool)).toBe(before)
  })
})
