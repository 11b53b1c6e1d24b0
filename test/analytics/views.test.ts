import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toMoney } from '../../src/domain/money.js'
import { FIRST, HOUR, MONDAY } from '../api/world.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { seedAccount, seedCluster, seedUnloaded, seedWindow } from '../support/seed.js'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
  const { pool } = database
  const key = { account: FIRST, cluster: 'one' }
  await seedAccount(pool, FIRST)
  await seedCluster(pool, key, MONDAY, MONDAY + 9 * HOUR)
  for (let hour = 0; hour < 10; hour++) {
    await seedWindow(pool, key, MONDAY + hour * HOUR, {
      containers: Array.from({ length: 20 }, (_, index) => ({
        ...{ namespace: 'ns', pod: `pod-${index}`, container: 'c', node: `node-${index % 3}` },
        ...{ cpuRequest: 1, cpuUsed: 0.5, ramUsed: 0.2 },
        cpuCost: toMoney(Math.PI / (index + 1 + hour)),
        ramCost: toMoney(Math.E / (index + 7)),
      })),
      nodes: [0, 1, 2, 3].map(index => ({
        node: `node-${index}`,
        cpuCost: toMoney(Math.SQRT2 * (index + 1)),
        ramCost: toMoney(Math.LN2 * (hour + 1)),
      })),
      coverage: 0.9,
      warnings: [{ code: 'price_carried', detail: 'x' }],
      ...(hour === 0 ? { reason: 'source_silent' as const } : {}),
    })
  }
  await seedUnloaded(pool, key, MONDAY + 10 * HOUR)
})
afterAll(() => database.drop())

describe('the analytics views', () => {
  it('have a comment on the schema, on each view and on every column', async () => {
    const { rows } = await database.pool.query<{ view: string; columns: number; bare: string[] }>(`
      select c.relname as view, count(*)::int as columns,
        coalesce(
          array_agg(a.attname::text) filter (where coalesce(col_description(c.oid, a.attnum), '') = ''), '{}'
        ) as bare
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
      where c.relnamespace = 'analytics'::regnamespace
      group by c.relname
      order by c.relname`)
    const views = rows.map(({ view }) => view)
    expect(views).toEqual(
      expect.arrayContaining(['allocation_hourly', 'asset_hourly', 'data_quality', 'idle_hourly']),
    )
    for (const { view, bare } of rows) expect([view, bare]).toEqual([view, []])
    const bareObjects = await database.pool.query(`
      select relname from pg_class
      where relnamespace = 'analytics'::regnamespace
        and (relkind <> 'v' or obj_description(oid, 'pg_class') is null)
      union all
      select nspname from pg_namespace where nspname = 'analytics' and obj_description(oid, 'pg_namespace') is null`)
    expect(bareObjects.rows).toEqual([])
  })

  it('run with the rights of whoever asks', async () => {
    const { rows } = await database.pool.query(`
      select relname from pg_class
      where relnamespace = 'analytics'::regnamespace
        and not coalesce('security_invoker=true' = any(reloptions), false)`)
    expect(rows).toEqual([])
  })

  it('give containers plus idle equal to the assets per node, hour and resource to the last digit', async () => {
    const { rows } = await database.pool.query<{ nodes: number; unequal: number }>(`
      with charged as (
        select cluster, window_start, node, sum(cpu_cost) as cpu, sum(ram_cost) as ram, sum(total_cost) as total
        from (
          select cluster, window_start, node, cpu_cost, ram_cost, total_cost from analytics.allocation_hourly
          union all
          select cluster, window_start, node, cpu_cost, ram_cost, total_cost from analytics.idle_hourly
        ) parts
        group by 1, 2, 3
      )
      select count(*)::int as nodes,
        count(*) filter (
          where (c.cpu, c.ram, c.total) is distinct from (a.cpu_cost, a.ram_cost, a.total_cost)
        )::int as unequal
      from analytics.asset_hourly a
      full join charged c on c.cluster = a.cluster and c.window_start = a.window_start and c.node = a.name`)
    expect(rows[0]).toEqual({ nodes: 40, unequal: 0 })
  })

  it('describe a container-hour in the words of the API', async () => {
    const { rows } = await database.pool.query(`
      select cluster, namespace, pod, container, node, cpu_efficiency, ram_efficiency, coverage, gpu_cost,
        network_cost, labels, price_source
      from analytics.allocation_hourly
      where pod = 'pod-0' and window_start = to_timestamp(${MONDAY})`)
    expect(rows).toEqual([
      {
        ...{ cluster: 'one', namespace: 'ns', pod: 'pod-0', container: 'c', node: 'node-0' },
        ...{ cpu_efficiency: 0.5, ram_efficiency: 1, coverage: 0.9 },
        ...{ gpu_cost: null, network_cost: null, labels: null, price_source: 'measured' },
      },
    ])
  })

  it('tell the quality of every hour, loaded or not', async () => {
    const { rows } = await database.pool.query<Record<string, unknown>>(`
      select state, coverage, partial_reasons, revision, allocation_rows, imbalance::text
      from analytics.data_quality order by window_start`)
    expect(rows).toHaveLength(11)
    const loaded = {
      state: 'loaded',
      coverage: 0.9,
      revision: 1,
      allocation_rows: 20,
      imbalance: '0.000000000000',
    }
    expect(rows[0]).toEqual({ ...loaded, partial_reasons: ['source_silent', 'price_carried'] })
    expect(rows[1]).toEqual({ ...loaded, partial_reasons: ['price_carried'] })
    expect(rows[10]).toMatchObject({ state: 'due', revision: 0, partial_reasons: [], imbalance: null })
  })
})
