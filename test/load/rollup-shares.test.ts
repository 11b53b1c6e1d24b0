import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureRoles } from '../../src/db/roles.js'
import { formatMoney } from '../../src/domain/money.js'
import { DAY_SECONDS, HOUR_SECONDS } from '../../src/domain/window.js'
import { changedDays, rollUpDay } from '../../src/load/rollup.js'
import { publishFacts, seedHome, type WindowFacts } from '../support/facts.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { namespaceSums } from './namespace-sums.js'
import { anyDay, type ExpectedDay, expectedDay, shareOf } from './shares.js'

const ACCOUNT = '11111111-1111-4111-8111-111111111111'
const NEIGHBOUR = '22222222-2222-4222-8222-222222222222'
const DAY = Date.UTC(2026, 9, 30) / 1000
/** Of what is shared out, in picodollars: 1e-20 of the currency. */
const ALLOWED = { units: 1n, of: 10n ** 8n }

let database: TestDatabase
let count = 0

beforeAll(async () => {
  database = await testDatabase()
  await ensureRoles(database.pool)
})
afterAll(() => database.drop())

async function newCluster(account = ACCOUNT): Promise<{ account: string; cluster: string }> {
  const key = { account, cluster: `cluster-${count++}` }
  await seedHome(database.pool, key, DAY, DAY + 2 * DAY_SECONDS)
  return key
}

const hour = (n: number, day = DAY) => day + n * HOUR_SECONDS
const dayOf = ({ account, cluster }: { account: string; cluster: string }) => ({
  cloudAccountId: account,
  clusterId: cluster,
  day: DAY,
})

type Row = Record<string, string | number | null>

async function rows(text: string, cluster: string): Promise<Row[]> {
  return (await database.pool.query<Row>(text, [cluster])).rows
}

const allocations = (cluster: string) =>
  rows(
    `select namespace, node, hour_mask, no_gpu, no_pv, no_network, no_load_balancer, cpu_used_cost::text,
       ram_used_cost::text, idle_by_cluster_cost::text, idle_by_node_cost::text
     from warehouse.allocation_daily where cluster_id = $1 and kind = 'workload' order by namespace, node`,
    cluster,
  )
const LEFT = ['cluster', 'node'].flatMap(unit =>
  ['cpu', 'ram', 'gpu'].map(resource => `${resource}_left_by_${unit}`),
)
const idles = (cluster: string) =>
  rows(
    `select node, hour_mask, no_gpu, ${LEFT.map(column => `${column}::text`).join(', ')}
     from warehouse.idle_daily where cluster_id = $1 order by node`,
    cluster,
  )

/** Rows as expected, but for the two shares: these are compared as far as their digits go. */
function expectDay(expected: ExpectedDay, found: { allocations: Row[]; idles: Row[] }): void {
  expect(found.idles).toEqual(expected.idles)
  expect(
    found.allocations.map(({ idle_by_cluster_cost: _, idle_by_node_cost: __, ...others }) => others),
  ).toEqual(expected.allocations.map(({ byCluster: _, byNode: __, ...others }) => others))
  for (const [i, { byCluster, byNode }] of expected.allocations.entries()) {
    const row = found.allocations[i]
    expect(shareOf(row?.idle_by_cluster_cost).differsFrom(byCluster, ALLOWED)).toBe(false)
    expect(shareOf(row?.idle_by_node_cost).differsFrom(byNode, ALLOWED)).toBe(false)
  }
}

const CLOSES = `
  select i.total - a.by_cluster - i.left_by_cluster as by_cluster, i.total - a.by_node - i.left_by_node as by_node
  from (
      select coalesce(sum(total_cost), 0) as total,
        coalesce(sum(cpu_left_by_cluster + ram_left_by_cluster + gpu_left_by_cluster), 0) as left_by_cluster,
        coalesce(sum(cpu_left_by_node + ram_left_by_node + gpu_left_by_node), 0) as left_by_node
      from warehouse.idle_daily where cluster_id = $1
    ) i,
    (
      select coalesce(sum(idle_by_cluster_cost), 0) as by_cluster, coalesce(sum(idle_by_node_cost), 0) as by_node
      from warehouse.allocation_daily where cluster_id = $1
    ) a`
const closes = (cluster: string) =>
  rows(
    `select abs(by_cluster) <= 1e-20 as by_cluster, abs(by_node) <= 1e-20 as by_node from (${CLOSES}) c`,
    cluster,
  )

describe('what a day keeps for an answer', () => {
  it('is what its hours say of used cost, lacking parts and shares of idle, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(anyDay, async hours => {
        const key = await newCluster()
        for (const { hour: at, ...facts } of hours) await publishFacts(database.pool, key, hour(at), facts)
        expect(await rollUpDay(database.pool, dayOf(key))).toBe(true)
        expectDay(expectedDay(hours), {
          allocations: await allocations(key.cluster),
          idles: await idles(key.cluster),
        })
        expect(await closes(key.cluster)).toEqual([{ by_cluster: true, by_node: true }])
        const namespaces = new Set(hours.flatMap(({ containers }) => containers.map(row => row.namespace)))
        expect(await namespaceSums(database.pool, key.cluster)).toEqual({
          rows: namespaces.size,
          differing: [],
        })
      }),
      { numRuns: 60 },
    )
  })

  it('is shared out hour by hour, signed, and what nobody was charged for stays idle', async () => {
    const key = await newCluster()
    const web = { namespace: 'shop', pod: 'web', node: 'n1', cpuCost: 30n, ramCost: 10n }
    // Hour 3: CPU idle 70 on n1 and 50 on n2, where nothing runs; the GPU of 8 is nobody's.
    await publishFacts(database.pool, key, hour(3), {
      containers: [{ ...web, cpuHours: 3, cpuUsed: 1 }],
      nodes: [
        { node: 'n1', cpuCost: 100n, ramCost: 10n, gpuCost: 8n },
        { node: 'n2', cpuCost: 50n, ramCost: 0n },
      ],
    })
    // Hour 4: charged for more than the node cost.
    await publishFacts(database.pool, key, hour(4), {
      containers: [{ ...web, gpuCost: 0n, pvCost: 1n, zoneCost: 1n, regionCost: 1n, internetCost: 1n }],
      nodes: [{ node: 'n1', cpuCost: 10n, ramCost: 10n, gpuCost: 0n }],
    })
    await rollUpDay(database.pool, dayOf(key))
    const zeros = '000000000000'
    expect(await allocations(key.cluster)).toEqual([
      {
        ...{ namespace: 'shop', node: 'n1', hour_mask: 0b11000, no_load_balancer: 0b11000 },
        ...{ no_gpu: 0b1000, no_pv: 0b1000, no_network: 0b1000 },
        // A third of 30, and all of the other 30, of which nobody knows the use.
        ...{ cpu_used_cost: formatMoney(40n), ram_used_cost: formatMoney(20n) },
        idle_by_cluster_cost: formatMoney(120n - 20n) + zeros,
        idle_by_node_cost: formatMoney(70n - 20n) + zeros,
      },
    ])
    const nothing = Object.fromEntries(LEFT.map(column => [column, formatMoney(0n)]))
    const eight = { gpu_left_by_cluster: formatMoney(8n), gpu_left_by_node: formatMoney(8n) }
    expect(await idles(key.cluster)).toEqual([
      { ...nothing, ...eight, node: 'n1', hour_mask: 0b11000, no_gpu: 0 },
      { ...nothing, node: 'n2', hour_mask: 0b1000, no_gpu: 0b1000, cpu_left_by_node: formatMoney(50n) },
    ])
  })

  it('tells in which hours there was something that no container carries, which lacks nothing', async () => {
    const key = await newCluster()
    const fee = {
      kind: 'cluster_management',
      part: 'management',
      name: 'eks',
      cost: 1n,
    } as const
    for (const n of [0, 23]) await publishFacts(database.pool, key, hour(n), { remainders: [fee] })
    await rollUpDay(database.pool, dayOf(key))
    expect(
      await rows(
        `select hour_mask, no_gpu + no_pv + no_network + no_load_balancer as lacks, cpu_used_cost, idle_by_node_cost
         from warehouse.allocation_daily where cluster_id = $1`,
        key.cluster,
      ),
    ).toEqual([{ hour_mask: 2 ** 23 + 1, lacks: 0, cpu_used_cost: null, idle_by_node_cost: null }])
  })
})

const FACTS: WindowFacts = {
  containers: [{ namespace: 'shop', pod: 'web', node: 'n1', cpuCost: 4n, ramCost: 4n }],
  nodes: [{ node: 'n1', cpuCost: 6n, ramCost: 3n }],
}

describe('a day that the release before summed', () => {
  /** Sums of the day as it made them: without the columns, and without the note of them. */
  async function rollUpAsBefore(cluster: string): Promise<void> {
    await database.pool.query(
      `update warehouse.allocation_daily set hour_mask = null, idle_by_cluster_cost = null where cluster_id = $1`,
      [cluster],
    )
    await database.pool.query(
      `update warehouse.day_ledger d set rolled_at = now(), windows = l.windows, revision_sum = l.revision_sum
       from (
         select count(*) as windows, sum(revision) as revision_sum from warehouse.window_ledger where cluster_id = $1
       ) l
       where d.cluster_id = $1`,
      [cluster],
    )
  }
  const changed = async (cluster: string) =>
    (await changedDays(database.pool, new Map([[ACCOUNT, 0]]))).filter(day => day.clusterId === cluster)

  it('is found and summed again, once', async () => {
    const key = await newCluster()
    for (const n of [0, 1]) {
      await publishFacts(database.pool, key, hour(n), FACTS)
      await rollUpDay(database.pool, dayOf(key))
    }
    expect(await changed(key.cluster)).toEqual([])
    await publishFacts(database.pool, key, hour(1), FACTS)
    await rollUpAsBefore(key.cluster)
    expect(await changed(key.cluster)).toEqual([dayOf(key)])
    expect(await rollUpDay(database.pool, dayOf(key))).toBe(true)
    expect(
      await rows(`select hour_mask from warehouse.allocation_daily where cluster_id = $1`, key.cluster),
    ).toEqual([{ hour_mask: 0b11 }])
    expect(await changed(key.cluster)).toEqual([])
    expect(await rollUpDay(database.pool, dayOf(key))).toBe(false)
  })

  it('is left alone where some of its hours have expired', async () => {
    const key = await newCluster()
    for (const n of [0, 1]) await publishFacts(database.pool, key, hour(n), FACTS)
    await rollUpDay(database.pool, dayOf(key))
    await rollUpAsBefore(key.cluster)
    await database.pool.query(`update warehouse.day_ledger set hours_expired = true where cluster_id = $1`, [
      key.cluster,
    ])
    const expire = async (table: string) =>
      database.pool.query(
        `delete from warehouse.${table} where cluster_id = $1 and window_start = to_timestamp($2)`,
        [key.cluster, hour(0)],
      )
    for (const table of ['allocation_hourly', 'idle_hourly', 'node_hourly', 'window_ledger'])
      await expire(table)
    expect(await changed(key.cluster)).toEqual([])
    expect(await rollUpDay(database.pool, dayOf(key))).toBe(false)
  })
})

describe('the views of shares', () => {
  const VIEWS = ['idle_share_by_cluster', 'idle_share_by_node']
  let keys: { account: string; cluster: string }[]

  beforeAll(async () => {
    keys = [await newCluster(), await newCluster(NEIGHBOUR)]
    for (const key of keys) {
      for (const month of [0, 31, 62]) await publishFacts(database.pool, key, hour(month * 24), FACTS)
    }
  })

  /** Runs a query as a service reads: of one account, under row level security. */
  async function asReader(account: string, text: string): Promise<Row[]> {
    const client = await database.pool.connect()
    try {
      await client.query(`begin; set local role k8s_costs_reader; set local app.account = '${account}'`)
      return (await client.query<Row>(text)).rows
    } finally {
      await client.query('rollback')
      client.release()
    }
  }

  it.each(VIEWS)('give a reader the ratios of its account alone: %s', async view => {
    const [own] = keys
    const found = await asReader(
      NEIGHBOUR,
      `select distinct cloud_account_id, cpu_ratio::text, ram_ratio::text, gpu_ratio from warehouse.${view}`,
    )
    expect(own?.account).not.toBe(NEIGHBOUR)
    expect(found).toEqual([
      {
        cloud_account_id: NEIGHBOUR,
        cpu_ratio: `0.5${'0'.repeat(29)}`,
        ram_ratio: `-0.25${'0'.repeat(28)}`,
        gpu_ratio: null,
      },
    ])
    const client = await database.pool.connect()
    await client.query('begin; set local role analyst')
    await expect(client.query(`select from warehouse.${view}`)).rejects.toMatchObject({ code: '42501' })
    await client.query('rollback')
    client.release()
  })

  it.each(VIEWS)('read the months of the range alone, under row level security too: %s', async view => {
    const query = `explain select * from warehouse.${view}
      where cloud_account_id = '${NEIGHBOUR}' and window_start >= '2026-11-01Z' and window_start < '2026-12-01Z'`
    const months = (plan: Row[]) =>
      [...new Set(JSON.stringify(plan).match(/(allocation|idle)_hourly_p\d{8}(?= )/g))].sort()
    const november = ['allocation_hourly_p20261101', 'idle_hourly_p20261101']
    expect(months((await database.pool.query<Row>(query)).rows)).toEqual(november)
    expect(months(await asReader(NEIGHBOUR, query))).toEqual(november)
  })
})
