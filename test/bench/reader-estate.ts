import type pg from 'pg'
import type { Window } from '../../src/domain/window.js'
import { ensurePartitions } from '../../src/load/partitions.js'
import { rollUpDay } from '../../src/load/rollup.js'
import { DAILY_TABLES } from '../../src/load/rollup-sql.js'

export const ACCOUNT = '11111111-1111-4111-8111-111111111111'
export const WORKLOADS = 5_000
export const DAYS = 90
const DAYS_OF_HOURS = 7
/** Days with hours of nodes and other assets, for what has to look at each of them. */
const DAYS_OF_ASSETS = 14
const NODES = 200
const DAY_SECONDS = 86_400
/** 2026-06-01T00:00Z, the end of the newest day. */
export const END = Date.UTC(2026, 5, 1) / 1000
const START = END - DAYS * DAY_SECONDS
const FIRST_HOUR = END - DAYS_OF_HOURS * DAY_SECONDS
const FIRST_ASSET_HOUR = END - DAYS_OF_ASSETS * DAY_SECONDS

/**
 * One cluster of workloads with a pod each, in 100 namespaces on 200 nodes: hours of a week, daily sums of them, and
 * daily sums of the days before that are copies of the oldest of those; nodes, volumes and load balancers by the hour
 * for two weeks. Every hundredth workload does nothing, every tenth volume nobody has mounted.
 */
export async function seedReaders(pool: pg.Pool): Promise<void> {
  await seedNames(pool)
  await seedHours(pool)
  await seedAssets(pool)
  await seedTraffic(pool)
  for (let day = FIRST_HOUR; day < END; day += DAY_SECONDS) {
    await rollUpDay(pool, { cloudAccountId: ACCOUNT, clusterId: 'one', day })
  }
  const last = (FIRST_HOUR - DAY_SECONDS) as Window
  await ensurePartitions(pool, START as Window, last, DAILY_TABLES)
  for (const table of [...DAILY_TABLES, 'day_ledger']) await copyDay(pool, table)
  await pool.query('vacuum analyze')
}

async function seedNames(pool: pg.Pool): Promise<void> {
  await pool.query(
    `insert into warehouse.cloud_account (cloud_account_id, name, tenant_id) values ($1::uuid, 'bench', $1::text)`,
    [ACCOUNT],
  )
  await pool.query(
    `insert into warehouse.cluster (cloud_account_id, cluster_id, first_window, last_window, watermark)
     values ($1, 'one', to_timestamp($2), to_timestamp($3 - 3600), to_timestamp($3))`,
    [ACCOUNT, START, END],
  )
  await pool.query(
    `insert into warehouse.container (cloud_account_id, cluster_id, namespace, pod, container, node, controller_kind,
       controller, container_key)
     select $1, 'one', 'ns-' || n % 100, 'workload-' || n || '-0', 'main', 'node-' || n % 200, 'deployment',
       'workload-' || n, n
     from generate_series(1, $2::int) n`,
    [ACCOUNT, WORKLOADS],
  )
  await pool.query(
    `insert into warehouse.window_ledger (cloud_account_id, cluster_id, window_start, state, revision, loaded_at, coverage)
     select $1, 'one', w, 'loaded', 1, w + interval '2 hours', 1
     from generate_series(to_timestamp($2), to_timestamp($3 - 3600), interval '1 hour') w`,
    [ACCOUNT, START, END],
  )
}

async function seedHours(pool: pg.Pool): Promise<void> {
  await ensurePartitions(pool, FIRST_HOUR as Window, (END - 3600) as Window)
  const hours = `generate_series(to_timestamp($2), to_timestamp($3 - 3600), interval '1 hour') w`
  await pool.query(
    `insert into warehouse.allocation_hourly (cloud_account_id, cluster_id, window_start, container_key, minutes,
       cpu_core_hours, cpu_core_request_hours, cpu_core_used_hours, ram_gib_hours, ram_gib_request_hours,
       ram_gib_used_hours, cpu_cost, ram_cost, gpu_cost, pv_cost, network_zone_cost, network_region_cost,
       network_internet_cost, load_balancer_cost, price_source)
     select $1, 'one', w, n, 60, 0.5, 0.5, case when n % 100 = 0 then 0.001 else 0.1 + 0.0001 * (n % 1000) end, 1, 1, 0.5,
       0.015 + 0.000001 * n, 0.004, 0, 0.001, 0.0001 * sign(n % 100), 0, 0.0002 * sign(n % 100), 0, 'measured'
     from ${hours}, generate_series(1, $4::int) n`,
    [ACCOUNT, FIRST_HOUR, END, WORKLOADS],
  )
}

const ASSET = 'asset_type, asset_id, name, namespace, claim, gib, minutes, price, price_source, total_cost'
const REST = 'kind, part, namespace, name, quantity, cost'

/** Rows of each hour: table, columns, values of number n, how many. */
const ASSETS = [
  [
    'node_hourly',
    `node, provider_id, instance_type, node_pool, minutes, cpu_cores, ram_gib, gpus, cpu_price, ram_price, price_source,
      cpu_cost, ram_cost, gpu_cost`,
    `'node-' || n, 'i-' || n, 'm5.4xlarge', 'pool-' || n % 3, 60, 16, 64, 0, 0.03, 0.004, 'measured', 0.48, 0.256, 0`,
    NODES,
  ],
  ['idle_hourly', 'node, cpu_cost, ram_cost, gpu_cost', `'node-' || n, 0.1, 0.05, 0`, NODES],
  [
    'asset_hourly',
    ASSET,
    `'disk', 'pv-' || n, 'pv-' || n, 'ns-' || n % 100, 'claim-' || n, 50, 60, 0.0001, 'measured', 0.005`,
    300,
  ],
  [
    'asset_hourly',
    ASSET,
    `'disk', 'node-' || n || ':/dev/sda', 'node-' || n, null, null, 80, 60, 0.0001, 'measured', 0.008`,
    NODES,
  ],
  [
    'asset_hourly',
    ASSET,
    `'load_balancer', 'ns-' || n || '/front', 'front', 'ns-' || n, null, null, 60, 0.025, 'measured', 0.025`,
    50,
  ],
  ['remainder_hourly', REST, `'unmounted', 'pv', 'ns-' || 10 * n % 100, 'pv-' || 10 * n, 50, 0.005`, 30],
  ['remainder_hourly', REST, `'unmounted', 'load_balancer', 'ns-' || n, 'front', 1, 0.025`, 5],
] as const

async function seedAssets(pool: pg.Pool): Promise<void> {
  await ensurePartitions(pool, FIRST_ASSET_HOUR as Window, (END - 3600) as Window)
  const hours = `generate_series(to_timestamp($2), to_timestamp($3 - 3600), interval '1 hour') w`
  for (const [table, columns, values, count] of ASSETS) {
    await pool.query(
      `insert into warehouse.${table} (cloud_account_id, cluster_id, window_start, ${columns})
       select $1, 'one', w, ${values} from ${hours}, generate_series(0, $4::int - 1) n`,
      [ACCOUNT, FIRST_ASSET_HOUR, END, count],
    )
  }
}

/** A counter of each pod, as the exporter tells them. */
async function seedTraffic(pool: pg.Pool): Promise<void> {
  await pool.query(
    `insert into warehouse.metric_series (cloud_account_id, series_key, cluster_id, metric, labels)
     select $1, n, 'one', 'kubecost_pod_network_egress_bytes_total',
       jsonb_build_object('namespace', 'ns-' || n % 100, 'pod_name', 'workload-' || n || '-0')
     from generate_series(1, $2::int) n`,
    [ACCOUNT, WORKLOADS],
  )
  await pool.query(
    `insert into warehouse.metric_hourly (cloud_account_id, cluster_id, window_start, series_key, samples, avg, increase)
     select $1, 'one', w, n, 60, 1e9, case when n % 100 = 0 then 1e5 else 1e7 end
     from generate_series(to_timestamp($2), to_timestamp($3 - 3600), interval '1 hour') w, generate_series(1, $4::int) n`,
    [ACCOUNT, FIRST_HOUR, END, WORKLOADS],
  )
}

/** The rows of the oldest day with hours, for every day before it. */
async function copyDay(pool: pg.Pool, table: string): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `select quote_ident(attname) as name from pg_attribute
     where attrelid = ('warehouse.' || $1)::regclass and attnum > 0 and not attisdropped and attgenerated = ''
       and attname <> 'day'`,
    [table],
  )
  const columns = rows.map(({ name }) => name).join(', ')
  await pool.query(
    `insert into warehouse.${table} (day, ${columns})
     select s.day - n, ${columns}
     from warehouse.${table} s, generate_series(1, $1::int) n
     where s.day = (to_timestamp($2) at time zone 'UTC')::date`,
    [DAYS - DAYS_OF_HOURS, FIRST_HOUR],
  )
}
