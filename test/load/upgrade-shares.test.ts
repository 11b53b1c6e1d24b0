import { afterAll, beforeAll, expect, it } from 'vitest'
import { planDays } from '../../src/api/facts/day-plan.js'
import { readSnapshot } from '../../src/api/snapshot.js'
import { migrate } from '../../src/db/migrate.js'
import { DAY_SECONDS } from '../../src/domain/window.js'
import { changedDays, rollUpDay } from '../../src/load/rollup.js'
import { schemaBefore } from '../support/earlier-schema.js'
import { publishFacts, seedHome } from '../support/facts.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { namespaceSums } from './namespace-sums.js'

const ACCOUNT = '11111111-1111-4111-8111-111111111111'
const CLUSTER = 'old'
const EXPIRED = '2026-10-29'
const KEPT = '2026-10-30'
const AFTER = '2026-10-31'
const PARTITION = 'warehouse.namespace_daily_p20261001'
const secondsOf = (day: string) => Date.parse(day) / 1000

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase({ empty: true })
  await schemaBefore(database.pool, '0010')
  for (const table of ['allocation_daily', 'idle_daily', 'asset_daily']) {
    await database.pool.query(`create table warehouse.${table}_p20261001 partition of warehouse.${table}
      for values from ('2026-10-01') to ('2026-11-01')`)
  }
  const key = { account: ACCOUNT, cluster: CLUSTER }
  await seedHome(database.pool, key, secondsOf(EXPIRED), secondsOf(EXPIRED) + 3 * DAY_SECONDS)
  for (const day of [KEPT, AFTER]) {
    await publishFacts(database.pool, key, secondsOf(day), {
      containers: [{ namespace: 'shop', pod: 'web', node: 'n1', cpuCost: 1n, ramCost: 1n }],
      nodes: [{ node: 'n1', cpuCost: 3n, ramCost: 3n }],
    })
  }
  await sumAsBefore(EXPIRED)
  await sumAsBefore(KEPT)
  await database.pool.query(`update warehouse.day_ledger set hours_expired = true where day = $1`, [EXPIRED])
})
afterAll(() => database.drop())

/** A day with the columns that the release before knew; whole core-hours and costs, so that ratios are plain. */
async function sumAsBefore(day: string): Promise<void> {
  const { pool } = database
  const key = `'${ACCOUNT}', '${CLUSTER}', '${day}'`
  await pool.query(`
    insert into warehouse.day_ledger (cloud_account_id, cluster_id, day, rolled_at, windows, revision_sum)
      values (${key}, now(), 1, 1);
    insert into warehouse.allocation_daily (cloud_account_id, cluster_id, day, kind, namespace, controller_kind,
      controller, container, node, hours, cpu_core_hours, cpu_core_request_hours, cpu_core_used_hours,
      cpu_core_judged_hours, ram_gib_hours, ram_gib_request_hours, ram_gib_used_hours, ram_gib_judged_hours, cpu_cost,
      ram_cost, gpu_cost, pv_cost, partial_parts)
    values
      -- All measured; twice the memory that was paid for.
      (${key}, 'workload', 'a', '', '', 'main', 'n1', 24, 48, 48, 12, 48, 24, 24, 48, 24, 30, 10, null, null, '{}'),
      -- Half of the day measured, and then half used; memory never measured.
      (${key}, 'workload', 'b', '', '', 'main', 'n1', 24, 48, 48, 12, 24, 24, null, null, null, 10, 10, 2, null,
        '{cpu_core_used_hours}'),
      -- No request, so that what was charged is what was used.
      (${key}, 'workload', 'c', '', '', 'main', 'n2', 24, 6, null, 6, null, 0, null, 0, null, 20, 0, null, null, '{}'),
      (${key}, 'unmounted', 'a', '', '', '', '', null, null, null, null, null, null, null, null, null, null, null, null,
        5, '{}');
    insert into warehouse.idle_daily (cloud_account_id, cluster_id, day, node, hours, cpu_cost, ram_cost, gpu_cost)
    values (${key}, 'n1', 24, 12, -10, null), (${key}, 'n2', 24, -3, 5, 0), (${key}, 'n3', 24, 21, 1, 7)`)
}

async function rows(text: string, day: string): Promise<Record<string, unknown>[]> {
  return (await database.pool.query<Record<string, unknown>>(text, [day])).rows
}

const changed = async () => (await changedDays(database.pool, new Map([[ACCOUNT, 0]]))).map(({ day }) => day)

it('days are given their shares: from their sums where the hours are gone, by a roll-up where they are not', async () => {
  expect(await migrate(database.pool)).toEqual(expect.arrayContaining([expect.stringMatching(/^0010_/)]))
  expect(
    await rows(
      `select kind, namespace, hour_mask, no_gpu, no_pv, no_network, no_load_balancer, cpu_used_cost::float8,
         ram_used_cost::float8, idle_by_cluster_cost::float8, idle_by_node_cost::float8
       from warehouse.allocation_daily where day = $1 order by namespace, kind desc`,
      EXPIRED,
    ),
  ).toEqual([
    // By cluster CPU idles 30 on 60, memory -4 on 20, GPU 7 on 2; by node 12 on 40 and -10 on 20.
    workload('a', { used: [7.5, 10], shares: [15 - 2, 9 - 5] }),
    { ...workload('a', { used: [null, null], shares: [null, null] }), kind: 'unmounted' },
    workload('b', { used: [7.5, 10], shares: [5 - 2 + 7, 3 - 5] }),
    workload('c', { used: [20, 0], shares: [10, -3] }),
  ])
  expect(
    await rows(
      `select node, hour_mask, no_gpu, cpu_left_by_cluster::float8, ram_left_by_cluster::float8,
         gpu_left_by_cluster::float8, cpu_left_by_node::float8, ram_left_by_node::float8, gpu_left_by_node::float8
       from warehouse.idle_daily where day = $1 order by node`,
      EXPIRED,
    ),
  ).toEqual([
    idle('n1', { byNode: [0, 0, 0] }),
    idle('n2', { byNode: [0, 5, 0] }),
    idle('n3', { byNode: [21, 1, 7] }),
  ])

  // Of the others nobody can tell yet what they share.
  expect(await namespaceSums(database.pool, CLUSTER)).toMatchObject({
    rows: 4,
    differing: Array.from({ length: 4 }, () => ({ day: KEPT })),
  })
  expect(
    await rows(
      `select kind, namespace, minutes, cpu_core_hours, cpu_cost::float8, pv_cost::float8, cpu_used_cost::float8,
         idle_by_node_cost::float8, hour_mask, no_gpu, tableoid::regclass::text as partition
       from warehouse.namespace_daily where day = $1 order by namespace, kind desc limit 2`,
      EXPIRED,
    ),
  ).toEqual([
    {
      ...{ kind: 'workload', namespace: 'a', minutes: null, cpu_core_hours: 48, cpu_cost: 30, pv_cost: null },
      ...{ cpu_used_cost: 7.5, idle_by_node_cost: 4, hour_mask: 0xffffff, no_gpu: 0, partition: PARTITION },
    },
    {
      ...{
        kind: 'unmounted',
        namespace: 'a',
        minutes: null,
        cpu_core_hours: null,
        cpu_cost: null,
        pv_cost: 5,
      },
      ...{
        cpu_used_cost: null,
        idle_by_node_cost: null,
        hour_mask: 0xffffff,
        no_gpu: 0,
        partition: PARTITION,
      },
    },
  ])

  expect(await changed()).toEqual([KEPT, AFTER].map(secondsOf))
  for (const day of [EXPIRED, KEPT]) {
    const key = { cloudAccountId: ACCOUNT, clusterId: CLUSTER, day: secondsOf(day) }
    expect(await rollUpDay(database.pool, key)).toBe(day === KEPT)
  }
  expect(
    await rows(
      `select hour_mask, idle_by_node_cost::text, windows, shared_revision_sum::int
       from warehouse.allocation_daily join warehouse.day_ledger using (cloud_account_id, cluster_id, day) where day = $1`,
      KEPT,
    ),
  ).toEqual([
    {
      hour_mask: 1,
      idle_by_node_cost: `0.000000000004${'0'.repeat(12)}`,
      windows: 1,
      shared_revision_sum: 1,
    },
  ])
  expect(await namespaceSums(database.pool, CLUSTER)).toEqual({ rows: 5, differing: [] })
})

it('the release before goes on summing days, and these are read from hours until they are summed again', async () => {
  const range = { from: secondsOf(KEPT), to: secondsOf(AFTER) + DAY_SECONDS }
  const plan = () => readSnapshot(database.pool, ACCOUNT, run => planDays(run, ACCOUNT, range))
  const after = { from: secondsOf(AFTER), to: range.to }
  await sumAsBefore(AFTER)
  expect(await changed()).toEqual([after.from])
  expect((await plan()).hours).toEqual([after])
  await rollUpDay(database.pool, { cloudAccountId: ACCOUNT, clusterId: CLUSTER, day: after.from })
  expect((await plan()).hours).toEqual([])
  expect(await namespaceSums(database.pool, CLUSTER)).toMatchObject({ differing: [] })
})

function workload(
  namespace: string,
  {
    used: [cpu, ram],
    shares: [byCluster, byNode],
  }: Record<'used' | 'shares', [number | null, number | null]>,
) {
  return {
    ...{ kind: 'workload', namespace, hour_mask: 0xffffff },
    ...{ no_gpu: 0, no_pv: 0, no_network: 0, no_load_balancer: 0 },
    ...{ cpu_used_cost: cpu, ram_used_cost: ram },
    ...{ idle_by_cluster_cost: byCluster, idle_by_node_cost: byNode },
  }
}

function idle(node: string, { byNode: [cpu, ram, gpu] }: { byNode: [number, number, number] }) {
  return {
    ...{ node, hour_mask: 0xffffff, no_gpu: 0 },
    ...{ cpu_left_by_cluster: 0, ram_left_by_cluster: 0, gpu_left_by_cluster: 0 },
    ...{ cpu_left_by_node: cpu, ram_left_by_node: ram, gpu_left_by_node: gpu },
  }
}
