import type pg from 'pg'
import type { Window } from '../../src/domain/window.js'
import { ensurePartitions } from '../../src/load/partitions.js'
import { rollUpDay } from '../../src/load/rollup.js'
import { DAILY_TABLES } from '../../src/load/rollup-sql.js'

export const ACCOUNT = '11111111-1111-4111-8111-111111111111'
export const WORKLOADS = 5_000
export const DAYS = 90
const DAYS_OF_HOURS = 7
const DAY_SECONDS = 86_400
/** 2026-06-01T00:00Z, the end of the newest day. */
export const END = Date.UTC(2026, 5, 1) / 1000
const START = END - DAYS * DAY_SECONDS
const FIRST_HOUR = END - DAYS_OF_HOURS * DAY_SECONDS

/**
 * One cluster of workloads with a pod each, in 100 namespaces on 200 nodes: hours of a week, daily sums of them, and
 * daily sums of the days before that are copies of the oldest of those.
 */
export async function seedReaders(pool: pg.Pool): Promise<void> {
  await seedNames(pool)
  await seedHours(pool)
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
     select $1, 'one', w, n, 60, 0.5, 0.5, 0.1 + 0.0001 * (n % 1000), 1, 1, 0.5, 0.015 + 0.000001 * n, 0.004, 0, 0.001,
       0.0001, 0, 0.0002, 0, 'measured'
     from ${hours}, generate_series(1, $4::int) n`,
    [ACCOUNT, FIRST_HOUR, END, WORKLOADS],
  )
  await pool.query(
    `insert into warehouse.idle_hourly (cloud_account_id, cluster_id, window_start, node, cpu_cost, ram_cost, gpu_cost)
     select $1, 'one', w, 'node-' || n, 0.1, 0.05, 0 from ${hours}, generate_series(0, 199) n`,
    [ACCOUNT, FIRST_HOUR, END],
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
