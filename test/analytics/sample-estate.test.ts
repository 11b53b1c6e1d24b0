import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addAnalyst } from '../../src/db/analysts.js'
import { ensureRoles } from '../../src/db/roles.js'
import { createEstate, NORTH_ACCOUNT, SHOP_ACCOUNT } from '../../src/sample/estate.js'
import { ingestAll } from '../support/ingest.js'
import { FIRST, HOUR, openSampleWorld, type SampleWorld } from '../support/sample-world.js'
import { rollUp } from './estate.js'
import { connectAs, dropRoles, roleName } from './seeding.js'

/** The last three hours of a day and the first three of the next, of three clusters. */
const START = FIRST + 21 * HOUR
const ESTATE = createEstate({ start: START, end: START + 6 * HOUR })
const WINDOWS = 3 * 6
const ALL = roleName()
const NORTH = roleName()

let world: SampleWorld
let all: pg.Client
let north: pg.Client

beforeAll(async () => {
  world = await openSampleWorld({ estate: ESTATE, accounts: ESTATE.accounts })
  const { pool } = world.database
  expect(await ingestAll(world.context())).toEqual({ published: WINDOWS, unchanged: 0, open: 0 })
  await rollUp(pool, [SHOP_ACCOUNT, NORTH_ACCOUNT])
  await ensureRoles(pool)
  const connect = async (login: string, cloudAccountIds: string[]) => {
    const { password } = await addAnalyst(pool, { login, cloudAccountIds, create: true })
    return connectAs(world.database, login, password)
  }
  all = await connect(ALL, [SHOP_ACCOUNT, NORTH_ACCOUNT])
  north = await connect(NORTH, [NORTH_ACCOUNT])
}, 120_000)
afterAll(async () => {
  await all.end()
  await north.end()
  await world.close()
  await dropRoles(world.database, [ALL, NORTH])
})

type Row = Record<string, unknown>
const rowsOf = async (sql: string, client = all) => (await client.query<Row>(sql)).rows
const one = async (sql: string, client = all) => (await rowsOf(sql, client))[0]

/** How many rows two queries of `key columns, amount` have in all, and how many of them differ. */
const difference = (left: string, right: string, key: string) =>
  one(`
    select count(*)::int as rows, count(*) filter (where l.amount is distinct from r.amount)::int as unequal
    from (${left}) l full join (${right}) r using (${key})`)

describe('the loaded sample estate, to an analyst', () => {
  it('adds up for every cluster and hour: containers, remainders and idle are assets and traffic', async () => {
    const found = await difference(
      `select cloud_account_id, cluster, window_start, sum(total_cost) as amount
       from (
         select cloud_account_id, cluster, window_start, total_cost from analytics.allocation_hourly
         union all
         select cloud_account_id, cluster, window_start, total_cost from analytics.idle_hourly
       ) parts group by 1, 2, 3`,
      `select cloud_account_id, cluster, window_start, sum(total_cost) as amount
       from (
         select cloud_account_id, cluster, window_start, total_cost from analytics.asset_hourly
         union all
         select cloud_account_id, cluster, window_start, network_cost from analytics.allocation_hourly
       ) parts group by 1, 2, 3`,
      'cloud_account_id, cluster, window_start',
    )
    expect(found).toEqual({ rows: WINDOWS, unequal: 0 })
    expect(
      await one(
        `select count(*)::int as hours, count(*) filter (where imbalance <> 0 or violations <> '{}' or checks is null)::int as bad
         from analytics.data_quality`,
      ),
    ).toEqual({ hours: WINDOWS, bad: 0 })
  })

  it.each(['cpu_cost', 'ram_cost', 'gpu_cost'])('adds up for every node and hour: %s', async cost => {
    const found = await difference(
      `select cloud_account_id, cluster, window_start, node, sum(cost) as amount
       from (
         select cloud_account_id, cluster, window_start, node, ${cost} as cost from analytics.allocation_hourly
         where kind = 'workload'
         union all
         select cloud_account_id, cluster, window_start, node, ${cost} from analytics.idle_hourly
       ) parts group by 1, 2, 3, 4`,
      `select cloud_account_id, cluster, window_start, name as node, sum(${cost}) as amount
       from analytics.asset_hourly where asset_type = 'node' group by 1, 2, 3, 4`,
      'cloud_account_id, cluster, window_start, node',
    )
    expect(found).toMatchObject({ unequal: 0 })
    expect(found?.rows).toBeGreaterThan(50)
  })

  it.each([
    ['allocation', 'kind, namespace, controller, container, node', 'network_cost'],
    ['allocation', 'kind, namespace, controller, container, node', 'total_cost'],
    ['idle', 'node', 'total_cost'],
    ['asset', 'asset_type, asset_id, name', 'total_cost'],
  ])('has in %s_daily, by %s, the sums of the hours: %s', async (what, key, amount) => {
    // Nothing is '' here, and remainders have neither container nor node in a day.
    const names = key.split(', ').map(name => `coalesce(${name}, '') as ${name}`)
    const hourly = names.map(name =>
      name.includes('container,') && what === 'allocation'
        ? `case when kind = 'workload' then container else '' end as container`
        : name,
    )
    const found = await difference(
      `select cloud_account_id, cluster, day, ${names.join(', ')}, sum(${amount}) as amount
       from analytics.${what}_daily group by cloud_account_id, cluster, day, ${key}`,
      `select cloud_account_id, cluster, day, ${key}, sum(amount) as amount
       from (
         select cloud_account_id, cluster, (window_start at time zone 'UTC')::date as day, ${hourly.join(', ')},
           ${amount} as amount
         from analytics.${what}_hourly
       ) hours group by cloud_account_id, cluster, day, ${key}`,
      `cloud_account_id, cluster, day, ${key}`,
    )
    expect(found).toMatchObject({ unequal: 0 })
    expect(found?.rows).toBeGreaterThan(15)
  })

  it('is of one account only, and the same to the last digit, to who may read no more', async () => {
    for (const [view, account] of [
      ['allocation_daily', 'cloud_account_id'],
      ['asset_hourly', 'cloud_account_id'],
      ['focus_cost_and_usage', '"x_CloudAccountId"'],
    ]) {
      const cost = view === 'focus_cost_and_usage' ? '"EffectiveCost"' : 'total_cost'
      const sum = (where: string) =>
        `select count(*)::int as rows, sum(${cost})::text as cost from analytics.${view} where ${where}`
      const own = await one(sum('true'), north)
      expect(own).toEqual(await one(sum(`${account} = '${NORTH_ACCOUNT}'`)))
      expect(own?.rows).toBeGreaterThan(15)
      expect(await one(sum(`${account} = '${SHOP_ACCOUNT}'`), north)).toEqual({ rows: 0, cost: null })
    }
  })
})

describe('its FOCUS', () => {
  it('sums to allocations and idle for every cluster and hour', async () => {
    const found = await difference(
      `select "x_CloudAccountId" as account, "x_ClusterId" as cluster, "ChargePeriodStart" as hour,
         sum("EffectiveCost") as amount
       from analytics.focus_cost_and_usage group by 1, 2, 3`,
      `select account, cluster, hour, sum(total_cost) as amount
       from (
         select cloud_account_id as account, cluster, window_start as hour, total_cost
         from analytics.allocation_hourly
         union all
         select cloud_account_id, cluster, window_start, total_cost from analytics.idle_hourly
       ) parts group by 1, 2, 3`,
      'account, cluster, hour',
    )
    expect(found).toEqual({ rows: WINDOWS, unequal: 0 })
  })

  it('names the provider and the region of everything, be it of no node or of two machines of one name', async () => {
    expect(
      await rowsOf(`
        select distinct "x_CloudAccountId" as account, "x_ClusterId" as cluster, "ProviderName" as provider, "RegionId" as region
        from analytics.focus_cost_and_usage order by 1, 2, 3, 4`),
    ).toEqual([
      {
        ...{ account: SHOP_ACCOUNT, cluster: 'cluster-one' },
        ...{ provider: 'Amazon Web Services', region: 'eu-west-1' },
      },
      {
        ...{ account: SHOP_ACCOUNT, cluster: 'cluster-two' },
        ...{ provider: 'Amazon Web Services', region: 'us-east-1' },
      },
      {
        ...{ account: NORTH_ACCOUNT, cluster: 'cluster-one' },
        ...{ provider: 'Google Cloud', region: 'europe-north1' },
      },
    ])
  })

  it('has one name and type for a resource, one category and meter for a SKU, one way of pricing for its price', async () => {
    for (const [id, values] of [
      ['"ResourceId"', '"ResourceName", "ResourceType"'],
      ['"SkuId"', '"ServiceName", "SkuMeter", "RegionId"'],
      ['"SkuPriceId"', '"SkuId", "PricingCategory", "PricingUnit"'],
    ]) {
      expect(
        await rowsOf(`
          select "x_CloudAccountId", ${id}, count(distinct (${values})) from analytics.focus_cost_and_usage
          where ${id} is not null group by 1, 2 having count(distinct (${values})) > 1`),
      ).toEqual([])
    }
  })

  it('gives shares of every node and resource that add up to one, and what nobody had no container', async () => {
    const shares = await rowsOf(`
      select sum(("AllocatedMethodDetails" #>> '{Elements,0,AllocatedRatio}')::numeric)::float8 as share
      from analytics.focus_cost_and_usage where "AllocatedMethodDetails" is not null
      group by "x_CloudAccountId", "x_ClusterId", "ChargePeriodStart", "x_NodeName", "x_CostComponent"`)
    expect(shares.length).toBeGreaterThan(100)
    for (const { share } of shares) expect(share).toBeCloseTo(1, 9)
    expect(
      await rowsOf(`
        select "x_Kind" as kind, bool_and("AllocatedResourceId" is null) as none, bool_or("AllocatedResourceId" is null) as some
        from analytics.focus_cost_and_usage group by 1 order by 1`),
    ).toEqual([
      { kind: 'cluster_management', none: true, some: true },
      { kind: 'idle', none: true, some: true },
      { kind: 'unallocated', none: true, some: true },
      { kind: 'unmounted', none: true, some: true },
      { kind: 'workload', none: false, some: false },
    ])
  })
})
