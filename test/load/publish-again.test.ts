import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WindowRows } from '../../src/domain/rows.js'
import { windowEnd } from '../../src/domain/window.js'
import { publishBatch, publishRecomputed, type WindowResult } from '../../src/load/publish-batch.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import {
  ACCOUNT,
  allocation,
  claimOne,
  factsOf,
  fullRows,
  ledgerOf,
  NOON,
  plannedCluster,
  rowCounts,
  silentRows,
} from './rows.js'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

interface How {
  readonly readings?: Promise<Buffer>
  /** Hours after the end of the window. */
  readonly hoursLater?: number
}

async function publish(clusterId: string, rows: WindowRows, how: How = {}): Promise<WindowResult> {
  const claim = await claimOne(database.pool, clusterId, rows.window)
  const { readings, hoursLater = 1 } = how
  const readAt = windowEnd(rows.window) + hoursLater * 3600
  const [result] = await publishBatch(database.pool, {
    cloudAccountId: ACCOUNT,
    clusterId,
    windows: [{ claim, rows, nextReadAt: hoursLater >= 26 ? null : readAt + 3600, readings }],
    storeSets: [],
    readAt,
  })
  if (result === undefined) throw new Error('nothing was published')
  return result
}

const source = (text: string) => ({ readings: Promise.resolve(Buffer.from(text)) })

async function keptOf(clusterId: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ readings: Buffer; format: number }>(
    'select format, readings from warehouse.window_source where cluster_id = $1',
    [clusterId],
  )
  return rows.map(row => `${row.format} ${row.readings.toString()}`)
}

async function auditOf(clusterId: string): Promise<Record<string, unknown>[]> {
  const { rows } = await database.pool.query<Record<string, unknown>>(
    `select revision, reason, old_totals::text as old, new_totals::text as new
     from warehouse.window_audit where cluster_id = $1 order by revision`,
    [clusterId],
  )
  return rows
}

describe('what a version replaced', () => {
  it('is noted with both totals, exactly, and why', async () => {
    await plannedCluster(database.pool, 'audit')
    await publish('audit', fullRows(NOON, { size: 2, samplesSeen: 59 }))
    expect(await auditOf('audit')).toEqual([])
    const before = await ledgerOf(database.pool, 'audit', NOON)
    await publish('audit', fullRows(NOON, { size: 3 }), { hoursLater: 3 })
    const after = await ledgerOf(database.pool, 'audit', NOON)
    await publish('audit', fullRows(NOON, { size: 3 }), { hoursLater: 26 })
    await publish('audit', fullRows(NOON, { size: 4 }), { hoursLater: 50 })
    const claim = await claimOne(database.pool, 'audit', NOON)
    await publishRecomputed(database.pool, claim, [{ claim, rows: fullRows(NOON, { size: 1 }) }])
    const audit = await auditOf('audit')
    expect(audit.map(({ revision, reason }) => [revision, reason])).toEqual([
      [2, 'late_data'],
      [3, 'restated'],
      [4, 'recomputed'],
    ])
    expect(audit[0]?.old).toContain(`"asset_cost": ${before.asset_cost}`)
    expect(audit[0]?.new).toContain(`"asset_cost": ${after.asset_cost}`)
    expect(JSON.parse(String(audit[0]?.old))).toMatchObject({ samples_seen: 59, rows: 2 })
    expect(JSON.parse(String(audit[0]?.new))).toMatchObject({ samples_seen: 60, rows: 3 })
    expect(audit[1]?.old).toBe(audit[0]?.new)
  })

  it('is late data as long as a suspect reading keeps the window open', async () => {
    await plannedCluster(database.pool, 'audit-suspect')
    await publish('audit-suspect', fullRows(NOON, { size: 3 }))
    await publish('audit-suspect', fullRows(NOON, { size: 2 }), { hoursLater: 26 })
    await publish('audit-suspect', fullRows(NOON, { size: 4 }), { hoursLater: 27 })
    expect(await auditOf('audit-suspect')).toMatchObject([{ revision: 2, reason: 'late_data' }])
  })
})

describe('a reading that is poorer', () => {
  const full = fullRows(NOON, { size: 3 })
  const withoutDisk = full.assets.slice(1)
  const withoutBalancer = full.assets.filter(row => row.assetType !== 'load_balancer')

  it.each<[string, Partial<WindowRows>]>([
    ['2 disks where the published version has 3', { assets: withoutDisk }],
    ['0 load balancers where the published version has 1', { assets: withoutBalancer }],
    ['179 container samples where the published version has 180', { sourceSamples: 179, coverage: 0.99 }],
    ['2 containers where the published version has 3', { allocations: full.allocations.slice(1) }],
  ])('has %s and is suspect', async (detail, change) => {
    const cluster = `poorer ${detail}`
    await plannedCluster(database.pool, cluster)
    await publish(cluster, full, source('a'))
    const facts = await factsOf(database.pool, cluster)
    expect(await publish(cluster, { ...full, ...change }, source('b'))).toMatchObject({ outcome: 'suspect' })
    expect(await ledgerOf(database.pool, cluster, NOON)).toMatchObject({
      reason: 'suspect',
      reason_detail: detail,
    })
    expect(await factsOf(database.pool, cluster)).toEqual(facts)
    expect(await publish(cluster, silentRows(NOON))).toMatchObject({ outcome: 'suspect' })
    expect(await factsOf(database.pool, cluster)).toEqual(facts)
  })

  it.each<[string, Partial<WindowRows>]>([
    ['heartbeat samples', { samplesSeen: 61 }],
    ['containers', { allocations: [...full.allocations, allocation(7)] }],
  ])('in disks and samples takes its place where it has more %s', async (more, change) => {
    const cluster = `richer in ${more}`
    await plannedCluster(database.pool, cluster)
    await publish(cluster, full)
    const mixed = { ...full, assets: withoutDisk, sourceSamples: 170, ...change }
    expect(await publish(cluster, mixed)).toMatchObject({ outcome: 'published', revision: 2 })
  })
})

describe('the readings of a window', () => {
  it('are replaced with its facts, and none are kept of a version that came without', async () => {
    await plannedCluster(database.pool, 'kept')
    await publish('kept', fullRows(NOON, { size: 2 }), source('first'))
    expect(await keptOf('kept')).toEqual(['1 first'])
    await publish('kept', fullRows(NOON, { size: 3 }), source('second'))
    expect(await keptOf('kept')).toEqual(['1 second'])
    await publish('kept', fullRows(NOON, { size: 4 }))
    expect(await keptOf('kept')).toEqual([])
  })

  it('are added to facts that are there without any, and not otherwise', async () => {
    await plannedCluster(database.pool, 'added')
    await publish('added', fullRows(NOON))
    expect(await publish('added', fullRows(NOON), source('late'))).toMatchObject({ outcome: 'unchanged' })
    expect(await publish('added', fullRows(NOON), source('later'))).toMatchObject({ outcome: 'unchanged' })
    expect(await publish('added', fullRows(NOON))).toMatchObject({ outcome: 'unchanged' })
    expect(await keptOf('added')).toEqual(['1 late'])
  })

  it('that could not be made fail the window, whose version before stays', async () => {
    await plannedCluster(database.pool, 'unmade')
    await publish('unmade', fullRows(NOON, { size: 2 }), source('first'))
    const readings = Promise.reject(new Error('no memory'))
    readings.catch(() => undefined)
    expect(await publish('unmade', fullRows(NOON, { size: 3 }), { readings })).toMatchObject({
      outcome: 'failed',
    })
    expect(await rowCounts(database.pool, 'unmade')).toMatchObject({ allocation: 2, source: 1 })
  })
})
