import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ASSET_TYPES, type AssetType } from '../../src/api/answers/asset-days.js'
import { assetPage } from '../../src/api/answers/assets-query.js'
import { clusterCostPage } from '../../src/api/answers/cluster-cost-query.js'
import { hoursOnly, planDays } from '../../src/api/facts/day-plan.js'
import { STEPS, type Step } from '../../src/api/query/parameters.js'
import type { AssetsBody } from '../../src/api/schemas/assets.js'
import type { ClusterCostBody, ClusterCostRow } from '../../src/api/schemas/cluster-cost.js'
import { readSnapshot } from '../../src/api/snapshot.js'
import { formatMoney, type Money, parseMoney, sumMoney, toMoney } from '../../src/domain/money.js'
import { rollUpDay } from '../../src/load/rollup.js'
import { seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { askRoute, bodyOf, errorOf, rowsOfPages } from './ask-route.js'
import { ASSET_RANGE, assetFacts, CLUSTERS, expectedCost, FROM, openAssetWorld, TO } from './asset-world.js'
import { FIRST, HOUR, MONDAY, SECOND, SECRET, type World } from './world.js'

let world: World

beforeAll(async () => {
  world = await openAssetWorld()
  const { pool } = world.database
  await seedAccount(pool, SECOND)
  await seedCluster(pool, { account: SECOND, cluster: 'two' }, FROM, FROM)
  const nodes = [{ node: 'n', cpuCost: toMoney(7), ramCost: toMoney(0) }]
  await seedWindow(pool, { account: SECOND, cluster: 'two' }, FROM, { containers: [], nodes })
})
afterAll(() => world.close())

type Amounts = Record<string, Money | null>
const number = (money: Money) => Number(formatMoney(money))
const ask = (query = {}) => bodyOf<ClusterCostBody>(world, 'cluster_cost', { ...ASSET_RANGE, ...query })

function startOf(step: Step, window: number): number {
  const date = new Date(window * 1000)
  const midnight = Math.floor(window / (24 * HOUR)) * 24 * HOUR
  if (step === 'all') return FROM
  if (step === 'hour') return window
  if (step === 'day') return midnight
  if (step === 'week') return midnight - ((date.getUTCDay() + 6) % 7) * 24 * HOUR
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / 1000
}

function expectedRows(step: Step): object[] {
  const groups = new Map<string, { cluster: string; start: number; amounts: Amounts }>()
  for (const facts of assetFacts) {
    const start = startOf(step, facts.window)
    const key = `${facts.cluster} ${start}`
    const group = groups.get(key) ?? { cluster: facts.cluster, start, amounts: {} }
    for (const [name, amount] of Object.entries(expectedCost(facts))) {
      const before = group.amounts[name] ?? null
      group.amounts[name] = amount === null ? before : amount + (before ?? 0n)
    }
    groups.set(key, group)
  }
  return [...groups.values()].map(({ cluster, start, amounts }) => ({
    ...{ cluster, start_date: start },
    ...Object.fromEntries(
      Object.entries(amounts).map(([name, amount]) => [name, amount === null ? null : number(amount)]),
    ),
  }))
}

async function checkEveryStep(steps: readonly Step[] = STEPS): Promise<void> {
  for (const step of steps) {
    const { cluster_cost } = await ask({ step, limit: 1000 })
    const rows = cluster_cost.map(({ end_date: _end, ...row }) => row)
    const order = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
    expect(rows.sort(order)).toEqual(expectedRows(step).sort(order))
  }
}

const hourBetween = fc.integer({ min: 0, max: (TO - FROM) / HOUR }).map(hour => FROM + hour * HOUR)
const someClusters = fc.constantFrom([], [CLUSTERS[0]], [CLUSTERS[1]]).map(anyOf => ({
  ...{ anyOf, noneOf: [], orMissing: false, notMissing: false },
}))

/** For whatever range and clusters, the cost of each part and the idle cost against the sums of the very assets. */
async function checkAssets(): Promise<void> {
  const everything = { sort: 'total_cost', order: 'asc', limit: 1000, offset: 0 } as const
  const money = (text: string | null | undefined) => parseMoney(text ?? '0')
  await fc.assert(
    fc.asyncProperty(hourBetween, hourBetween, someClusters, async (one, other, clusters) => {
      const range = { from: Math.min(one, other), to: Math.max(one, other) }
      await readSnapshot(world.database.pool, FIRST, async run => {
        const plan = await planDays(run, FIRST, range)
        const scope = { cloudAccountId: FIRST, clusters, range, plan }
        const costs = await run(clusterCostPage({ ...scope, step: 'all' }, everything))
        const rows = costs.flatMap(cost => (cost.cluster === null ? [] : [cost]))
        const nodes = { anyOf: [], noneOf: [], orMissing: false, notMissing: false }
        const assets = await run(assetPage({ ...scope, nodes, types: ASSET_TYPES }, everything))
        const found = assets.flatMap(asset => (asset.id === null ? [] : [asset]))
        const ofType = (type: AssetType) =>
          sumMoney(found.map(asset => (asset.asset_type === type ? money(asset.total_cost) : 0n)))
        const part = (...names: (keyof (typeof rows)[number])[]) =>
          sumMoney(rows.flatMap(row => names.map(name => money(row[name] as string | null))))
        expect(ofType('node')).toBe(part('cpu_cost', 'ram_cost', 'gpu_cost'))
        expect(ofType('disk')).toBe(part('pv_cost'))
        expect(ofType('load_balancer')).toBe(part('load_balancer_cost'))
        expect(ofType('management')).toBe(part('management_cost'))
        expect(money(assets[0]?.set_cost)).toBe(part('total_cost') - part('network_cost'))
        expect(sumMoney(found.map(({ idle_cost }) => money(idle_cost)))).toBe(part('idle_cost'))
      })
    }),
    { numRuns: 25 },
  )
}

describe('asset-side cost', () => {
  it('is what its assets cost, and the traffic, to the last digit', () => checkAssets())

  it('is unknown for the types of assets that nothing tells of', async () => {
    const question = { ...ASSET_RANGE, asset_type: ['disk', 'load_balancer', 'management'] }
    const ofCluster = async (k8s_cluster: string) => {
      const { by_type, meta } = await bodyOf<AssetsBody>(world, 'assets', { ...question, k8s_cluster })
      return [by_type.map(({ total_cost }) => total_cost !== null), meta.partial]
    }
    expect(await ofCluster(CLUSTERS[0])).toEqual([[true, true, true], false])
    expect(await ofCluster(CLUSTERS[1])).toEqual([[false, true, false], true])
  })

  it('is exact per cluster and step, and null where nothing was measured', () => checkEveryStep())

  it('is what was allocated, idle, unmounted and the fee, to the last digit', async () => {
    const range = { from: FROM, to: TO }
    const clusters = { anyOf: [], noneOf: [], orMissing: false, notMissing: false }
    const query = {
      ...{ cloudAccountId: FIRST, clusters, range },
      step: 'hour',
      plan: hoursOnly(range),
    } as const
    const page = { sort: 'idle_cost', order: 'asc', limit: 1000, offset: 0 } as const
    const found = await readSnapshot(world.database.pool, FIRST, run => run(clusterCostPage(query, page)))
    const records = found.flatMap(record => (record.cluster === null ? [] : [record]))
    const money = (text: string | null) => parseMoney(text ?? '0')
    expect(records).toHaveLength(2 * 42)
    for (const one of records) {
      const uses = [one.allocated_cost, one.idle_cost, one.unmounted_cost, one.management_cost].map(money)
      expect(sumMoney(uses)).toBe(money(one.total_cost))
    }
    expect(money(records[0]?.idle_cost ?? null)).toBeLessThan(0n)
  })

  it('has totals of all pages, and says that it is partial', async () => {
    const body = await ask({ step: 'day', limit: 1 })
    const total = assetFacts.reduce((sum, facts) => sum + expectedCost(facts).total_cost, 0n)
    expect(body).toMatchObject({ total_cost: number(total), total_count: 6, step: 'day' })
    expect(body.cluster_cost).toHaveLength(1)
    const rows = await rowsOfPages<ClusterCostRow>(world, 'cluster_cost', { ...ASSET_RANGE, step: 'day' })
    expect(rows).toEqual((await ask({ step: 'day' })).cluster_cost)
    expect(body.meta).toMatchObject({ partial: true, gaps: [] })
    expect(body.meta.warnings.map(({ code }) => code)).toContain('network_not_collected')
    expect((await ask({ k8s_cluster: CLUSTERS[0] })).meta.partial).toBe(false)
  })

  it('has the total of the range before with the same filter', async () => {
    const late = { start_date: MONDAY, end_date: MONDAY + 6 * HOUR, k8s_cluster: CLUSTERS[0] }
    const before = assetFacts.filter(
      ({ cluster, window }) => cluster === CLUSTERS[0] && window >= MONDAY - 6 * HOUR && window < MONDAY,
    )
    expect(await ask({ ...late, step: 'hour' })).toMatchObject({
      previous_range_start: MONDAY - 6 * HOUR,
      previous_total: number(before.reduce((sum, facts) => sum + expectedCost(facts).total_cost, 0n)),
    })
    expect((await ask()).previous_total).toBeNull()
  })

  it('equals what cost_allocation makes of the same windows', async () => {
    const allocation = await world.body(FIRST, ASSET_RANGE)
    expect((await ask()).total_cost).toBe(allocation.total_cost)
  })
})

describe('rows', () => {
  it('end where the step ends, and can be sorted and filtered', async () => {
    const [row] = (await ask({ step: 'month', sort: 'start_date', order: 'asc' })).cluster_cost
    expect(row).toMatchObject({
      start_date: Date.UTC(2026, 1, 1) / 1000,
      end_date: Date.UTC(2026, 2, 1) / 1000,
    })
    const names = async (query: object) => (await ask(query)).cluster_cost.map(({ cluster }) => cluster)
    expect(await names({ sort: 'cluster', order: 'asc' })).toEqual(["o'one", 'two'])
    expect(await names({ sort: 'pv_cost', order: 'asc' })).toEqual(["o'one", 'two'])
    expect(await names({ k8s_cluster: "!o'one" })).toEqual(['two'])
    expect(await names({ k8s_cluster: "'; drop table x --" })).toEqual([])
    expect((await ask()).cluster_cost[0]).toMatchObject({ start_date: FROM, end_date: TO })
  })

  it('are of the asking account alone', async () => {
    const { cluster_cost } = await bodyOf<ClusterCostBody>(world, 'cluster_cost', ASSET_RANGE, SECOND)
    expect(cluster_cost).toMatchObject([{ cluster: 'two', total_cost: 7, cpu_cost: 7, gpu_cost: null }])
    const other = await errorOf(world, 'cluster_cost', ASSET_RANGE, '99999999-9999-4999-8999-999999999999')
    expect(other[0]).toBe('OE0002')
  })

  it('are not sent again to who holds them, and nonsense is refused', async () => {
    const { headers } = await askRoute(world, 'cluster_cost', ASSET_RANGE)
    const held = { secret: SECRET, 'if-none-match': String(headers.etag) }
    expect((await askRoute(world, 'cluster_cost', ASSET_RANGE, { headers: held })).statusCode).toBe(304)
    expect(await errorOf(world, 'cluster_cost', { ...ASSET_RANGE, step: 'year' })).toEqual([
      'OE0217',
      ['step'],
    ])
    expect(await errorOf(world, 'cluster_cost', { ...ASSET_RANGE, k8s_node: 'n' })).toEqual([
      'OE0212',
      ['k8s_node'],
    ])
  })
})

// Last, as they change what the others look at.
describe('days', () => {
  it('give the same as their hours', async () => {
    for (const day of [-48, -24, 0].map(hour => MONDAY + hour * HOUR)) {
      for (const clusterId of CLUSTERS)
        await rollUpDay(world.database.pool, { cloudAccountId: FIRST, clusterId, day })
    }
    await checkEveryStep()
    await checkAssets()
  })

  it('whose hours have expired give the same still, as far as days can tell', async () => {
    const { pool } = world.database
    await pool.query(`update warehouse.day_ledger set hours_expired = true`)
    for (const table of ['allocation', 'node', 'idle', 'asset', 'remainder'])
      await pool.query(`delete from warehouse.${table}_hourly where cloud_account_id = $1`, [FIRST])
    await pool.query('delete from warehouse.window_ledger where cloud_account_id = $1', [FIRST])
    const whole = { start_date: MONDAY - 48 * HOUR, end_date: MONDAY + 24 * HOUR }
    const { cluster_cost } = await bodyOf<ClusterCostBody>(world, 'cluster_cost', { ...whole, step: 'week' })
    const rows = cluster_cost.map(({ end_date: _end, ...row }) => row)
    expect(rows).toEqual(expect.arrayContaining(expectedRows('week')))
    expect(rows).toHaveLength(4)
  })
})
