import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { BANK, MARCH, SHOP, seedEstate } from './estate.js'
import {
  ALLOCATED,
  ALWAYS_NULL,
  FOCUS_1_2,
  INSTANTS,
  NEVER_NULL,
  NUMBERS,
  USAGE_ONLY,
} from './focus-columns.js'
import { type Hour, publishHour } from './seeding.js'

const VIEW = 'analytics.focus_cost_and_usage'

const SUBCATEGORIES: Record<string, string[]> = {
  Compute: ['Virtual Machines', 'Containers'],
  Storage: ['Block Storage'],
  Networking: ['Network Infrastructure', 'Application Networking'],
}

const free = { cpu_price: 0, ram_price: 0, cpu_cost: 0, ram_cost: 0, gpu_cost: 0 }
/** A cluster of two clouds, of which only the fee costs anything. */
const MIXED: Hour = {
  containers: [],
  nodes: [
    { ...free, node: 'm1', provider_id: 'aws:///eu-1a/i-0a2', region: 'eu-1' },
    { ...free, node: 'm2', provider_id: 'gce://project/eu-2/m2', region: 'eu-2' },
  ],
  assets: [{ asset_type: 'management', asset_id: 'bóth', name: 'bóth', price: 0.3, total_cost: 0.3 }],
  remainders: [{ kind: 'cluster_management', part: 'management', name: 'bóth', cost: 0.3 }],
}

type Row = Record<string, unknown>
let database: TestDatabase
let rows: Row[]

beforeAll(async () => {
  database = await testDatabase()
  await seedEstate(database)
  await publishHour(database.pool, { account: SHOP, cluster: 'mixed' }, MARCH[0], MIXED)
  rows = (await database.pool.query<Row>(`select * from ${VIEW}`)).rows
})
afterAll(() => database.drop())

const faulty = async (condition: string) =>
  (await database.pool.query<Row>(`select * from ${VIEW} where ${condition}`)).rows
const onlyOf = (component: string, extra: (row: Row) => boolean = () => true) =>
  rows.filter(
    row =>
      row.x_CostComponent === component &&
      row.x_CloudAccountId === SHOP &&
      (row.ChargePeriodStart as Date).getTime() === Date.parse(MARCH[0]) &&
      extra(row),
  )

describe('the FOCUS view', () => {
  it('describes charges in ASCII, whatever the names', async () => {
    expect(rows.map(row => row.ChargeDescription)).toContainEqual(expect.stringContaining('b?th'))
    expect(await faulty(`"ChargeDescription" ~ '[^ -~]'`)).toEqual([])
  })

  it('has the 57 columns of 1.2 and those of 1.3 for allocated charges, then its own, each in order', async () => {
    const { fields } = await database.pool.query(`select * from ${VIEW} limit 0`)
    const names = fields.map(({ name }) => name)
    const own = names.filter(name => name.startsWith('x_'))
    expect(FOCUS_1_2).toHaveLength(57)
    expect(names).toEqual([...[...FOCUS_1_2, ...ALLOCATED].sort(), ...own])
    expect(own).toEqual([...own].sort())
    expect(own.every(name => /^x_[A-Z][A-Za-z]+$/.test(name))).toBe(true)
  })

  it('has decimals, instants and JSON where the specification has them', async () => {
    const { rows: types } = await database.pool.query<{ name: string; type: string }>(
      `select attname as name, atttypid::regtype::text as type from pg_attribute
       where attrelid = '${VIEW}'::regclass and attnum > 0`,
    )
    const typeOf = new Map(types.map(({ name, type }) => [name, type]))
    for (const name of FOCUS_1_2) {
      const expected = NUMBERS.includes(name)
        ? 'numeric'
        : INSTANTS.includes(name)
          ? 'timestamp with time zone'
          : /^(Tags|SkuPriceDetails)$/.test(name)
            ? 'jsonb'
            : 'text'
      expect([name, typeOf.get(name)]).toEqual([name, expected])
    }
  })

  it('leaves out what it may and nothing else', () => {
    expect(rows.length).toBeGreaterThan(50)
    for (const row of rows) {
      const isUsage = row.ChargeCategory === 'Usage'
      for (const name of NEVER_NULL) expect([name, row[name]]).not.toEqual([name, null])
      for (const name of USAGE_ONLY) expect([name, row[name] !== null]).toEqual([name, isUsage])
      for (const name of ALWAYS_NULL) expect([name, row[name]]).toEqual([name, null])
      expect(row.ResourceName !== null).toBe(row.ResourceId !== null)
      expect(row.ResourceType !== null).toBe(row.ResourceId !== null)
      expect(row.RegionName).toBe(row.RegionId)
      expect(Object.values(row)).not.toContain('')
    }
  })

  it('keeps to the values, pairs and formats that the specification allows', () => {
    for (const row of rows) {
      expect(['Usage', 'Adjustment']).toContain(row.ChargeCategory)
      expect(['Usage-Based', 'Recurring']).toContain(row.ChargeFrequency)
      expect(['Standard', 'Dynamic', null]).toContain(row.PricingCategory)
      expect(SUBCATEGORIES[String(row.ServiceCategory)]).toContain(row.ServiceSubcategory)
      expect(['Core-Hours', 'GiB-Hours', 'GPU-Hours', 'GiB', 'Hours', null]).toContain(row.PricingUnit)
      expect(row.ConsumedUnit).toBe(row.PricingUnit)
      expect(row.BillingCurrency).toMatch(/^[A-Z]{3}$/)
      // A SKU is the same however it is priced; its price is another for spot.
      const price = row.PricingCategory === 'Dynamic' ? `${row.SkuId}/spot` : row.SkuId
      expect(row.SkuPriceId).toBe(price)
      const start = row.ChargePeriodStart as Date
      expect((row.ChargePeriodEnd as Date).getTime() - start.getTime()).toBe(3_600_000)
      const month = [start.getUTCFullYear(), start.getUTCMonth()] as const
      expect((row.BillingPeriodStart as Date).getTime()).toBe(Date.UTC(...month, 1))
      expect((row.BillingPeriodEnd as Date).getTime()).toBe(Date.UTC(month[0], month[1] + 1, 1))
    }
    const categories = new Map<unknown, Set<unknown>>()
    for (const row of rows) {
      const found = categories.get(row.ServiceName) ?? new Set()
      categories.set(row.ServiceName, found.add(row.ServiceSubcategory))
    }
    expect([...categories.values()].every(found => found.size === 1)).toBe(true)
  })

  it('has months of UTC whatever the zone of the session', async () => {
    const client = await database.pool.connect()
    await client.query(`set timezone = 'America/St_Johns'`)
    const { rows: found } = await client.query<Row>(
      `select distinct extract(epoch from "BillingPeriodStart")::int as from, extract(epoch from "BillingPeriodEnd")::int as to
       from ${VIEW} where x_CloudAccountId = '${SHOP}' order by 1`.replaceAll(
        'x_CloudAccountId',
        '"x_CloudAccountId"',
      ),
    )
    client.release(true)
    const at = (month: number) => Date.UTC(2026, month, 1) / 1000
    expect(found).toEqual([
      { from: at(1), to: at(2) },
      { from: at(2), to: at(3) },
    ])
  })

  it('prices exactly: unit price times quantity is the cost, to the last digit and for a reader of doubles too', async () => {
    expect(
      await faulty(`"ListUnitPrice" * "PricingQuantity" <> "ListCost"
        or "ContractedUnitPrice" * "PricingQuantity" <> "ContractedCost"
        or "ListUnitPrice" < 0 or "PricingQuantity" < 0 or "ConsumedQuantity" <> "PricingQuantity"
        or "PricingCurrencyEffectiveCost" <> "EffectiveCost" or "BilledCost" <> 0
        or abs("ListCost" - "EffectiveCost") > 1e-12
        or ("ChargeCategory" = 'Adjustment') <> ("EffectiveCost" < 0)`),
    ).toEqual([])
    for (const row of rows.filter(({ ChargeCategory }) => ChargeCategory === 'Usage')) {
      const product = Number(row.ListUnitPrice) * Number(row.PricingQuantity)
      const cost = Number(row.ListCost)
      expect(Math.abs(product - cost)).toBeLessThanOrEqual(1e-9 * Math.max(Math.abs(cost), 1))
    }
  })

  it('sums to what the other views sum to, exactly, hour by hour', async () => {
    const { rows: sums } = await database.pool.query<Row>(`
      with focus as (
        select "x_CloudAccountId" as account, "ChargePeriodStart" as hour, sum("EffectiveCost") as cost
        from ${VIEW} group by 1, 2
      ), facts as (
        select cloud_account_id as account, window_start as hour, sum(total_cost) as cost
        from (
          select cloud_account_id, window_start, total_cost from analytics.allocation_hourly
          union all
          select cloud_account_id, window_start, total_cost from analytics.idle_hourly
        ) parts group by 1, 2
      )
      select account, hour, focus.cost = facts.cost as is_equal from focus full join facts using (account, hour)`)
    expect(sums).toHaveLength(5)
    expect(sums.every(row => row.is_equal === true)).toBe(true)
  })

  it('describes an allocated charge with its origin, its labels and its share of the node', () => {
    const [cpu] = onlyOf('cpu', row => row.x_PodName === 'web-1')
    expect(cpu).toMatchObject({
      ...{ EffectiveCost: '0.800000000000', PricingUnit: 'Core-Hours', ProviderName: 'Amazon Web Services' },
      ...{ ResourceId: 'aws:///eu-1a/i-0a1', ResourceName: 'n1', ResourceType: 'Node', RegionId: 'eu-1' },
      ...{ AvailabilityZone: 'eu-1a', PricingCategory: 'Standard', BillingCurrency: 'EUR', Tags: null },
      ...{ AllocatedResourceId: 'one/shop/uid-web/app', AllocatedResourceName: 'web-1/app' },
      ...{ AllocatedTags: { team: 'alpha', app: 'web' }, SkuId: 'cpu/Amazon Web Services/eu-1/m5.xlarge' },
      ...{ x_Efficiency: 0.5, x_IsIdle: false, x_WindowState: 'loaded', x_Revision: 1, x_Kind: 'workload' },
      AllocatedMethodDetails: {
        Elements: [{ AllocatedRatio: 0.8, UsageQuantity: 2, UsageUnit: 'Core-Hours' }],
      },
    })
    expect(Number(cpu?.PricingQuantity)).toBe(2)
    const [spot] = onlyOf('ram', row => row.x_NodeName === 'n2' && row.x_IsIdle === false)
    expect(spot).toMatchObject({
      PricingCategory: 'Dynamic',
      ResourceId: 'one/n2',
      ProviderName: 'Kubernetes',
    })
  })

  it('gives shares of a node that add up to one, idle included', async () => {
    const { rows: shares } = await database.pool.query<Row>(`
      select "x_NodeName" as node, "x_CostComponent" as component,
        sum(("AllocatedMethodDetails" #>> '{Elements,0,AllocatedRatio}')::numeric)::float8 as share
      from ${VIEW}
      where "ChargePeriodStart" = '${MARCH[0]}' and "x_CloudAccountId" = '${SHOP}'
        and "AllocatedMethodDetails" is not null
      group by 1, 2 order by 1, 2`)
    expect(shares.map(({ node, component }) => `${node} ${component}`)).toEqual(
      'n1 cpu,n1 ram,n2 cpu,n2 ram,n3 cpu,n3 gpu,n3 ram,n4 cpu'.split(',').concat('n4 ram'),
    )
    for (const { share } of shares) expect(share).toBeCloseTo(1, 12)
  })

  it('tells idle apart, in the core-hours that it stands for, and negative idle as an adjustment', () => {
    const [idle] = onlyOf('cpu', row => row.x_NodeName === 'n3' && row.x_IsIdle === true)
    expect(idle).toMatchObject({
      ...{ ChargeCategory: 'Usage', EffectiveCost: '0.100000000000', PricingUnit: 'Core-Hours' },
      ...{
        AllocatedResourceId: null,
        AllocatedMethodId: 'unused-capacity-v1',
        x_Kind: 'idle',
        ResourceId: 'one/n3',
      },
    })
    expect(Number(idle?.ConsumedQuantity)).toBe(1)
    const [over] = onlyOf('cpu', row => row.x_NodeName === 'n4' && row.x_IsIdle === true)
    expect(over).toMatchObject({
      ...{ ChargeCategory: 'Adjustment', EffectiveCost: '-0.050000000000', ListCost: '-0.050000000000' },
      ...{ ContractedCost: '-0.050000000000', ConsumedQuantity: null, SkuId: null },
    })
  })

  it('names what no container carries by its own resource', () => {
    expect(
      onlyOf('pv', row => row.x_Kind === 'unmounted')
        .map(row => row.ResourceId)
        .sort(),
    ).toEqual(['one/lab/vol-1', 'one/vol-2'])
    expect(onlyOf('management', row => row.x_ClusterId === 'one')).toMatchObject([
      {
        ...{
          ServiceSubcategory: 'Containers',
          ChargeFrequency: 'Recurring',
          ResourceType: 'ClusterManagement',
        },
        ...{ ResourceId: 'one/EKS', PricingUnit: 'Hours', AllocatedMethodId: null },
        ...{ ProviderName: 'Amazon Web Services', RegionId: 'eu-1', AvailabilityZone: null },
      },
    ])
    expect(
      onlyOf('network_internet')
        .map(row => [row.x_Kind, row.ResourceType, row.PricingUnit])
        .sort(),
    ).toEqual([
      ['unallocated', 'Pod', 'GiB'],
      ['workload', 'Node', 'GiB'],
    ])
    expect(rows.filter(row => row.x_CloudAccountId === BANK).length).toBeGreaterThan(5)
  })

  it('says neither provider nor region of a cluster whose machines do not agree on it', () => {
    expect(onlyOf('management', row => row.x_ClusterId === 'mixed')).toMatchObject([
      {
        ProviderName: 'Kubernetes',
        RegionId: null,
        SkuId: 'management/Kubernetes',
        ListUnitPrice: '0.300000000000000',
      },
    ])
  })

  it('puts a container in the zone of its node, and a load balancer in none', () => {
    const zones = (component: string) =>
      onlyOf(component, row => row.x_Kind === 'workload').map(row => [row.x_NodeName, row.AvailabilityZone])
    expect(zones('load_balancer')).toEqual([['n1', null]])
    expect(zones('cpu')).toContainEqual(['n1', 'eu-1a'])
  })
})
