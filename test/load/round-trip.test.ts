import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatMoney, sumMoney } from '../../src/domain/money.js'
import { COST_TABLES, METRIC_TABLE } from '../../src/load/fact-tables.js'
import { publishBatch } from '../../src/load/publish-batch.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { anyRows } from './generated.js'
import { ACCOUNT, claimOne, hour, LATER, ledgerOf, plannedCluster } from './rows.js'
import { sorted, storedFacts } from './stored.js'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

describe('what is published', () => {
  it('lands exactly as it was given, whatever it is', async () => {
    await plannedCluster(database.pool, 'any', 0, 100)
    let offset = 0
    await fc.assert(
      fc.asyncProperty(anyRows, async generated => {
        const window = hour(offset++)
        const rows = { ...generated, window }
        const claim = await claimOne(database.pool, 'any', window)
        const [result] = await publishBatch(database.pool, {
          cloudAccountId: ACCOUNT,
          clusterId: 'any',
          windows: [{ claim, rows, nextReadAt: null }],
          storeSets: [],
          readAt: LATER,
        })
        expect(result).toMatchObject({ outcome: 'published' })
        const { allocations, nodes, idle, assets, remainders, metrics } = rows
        expect(await storedFacts(database.pool, 'any', window)).toEqual(
          sorted({ allocations, nodes, idle, assets, remainders, metrics }),
        )
        const ledger = await ledgerOf(database.pool, 'any', window)
        const total = (amounts: (bigint | null)[]) =>
          formatMoney(sumMoney(amounts.map(amount => amount ?? 0n)))
        expect(ledger).toMatchObject({
          asset_cost: total([
            ...nodes.flatMap(row => [row.cpuCost, row.ramCost, row.gpuCost]),
            ...assets.map(row => row.totalCost),
          ]),
          idle_cost: total(idle.flatMap(row => [row.cpuCost, row.ramCost, row.gpuCost])),
          unallocated_cost: total(remainders.filter(row => row.kind === 'unallocated').map(row => row.cost)),
        })
      }),
      { numRuns: 60 },
    )
  })

  it('fills every column of its table that is not made of others', async () => {
    for (const table of [...COST_TABLES, METRIC_TABLE]) {
      const { rows } = await database.pool.query<{ name: string }>(
        `select column_name as name from information_schema.columns
         where table_schema = 'warehouse' and table_name = $1 and is_generated = 'NEVER'
           and column_name not in ('cloud_account_id', 'cluster_id', 'window_start')`,
        [table.name],
      )
      expect([...table.columns].sort()).toEqual(rows.map(row => row.name).sort())
    }
  })
})
