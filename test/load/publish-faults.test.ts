import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WindowRows } from '../../src/domain/rows.js'
import type { Claim } from '../../src/load/claims.js'
import { publishBatch, type WindowResult } from '../../src/load/publish-batch.js'
import { stageWindows } from '../../src/load/stage.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { ACCOUNT, claimAgain, claimOne, factsOf, LATER, NOON, plannedCluster, windowRows } from './rows.js'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

function publish(clusterId: string, windows: { claim: Claim; rows: WindowRows }[]): Promise<WindowResult[]> {
  return publishBatch(database.pool, {
    cloudAccountId: ACCOUNT,
    clusterId,
    windows: windows.map(window => ({ ...window, nextReadAt: LATER + 3600 })),
    storeSets: ['[["receive","a"]]'],
    readAt: LATER,
  })
}

async function publishOne(clusterId: string, rows: WindowRows): Promise<WindowResult> {
  const claim = await claimOne(database.pool, clusterId, rows.window)
  const [result] = await publish(clusterId, [{ claim, rows }])
  if (result === undefined) throw new Error('nothing was published')
  return result
}

describe('a reader', () => {
  it('sees the old or the new version of a window, never a mix', async () => {
    await plannedCluster(database.pool, 'read')
    await publishOne('read', windowRows(NOON, { size: 1 }))
    let isDone = false
    const reader = (async () => {
      let seen = 0
      while (!isDone) {
        const { rows } = await database.pool.query(
          `select l.revision, l.allocation_rows, l.allocated_cost = coalesce(sum(a.total_cost), 0) as adds_up,
             count(a.container_key)::int as found
           from warehouse.window_ledger l
           left join warehouse.allocation_hourly a using (cloud_account_id, cluster_id, window_start)
           where l.cluster_id = 'read' and l.revision > 0
           group by l.revision, l.allocation_rows, l.allocated_cost`,
        )
        expect(rows).toHaveLength(1)
        expect(rows[0]).toMatchObject({ adds_up: true, found: rows[0].allocation_rows })
        seen++
      }
      return seen
    })()
    for (let size = 2; size < 40; size++) await publishOne('read', windowRows(NOON, { size: size * 10 }))
    isDone = true
    expect(await reader).toBeGreaterThan(0)
  })
})

describe('a connection that breaks', () => {
  it('between staging and publishing leaves nothing behind', async () => {
    await plannedCluster(database.pool, 'killed')
    const claim = await claimOne(database.pool, 'killed', NOON)
    const stages = async () =>
      (await database.pool.query(`select from pg_class where relname = 'stage_allocation'`)).rowCount ?? 0
    const before = await stages()
    const client = await database.newPool().connect()
    await stageWindows(database.pool, client, { cloudAccountId: ACCOUNT, clusterId: 'killed' }, [
      windowRows(NOON),
    ])
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    await database.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid])
    await expect(client.query('select 1')).rejects.toThrow()
    client.release(true)
    expect(await factsOf(database.pool, 'killed')).toEqual([])
    await expect.poll(stages, { timeout: 10_000 }).toBe(before)
    const [result] = await publish('killed', [{ claim, rows: windowRows(NOON) }])
    expect(result).toMatchObject({ outcome: 'published' })
  })

  it('in the middle of publishing leaves the version before, and the next attempt gets through', async () => {
    await plannedCluster(database.pool, 'broken')
    await publishOne('broken', windowRows(NOON, { size: 4 }))
    const facts = await factsOf(database.pool, 'broken')
    const claim = await claimOne(database.pool, 'broken', NOON)
    // The cluster's row is held, so that the publish stands still at the end of its transaction.
    const holder = await database.pool.connect()
    await holder.query('begin')
    await holder.query(`select from warehouse.cluster where cluster_id = 'broken' for update`)
    const publishing = publish('broken', [{ claim, rows: windowRows(NOON, { size: 6 }) }])
    const waiting = () =>
      database.pool.query<{ pid: number }>(
        `select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      )
    await expect.poll(async () => (await waiting()).rowCount, { timeout: 10_000 }).toBe(1)
    const outcome = expect(publishing).rejects.toThrow()
    await database.pool.query('select pg_terminate_backend($1)', [(await waiting()).rows[0]?.pid])
    await outcome
    await holder.query('rollback')
    holder.release()
    expect(await factsOf(database.pool, 'broken')).toEqual(facts)
    expect(await publishOne('broken', windowRows(NOON, { size: 6 }))).toMatchObject({
      outcome: 'published',
      revision: 2,
    })
  })
})

it('tells how long a day of 2,700 containers takes', async () => {
  await plannedCluster(database.pool, 'large')
  const claims = await claimAgain(database.pool, 'large', NOON, 24)
  const windows = claims.map(claim => ({ claim, rows: windowRows(claim.window, { size: 2700 }) }))
  const started = performance.now()
  const results = await publish('large', windows)
  const seconds = (performance.now() - started) / 1000
  expect(results).toHaveLength(24)
  process.stdout.write(`24 windows of 2,700 rows: ${seconds.toFixed(2)} s\n`)
})
