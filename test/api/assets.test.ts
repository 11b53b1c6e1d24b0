import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ASSET_TYPES, type AssetType } from '../../src/api/answers/asset-days.js'
import type { AssetRow, AssetsBody } from '../../src/api/schemas/assets.js'
import { rollUpDay } from '../../src/load/rollup.js'
import { seedAccount } from '../support/seed.js'
import { askRoute, bodyOf, errorOf, rowsOfPages } from './ask-route.js'
import { expectedAssets, FROM, HOSTILE, openInventory, RANGE, TO } from './inventory.js'
import { readCsv } from './read-csv.js'
import { FIRST, HOUR, MONDAY, type Question, SECOND, SECRET, type World } from './world.js'

let world: World
beforeAll(async () => {
  world = await openInventory()
  await seedAccount(world.database.pool, SECOND)
})
afterAll(() => world.close())

const ask = (query: Question = {}) => bodyOf<AssetsBody>(world, 'assets', { ...RANGE, limit: 1000, ...query })

/** Rows in an order of their own, without id, but for how quotients of floating point numbers are rounded. */
function comparable(rows: readonly object[]): object[] {
  const texts = rows.map(row =>
    JSON.stringify(
      Object.entries(row)
        .filter(([name]) => name !== 'id')
        .map(([name, value]) => [name, typeof value === 'number' ? Number(value.toPrecision(12)) : value])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    ),
  )
  return texts.sort().map(text => Object.fromEntries(JSON.parse(text)))
}

async function checkRows(from = FROM, to = TO): Promise<void> {
  const { assets } = await ask({ start_date: from, end_date: to })
  expect(comparable(assets)).toEqual(comparable(expectedAssets(from, to)))
}

function rowOf({ assets }: AssetsBody, asset: string, cluster = 'one'): AssetRow {
  const row = assets.find(one => one.asset_id === asset && one.cluster === cluster)
  if (row === undefined) throw new Error(`no row of ${asset}`)
  return row
}

describe('an asset', () => {
  it('is told with its cost, size, time and idle over the range', async () => {
    await checkRows()
    await checkRows(MONDAY - 3 * HOUR, MONDAY + 6 * HOUR)
  })

  it('that is no node has nothing of one, and the other way round', async () => {
    const body = await ask()
    const ofNodes = { is_spot: null, cpu_cores: null, gpus: null, cpu_cost: null, idle_cost: null }
    for (const id of ['pv-1', 'shop/front', 'EKS']) expect(rowOf(body, id)).toMatchObject(ofNodes)
    expect(rowOf(body, 'pv-1')).toMatchObject({
      ...{ asset_type: 'disk', name: 'data', namespace: 'shop', claim: 'db', storage_class: 'fast' },
      ...{ first_seen: MONDAY - 3 * HOUR, last_seen: MONDAY + 30 * HOUR, minutes: 33 * 60 },
    })
    expect(rowOf(body, 'pv-1').size_gib).toBeCloseTo((3 * 10 + 30 * 20) / 33, 8)
    expect(rowOf(body, 'steady')).toMatchObject({ size_gib: null, claim: null, instance_type: 'a2' })
  })

  it('costs a month what its hours cost', async () => {
    // Ten cents an hour.
    expect(rowOf(await ask(), 'EKS')).toMatchObject({ total_cost: 5.8, monthly_rate: 73 })
  })

  it('of a name that another has too bears its part of their idle cost of the day', async () => {
    const body = await ask({ k8s_node: 'reused' })
    expect(body.assets.map(({ asset_id, is_spot }) => [asset_id, is_spot]).sort()).toEqual([
      ['aws:///i-new', true],
      ['aws:///i-old', false],
    ])
    const { rows } = await world.database.pool.query<{ idle: number }>(
      `select sum(total_cost)::float8 as idle from analytics.idle_hourly where node = 'reused'`,
    )
    expect(body.by_type[0]?.idle_cost).toBe(rows[0]?.idle)
  })

  it('has the same id in every answer', async () => {
    const [whole, part] = [await ask(), await ask({ end_date: MONDAY, k8s_cluster: 'one' })]
    const ids = new Set(whole.assets.map(({ id }) => id))
    expect(ids.size).toBe(whole.assets.length)
    expect(rowOf(part, 'steady').id).toBe(rowOf(whole, 'steady').id)
    expect(rowOf(whole, 'steady', 'two').id).not.toBe(rowOf(whole, 'steady').id)
  })

  it('of the worst of names is shown and found as it is', async () => {
    const { assets } = await ask({ asset_type: 'disk' })
    expect(rowOf({ assets } as AssetsBody, HOSTILE)).toMatchObject({
      ...{ name: HOSTILE, namespace: HOSTILE, claim: HOSTILE },
    })
    expect((await ask({ k8s_node: HOSTILE })).assets).toEqual([])
  })
})

describe('what is not known', () => {
  it('is null, and the answer says that it is partial', async () => {
    const body = await ask()
    expect(rowOf(body, 'steady', 'two')).toMatchObject({
      ...{ cpu_cores: null, cpu_cost: null, gpu_cost: null, idle_cost: null, ram_gib: 16 },
    })
    expect(body.meta.partial).toBe(true)
    expect(body.meta.warnings).toContainEqual({
      code: 'node_cost_not_measured',
      detail:
        'not known in some hour or other: cpu_cost (nodes: 2), gpu_cost (nodes: 1); sums are without it',
    })
  })

  it('of nodes says nothing against what is no node', async () => {
    const { meta } = await ask({ asset_type: ['disk', 'management'] })
    expect(meta).toMatchObject({ partial: false, warnings: [] })
  })
})

describe('sums by type', () => {
  it('are of the whole filtered set, in cost, number and size', async () => {
    const body = await ask({ limit: 1, k8s_cluster: 'one' })
    const rows = expectedAssets().filter(row => 'cluster' in row && row.cluster === 'one') as AssetRow[]
    const costOf = (type: AssetType) =>
      rows.reduce((sum, row) => sum + (row.asset_type === type ? row.total_cost : 0), 0)
    expect(body.by_type.map(({ asset_type }) => asset_type)).toEqual(ASSET_TYPES)
    for (const { asset_type, count, total_cost } of body.by_type) {
      expect(count).toBe(rows.filter(row => row.asset_type === asset_type).length)
      expect(total_cost).toBeCloseTo(costOf(asset_type), 9)
    }
    const [nodes, disks, balancers, fees] = body.by_type
    // One of four names has two machines, half an hour each while they overlap; graphics runs 45 minutes of each hour.
    expect(nodes).toMatchObject({ count: 5, mean_count: 3.75, gpus: 1.5, size_gib: null, spot_count: 1 })
    expect(nodes?.cpu_cores).toBeCloseTo(8 + 4 + 4 * (57 / 58) + 3, 8)
    expect(nodes?.spot_cost).toBe(rowOf(await ask(), 'aws:///i-new').total_cost)
    expect(disks?.size_gib).toBeCloseTo((3 * 10 + 30 * 20) / 58 + 50 + 1, 8)
    expect(balancers).toMatchObject({
      count: 1,
      mean_count: 1,
      idle_cost: null,
      cpu_cores: null,
      spot_cost: null,
    })
    expect(fees).toMatchObject({ count: 1, monthly_rate: 73, spot_count: null })
  })

  it('are told of the types asked for, with 0 where there is none and null where nothing tells', async () => {
    const { by_type } = await ask({ asset_type: ['management', 'disk'], k8s_cluster: 'two' })
    const none = { count: 0, mean_count: 0, total_cost: 0, monthly_rate: 0, size_gib: null }
    expect(by_type).toMatchObject([
      { asset_type: 'disk', ...none },
      { asset_type: 'management', ...none },
    ])
    const nothing = await ask({ end_date: FROM - HOUR, start_date: FROM - 2 * HOUR })
    expect(nothing).toMatchObject({ total_cost: 0, total_count: 0, previous_total: null, assets: [] })
    expect(nothing.by_type.map(({ total_cost, mean_count }) => [total_cost, mean_count])).toEqual(
      ASSET_TYPES.map(() => [null, null]),
    )
    expect((await ask({ k8s_node: 'steady' })).by_type.map(({ asset_type }) => asset_type)).toEqual(['node'])
    expect((await ask({ k8s_node: '!steady' })).by_type).toHaveLength(4)
  })
})

describe('rows', () => {
  it('have totals of all pages, and of the range before', async () => {
    const question = { ...RANGE, asset_type: ['node', 'disk'], sort: 'idle_cost', order: 'asc' }
    const whole = await ask(question)
    expect(await rowsOfPages<AssetRow>(world, 'assets', question)).toEqual(whole.assets)
    expect(whole.total_count).toBe(whole.assets.length)
    expect(whole.total_cost).toBeCloseTo(
      whole.assets.reduce((sum, { total_cost }) => sum + total_cost, 0),
      9,
    )
    const [early, late] = [
      { start_date: FROM, end_date: FROM + 6 * HOUR },
      { start_date: FROM + 6 * HOUR, end_date: FROM + 12 * HOUR },
    ]
    expect(await ask({ ...late, k8s_cluster: 'one', asset_type: 'node' })).toMatchObject({
      previous_range_start: FROM,
      previous_total: (await ask({ ...early, k8s_cluster: 'one', asset_type: 'node' })).total_cost,
    })
  })

  it('can be sorted by any field that is named, those without a value last', async () => {
    const sorts = ['name', 'cluster', 'asset_type', 'idle_cost', 'monthly_rate', 'size_gib', 'instance_type']
    for (const sort of sorts) {
      for (const order of ['asc', 'desc']) {
        const { assets } = await ask({ sort, order })
        const values = assets.map(row => row[sort as keyof AssetRow])
        const known = values.filter(value => value !== null) as (string | number)[]
        const sorted = known.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
        expect(values).toEqual([
          ...(order === 'asc' ? sorted : sorted.reverse()),
          ...values.slice(known.length).map(() => null),
        ])
      }
    }
  })

  it('add up over a filter and its opposite', async () => {
    for (const [name, value] of [
      ['k8s_cluster', 'two'],
      ['k8s_node', 'reused'],
    ] as const) {
      const [one, other] = [await ask({ [name]: value }), await ask({ [name]: `!${value}` })]
      expect(one.total_cost + other.total_cost).toBeCloseTo((await ask()).total_cost, 9)
      expect(one.total_count + other.total_count).toBe((await ask()).total_count)
    }
  })

  it('are a table too, whole, with dates and no formula', async () => {
    const response = await askRoute(world, 'assets', { ...RANGE, limit: 1, format: 'csv', sort: 'name' })
    const [columns = [], ...rows] = readCsv(response.body)
    const at = (name: string) => columns.indexOf(name)
    expect(rows).toHaveLength((await ask()).total_count)
    expect(columns.at(-1)).toBe('currency')
    const disk = rows.find(row => row[at('asset_id')] === 'pv-1')
    expect(disk?.[at('first_seen')]).toBe(new Date((MONDAY - 3 * HOUR) * 1000).toISOString())
    expect(disk?.[at('is_spot')]).toBe('')
    expect(rows.map(row => row[at('name')])).toContain(HOSTILE)
  })

  it('are in the same order as a table', async () => {
    for (const sort of ['total_cost', 'idle_cost', 'cpu_cost', 'monthly_rate', 'size_gib', 'name'])
      for (const order of ['asc', 'desc']) {
        const { assets } = await ask({ sort, order })
        const response = await askRoute(world, 'assets', { ...RANGE, format: 'csv', sort, order })
        const [, ...rows] = readCsv(response.body)
        expect(rows.map(([id]) => id)).toEqual(assets.map(({ id }) => id))
      }
  })

  it('are of the asking account alone, and not sent again to who holds them', async () => {
    expect((await askRoute(world, 'assets', RANGE, { account: SECOND })).statusCode).toBe(503)
    const { headers } = await askRoute(world, 'assets', RANGE)
    const held = { secret: SECRET, 'if-none-match': String(headers.etag) }
    expect((await askRoute(world, 'assets', RANGE, { headers: held })).statusCode).toBe(304)
    expect(await errorOf(world, 'assets', { ...RANGE, asset_type: 'pod' })).toEqual([
      'OE0217',
      ['asset_type'],
    ])
    expect(await errorOf(world, 'assets', { ...RANGE, step: 'day' })).toEqual(['OE0212', ['step']])
  })
})

async function checkSql(from: number, to: number): Promise<void> {
  const { rows } = await world.database.pool.query<{ key: string; cost: number; minutes: number }>(
    `select jsonb_build_array(cluster, asset_type, asset_id, name)::text as key, sum(total_cost)::float8 as cost,
       sum(minutes) as minutes
     from analytics.asset_hourly
     where cloud_account_id = $1 and window_start >= to_timestamp($2) and window_start < to_timestamp($3)
     group by 1`,
    [FIRST, from, to],
  )
  const { assets } = await ask({ start_date: from, end_date: to })
  const told = assets.map(row => [
    JSON.stringify([row.cluster, row.asset_type, row.asset_id, row.name]),
    ...[row.total_cost, row.minutes],
  ])
  const known = rows.map(({ key, cost, minutes }) => [JSON.stringify(JSON.parse(key)), cost, minutes])
  const order = (a: unknown[], b: unknown[]) => (String(a[0]) < String(b[0]) ? -1 : 1)
  expect(told.sort(order)).toEqual(known.sort(order))
}

// Last, as they change what the others look at.
describe('days', () => {
  const anyRange = fc
    .tuple(fc.integer({ min: 0, max: 57 }), fc.integer({ min: 1, max: 58 }))
    .map(([start, hours]) => [FROM + start * HOUR, FROM + Math.min(58, start + hours) * HOUR] as const)

  it('and hours cost what analysts find of the same assets, whatever the range', () =>
    fc.assert(
      fc.asyncProperty(anyRange, ([from, to]) => checkSql(from, to)),
      { numRuns: 15 },
    ))

  it('give the same as their hours, to the hour in which an asset came and went', async () => {
    const before = (await ask()).assets
    for (const day of [-24, 0, 24].map(hour => MONDAY + hour * HOUR)) {
      for (const clusterId of ['one', 'two'])
        await rollUpDay(world.database.pool, { cloudAccountId: FIRST, clusterId, day })
    }
    expect((await ask()).assets).toEqual(before)
    await checkRows()
    await checkRows(MONDAY - 3 * HOUR, MONDAY + 6 * HOUR)
    await fc.assert(
      fc.asyncProperty(anyRange, ([from, to]) => checkSql(from, to)),
      { numRuns: 15 },
    )
  })

  it('whose hours have expired give the same still, but for the hour and what is told of hours', async () => {
    const { pool } = world.database
    const [whole] = [{ start_date: MONDAY - 24 * HOUR, end_date: MONDAY + 48 * HOUR }]
    const before = await ask(whole)
    await pool.query('update warehouse.day_ledger set hours_expired = true')
    for (const table of ['node', 'idle', 'asset'])
      await pool.query(`delete from warehouse.${table}_hourly where cloud_account_id = $1`, [FIRST])
    await pool.query('delete from warehouse.window_ledger where cloud_account_id = $1', [FIRST])
    const after = await ask(whole)
    const days = { first_seen: MONDAY - 24 * HOUR, last_seen: MONDAY + 48 * HOUR, coverage: null }
    expect(after.assets).toEqual(
      before.assets.map(row => ({
        ...row,
        ...days,
        ...(row.asset_id === 'aws:///i-old' ? { last_seen: MONDAY + 24 * HOUR } : {}),
        ...(row.asset_id === 'aws:///i-new' ? { first_seen: MONDAY } : {}),
      })),
    )
    expect(after.total_cost).toBe(before.total_cost)
    expect(after.by_type.map(({ mean_count }) => mean_count)).toEqual(
      before.by_type.map(({ mean_count }) => mean_count),
    )
  })
})
