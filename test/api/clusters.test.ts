import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClusterRow, ClustersBody } from '../../src/api/schemas/clusters.js'
import { formatMoney, type Money, sumMoney, toMoney } from '../../src/domain/money.js'
import { rollUpDay } from '../../src/load/rollup.js'
import { publishFacts } from '../support/facts.js'
import { seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { askRoute, bodyOf, errorOf, rowsOfPages } from './ask-route.js'
import { FROM, measured, openMeasuredWorld, RANGE } from './measured.js'
import { FIRST, HOUR, MONDAY, openWorld, SECOND, type World } from './world.js'

const TO = RANGE.end_date
const HOSTILE = `"o'brien"; drop table x -- \\ 😀`

let world: World

beforeAll(async () => {
  world = await openMeasuredWorld()
  const { pool } = world.database
  // Known, heard of long ago, nothing loaded of it.
  await seedCluster(pool, { account: FIRST, cluster: HOSTILE }, FROM - 400 * HOUR, FROM - 300 * HOUR)
  await seedAccount(pool, SECOND)
  await seedCluster(pool, { account: SECOND, cluster: 'one' }, FROM, FROM)
  await seedWindow(pool, { account: SECOND, cluster: 'one' }, FROM, {
    containers: [],
    nodes: [{ node: 'n', cpuCost: toMoney(7), ramCost: toMoney(0) }],
  })
})
afterAll(() => world.close())

const ask = (query = {}) => bodyOf<ClustersBody>(world, 'clusters', { ...RANGE, ...query })
const number = (money: Money) => Number(formatMoney(money))

async function rowOf(cluster: string, query = {}): Promise<ClusterRow> {
  const row = (await ask(query)).clusters.find(one => one.cluster === cluster)
  if (row === undefined) throw new Error(`no row of ${cluster}`)
  return row
}

describe('cost of clusters', () => {
  it.each(['one', 'two'])('is exact, by part, without idle and with it (%s)', async cluster => {
    const own = measured.filter(fact => fact.cluster === cluster)
    const containers = own.flatMap(fact => fact.containers)
    const nodes = own.flatMap(fact => fact.nodes)
    const rest = (part: string) =>
      own.flatMap(fact => fact.remainders).map(one => (one.part === part ? one.cost : 0n))
    const sum = (...amounts: (Money | null | undefined)[]) => sumMoney(amounts.map(one => one ?? 0n))
    const parts = {
      cpu_cost: sum(...containers.map(one => one.cpuCost)),
      ram_cost: sum(...containers.map(one => one.ramCost)),
      gpu_cost: sum(...containers.map(one => one.gpuCost)),
      pv_cost: sum(...containers.map(one => one.pvCost), ...rest('pv')),
      network_zone_cost: sum(...containers.map(one => one.networkZoneCost), ...rest('network_zone')),
      network_region_cost: sum(...containers.map(one => one.networkRegionCost)),
      network_internet_cost: sum(
        ...containers.map(one => one.networkInternetCost),
        ...rest('network_internet'),
      ),
      load_balancer_cost: sum(...containers.map(one => one.loadBalancerCost), ...rest('load_balancer')),
    }
    const onNodes = sum(...nodes.flatMap(one => [one.cpuCost, one.ramCost, one.gpuCost]))
    const idle = onNodes - parts.cpu_cost - parts.ram_cost - parts.gpu_cost
    const fee = sum(...rest('management'))
    const row = await rowOf(cluster)
    for (const [name, money] of Object.entries(parts))
      expect([name, row[name as keyof ClusterRow]]).toEqual([name, number(money)])
    expect(row.network_cost).toBe(
      number(parts.network_zone_cost + parts.network_region_cost + parts.network_internet_cost),
    )
    expect(row.idle_cost).toBe(number(idle))
    // Cluster two never tells its fee: unknown, not 0.
    expect(row.management_cost).toBe(cluster === 'two' ? null : number(fee))
    const total = sumMoney(Object.values(parts)) + idle + fee
    expect(row.total_cost).toBe(number(total))
    expect(row.monthly_rate).toBeCloseTo((number(total) / 11) * 730, 6)
  })

  it('adds up to the total, which is that of cost_allocation', async () => {
    const body = await ask()
    const allocation = await world.body(FIRST, RANGE)
    expect(body.total_cost).toBe(allocation.total_cost)
    expect(body.clusters.reduce((sum, row) => sum + row.total_cost, 0)).toBeCloseTo(body.total_cost, 10)
    expect(body.total_count).toBe(3)
    expect(body.meta.partial).toBe(true)
    expect(body.meta.warnings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['management_not_collected', 'gpu_not_collected']),
    )
  })

  it('has efficiencies as cost_allocation by cluster', async () => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, breakdown_by: 'cluster', idle: 'hide' })
    for (const expected of cost_allocation.filter(({ kind }) => kind === 'workload')) {
      const { cpu_efficiency, ram_efficiency, total_efficiency } = await rowOf(expected.cluster ?? '')
      expect({ cpu_efficiency, ram_efficiency, total_efficiency }).toEqual({
        cpu_efficiency: expected.cpu_efficiency,
        ram_efficiency: expected.ram_efficiency,
        total_efficiency: expected.total_efficiency,
      })
    }
  })

  it('of the range before is null for a cluster of which nothing of it is loaded', async () => {
    const late = { start_date: MONDAY, end_date: MONDAY + 5 * HOUR }
    const body = await ask(late)
    const earlier = await ask({ start_date: FROM, end_date: MONDAY })
    expect(body).toMatchObject({ previous_range_start: FROM, previous_total: earlier.total_cost })
    for (const cluster of ['one', 'two'])
      expect((await rowOf(cluster, late)).previous_total).toBe(
        earlier.clusters.find(row => row.cluster === cluster)?.total_cost,
      )
    expect((await rowOf(HOSTILE, late)).previous_total).toBeNull()
    expect((await rowOf('one')).previous_total).toBeNull()
  })
})

describe('a cluster', () => {
  it('of which nothing is loaded is a row of zeros and nulls', async () => {
    const row = await rowOf(HOSTILE)
    expect(row).toMatchObject({
      ...{
        name: HOSTILE,
        state: 'stale',
        total_cost: 0,
        idle_cost: null,
        cpu_cost: null,
        monthly_rate: null,
      },
      ...{
        first_seen: FROM - 400 * HOUR,
        last_seen: FROM - 299 * HOUR,
        nodes: null,
        pods: null,
        provider: null,
      },
      ...{ coverage: null, cpu_efficiency: null },
    })
    expect(row.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  })

  it('has the size of the newest loaded hour of the range', async () => {
    expect(await rowOf('one')).toMatchObject({
      ...{ nodes: 2, spot_nodes: null, cpu_cores: 8, ram_gib: 32, gpus: null, namespaces: 2, pods: 4 },
      ...{ state: 'active', first_seen: FROM, last_seen: TO, data_to: TO, coverage: 1 },
    })
    const { pods, namespaces } = await rowOf('one', { start_date: MONDAY, end_date: MONDAY + HOUR })
    expect([namespaces, pods]).toEqual([3, 14])
  })

  it('has an id of its own that is the same in every answer', async () => {
    const whole = await ask()
    const part = await ask({ start_date: MONDAY })
    expect(new Set(whole.clusters.map(({ id }) => id)).size).toBe(3)
    expect(part.clusters.map(({ id }) => id).sort()).toEqual(whole.clusters.map(({ id }) => id).sort())
    const [other] = (await bodyOf<ClustersBody>(world, 'clusters', RANGE, SECOND)).clusters
    expect(other).toMatchObject({ cluster: 'one', total_cost: 7 })
    expect(whole.clusters.map(({ id }) => id)).not.toContain(other?.id)
  })
})

describe('what the exporter tells of a cluster', () => {
  it('comes before what its machines tell, and is that of the newest hour', async () => {
    const own = await openWorld(MONDAY + 26 * HOUR)
    const { pool } = own.database
    const keys = ['told', 'guessed'].map(cluster => ({ account: FIRST, cluster }))
    await seedAccount(pool, FIRST)
    const info = (version: string) => ({
      metric: 'kubecost_cluster_info',
      labels: { id: 'told', name: 'Prod', provider: 'GCP', region: 'europe-west1', version },
    })
    const cost = { cpuCost: toMoney(1), ramCost: toMoney(1) }
    for (const key of keys) {
      await seedCluster(pool, key, MONDAY, MONDAY + 23 * HOUR)
      for (let hour = 0; hour < 24; hour++) {
        await publishFacts(pool, key, MONDAY + hour * HOUR, {
          nodes: [
            { node: 'a', providerId: 'aws:///eu-west-1a/i-1', spot: 1, ...cost },
            { node: 'b', providerId: 'aws:///eu-west-1a/i-2', spot: 0.2, ...cost },
            { node: 'c', providerId: 'kind://odd', ...cost },
          ],
          metrics: key.cluster === 'told' ? [info(hour < 23 ? '1.28' : '1.29')] : [],
        })
      }
    }
    await pool.query(
      `update warehouse.node_hourly set region = case node when 'c' then 'x' else 'eu-west-1' end`,
    )
    const day = { start_date: MONDAY, end_date: MONDAY + 24 * HOUR }
    const before = await bodyOf<ClustersBody>(own, 'clusters', { ...day, sort: 'name', order: 'asc' })
    expect(before.clusters).toMatchObject([
      { name: 'Prod', provider: 'GCP', region: 'europe-west1', version: '1.29', nodes: 3, spot_nodes: 1 },
      { name: 'guessed', provider: 'aws', region: 'eu-west-1', version: null, cpu_cores: 12 },
    ])
    for (const { cluster: clusterId } of keys)
      await rollUpDay(pool, { cloudAccountId: FIRST, clusterId, day: MONDAY })
    const after = await bodyOf<ClustersBody>(own, 'clusters', { ...day, sort: 'name', order: 'asc' })
    expect(after.clusters).toEqual(before.clusters)
    await own.close()
  })
})

describe('the list of clusters', () => {
  it('is sorted, filtered and paged', async () => {
    const names = async (query: object) => (await ask(query)).clusters.map(({ cluster }) => cluster)
    expect(await names({ sort: 'cluster', order: 'asc' })).toEqual([HOSTILE, 'one', 'two'])
    expect(await names({ sort: 'nodes', order: 'asc' })).toEqual(['one', 'two', HOSTILE])
    expect(await names({ k8s_cluster: HOSTILE })).toEqual([HOSTILE])
    expect(await names({ k8s_cluster: '!one', sort: 'cluster' })).toEqual(['two', HOSTILE])
    const one = await ask({ k8s_cluster: 'one' })
    expect(one.total_cost).toBe((await rowOf('one')).total_cost)
    const pages = await rowsOfPages<ClusterRow>(world, 'clusters', { ...RANGE, sort: 'cluster' })
    expect(pages.map(({ cluster }) => cluster)).toEqual(['two', 'one', HOSTILE])
  })

  it('has the fields of the contract and no other', async () => {
    const body = await ask()
    expect(Object.keys(body)).toEqual([
      ...['start_date', 'end_date', 'total_cost', 'total_count', 'previous_total', 'previous_range_start'],
      ...['clusters', 'meta', 'page'],
    ])
    expect(Object.keys(body.clusters[0] ?? {}).sort()).toEqual(
      `id cluster name provider region version state first_seen last_seen nodes spot_nodes cpu_cores ram_gib gpus
       namespaces pods cpu_cost ram_cost gpu_cost pv_cost network_zone_cost network_region_cost network_internet_cost
       network_cost load_balancer_cost management_cost idle_cost total_cost previous_total monthly_rate cpu_efficiency
       ram_efficiency total_efficiency data_to coverage`
        .split(/\s+/)
        .sort(),
    )
  })

  it('is not sent again to who holds it, and refuses what it cannot answer', async () => {
    const { headers } = await askRoute(world, 'clusters', RANGE)
    const again = {
      headers: { secret: 'cluster-secret-of-the-tests', 'if-none-match': String(headers.etag) },
    }
    expect((await askRoute(world, 'clusters', RANGE, again)).statusCode).toBe(304)
    expect(await errorOf(world, 'clusters', {})).toEqual(['OE0216', ['start_date']])
    expect(await errorOf(world, 'clusters', { ...RANGE, step: 'day' })).toEqual(['OE0212', ['step']])
    expect(await errorOf(world, 'clusters', { ...RANGE, sort: 'x' })).toEqual(['OE0217', ['sort']])
    expect(await errorOf(world, 'clusters', { ...RANGE, cursor: 'AAAA' })).toEqual(['OE0217', ['cursor']])
  })
})
