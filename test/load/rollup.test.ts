import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatMoney, type Money, sumMoney } from '../../src/domain/money.js'
import { DAY_SECONDS, HOUR_SECONDS } from '../../src/domain/window.js'
import { changedDays, rollUpDay } from '../../src/load/rollup.js'
import { type ContainerFact, publishFacts, seedHome, type WindowFacts } from '../support/facts.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { namespaceSums } from './namespace-sums.js'

const ACCOUNT = '11111111-1111-4111-8111-111111111111'
const DAY = Date.UTC(2026, 9, 30) / 1000
const FLOORS = new Map([[ACCOUNT, 0]])

let database: TestDatabase
let count = 0

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

async function newCluster(): Promise<{ account: string; cluster: string }> {
  const key = { account: ACCOUNT, cluster: `cluster-${count++}` }
  await seedHome(database.pool, key, DAY, DAY + 2 * DAY_SECONDS)
  return key
}

const hour = (n: number) => DAY + n * HOUR_SECONDS
const dayOf = (key: { cluster: string }, day = DAY) => ({
  cloudAccountId: ACCOUNT,
  clusterId: key.cluster,
  day,
})
const web = (change: Partial<ContainerFact> = {}): ContainerFact => ({
  ...{ namespace: 'shop', pod: 'web-0', node: 'n1', controllerKind: 'deployment', controller: 'web' },
  ...{ cpuCost: 3n, ramCost: 5n },
  ...change,
})

async function changed(cluster: string, within?: number): Promise<number[]> {
  const days = await changedDays(database.pool, FLOORS, within)
  return days.filter(day => day.clusterId === cluster).map(day => day.day)
}

async function rows(text: string, cluster: string): Promise<Record<string, unknown>[]> {
  const { rows: found } = await database.pool.query<Record<string, unknown>>(text, [cluster])
  return found
}

/** Every daily row of a cluster as text, with the transaction that wrote it where asked for. */
async function daily(cluster: string, withWriter = false): Promise<string[]> {
  const writer = withWriter ? `t.xmin::text || ' ' ||` : ''
  const found = await rows(
    ['allocation_daily', 'idle_daily', 'asset_daily', 'namespace_daily']
      .map(
        table =>
          `select ${writer} '${table} ' || t::text as line from warehouse.${table} t where cluster_id = $1`,
      )
      .join(' union all ')
      .concat(' order by line'),
    cluster,
  )
  return found.map(row => String(row.line))
}

describe('the sums of a day', () => {
  it('add up every part of its hours, and keep what no container carries apart', async () => {
    const key = await newCluster()
    const facts: WindowFacts = {
      containers: [
        web({ cpuRequest: 1, cpuUsed: 0.5, minutes: 60, pvCost: 7n, pvGibHours: 2 }),
        web({ pod: 'web-1' }),
      ],
      nodes: [{ node: 'n1', cpuCost: 100n, ramCost: 100n, spot: 1, instanceType: 'm5', providerId: 'i-1' }],
      assets: [
        { type: 'disk', id: 'pv-1', gib: 10, minutes: 30, cost: 9n },
        { type: 'management', id: 'eks', cost: 11n },
      ],
      remainders: [
        { kind: 'unmounted', part: 'pv', namespace: 'shop', name: 'pv-1', quantity: 4, cost: 2n },
        { kind: 'cluster_management', part: 'management', name: 'eks', cost: 11n },
        { kind: 'unallocated', part: 'network_zone', namespace: 'shop', name: 'ghost', cost: 1n },
      ],
    }
    await publishFacts(database.pool, key, hour(0), facts)
    await publishFacts(database.pool, key, hour(5), { ...facts, containers: [web({ cpuRequest: 1 })] })
    expect(await rollUpDay(database.pool, dayOf(key))).toBe(true)
    const found = await rows(
      `select kind, namespace, controller, container, node, hours, pods, minutes, cpu_cost::text, pv_cost::text,
         management_cost::text, network_zone_cost::text, cpu_efficiency, total_cost::text, partial_parts, windows
       from analytics.allocation_daily where cluster = $1 order by kind`,
      key.cluster,
    )
    const none = {
      controller: null,
      container: null,
      node: null,
      hours: null,
      pods: null,
      minutes: null,
      cpu_cost: null,
    }
    const nothing = { pv_cost: null, management_cost: null, network_zone_cost: null, cpu_efficiency: null }
    const whole = { partial_parts: [], windows: 2 }
    expect(found).toEqual([
      {
        ...{ ...none, ...nothing, ...whole, kind: 'cluster_management', namespace: null },
        ...{ management_cost: formatMoney(22n), total_cost: formatMoney(22n) },
      },
      {
        ...{ ...none, ...nothing, ...whole, kind: 'unallocated', namespace: 'shop' },
        ...{ network_zone_cost: formatMoney(2n), total_cost: formatMoney(2n) },
      },
      {
        ...{ ...none, ...nothing, ...whole, kind: 'unmounted', namespace: 'shop' },
        ...{ pv_cost: formatMoney(4n), total_cost: formatMoney(4n) },
      },
      {
        ...{
          ...nothing,
          kind: 'workload',
          namespace: 'shop',
          controller: 'web',
          container: 'main',
          node: 'n1',
        },
        ...{
          hours: 2,
          pods: 2,
          minutes: 180,
          cpu_cost: formatMoney(9n),
          pv_cost: formatMoney(7n),
          windows: 2,
        },
        // One of two requested core-hours was measured: half of that one was used.
        ...{ cpu_efficiency: 0.5, total_cost: formatMoney(31n) },
        partial_parts: ['cpu_core_used_hours', 'pv_gib_hours', 'pv_cost'],
      },
    ])
    // In the hours 0 and 5 there was something of each, and each time a container without a volume.
    const hours = 2 ** 0 + 2 ** 5
    const remainder = (change: Record<string, unknown>) => ({
      ...{
        namespace: 'shop',
        minutes: null,
        judged: null,
        cpu_cost: null,
        pv_cost: null,
        hour_mask: hours,
        no_pv: 0,
      },
      ...change,
    })
    expect(
      await rows(
        `select kind, namespace, minutes, cpu_core_judged_hours as judged, cpu_cost::text, pv_cost::text,
           total_cost::text, hour_mask, no_pv
         from warehouse.namespace_daily where cluster_id = $1 order by kind`,
        key.cluster,
      ),
    ).toEqual([
      remainder({ kind: 'cluster_management', namespace: '', total_cost: formatMoney(22n) }),
      remainder({ kind: 'unallocated', total_cost: formatMoney(2n) }),
      remainder({ kind: 'unmounted', pv_cost: formatMoney(4n), total_cost: formatMoney(4n) }),
      {
        ...remainder({ kind: 'workload', pv_cost: formatMoney(7n), total_cost: formatMoney(31n) }),
        ...{ minutes: 180, judged: 1, cpu_cost: formatMoney(9n), no_pv: hours },
      },
    ])
    const assets = await rows(
      `select asset_type, name, hours, minutes, spot_hours, gib_hours, instance_type, total_cost::text
       from analytics.asset_daily where cluster = $1 order by asset_type`,
      key.cluster,
    )
    expect(assets).toMatchObject([
      {
        asset_type: 'disk',
        name: 'pv-1',
        hours: 2,
        minutes: 60,
        gib_hours: 10,
        total_cost: formatMoney(18n),
      },
      { asset_type: 'management', total_cost: formatMoney(22n) },
      { asset_type: 'node', name: 'n1', spot_hours: 2, instance_type: 'm5', total_cost: formatMoney(400n) },
    ])
    const ledger = await rows(
      `select windows, revision_sum::int, allocation_rows::int, asset_cost::text, allocated_cost::text, idle_cost::text,
         unmounted_cost::text, management_cost::text, network_cost::text
       from warehouse.day_ledger where cluster_id = $1`,
      key.cluster,
    )
    expect(ledger).toEqual([
      {
        ...{ windows: 2, revision_sum: 2, allocation_rows: 3, asset_cost: formatMoney(440n) },
        ...{
          allocated_cost: formatMoney(33n),
          idle_cost: formatMoney(400n - 24n),
          unmounted_cost: formatMoney(4n),
        },
        ...{ management_cost: formatMoney(22n), network_cost: formatMoney(2n) },
      },
    ])
  })

  it('equal the hours to the last digit, for whatever the hours hold', async () => {
    const cost = fc.bigInt({ min: 0n, max: 10n ** 17n })
    const maybe = fc.option(cost, { nil: null })
    const container = fc.record({
      namespace: fc.constantFrom('a', 'b'),
      pod: fc.constantFrom('p0', 'p1', 'p2'),
      node: fc.constantFrom('n0', 'n1'),
      minutes: fc.double({ min: 0.001, max: 60, noNaN: true }),
      cpuCost: cost,
      ramCost: cost,
      ...{ gpuCost: maybe, pvCost: maybe, zoneCost: maybe, internetCost: maybe, balancerCost: maybe },
    })
    const window = fc.record({
      hour: fc.integer({ min: 0, max: 23 }),
      containers: fc.uniqueArray(container, {
        maxLength: 5,
        selector: ({ namespace, pod, node }) => `${namespace}/${pod}/${node}`,
      }),
    })
    const windows = fc.uniqueArray(window, { minLength: 1, maxLength: 6, selector: ({ hour: at }) => at })
    await fc.assert(
      fc.asyncProperty(windows, async published => {
        const key = await newCluster()
        for (const { hour: at, containers } of published) {
          const nodes = ['n0', 'n1'].map(node => ({
            node,
            cpuCost: 7n * 10n ** 17n,
            ramCost: 1n,
            gpuCost: 0n,
          }))
          await publishFacts(database.pool, key, hour(at), { containers, nodes })
        }
        await rollUpDay(database.pool, dayOf(key))
        const all = published.flatMap(({ containers }) => containers)
        for (const [column, part] of PARTS) {
          const values = all.map(part).filter(value => value !== null)
          const [row] = await rows(
            `select sum(${column})::text as total,
               bool_or('${column}' = any(partial_parts)) as is_partial
             from warehouse.allocation_daily where cluster_id = $1`,
            key.cluster,
          )
          expect([column, row?.total ?? null]).toEqual([
            column,
            values.length === 0 ? null : formatMoney(sumMoney(values)),
          ])
          const isMixed = (['a', 'b'] as const).some(namespace =>
            (['n0', 'n1'] as const).some(node => {
              const group = all.filter(one => one.namespace === namespace && one.node === node).map(part)
              return group.includes(null) && group.some(value => value !== null)
            }),
          )
          expect([column, row?.is_partial ?? false]).toEqual([column, isMixed])
          for (const namespace of ['a', 'b']) {
            const own = all.filter(one => one.namespace === namespace).map(part)
            const known = own.filter(value => value !== null)
            expect([
              column,
              await rows(
                `select ${column}::text as total from warehouse.namespace_daily
                 where cluster_id = $1 and namespace = '${namespace}'`,
                key.cluster,
              ),
            ]).toEqual([
              column,
              own.length === 0 ? [] : [{ total: known.length === 0 ? null : formatMoney(sumMoney(known)) }],
            ])
          }
        }
        expect(await namespaceSums(database.pool, key.cluster)).toEqual({
          rows: new Set(all.map(({ namespace }) => namespace)).size,
          differing: [],
        })
        const [idle] = await rows(
          `select sum(cpu_cost)::text as cpu from warehouse.idle_daily where cluster_id = $1`,
          key.cluster,
        )
        const charged = sumMoney(all.map(row => row.cpuCost))
        expect(idle?.cpu).toBe(formatMoney(BigInt(published.length) * 14n * 10n ** 17n - charged))
      }),
      { numRuns: 25 },
    )
  })

  it('are the same to the last bit when made again, and are only made again when a window has changed', async () => {
    const key = await newCluster()
    for (let n = 0; n < 24; n++) {
      const containers = Array.from({ length: 9 }, (_, i) =>
        web({ pod: `web-${i}`, minutes: 60 / (i + 1 + n), cpuHours: Math.PI / (i + 1), ramHours: 1 / 3 }),
      )
      await publishFacts(database.pool, key, hour(n), { containers })
    }
    expect(await changed(key.cluster)).toEqual([DAY])
    await rollUpDay(database.pool, dayOf(key))
    expect(await changed(key.cluster)).toEqual([])
    const before = await daily(key.cluster, true)
    expect(await rollUpDay(database.pool, dayOf(key))).toBe(false)
    expect(await daily(key.cluster, true)).toEqual(before)

    const values = await daily(key.cluster)
    await database.pool.query(`update warehouse.day_ledger set rolled_at = null where cluster_id = $1`, [
      key.cluster,
    ])
    expect(await rollUpDay(database.pool, dayOf(key))).toBe(true)
    expect(await daily(key.cluster)).toEqual(values)
  })

  it('follow an hour that is published again, and forget a container that is no longer in it', async () => {
    const key = await newCluster()
    await publishFacts(database.pool, key, hour(0), {
      containers: [web(), web({ namespace: 'gone', controller: 'old', pod: 'old' })],
    })
    await publishFacts(database.pool, key, hour(1), { containers: [web()] })
    await rollUpDay(database.pool, dayOf(key))
    expect(await namespaceSums(database.pool, key.cluster)).toEqual({ rows: 2, differing: [] })
    await publishFacts(database.pool, key, hour(0), { containers: [web({ cpuCost: 30n })] })
    expect(await changed(key.cluster)).toEqual([DAY])
    expect(await changed(key.cluster, -3600)).toEqual([])
    expect(await changed(key.cluster, 3600)).toEqual([DAY])
    await rollUpDay(database.pool, dayOf(key))
    expect(await namespaceSums(database.pool, key.cluster)).toEqual({ rows: 1, differing: [] })
    expect(
      await rows(
        `select controller, cpu_cost::text from warehouse.allocation_daily where cluster_id = $1`,
        key.cluster,
      ),
    ).toEqual([{ controller: 'web', cpu_cost: formatMoney(33n) }])
  })

  it('come out right when six roll-ups race with publications', async () => {
    const key = await newCluster()
    const pools = Array.from({ length: 6 }, () => database.newPool({ max: 2 }))
    await publishFacts(database.pool, key, hour(0), { containers: [web()] })
    const publish = async () => {
      for (let n = 1; n < 12; n++) await publishFacts(database.pool, key, hour(n), { containers: [web()] })
    }
    const roll = async (pool: TestDatabase['pool']) => {
      for (let n = 0; n < 6; n++) {
        await rollUpDay(pool, dayOf(key))
        const [seen] = await rows(
          `select (select windows from warehouse.day_ledger where cluster_id = $1) as windows,
             (select sum(hours)::int from warehouse.allocation_daily where cluster_id = $1) as hours`,
          key.cluster,
        )
        expect(seen?.hours).toBe(seen?.windows)
      }
    }
    await Promise.all([publish(), ...pools.map(roll)])
    await rollUpDay(database.pool, dayOf(key))
    expect(
      await rows(
        `select hours, cpu_cost::text from warehouse.allocation_daily where cluster_id = $1`,
        key.cluster,
      ),
    ).toEqual([{ hours: 12, cpu_cost: formatMoney(36n) }])
  })

  it('do not shrink once hours have expired, but take a day that is loaded whole again', async () => {
    const key = await newCluster()
    for (let n = 0; n < 3; n++) await publishFacts(database.pool, key, hour(n), { containers: [web()] })
    await rollUpDay(database.pool, dayOf(key))
    await database.pool.query('update warehouse.day_ledger set hours_expired = true where cluster_id = $1', [
      key.cluster,
    ])
    for (const table of ['allocation_hourly', 'window_ledger']) {
      await database.pool.query(`delete from warehouse.${table} where cluster_id = $1`, [key.cluster])
    }
    await publishFacts(database.pool, key, hour(0), { containers: [web()] })
    expect(await changed(key.cluster)).toEqual([])
    expect(await rollUpDay(database.pool, dayOf(key))).toBe(false)
    const hours = () =>
      rows(`select hours from warehouse.allocation_daily where cluster_id = $1`, key.cluster)
    expect(await hours()).toEqual([{ hours: 3 }])
    for (let n = 0; n < 4; n++) await publishFacts(database.pool, key, hour(n), { containers: [web()] })
    expect(await rollUpDay(database.pool, dayOf(key))).toBe(true)
    expect(await hours()).toEqual([{ hours: 4 }])
  })
})

type Generated = { [K in 'cpuCost' | 'ramCost']: Money } & {
  [K in 'gpuCost' | 'pvCost' | 'zoneCost' | 'internetCost' | 'balancerCost']: Money | null
}
const PARTS: readonly [string, (row: Generated) => Money | null][] = [
  ['cpu_cost', row => row.cpuCost],
  ['ram_cost', row => row.ramCost],
  ['gpu_cost', row => row.gpuCost],
  ['pv_cost', row => row.pvCost],
  ['network_zone_cost', row => row.zoneCost],
  ['network_internet_cost', row => row.internetCost],
  ['load_balancer_cost', row => row.balancerCost],
]
