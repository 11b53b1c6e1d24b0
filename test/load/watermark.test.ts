import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HOUR_SECONDS } from '../../src/domain/window.js'
import { recordFailure, recordIncomplete } from '../../src/load/claims.js'
import { type ClusterRow, listClusters } from '../../src/load/clusters.js'
import { planWindows, recordClusters } from '../../src/load/ledger.js'
import { publishBatch } from '../../src/load/publish-batch.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { ACCOUNT, claimOne, hour, LATER, plannedCluster, windowRows } from './rows.js'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

async function watermarkOf(clusterId: string): Promise<number> {
  const row = (await listClusters(database.pool, ACCOUNT)).find(
    (cluster: ClusterRow) => cluster.clusterId === clusterId,
  )
  if (row === undefined) throw new Error('no such cluster')
  return (row.watermark - hour(0)) / HOUR_SECONDS
}

async function publish(clusterId: string, offsets: readonly number[], size = 1): Promise<void> {
  const claims = await Promise.all(offsets.map(offset => claimOne(database.pool, clusterId, hour(offset))))
  await publishBatch(database.pool, {
    cloudAccountId: ACCOUNT,
    clusterId,
    windows: claims.map(claim => ({ claim, rows: windowRows(claim.window, { size }), nextReadAt: null })),
    storeSets: [],
    readAt: LATER,
  })
}

const HOURS = 12
const offset = fc.integer({ min: 0, max: HOURS - 1 })
const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('load' as const),
      at: offset,
      size: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), at: offset }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('incomplete' as const), at: offset }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('hearEarlier' as const), by: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('planLate' as const), at: offset }) },
)

describe('the watermark', () => {
  it('is always the end of the windows loaded without a gap since the first one', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 8, maxLength: 40 }), async events => {
        const cluster = `model-${run++}`
        // Odd hours are planned late: a window that the ledger does not know yet is a gap as well.
        const planned = new Set<number>()
        const loaded = new Set<number>()
        let first = 3
        await plannedCluster(database.pool, cluster, first, first + 1)
        planned.add(first)
        const plan = async (at: number) => {
          await planWindows(
            database.pool,
            { cloudAccountId: ACCOUNT, clusterId: cluster },
            hour(at),
            hour(at + 1),
            10,
          )
          planned.add(at)
        }
        for (let at = 4; at < HOURS; at += 2) await plan(at)
        for (const happening of events) {
          const before = await watermarkOf(cluster)
          if (happening.kind === 'hearEarlier') {
            const earlier = Math.max(0, first - happening.by)
            await recordClusters(database.pool, ACCOUNT, [
              { clusterId: cluster, firstWindow: hour(earlier), lastWindow: hour(HOURS) },
            ])
            first = earlier
          } else if (happening.kind === 'planLate') await plan(happening.at)
          else if (planned.has(happening.at)) {
            if (happening.kind === 'load') {
              await publish(cluster, [happening.at], happening.size)
              loaded.add(happening.at)
            } else {
              const claim = await claimOne(database.pool, cluster, hour(happening.at))
              const failure = { code: 'TRANSFORM_FAILED', message: 'x', remedy: 'terminal' } as const
              if (happening.kind === 'fail') await recordFailure(database.pool, claim, failure, LATER)
              else await recordIncomplete(database.pool, claim, 'source_incomplete', 'x', LATER)
            }
          }
          let expected = first
          while (loaded.has(expected)) expected++
          const watermark = await watermarkOf(cluster)
          expect(watermark).toBe(expected)
          if (happening.kind !== 'hearEarlier') expect(watermark).toBeGreaterThanOrEqual(before)
        }
      }),
      { numRuns: 25 },
    )
  })

  it('passes all windows when neighbours are published at once by many', async () => {
    await plannedCluster(database.pool, 'together', 0, 24)
    const offsets = Array.from({ length: 24 }, (_, index) => (index * 7) % 24)
    await Promise.all(
      [0, 1, 2, 3].map(worker => publish('together', offsets.slice(worker * 6, worker * 6 + 6))),
    )
    expect(await watermarkOf('together')).toBe(24)
  })
})
