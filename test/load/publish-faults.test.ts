import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WindowRows } from '../../src/domain/rows.js'
import type { Claim } from '../../src/load/claims.js'
import { PARTITIONED_TABLES } from '../../src/load/partitions.js'
import { publishBatch, type WindowResult } from '../../src/load/publish-batch.js'
import { stageWindows } from '../../src/load/stage.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import {
  ACCOUNT,
  claimAgain,
  claimOne,
  factsOf,
  fullRows,
  LATER,
  ledgerOf,
  NOON,
  plannedCluster,
  windowRows,
} from './rows.js'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

function publish(clusterId: string, windows: { claim: Claim; rows: WindowRows }[]): Promise<WindowResult[]> {
  return publishBatch(database.pool, {
    cloudAccountId: ACCOUNT,
    clusterId,
    windows: windows.map(window => ({
      ...window,
      nextReadAt: LATER + 3600,
      readings: Promise.resolve(Buffer.from(`readings of ${window.rows.allocations.length} containers`)),
    })),
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
    await publishOne('read', fullRows(NOON, { size: 1 }))
    let isDone = false
    const reader = (async () => {
      let seen = 0
      while (!isDone) {
        const { rows } = await database.pool.query(
          `select l.allocation_rows,
             (select count(*)::int from warehouse.allocation_hourly where cluster_id = 'read') as allocations,
             (select count(*)::int from warehouse.asset_hourly where cluster_id = 'read') - 2 as disks,
             (select count(*)::int from warehouse.remainder_hourly where cluster_id = 'read') - 2 as remainders,
             (select count(*)::int from warehouse.metric_hourly where cluster_id = 'read') as metrics,
             (select convert_from(readings, 'utf8') from warehouse.window_source where cluster_id = 'read') as source,
             l.allocated_cost = (select sum(total_cost) from warehouse.allocation_hourly where cluster_id = 'read')
               as adds_up,
             l.asset_cost = (select sum(total_cost) from warehouse.node_hourly where cluster_id = 'read')
               + (select sum(total_cost) from warehouse.asset_hourly where cluster_id = 'read') as is_paid_for,
             l.revision - 1 = (select count(*) from warehouse.window_audit where cluster_id = 'read') as is_audited
           from warehouse.window_ledger l
           where l.cluster_id = 'read' and l.revision > 0`,
        )
        expect(rows).toHaveLength(1)
        const size: number = rows[0].allocation_rows
        expect(rows[0]).toEqual({
          allocation_rows: size,
          allocations: size,
          disks: size,
          remainders: size,
          metrics: size,
          source: `readings of ${size} containers`,
          adds_up: true,
          is_paid_for: true,
          is_audited: true,
        })
        seen++
      }
      return seen
    })()
    for (let size = 2; size < 40; size++) await publishOne('read', fullRows(NOON, { size: size * 10 }))
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

describe('a worker that dies while it writes', () => {
  it.each(PARTITIONED_TABLES)('%s leaves the version before in every table', async table => {
    const cluster = `dies-${table}`
    await plannedCluster(database.pool, cluster)
    await publishOne(cluster, fullRows(NOON, { size: 3 }))
    const facts = await factsOf(database.pool, cluster)
    const claim = await claimOne(database.pool, cluster, NOON)
    const before = await ledgerOf(database.pool, cluster, NOON)
    // Somebody holds the table, so that the publish stands still there.
    const holder = await database.pool.connect()
    await holder.query(`begin; lock table warehouse.${table} in share mode`)
    const publishing = publish(cluster, [{ claim, rows: fullRows(NOON, { size: 5 }) }])
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
    expect(await factsOf(database.pool, cluster)).toEqual(facts)
    expect(await ledgerOf(database.pool, cluster, NOON)).toEqual(before)
    expect(await publishOne(cluster, fullRows(NOON, { size: 5 }))).toMatchObject({ revision: 2 })
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
