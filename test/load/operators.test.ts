import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listRuns, startRun } from '../../src/load/runs.js'
import { forgetSet, listSets, recordSets } from '../../src/load/stores.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { ACCOUNT, claimOne, hour, NOON, plannedCluster, windowRows } from './rows.js'

/** Sets that nobody accepted as gone. */
async function requiredSets(pool: Parameters<typeof listSets>[0], account: string) {
  const known = await listSets(pool, account)
  return known
    .filter(set => set.forgottenAt === null)
    .map(({ labelSet, component, minTime }) => ({ labelSet, component, minTime }))
}

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

describe('the stores of an account', () => {
  const first = { labelSet: '[["replica","a"]]', component: 'receive', minTime: 1_000_000 }
  const second = { labelSet: '[["replica","b"]]', component: 'receive', minTime: -9_223_372_036_854_776 }

  it('are required from their oldest sample on, whatever they announce later', async () => {
    await recordSets(database.pool, ACCOUNT, [second, first])
    await recordSets(database.pool, ACCOUNT, [{ ...first, component: 'store', minTime: 2_000_000 }])
    expect(await requiredSets(database.pool, ACCOUNT)).toEqual([
      { ...first, component: 'store' },
      { ...second, minTime: Number.NEGATIVE_INFINITY },
    ])
  })

  it('are no longer required once forgotten, until they come back', async () => {
    await forgetSet(database.pool, ACCOUNT, first.labelSet)
    await forgetSet(database.pool, ACCOUNT, first.labelSet)
    expect((await requiredSets(database.pool, ACCOUNT)).map(set => set.labelSet)).toEqual([second.labelSet])
    expect((await listSets(database.pool))[0]).toMatchObject({
      ...first,
      component: 'store',
      forgottenAt: expect.any(Date),
    })
    await recordSets(database.pool, ACCOUNT, [first])
    expect(await requiredSets(database.pool, ACCOUNT)).toHaveLength(2)
  })

  it('are named when another one is to be forgotten', async () => {
    await expect(forgetSet(database.pool, ACCOUNT, '[]')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining(second.labelSet),
    })
  })
})

describe('runs', () => {
  const start = (clusterId: string, worker = 'w') =>
    startRun(database.pool, { cloudAccountId: ACCOUNT, clusterId, windows: [hour(1), NOON], worker })

  it('tell stage, counts, rejects and the first error', async () => {
    await plannedCluster(database.pool, 'c')
    const run = await start('c')
    await run.advance('extract')
    expect((await listRuns(database.pool, { limit: 10 }))[0]).toMatchObject({
      state: 'running',
      stage: 'extract',
    })
    const reject = { reason: 'orphan', metric: 'm', count: 2, example: 'x' }
    const rows = windowRows(NOON, { rejects: [reject, { ...reject, count: 3 }] })
    const claim = await claimOne(database.pool, 'c', NOON)
    run.count({ claim, rows, outcome: 'published', revision: 1 })
    run.count({ claim, rows: windowRows(NOON), outcome: 'unchanged', revision: 1 })
    run.setAside('source_incomplete', 'a store is away')
    run.failed('THANOS_TIMEOUT', 'no answer')
    await run.finish()
    expect(await listRuns(database.pool, { accountId: ACCOUNT, state: 'partial', limit: 10 })).toEqual([
      {
        runId: run.runId,
        cloudAccountId: ACCOUNT,
        clusterId: 'c',
        firstWindow: NOON,
        windows: 2,
        worker: 'w',
        state: 'partial',
        stage: 'extract',
        startedAt: expect.any(Date),
        finishedAt: expect.any(Date),
        windowsPublished: 1,
        windowsUnchanged: 1,
        extractedPoints: 100,
        loadedRows: 11,
        rejects: 5,
        rejectReasons: [{ ...reject, count: 5 }],
        errorCode: 'source_incomplete',
        errorMessage: 'a store is away',
      },
    ])
  })

  it('end as done, failed or released', async () => {
    const done = await start('c')
    await done.finish()
    const failed = await start('c')
    failed.failed('THANOS_TIMEOUT', 'no answer')
    await failed.finish()
    const released = await start('c')
    released.released()
    await released.finish()
    const states = new Map((await listRuns(database.pool, { limit: 10 })).map(run => [run.runId, run.state]))
    expect([done, failed, released].map(run => states.get(run.runId))).toEqual(['done', 'failed', 'released'])
  })

  it('that a killed worker left behind are ended by the next one', async () => {
    const left = await start('left', 'killed')
    const working = await start('left', 'working')
    await database.pool.query(
      `update warehouse.load_run set started_at = now() - interval '1 hour' where cluster_id = 'left'`,
    )
    await database.pool.query(
      `insert into warehouse.window_ledger (cloud_account_id, cluster_id, window_start, claimed_by, lease_until)
       values ($1, 'left', '2026-01-01', 'working', now() + interval '1 hour'),
              ($1, 'left', '2026-01-02', 'killed', now() - interval '1 second')`,
      [ACCOUNT],
    )
    await start('left', 'next')
    const states = new Map((await listRuns(database.pool, { limit: 10 })).map(run => [run.runId, run]))
    expect(states.get(left.runId)).toMatchObject({ state: 'failed', errorCode: 'ABANDONED' })
    expect(states.get(working.runId)).toMatchObject({ state: 'running' })
  })
})
