import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WindowRows } from '../../src/domain/rows.js'
import type { Claim } from '../../src/load/claims.js'
import { publishBatch, type WindowResult } from '../../src/load/publish-batch.js'
import { stageWindows } from '../../src/load/stage.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import {
  ACCOUNT,
  allocatedCost,
  allocation,
  claimAgain,
  claimOne,
  factsOf,
  hour,
  LATER,
  ledgerOf,
  NOON,
  node,
  plannedCluster,
  silentRows,
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

describe('publishing a window', () => {
  it('stores every row and says in the ledger what it stored', async () => {
    await plannedCluster(database.pool, 'whole')
    const rows = windowRows(NOON, {
      nodes: [node(0), node(1, { providerId: 'aws:///i-1', cpuCost: null, cpuCores: null, ramCost: 7n })],
      idle: [{ node: 'node-0', cpuCost: -1n, ramCost: 0n, gpuCost: null }],
      warnings: [{ code: 'price_repaired', detail: 'node-0' }],
      rejects: [{ reason: 'orphan', metric: 'm', count: 3, example: 'x' }],
    })
    expect(await publishOne('whole', rows)).toMatchObject({ outcome: 'published', revision: 1 })
    expect(await factsOf(database.pool, 'whole')).toHaveLength(5 + 2 + 1)
    expect(await ledgerOf(database.pool, 'whole', NOON)).toMatchObject({
      state: 'loaded',
      reason: null,
      revision: 1,
      coverage: 1,
      samples_seen: '60',
      samples_expected: '60',
      allocation_rows: 5,
      node_rows: 2,
      rejects: '3',
      asset_cost: '0.120000000007',
      allocated_cost: allocatedCost(rows.allocations),
      idle_cost: '-0.000000000001',
      intervals: { kubecost: 60 },
      store_sets: ['[["receive","a"]]'],
      warnings: [{ code: 'price_repaired', detail: 'node-0' }],
      claimed_by: null,
      lease_until: null,
      next_read_seconds: LATER + 3600,
    })
  })

  it('has the effect of once when it is done twice', async () => {
    await plannedCluster(database.pool, 'twice')
    await publishOne('twice', windowRows(NOON))
    const facts = await factsOf(database.pool, 'twice')
    const shuffled = windowRows(NOON, { allocations: [...windowRows(NOON).allocations].reverse() })
    expect(await publishOne('twice', shuffled)).toMatchObject({ outcome: 'unchanged', revision: 1 })
    expect(await factsOf(database.pool, 'twice')).toEqual(facts)
  })

  it('writes no fact in a thousand repetitions', async () => {
    await plannedCluster(database.pool, 'again')
    await publishOne('again', windowRows(NOON))
    const versions = () =>
      database.pool.query(
        `select xmin, ctid from warehouse.allocation_hourly where cluster_id = 'again' order by ctid`,
      )
    const before = (await versions()).rows
    const client = await database.pool.connect()
    const batch = { cloudAccountId: ACCOUNT, clusterId: 'again' }
    const { publishWindow } = await import('../../src/load/publish.js')
    const content = (await stageWindows(database.pool, client, batch, [windowRows(NOON)])).get(NOON)
    if (content === undefined) throw new Error('not staged')
    const claim = await claimOne(database.pool, 'again', NOON)
    for (let time = 0; time < 1000; time++) {
      const again = { claim, content, reading: { storeSets: [], readAt: LATER + time, nextReadAt: null } }
      expect(await publishWindow(client, again)).toEqual({ outcome: 'unchanged', revision: 1 })
    }
    client.release()
    expect((await versions()).rows).toEqual(before)
    expect(await ledgerOf(database.pool, 'again', NOON)).toMatchObject({ revision: 1, next_read_at: null })
  })

  it('replaces what changed and what vanished with a higher revision', async () => {
    await plannedCluster(database.pool, 'changed')
    await publishOne('changed', windowRows(NOON, { size: 9 }))
    const changed = windowRows(NOON, {
      allocations: [
        allocation(0, { cpuCost: 1n }),
        ...[1, 2, 3, 4, 5, 6, 7].map(i => allocation(i)),
        allocation(20),
      ],
      idle: [],
    })
    expect(await publishOne('changed', changed)).toMatchObject({ outcome: 'published', revision: 2 })
    expect(await factsOf(database.pool, 'changed')).toHaveLength(9 + 3)
    expect(await ledgerOf(database.pool, 'changed', NOON)).toMatchObject({
      allocated_cost: allocatedCost(changed.allocations),
      idle_cost: '0.000000000000',
    })
  })

  it('publishes a window in which the cluster was silent as empty, and says so', async () => {
    await plannedCluster(database.pool, 'silent')
    expect(await publishOne('silent', silentRows(NOON))).toMatchObject({ outcome: 'published' })
    expect(await factsOf(database.pool, 'silent')).toEqual([])
    expect(await ledgerOf(database.pool, 'silent', NOON)).toMatchObject({
      state: 'loaded',
      reason: 'source_silent',
      reason_detail: '0 of 60 heartbeat samples',
      coverage: 0,
    })
  })

  it('holds a reading with fewer containers or nodes as suspect: late samples only ever add', async () => {
    await plannedCluster(database.pool, 'fewer')
    await publishOne('fewer', windowRows(NOON, { size: 9 }))
    const fewer = windowRows(NOON, { size: 8 })
    expect(await publishOne('fewer', fewer)).toMatchObject({ outcome: 'suspect', revision: 1 })
    expect(await ledgerOf(database.pool, 'fewer', NOON)).toMatchObject({
      reason: 'suspect',
      allocation_rows: 9,
    })
  })

  it('never puts a poorer reading in the place of a richer one', async () => {
    await plannedCluster(database.pool, 'suspect')
    await publishOne('suspect', windowRows(NOON))
    const facts = await factsOf(database.pool, 'suspect')
    const poorer = windowRows(NOON, { size: 3, samplesSeen: 59, coverage: 59 / 60 })
    for (const pause of [1, 2, 4, 8, 16, 24, 24].map(hours => hours * 3600)) {
      expect(await publishOne('suspect', poorer)).toMatchObject({ outcome: 'suspect', revision: 1 })
      expect(await ledgerOf(database.pool, 'suspect', NOON)).toMatchObject({
        state: 'loaded',
        reason: 'suspect',
        samples_seen: '60',
        claimed_by: null,
        next_read_seconds: LATER + pause,
      })
    }
    expect(await publishOne('suspect', silentRows(NOON))).toMatchObject({ outcome: 'suspect' })
    expect(await ledgerOf(database.pool, 'suspect', NOON)).toMatchObject({
      reason: 'suspect',
      next_read_at: null,
    })
    expect(await factsOf(database.pool, 'suspect')).toEqual(facts)
    expect(await publishOne('suspect', windowRows(NOON))).toMatchObject({ outcome: 'unchanged' })
    expect(await ledgerOf(database.pool, 'suspect', NOON)).toMatchObject({ reason: null, failures: 0 })
  })

  it('refuses an attempt that was overtaken and leaves the newer facts', async () => {
    await plannedCluster(database.pool, 'overtaken')
    const old = await claimOne(database.pool, 'overtaken', NOON)
    await publishOne('overtaken', windowRows(NOON, { size: 8 }))
    const facts = await factsOf(database.pool, 'overtaken')
    const before = await ledgerOf(database.pool, 'overtaken', NOON)
    const [result] = await publish('overtaken', [{ claim: old, rows: windowRows(NOON, { size: 2 }) }])
    expect(result).toMatchObject({ outcome: 'stale', revision: 1 })
    expect(await factsOf(database.pool, 'overtaken')).toEqual(facts)
    expect(await ledgerOf(database.pool, 'overtaken', NOON)).toEqual(before)
  })

  it('keeps names with quotes, backslashes, emoji and a kilobyte of text', async () => {
    await plannedCluster(database.pool, 'names')
    const names = [
      `it's "quoted"`,
      'back\\slash\\N',
      '🚀 día\t\n',
      'x'.repeat(1024),
      "'); drop table x; --",
      '',
    ]
    const allocations = names.map((name, index) =>
      allocation(index, { namespace: name, pod: `${name}.pod`, controller: name, providerId: name }),
    )
    await publishOne('names', windowRows(NOON, { allocations }))
    const { rows } = await database.pool.query(
      `select namespace, pod, controller, provider_id from warehouse.container where cluster_id = 'names'`,
    )
    const stored = rows.map(row => [row.namespace, row.pod, row.controller, row.provider_id])
    expect(new Set(stored.map(row => JSON.stringify(row)))).toEqual(
      new Set(names.map(name => JSON.stringify([name, `${name}.pod`, name, name]))),
    )
  })

  it('fails the window that cannot be stored, by name, and publishes the others', async () => {
    await plannedCluster(database.pool, 'poison')
    const claims = await claimAgain(database.pool, 'poison', NOON, 4)
    const poison = [
      undefined,
      { allocations: [allocation(0, { pod: 'nul\0' })] },
      { allocations: [allocation(3), allocation(3)] },
      { nodes: [node(0, { cpuCost: -1n })] },
    ]
    const results = await publish(
      'poison',
      claims.map((claim, index) => ({ claim, rows: windowRows(claim.window, poison[index]) })),
    )
    expect(results.map(result => result.outcome)).toEqual(['published', 'failed', 'failed', 'failed'])
    expect(results[1]).toMatchObject({
      error: { code: 'TRANSFORM_FAILED', message: expect.stringContaining('NUL') },
    })
    expect(results[2]).toMatchObject({
      error: { code: 'TRANSFORM_FAILED', message: expect.stringContaining('pod-3') },
    })
    expect(await factsOf(database.pool, 'poison')).toHaveLength(11)
  })

  it('crosses the border of a month', async () => {
    await plannedCluster(database.pool, 'border', 30, 40)
    const claims = await claimAgain(database.pool, 'border', hour(30), 10)
    const results = await publish(
      'border',
      claims.map(claim => ({ claim, rows: windowRows(claim.window) })),
    )
    expect(new Set(results.map(result => result.outcome))).toEqual(new Set(['published']))
    const { rows } = await database.pool.query(
      `select tableoid::regclass::text as partition, count(*)::int from warehouse.allocation_hourly
       where cluster_id = 'border' group by 1 order by 1`,
    )
    expect(rows).toEqual([
      { partition: 'warehouse.allocation_hourly_p20261001', count: 30 },
      { partition: 'warehouse.allocation_hourly_p20261101', count: 20 },
    ])
  })

  it('gives the same facts in whatever order and batches windows come', async () => {
    const expected = new Map<string, string[]>()
    let run = 0
    const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 6, maxLength: 6 })
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 })
    await fc.assert(
      fc.asyncProperty(order, cuts, fc.boolean(), async (offsets, sizes, isRepeated) => {
        const cluster = `order-${run++}`
        await plannedCluster(database.pool, cluster, 0, 6)
        const left = isRepeated ? [...offsets, ...offsets] : [...offsets]
        for (const size of [...sizes, ...sizes, 12]) {
          const batch = [...new Set(left.splice(0, size))]
          const claims = await Promise.all(
            batch.map(offset => claimOne(database.pool, cluster, hour(offset))),
          )
          await publish(
            cluster,
            claims.map(claim => ({ claim, rows: windowRows(claim.window) })),
          )
        }
        const facts = (await factsOf(database.pool, cluster)).map(fact => fact.replaceAll(cluster, 'cluster'))
        expect(facts).toEqual(expected.get('facts') ?? facts)
        expected.set('facts', facts)
        expect(facts).toHaveLength(6 * 11)
      }),
      { numRuns: 15 },
    )
  })
})
