import { createHash } from 'node:crypto'
import type pg from 'pg'
import { formatMoney, type Money, sumMoney } from '../../src/domain/money.js'
import type { RemainderRow } from '../../src/domain/rows.js'
import { HOUR_SECONDS } from '../../src/domain/window.js'
import { ensureMonth, FACT_TABLES } from './seed-partitions.js'

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
  /** The parts below are null, not measured, unless given. */
  readonly gpuHours?: number | null
  readonly gpuCost?: Money | null
  readonly pvGibHours?: number | null
  readonly pvCost?: Money | null
  readonly networkZoneCost?: Money | null
  readonly networkRegionCost?: Money | null
  readonly networkInternetCost?: Money | null
  readonly loadBalancerCost?: Money | null
  /** Absent: not collected. */
  readonly labels?: Readonly<Record<string, string>>
}

export interface SeedNode {
  readonly node: string
  readonly cpuCost: Money
  readonly ramCost: Money
  /** Absent: not known, and its idle neither. */
  readonly gpuCost?: Money
}

/** What no container carries; in no namespace unless told. */
export interface SeedRemainder extends Pick<RemainderRow, 'kind' | 'part' | 'name' | 'cost'> {
  readonly namespace?: string
  readonly quantity?: number
}

export interface SeedWindow {
  readonly containers: readonly SeedContainer[]
  readonly nodes: readonly SeedNode[]
  readonly remainders?: readonly SeedRemainder[]
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
    for (const table of FACT_TABLES) {
      await client.query(
        `delete from warehouse.${table}
         where cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3)`,
        [key.account, key.cluster, window],
      )
    }
    for (const container of rows.containers) await insertContainer(client, key, window, container)
    for (const node of rows.nodes) await insertNode(client, key, window, node, rows.containers)
    for (const remainder of rows.remainders ?? []) await insertRemainder(client, key, window, remainder)
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
  await insert(client, 'allocation_hourly', key, window, {
    container_key: containerKey.toString(),
    label_set_key: row.labels === undefined ? null : await insertLabels(client, key, row.labels),
    minutes: row.minutes ?? 60,
    cpu_core_hours: row.cpuHours ?? 1,
    cpu_core_request_hours: row.cpuRequest ?? null,
    cpu_core_used_hours: row.cpuUsed ?? null,
    ram_gib_hours: row.ramHours ?? 1,
    ram_gib_request_hours: row.ramRequest ?? null,
    ram_gib_used_hours: row.ramUsed ?? null,
    gpu_hours: row.gpuHours ?? null,
    pv_gib_hours: row.pvGibHours ?? null,
    cpu_cost: formatMoney(row.cpuCost),
    ram_cost: formatMoney(row.ramCost),
    gpu_cost: textOf(row.gpuCost),
    pv_cost: textOf(row.pvCost),
    network_zone_cost: textOf(row.networkZoneCost),
    network_region_cost: textOf(row.networkRegionCost),
    network_internet_cost: textOf(row.networkInternetCost),
    load_balancer_cost: textOf(row.loadBalancerCost),
    price_source: 'measured',
  })
}

async function insertLabels(
  client: pg.PoolClient,
  key: ClusterKey,
  labels: Readonly<Record<string, string>>,
): Promise<string> {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify([key.account, pairs])
  const labelSetKey = createHash('sha256').update(text).digest().readBigInt64BE().toString()
  await client.query(
    `insert into warehouse.label_set (cloud_account_id, label_set_key, labels) values ($1, $2, $3)
     on conflict do nothing`,
    [key.account, labelSetKey, JSON.stringify(labels)],
  )
  return labelSetKey
}

async function insertRemainder(
  client: pg.PoolClient,
  key: ClusterKey,
  window: number,
  { kind, part, namespace = '', name, quantity = 1, cost }: SeedRemainder,
): Promise<void> {
  const row = { kind, part, namespace, name, quantity, cost: formatMoney(cost) }
  await insert(client, 'remainder_hourly', key, window, row)
}

/** A fact of a window of a cluster, by the names of its columns. */
async function insert(
  client: pg.PoolClient,
  table: string,
  key: ClusterKey,
  window: number,
  row: Readonly<Record<string, string | number | null>>,
): Promise<void> {
  const places = Object.keys(row).map((_, index) => `$${index + 4}`)
  await client.query(
    `insert into warehouse.${table} (cloud_account_id, cluster_id, window_start, ${Object.keys(row).join(', ')})
     values ($1, $2, to_timestamp($3), ${places.join(', ')})`,
    [key.account, key.cluster, window, ...Object.values(row)],
  )
}

function textOf(cost: Money | null | undefined): string | null {
  return cost === null || cost === undefined ? null : formatMoney(cost)
}

async function insertNode(
  client: pg.PoolClient,
  key: ClusterKey,
  window: number,
  row: SeedNode,
  containers: readonly SeedContainer[],
): Promise<void> {
  const { node, gpuCost } = row
  await insert(client, 'node_hourly', key, window, {
    ...{ node, provider_id: '', minutes: 60, cpu_cores: 4, ram_gib: 16 },
    ...{ cpu_price: 0.03, ram_price: 0.004, price_source: 'measured' },
    cpu_cost: formatMoney(row.cpuCost),
    ram_cost: formatMoney(row.ramCost),
    gpu_cost: textOf(gpuCost),
  })
  const own = containers.filter(container => container.node === node)
  await insert(client, 'idle_hourly', key, window, {
    node,
    cpu_cost: formatMoney(row.cpuCost - sumMoney(own.map(({ cpuCost }) => cpuCost))),
    ram_cost: formatMoney(row.ramCost - sumMoney(own.map(({ ramCost }) => ramCost))),
    gpu_cost:
      gpuCost === undefined ? null : formatMoney(gpuCost - sumMoney(own.map(one => one.gpuCost ?? 0n))),
  })
}

/** Totals of the ledger: allocated + idle + unmounted + management + unallocated = assets + network. */
function totalsOf({ containers, nodes, remainders = [] }: SeedWindow): Record<string, Money> {
  const total = <T>(items: readonly T[], parts: (item: T) => (Money | null | undefined)[]) =>
    sumMoney(items.flatMap(item => parts(item).map(part => part ?? 0n)))
  const remaining = (kind: string) => total(remainders, one => [one.kind === kind ? one.cost : 0n])
  const ownNodes = total(nodes, one => [one.cpuCost, one.ramCost, one.gpuCost])
  const onNodes = total(containers, one => [one.cpuCost, one.ramCost, one.gpuCost])
  const others = total(containers, one => [one.pvCost, one.loadBalancerCost])
  const traffic = total(containers, one => [
    one.networkZoneCost,
    one.networkRegionCost,
    one.networkInternetCost,
  ])
  const [unmounted, management] = [remaining('unmounted'), remaining('cluster_management')]
  return {
    asset_cost: ownNodes + others + unmounted + management,
    allocated_cost: onNodes + others + traffic,
    idle_cost: ownNodes - onNodes,
    unmounted_cost: unmounted,
    management_cost: management,
    network_cost: traffic + remaining('unallocated'),
    unallocated_cost: remaining('unallocated'),
  }
}

async function insertLedger(
  client: pg.PoolClient,
  key: ClusterKey,
  window: number,
  rows: SeedWindow,
): Promise<void> {
  const { coverage = 1, reason, warnings, containers, nodes } = rows
  const totals = totalsOf(rows)
  const names = Object.keys(totals)
  await client.query(
    `insert into warehouse.window_ledger as l (
       cloud_account_id, cluster_id, window_start, state, reason, revision, loaded_at, coverage, warnings,
       allocation_rows, node_rows, ${names.join(', ')}
     ) values (
       $1, $2, to_timestamp($3), 'loaded', $4, 1, now(), $5, $6, $7, $8, ${names.map((_, i) => `$${i + 9}`).join(', ')}
     )
     on conflict (cloud_account_id, cluster_id, window_start) do update
       set state = 'loaded', reason = excluded.reason, revision = l.revision + 1, loaded_at = now(),
           coverage = excluded.coverage, warnings = excluded.warnings,
           ${names.map(name => `${name} = excluded.${name}`).join(', ')}`,
    [
      ...[key.account, key.cluster, window, reason ?? null, coverage],
      warnings === undefined ? null : JSON.stringify(warnings),
      ...[containers.length, nodes.length, ...Object.values(totals).map(formatMoney)],
    ],
  )
}
