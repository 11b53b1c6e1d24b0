import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { MARCH, SHOP, seedEstate } from './estate.js'
import { makeMonth } from './seeding.js'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
  await seedEstate(database)
})
afterAll(() => database.drop())

const rowsOf = async (sql: string) => (await database.pool.query<Record<string, unknown>>(sql)).rows

describe('the views over the whole cost model', () => {
  it('add up per account, cluster and hour to the last digit, and so does each ledger row', async () => {
    const rows = await rowsOf(`
      with total as (
        select cloud_account_id, cluster, window_start,
          sum(allocated)::text as allocated, sum(allocated) - sum(paid) as difference
        from (
          select cloud_account_id, cluster, window_start, total_cost as allocated, network_cost as paid
          from analytics.allocation_hourly
          union all
          select cloud_account_id, cluster, window_start, total_cost, 0 from analytics.idle_hourly
          union all
          select cloud_account_id, cluster, window_start, 0, total_cost from analytics.asset_hourly
        ) parts
        group by 1, 2, 3
      )
      select t.allocated, t.difference::float8 as difference, q.imbalance::float8 as imbalance
      from total t join analytics.data_quality q using (cloud_account_id, cluster, window_start)
      order by t.cloud_account_id, window_start`)
    const whole = { allocated: '4.720000000000', difference: 0, imbalance: 0 }
    expect(rows.slice(0, 4)).toEqual([whole, whole, whole, whole])
    expect(rows).toHaveLength(5)
    expect(rows[4]).toMatchObject({ difference: 0, imbalance: 0 })
  })

  it('carry what no container carries under names of their own, in the column of its part', async () => {
    const rows = await rowsOf(`
      select kind, namespace, pod, container, node, item, cpu_cost, pv_gib_hours, pv_cost::float8,
        load_balancer_cost::float8, management_cost::float8, network_internet_gib, network_cost::float8,
        total_cost::float8
      from analytics.allocation_hourly
      where window_start = '${MARCH[0]}' and cloud_account_id = '${SHOP}' and kind <> 'workload'
      order by kind, item`)
    const nothing = {
      ...{ namespace: null, node: null, cpu_cost: null, pv_gib_hours: null, pv_cost: null },
      ...{ load_balancer_cost: null, management_cost: null, network_internet_gib: null, network_cost: null },
    }
    const named = (kind: string) => ({ ...nothing, kind, pod: `__${kind}__`, container: `__${kind}__` })
    expect(rows).toEqual([
      { ...named('cluster_management'), item: 'EKS', management_cost: 0.1, total_cost: 0.1 },
      {
        ...named('unallocated'),
        ...{
          namespace: 'shop',
          item: 'ghost',
          network_internet_gib: 0.2,
          network_cost: 0.02,
          total_cost: 0.02,
        },
      },
      {
        ...named('unmounted'),
        ...{ namespace: 'shop', item: 'old', load_balancer_cost: 0.025, total_cost: 0.025 },
      },
      {
        ...named('unmounted'),
        ...{ namespace: 'lab', item: 'vol-1', pv_gib_hours: 150, pv_cost: 0.03, total_cost: 0.03 },
      },
      { ...named('unmounted'), item: 'vol-2', pv_gib_hours: 200, pv_cost: 0.04, total_cost: 0.04 },
    ])
  })

  it('give a container its labels, and sum of the traffic what was measured', async () => {
    const rows = await rowsOf(`
      select pod, kind, labels, pod_uid, network_region_cost, network_cost::float8, load_balancer_hours, management_cost
      from analytics.allocation_hourly
      where window_start = '${MARCH[0]}' and cloud_account_id = '${SHOP}' and kind = 'workload'
      order by pod`)
    const none = { network_region_cost: null, management_cost: null, kind: 'workload' }
    expect(rows.map(row => ({ ...row }))).toMatchObject([
      { ...none, pod: 'batch-1', labels: { team: 'beta' }, network_cost: 0.06, load_balancer_hours: null },
      { ...none, pod: 'burst', labels: null, pod_uid: null, network_cost: null },
      { ...none, pod: 'train-0', labels: { team: 'alpha' } },
      {
        ...none,
        pod: 'web-1',
        labels: { team: 'alpha', app: 'web' },
        pod_uid: 'uid-web',
        load_balancer_hours: 1,
      },
    ])
  })

  it('list every asset, nodes with their prices, disks and load balancers with their claims and services', async () => {
    const rows = await rowsOf(`
      select asset_type, name, namespace, claim, gib, gpus, node_pool, is_spot, cpu_price_max, total_cost::float8
      from analytics.asset_hourly
      where window_start = '${MARCH[1]}' and name in ('n1', 'n3', 'vol-1', 'web', 'EKS')
      order by asset_type, name`)
    const none = { namespace: null, claim: null, gib: null, gpus: null, node_pool: null, is_spot: null }
    const asset = { ...none, cpu_price_max: null }
    expect(rows).toEqual([
      {
        ...asset,
        asset_type: 'disk',
        name: 'vol-1',
        namespace: 'lab',
        claim: 'data',
        gib: 250,
        total_cost: 0.05,
      },
      { ...asset, asset_type: 'load_balancer', name: 'web', namespace: 'shop', total_cost: 0.025 },
      { ...asset, asset_type: 'management', name: 'EKS', total_cost: 0.1 },
      {
        ...{ ...asset, asset_type: 'node', name: 'n1', gpus: 0, node_pool: 'general', is_spot: false },
        ...{ cpu_price_max: 0.5, total_cost: 1.5 },
      },
      {
        ...{ ...asset, asset_type: 'node', name: 'n3', gpus: 2, node_pool: 'gpu', is_spot: false },
        ...{ cpu_price_max: 0.25, total_cost: 2.2 },
      },
    ])
  })

  it('name the checks that failed, and say why an hour is not to be trusted', async () => {
    const rows = await rowsOf(`
      select state, violations, quarantined, reason, error_code, partial_reasons, source_samples::int
      from analytics.data_quality where cloud_account_id = '${SHOP}' order by window_start`)
    expect(rows).toMatchObject([
      { state: 'loaded', violations: [], quarantined: false, reason: null, source_samples: 240 },
      { reason: 'source_silent', partial_reasons: ['source_silent', 'price_carried'] },
      { reason: null, violations: [], error_code: null },
      { violations: ['I2', 'I3'], quarantined: false },
      { state: 'quarantined', quarantined: true, violations: [], error_code: 'TRANSFORM_FAILED' },
    ])
  })

  it('read the partitions of the hours or days asked for and no others', async () => {
    for (const month of ['2025-12', '2026-01', '2026-04']) await makeMonth(database.pool, month)
    const { rows: views } = await database.pool.query<{ view: string; column: string }>(`
      select c.relname as view, a.attname as column
      from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = 'analytics'::regnamespace and a.attname in ('window_start', 'ChargePeriodStart', 'day')
        and c.relname not in ('data_quality', 'window_audit', 'quality_result', 'rightsizing_latest')`)
    expect(views.map(({ view }) => view)).toEqual(
      expect.arrayContaining(['focus_cost_and_usage', 'allocation_daily']),
    )
    for (const { view, column } of views) {
      // Analysed, so that partitions that a join skips while it runs count as skipped.
      const plan = await rowsOf(
        `explain (analyze, costs off, timing off, summary off) select * from analytics.${view}
         where "${column}" >= '2026-03-01T00:00Z' and "${column}" < '2026-04-01T00:00Z'`,
      )
      const read = plan
        .map(line => String(line['QUERY PLAN']))
        .filter(line => /_p20\d{6}/.test(line) && !line.includes('never executed'))
      expect([view, read.filter(line => !line.includes('_p20260301'))]).toEqual([view, []])
      expect([view, read.length > 0]).toEqual([view, true])
    }
  })
})
