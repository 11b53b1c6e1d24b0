import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addAnalyst } from '../../src/db/analysts.js'
import { ensureRoles } from '../../src/db/roles.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { seedAccount } from '../support/seed.js'
import { BANK, SHOP } from './estate.js'
import { connectAs, dropRoles, makeMonth, roleName } from './seeding.js'

const LOGIN = roleName()
let database: TestDatabase
let analyst: pg.Client

beforeAll(async () => {
  database = await testDatabase()
  const { pool } = database
  await makeMonth(pool, '2026-03')
  for (const account of [SHOP, BANK]) {
    await seedAccount(pool, account)
    await pool.query(
      `insert into warehouse.container
         (cloud_account_id, container_key, cluster_id, namespace, pod, container, node, controller_kind, controller)
       select $1, n, 'one', 'ns-' || n % 500, 'pod-' || n, 'main', 'node-' || n % 300, 'deployment', 'app-' || n % 5000
       from generate_series(1, 60000) n`,
      [account],
    )
    await pool.query(
      `insert into warehouse.label_pair (cloud_account_id, label, value, label_set_key)
       select $1::uuid, 'app', 'app-' || n, n from generate_series(1, 5000) n
       union all
       select $1::uuid, 'team', 'team-' || n % 40, n from generate_series(1, 5000) n`,
      [account],
    )
    await pool.query(
      `insert into warehouse.allocation_hourly
         (cloud_account_id, cluster_id, window_start, container_key, label_set_key, minutes, cpu_core_hours,
          ram_gib_hours, cpu_cost, ram_cost, price_source)
       select $1, 'one', '2026-03-02T00:00Z', n, n % 5000, 60, 1, 1, 0.01, 0.01, 'measured'
       from generate_series(1, 60000) n`,
      [account],
    )
  }
  await pool.query('vacuum analyze warehouse.container, warehouse.label_pair, warehouse.allocation_hourly')
  await ensureRoles(pool)
  const { password } = await addAnalyst(pool, { login: LOGIN, cloudAccountIds: [SHOP], create: true })
  analyst = await connectAs(database, LOGIN, password)
})
afterAll(async () => {
  await analyst.end()
  await database.drop()
  await dropRoles(database, [LOGIN])
})

const RANGE = `window_start >= '2026-03-01T00:00Z' and window_start < '2026-04-01T00:00Z'`

describe('an analyst among 120,000 containers', () => {
  for (const [what, index, condition] of [
    ['a namespace', 'container_by_namespace', `namespace = 'ns-7'`],
    ['a controller', 'container_by_controller', `controller = 'app-7'`],
    ['a pod', 'container_by_pod', `pod = 'pod-7'`],
  ] as const) {
    it(`finds ${what} by an index, under row level security`, async () => {
      const { rows } = await analyst.query<{ 'QUERY PLAN': string }>(
        `explain select sum(total_cost) from analytics.allocation_hourly where ${condition} and ${RANGE}`,
      )
      const plan = rows.map(row => row['QUERY PLAN']).join('\n')
      expect(plan).toMatch(new RegExp(`(on|using) ${index}\\b`))
      expect(plan).not.toContain('Seq Scan on container')
      expect(plan).toMatch(
        new RegExp(`Index Cond: .*cloud_account_id = '${SHOP}'.*${condition.split(' ')[0]} = `),
      )
    })
  }

  it('finds the sets of labels with a value by the index, and the cost of them', async () => {
    const search = `from analytics.label l
      join analytics.allocation_hourly a using (cloud_account_id, label_set_key)
      where l.label = 'team' and l.value = 'team-7' and a.${RANGE.replace('and ', 'and a.')}`
    const { rows } = await analyst.query<{ 'QUERY PLAN': string }>(
      `explain select sum(a.total_cost) ${search}`,
    )
    const plan = rows.map(row => row['QUERY PLAN']).join('\n')
    expect(plan).toMatch(/Index.* using label_pair_pkey/)
    expect(plan).toMatch(
      new RegExp(`Index Cond: .*cloud_account_id = '${SHOP}'.*label = 'team'.*value = 'team-7'`),
    )
    const { rows: found } = await analyst.query(
      `select count(*)::int as rows, sum(a.total_cost)::float8 as cost ${search}`,
    )
    expect(found).toEqual([{ rows: 1500, cost: 30 }])
  })
})
