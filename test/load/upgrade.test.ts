import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrate } from '../../src/db/migrate.js'
import { publishBatch } from '../../src/load/publish-batch.js'
import { schemaBefore } from '../support/earlier-schema.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { ACCOUNT, allocation, claimOne, fullRows, LATER, ledgerOf, NOON, rowCounts } from './rows.js'

const CLUSTER = 'old'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase({ empty: true })
})
afterAll(() => database.drop())

/** The schema as the release before the whole cost model left it, with a window that it published. */
async function asBefore(): Promise<void> {
  const { pool } = database
  await schemaBefore(pool, '0005')
  for (const table of ['allocation_hourly', 'node_hourly', 'idle_hourly']) {
    await pool.query(`create table warehouse.${table}_p20261001 partition of warehouse.${table}
      for values from ('2026-10-01 00:00:00+00') to ('2026-11-01 00:00:00+00')`)
  }
  const key = `'${ACCOUNT}', '${CLUSTER}', to_timestamp(${NOON})`
  await pool.query(`
    insert into warehouse.cloud_account (cloud_account_id, name, tenant_id) values ('${ACCOUNT}', 'Shop', 'shop');
    insert into warehouse.cluster (cloud_account_id, cluster_id, first_window, last_window, watermark)
      values (${key}, to_timestamp(${NOON}), to_timestamp(${NOON + 3600}));
    insert into warehouse.container (cloud_account_id, container_key, cluster_id, namespace, pod, container, node)
      values ('${ACCOUNT}', 1, '${CLUSTER}', 'ns', 'pod', 'main', 'node-0');
    insert into warehouse.allocation_hourly (cloud_account_id, cluster_id, window_start, container_key, minutes,
      cpu_core_hours, ram_gib_hours, cpu_cost, ram_cost, price_source) values (${key}, 1, 60, 1, 1, 2, 3, 'measured');
    insert into warehouse.node_hourly (cloud_account_id, cluster_id, window_start, node, provider_id, minutes,
      cpu_price, ram_price, price_source, cpu_cost, ram_cost) values (${key}, 'node-0', '', 60, 1, 1, 'measured', 4, 5);
    insert into warehouse.idle_hourly (cloud_account_id, cluster_id, window_start, node, cpu_cost, ram_cost)
      values (${key}, 'node-0', 2, 2);
    insert into warehouse.window_ledger (cloud_account_id, cluster_id, window_start, state, revision, loaded_at,
      read_at, samples_seen, samples_expected, coverage, allocation_rows, node_rows, asset_cost, allocated_cost,
      idle_cost, content_hash)
      values (${key}, 'loaded', 1, now(), to_timestamp(${NOON + 4200}), 60, 60, 1, 1, 1, 9, 5, 4, '\\x00')`)
}

it('what an earlier release published is kept, and the next reading takes its place in every table', async () => {
  await asBefore()
  expect((await migrate(database.pool))[0]).toMatch(/^0005_/)
  const { rows } = await database.pool.query(
    `select namespace, total_cost, labels from analytics.allocation_hourly where cluster = '${CLUSTER}'`,
  )
  expect(rows).toEqual([{ namespace: 'ns', total_cost: '5.000000000000', labels: null }])
  const claim = await claimOne(database.pool, CLUSTER, NOON)
  const [result] = await publishBatch(database.pool, {
    cloudAccountId: ACCOUNT,
    clusterId: CLUSTER,
    windows: [
      {
        claim,
        rows: fullRows(NOON, { allocations: [allocation(0), allocation(1)] }),
        nextReadAt: null,
        readings: Promise.resolve(Buffer.from('readings')),
      },
    ],
    storeSets: [],
    readAt: LATER,
  })
  expect(result).toMatchObject({ outcome: 'published', revision: 2 })
  expect(await rowCounts(database.pool, CLUSTER)).toEqual({
    ...{ allocation: 2, node: 3, idle: 3, asset: 6, remainder: 6, metric: 4 },
    source: 1,
  })
  expect(await ledgerOf(database.pool, CLUSTER, NOON)).toMatchObject({ unmounted_cost: expect.any(String) })
  const { rows: audit } = await database.pool.query(
    `select reason, old_totals, new_totals from warehouse.window_audit where cluster_id = '${CLUSTER}'`,
  )
  expect(audit).toMatchObject([
    {
      reason: 'late_data',
      old_totals: { asset_cost: 9, network_cost: null, rows: 1 },
      new_totals: { rows: 2 },
    },
  ])
})
