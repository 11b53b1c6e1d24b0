import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WindowRows } from '../../src/domain/rows.js'
import { publishBatch, publishRecomputed, type WindowResult } from '../../src/load/publish-batch.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import {
  ACCOUNT,
  allocation,
  asset,
  claimOne,
  fullRows,
  LATER,
  ledgerOf,
  metric,
  NOON,
  node,
  plannedCluster,
  remainder,
  rowCounts,
} from './rows.js'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

async function publish(
  clusterId: string,
  rows: WindowRows,
  readings?: Promise<Buffer>,
): Promise<WindowResult> {
  const claim = await claimOne(database.pool, clusterId, rows.window)
  const [result] = await publishBatch(database.pool, {
    cloudAccountId: ACCOUNT,
    clusterId,
    windows: [{ claim, rows, nextReadAt: LATER + 3600, readings }],
    storeSets: [],
    readAt: LATER,
  })
  if (result === undefined) throw new Error('nothing was published')
  return result
}

const source = (text: string) => Promise.resolve(Buffer.from(text))

describe('the parts of a window', () => {
  it('stand in their tables and add up in the ledger', async () => {
    await plannedCluster(database.pool, 'parts')
    const rows = fullRows(NOON, {
      size: 2,
      nodes: [node(0, { cpuCost: 100n, ramCost: 50n, gpuCost: 25n })],
      allocations: [
        allocation(0, { cpuCost: 40n, ramCost: 20n, gpuCost: 10n, pvCost: 7n, loadBalancerCost: 3n }),
        allocation(1, {
          cpuCost: 1n,
          ramCost: 1n,
          networkZoneCost: 2n,
          networkRegionCost: 3n,
          networkInternetCost: 4n,
        }),
      ],
      idle: [{ node: 'node-0', cpuCost: 59n, ramCost: 29n, gpuCost: 15n }],
      assets: [
        asset(0, { totalCost: 12n }),
        asset(1, { assetType: 'load_balancer', totalCost: 3n }),
        asset(2, { assetType: 'management', totalCost: 9n }),
      ],
      remainders: [
        remainder(0, { cost: 5n }),
        remainder(1, { kind: 'cluster_management', part: 'management', cost: 9n }),
        remainder(2, { kind: 'unallocated', part: 'network_zone', cost: 6n }),
      ],
      checks: [
        { check: 'I1', ok: true, observed: '175.5', expected: '175.5' },
        { check: 'I3', ok: false, observed: '1', expected: '2', detail: 'disk pv-9' },
      ],
    })
    await publish('parts', rows)
    const money = (units: number) => `0.${String(units).padStart(12, '0')}`
    const ledger = await ledgerOf(database.pool, 'parts', NOON)
    expect(ledger).toMatchObject({
      asset_cost: money(199),
      allocated_cost: money(91),
      idle_cost: money(103),
      unmounted_cost: money(5),
      management_cost: money(9),
      network_cost: money(15),
      unallocated_cost: money(6),
      source_samples: '120',
      checks: {
        I1: { ok: true, observed: '175.5', expected: '175.5' },
        I3: { ok: false, observed: '1', expected: '2', detail: 'disk pv-9' },
      },
    })
    const { rows: identity } = await database.pool.query(
      `select allocated_cost + idle_cost + unmounted_cost + management_cost + unallocated_cost
         = asset_cost + network_cost as holds
       from warehouse.window_ledger where cluster_id = 'parts' and revision > 0`,
    )
    expect(identity).toEqual([{ holds: true }])
  })

  it('are not written anew where nothing changed, in any table', async () => {
    await plannedCluster(database.pool, 'second')
    await publish('second', fullRows(NOON), source('a'))
    const versions = async () => {
      const tables = ['allocation_hourly', 'node_hourly', 'idle_hourly', 'asset_hourly', 'remainder_hourly']
      const found = await Promise.all(
        [...tables, 'metric_hourly', 'window_source'].map(table =>
          database.pool.query(`select xmin, ctid from warehouse.${table} where cluster_id = 'second'`),
        ),
      )
      return found.map(({ rows }) => rows)
    }
    const before = await versions()
    const { assets, remainders, metrics, ...rest } = fullRows(NOON)
    const reversed = {
      assets: [...assets].reverse(),
      remainders: [...remainders].reverse(),
      metrics: [...metrics].reverse(),
    }
    expect(await publish('second', { ...rest, ...reversed }, source('b'))).toMatchObject({
      outcome: 'unchanged',
    })
    expect(await versions()).toEqual(before)
    expect(before.every(rows => rows.length > 0)).toBe(true)
  })

  it('vanish from every table when they are no longer there', async () => {
    await plannedCluster(database.pool, 'shrunk')
    await publish('shrunk', fullRows(NOON, { size: 6 }), source('a'))
    const claim = await claimOne(database.pool, 'shrunk', NOON)
    await publishRecomputed(database.pool, claim, [{ claim, rows: fullRows(NOON, { size: 2 }) }])
    const counts = { allocation: 2, node: 3, idle: 3, asset: 4, remainder: 4, source: 1 }
    expect(await rowCounts(database.pool, 'shrunk')).toEqual({ ...counts, metric: 6 })
    const again = await claimOne(database.pool, 'shrunk', NOON)
    const none = { allocations: [], nodes: [], idle: [], assets: [], remainders: [], metrics: [] }
    await publishRecomputed(database.pool, again, [{ claim: again, rows: fullRows(NOON, none) }])
    expect(await rowCounts(database.pool, 'shrunk')).toEqual({
      ...{ allocation: 0, node: 0, idle: 0, asset: 0, remainder: 0 },
      ...{ metric: 6, source: 1 },
    })
  })

  it("are published anew where only the exporter's own series changed", async () => {
    await plannedCluster(database.pool, 'metrics')
    await publish('metrics', fullRows(NOON))
    const noisy = fullRows(NOON).metrics.map(row => ({ ...row, avg: (row.avg ?? 0) * (1 + 1e-14) }))
    expect(await publish('metrics', fullRows(NOON, { metrics: noisy }))).toMatchObject({
      outcome: 'unchanged',
    })
    const metrics = [...fullRows(NOON).metrics, metric(9)]
    expect(await publish('metrics', fullRows(NOON, { metrics }))).toMatchObject({ revision: 2 })
    expect(await rowCounts(database.pool, 'metrics')).toMatchObject({ metric: 5 })
  })

  it.each<[string, Partial<WindowRows>, string]>([
    ['a disk', { assets: [asset(1), asset(1)] }, 'disk pv-1'],
    ['a remainder', { remainders: [remainder(1), remainder(1)] }, 'unmounted pv shop/pv-1'],
    ['a series', { metrics: [metric(1), metric(1)] }, 'a series of kubecost_load_balancer_cost'],
  ])('are refused where %s is there twice', async (_, change, named) => {
    await plannedCluster(database.pool, 'twice')
    const result = await publish('twice', fullRows(NOON, change))
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'TRANSFORM_FAILED' } })
    expect('error' in result && String(result.error)).toContain(`two rows for ${named}`)
  })
})

describe('labels', () => {
  const labelled = (labels: [string, string][]) =>
    fullRows(NOON, { allocations: [allocation(0, { labels: new Map(labels) })] })

  it('are kept once for all that share them, in whatever order they come', async () => {
    await plannedCluster(database.pool, 'labels-a')
    await plannedCluster(database.pool, 'labels-b')
    await publish(
      'labels-a',
      labelled([
        ['tier', 'once'],
        ['zone', 'b'],
      ]),
    )
    await publish(
      'labels-b',
      labelled([
        ['zone', 'b'],
        ['tier', 'once'],
      ]),
    )
    const { rows } = await database.pool.query(
      `select s.labels, count(*)::int from warehouse.label_set s
       join warehouse.allocation_hourly a using (cloud_account_id, label_set_key)
       where s.labels ->> 'tier' = 'once' group by s.label_set_key, s.labels`,
    )
    expect(rows).toEqual([{ labels: { tier: 'once', zone: 'b' }, count: 2 }])
  })

  it('can be searched by name and value, but for those that no index bears', async () => {
    await plannedCluster(database.pool, 'pairs')
    const longest = 'é'.repeat(500)
    await publish(
      'pairs',
      labelled([
        ['team', 'pairs'],
        ['note', longest],
        ['story', `${longest}.`],
        [`${longest}.`, ''],
      ]),
    )
    const { rows } = await database.pool.query<{ label: string; value: string }>(
      `select p.label, p.value from warehouse.label_pair p
       join warehouse.allocation_hourly a using (cloud_account_id, label_set_key)
       where a.cluster_id = 'pairs' order by p.label`,
    )
    expect(rows).toEqual([
      { label: 'note', value: longest },
      { label: 'team', value: 'pairs' },
    ])
  })

  it('that PostgreSQL cannot store fail their window by name', async () => {
    await plannedCluster(database.pool, 'nul')
    for (const wrong of ['a\0b', 'half \ud83d']) {
      const result = await publish('nul', labelled([['team', wrong]]))
      expect(result).toMatchObject({ outcome: 'failed', error: { code: 'TRANSFORM_FAILED' } })
      expect('error' in result && String(result.error)).toContain(JSON.stringify(wrong))
    }
  })
})
