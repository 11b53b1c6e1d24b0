import { createHash } from 'node:crypto'
import type pg from 'pg'
import { formatMoney, type Money, sumMoney } from '../../src/domain/money.js'
import { HOUR_SECONDS } from '../../src/domain/window.js'

export interface SeedContainer {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly node: string
  readonly controllerKind?: string | null
  readonly controller?: string | null
  readonly minutes?: number
  readonly cpuHours?: number
  readonly cpuRequest?: number | null
  readonly cpuUsed?: number | null
  readonly ramHours?: number
  readonly ramRequest?: number | null
  readonly ramUsed?: number | null
  readonly cpuCost: Money
  readonly ramCost: Money
}

export interface SeedNode {
  readonly node: string
  readonly cpuCost: Money
  readonly ramCost: Money
}

export interface SeedWindow {
  readonly containers: readonly SeedContainer[]
  readonly nodes: readonly SeedNode[]
  readonly coverage?: number
  readonly reason?: 'source_silent' | 'suspect'
  readonly warnings?: readonly { code: string; detail: string }[]
}

interface ClusterKey {
  readonly account: string
  readonly cluster: string
}

export async function seedAccount(pool: pg.Pool, id: string, currency = 'USD'): Promise<void> {
  await pool.query(
    `insert into warehouse.cloud_account (cloud_account_id, name, tenant_id, currency) values ($1, $2, $3, $4)`,
    [id, `account ${id.slice(0, 4)}`, id, currency],
  )
}

/** First and last window heard of, Unix seconds; the watermark stands after the last unless told. */
export async function seedCluster(
  pool: pg.Pool,
  key: ClusterKey,
  first: number,
  last: number,
  watermark = last + HOUR_SECONDS,
): Promise<void> {
  await pool.query(
    `insert into warehouse.cluster (cloud_account_id, cluster_id, first_window, last_window, watermark)
     values ($1, $2, to_timestamp($3), to_timestamp($4), to_timestamp($5))`,
    [key.account, key.cluster, first, last, watermark],
  )
}

/** A ledger row of a window that was planned and not loaded. */
export async function seedUnloaded(
  pool: pg.Pool,
  key: ClusterKey,
  window: number,
  state: 'due' | 'incomplete' | 'quarantined' = 'due',
  reason: string | null = null,
): Promise<void> {
  await pool.query(
    `insert into warehouse.window_ledger (cloud_account_id, cluster_id, window_start, state, reason)
     values ($1, $2, to_timestamp($3), $4, $5)`,
    [key.account, key.cluster, window, state, reason],
  )
}

/** Publishes or replaces a window in one transaction, idle being what the nodes cost beyond the containers. */
export async function seedWindow(
  pool: pg.Pool,
  key: ClusterKey,
  window: number,
  rows: SeedWindow,
): Promise<void> {
  await ensureMonth(pool, window)
  const client = await pool.connect()
  try {
    await client.query('begin')
    for (const table of ['allocation_hourly', 'node_hourly', 'idle_hourly']) {
      await client.query(
        `delete from warehouse.${table}
         where cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3)`,
        [key.account, key.cluster, window],
      )
    }
    for (const container of rows.containers) await insertContainer(client, key, window, container)
    for (const node of rows.nodes) await insertNode(client, key, window, node, rows.containers)
    await insertLedger(client, key, window, rows)
    await client.query('commit')
  } finally {
    client.release()
  }
}

async function insertContainer(
  client: pg.PoolClient,
  key: ClusterKey,
  window: number,
  row: SeedContainer,
): Promise<void> {
  const { namespace, pod, container, node, controllerKind = null, controller = null } = row
  const identity = [key.account, key.cluster, namespace, pod, container, node, controllerKind, controller]
  const containerKey = createHash('sha256').update(JSON.stringify(identity)).digest().readBigInt64BE()
  await client.query(
    `insert into warehouse.container (
       cloud_account_id, cluster_id, namespace, pod, container, node, controller_kind, controller, container_key
     ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict do nothing`,
    [...identity, containerKey.toString()],
  )
  await client.query(
    `insert into warehouse.allocation_hourly (
       cloud_account_id, cluster_id, window_start, container_key, minutes,
       cpu_core_hours, cpu_core_request_hours, cpu_core_used_hours,
       ram_gib_hours, ram_gib_request_hours, ram_gib_used_hours, cpu_cost, ram_cost, price_source
     ) values ($1, $2, to_timestamp($3), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'measured')`,
    [
      key.account,
      key.cluster,
      window,
      containerKey.toString(),
      row.minutes ?? 60,
      row.cpuHours ?? 1,
      row.cpuRequest ?? null,
      row.cpuUsed ?? null,
      row.ramHours ?? 1,
      row.ramRequest ?? null,
      row.ramUsed ?? null,
      formatMoney(row.cpuCost),
      formatMoney(row.ramCost),
    ],
  )
}

async function insertNode(
  client: pg.PoolClient,
  key: ClusterKey,
  window: number,
  row: SeedNode,
  containers: readonly SeedContainer[],
): Promise<void> {
  await client.query(
    `insert into warehouse.node_hourly (
       cloud_account_id, cluster_id, window_start, node, provider_id, minutes, cpu_cores, ram_gib,
       cpu_price, ram_price, price_source, cpu_cost, ram_cost
     ) values ($1, $2, to_timestamp($3), $4, '', 60, 4, 16, 0.03, 0.004, 'measured', $5, $6)`,
    [key.account, key.cluster, window, row.node, formatMoney(row.cpuCost), formatMoney(row.ramCost)],
  )
  const own = containers.filter(({ node }) => node === row.node)
  await client.query(
    `insert into warehouse.idle_hourly (cloud_account_id, cluster_id, window_start, node, cpu_cost, ram_cost)
     values ($1, $2, to_timestamp($3), $4, $5, $6)`,
    [
      key.account,
      key.cluster,
      window,
      row.node,
      formatMoney(row.cpuCost - sumMoney(own.map(({ cpuCost }) => cpuCost))),
      formatMoney(row.ramCost - sumMoney(own.map(({ ramCost }) => ramCost))),
    ],
  )
}

async function insertLedger(
  client: pg.PoolClient,
  key: ClusterKey,
  window: number,
  { coverage = 1, reason, warnings, containers, nodes }: SeedWindow,
): Promise<void> {
  const assets = sumMoney(nodes.flatMap(row => [row.cpuCost, row.ramCost]))
  const allocated = sumMoney(containers.flatMap(row => [row.cpuCost, row.ramCost]))
  await client.query(
    `insert into warehouse.window_ledger as l (
       cloud_account_id, cluster_id, window_start, state, reason, revision, loaded_at, coverage, warnings,
       allocation_rows, node_rows, asset_cost, allocated_cost, idle_cost
     ) values ($1, $2, to_timestamp($3), 'loaded', $4, 1, now(), $5, $6, $7, $8, $9, $10, $11)
     on conflict (cloud_account_id, cluster_id, window_start) do update
       set state = 'loaded', reason = excluded.reason, revision = l.revision + 1, loaded_at = now(),
           coverage = excluded.coverage, warnings = excluded.warnings, asset_cost = excluded.asset_cost,
           allocated_cost = excluded.allocated_cost, idle_cost = excluded.idle_cost`,
    [
      key.account,
      key.cluster,
      window,
      reason ?? null,
      coverage,
      warnings === undefined ? null : JSON.stringify(warnings),
      containers.length,
      nodes.length,
      formatMoney(assets),
      formatMoney(allocated),
      formatMoney(assets - allocated),
    ],
  )
}

async function ensureMonth(pool: pg.Pool, window: number): Promise<void> {
  const date = new Date(window * 1000)
  const from = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)).toISOString()
  const to = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)).toISOString()
  const name = from.slice(0, 10).replaceAll('-', '')
  for (const parent of ['allocation_hourly', 'node_hourly', 'idle_hourly']) {
    await pool.query(
      `create table if not exists warehouse.${parent}_p${name} partition of warehouse.${parent}
       for values from ('${from}') to ('${to}')`,
    )
  }
}
