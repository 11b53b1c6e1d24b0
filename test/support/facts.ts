import { createHash } from 'node:crypto'
import type pg from 'pg'
import { inTransaction } from '../../src/db/pool.js'
import { formatMoney, type Money, sumMoney } from '../../src/domain/money.js'
import { HOUR_SECONDS, type Window } from '../../src/domain/window.js'
import { ensurePartitions } from '../../src/load/partitions.js'

export interface FactKey {
  readonly account: string
  readonly cluster: string
}

type Nullable<T> = { readonly [K in keyof T]?: T[K] | null }

/** One row of allocation_hourly; what isn't told is null, or 60 minutes and 0. */
export interface ContainerFact
  extends Nullable<{
    controllerKind: string
    controller: string
    cpuRequest: number
    cpuUsed: number
    ramRequest: number
    ramUsed: number
    gpuHours: number
    gpuCost: Money
    pvGibHours: number
    pvCost: Money
    zoneCost: Money
    regionCost: Money
    internetCost: Money
    balancerCost: Money
    labels: Readonly<Record<string, string>>
  }> {
  readonly namespace: string
  readonly pod: string
  readonly container?: string
  readonly node: string
  readonly minutes?: number
  readonly cpuHours?: number
  readonly ramHours?: number
  readonly cpuCost: Money
  readonly ramCost: Money
}

export interface NodeFact {
  readonly node: string
  readonly providerId?: string
  readonly minutes?: number
  /** null: not reported. */
  readonly cores?: number | null
  readonly spot?: number
  readonly instanceType?: string
  readonly nodePool?: string
  readonly gpus?: number
  readonly cpuCost: Money | null
  readonly ramCost: Money | null
  readonly gpuCost?: Money | null
}

export interface AssetFact {
  readonly type: 'disk' | 'load_balancer' | 'management'
  readonly id: string
  readonly name?: string
  readonly namespace?: string
  readonly claim?: string
  readonly storageClass?: string
  readonly minutes?: number
  readonly gib?: number
  readonly cost: Money
}

export interface RemainderFact {
  readonly kind: 'unmounted' | 'cluster_management' | 'unallocated'
  readonly part:
    | 'pv'
    | 'load_balancer'
    | 'management'
    | 'network_zone'
    | 'network_region'
    | 'network_internet'
  readonly namespace?: string
  readonly name: string
  readonly quantity?: number
  readonly cost: Money
}

export interface MetricFact {
  readonly metric: string
  readonly labels?: Record<string, string>
  readonly avg?: number
  /** Of counters. */
  readonly increase?: number
}

export interface WindowFacts {
  readonly containers?: readonly ContainerFact[]
  readonly nodes?: readonly NodeFact[]
  readonly assets?: readonly AssetFact[]
  readonly remainders?: readonly RemainderFact[]
  readonly metrics?: readonly MetricFact[]
}

const FACTS = [
  'allocation_hourly',
  'node_hourly',
  'idle_hourly',
  'asset_hourly',
  'remainder_hourly',
  'metric_hourly',
]

/** The account and the cluster, heard of in the given windows. */
export async function seedHome(pool: pg.Pool, key: FactKey, first: number, last: number): Promise<void> {
  await pool.query(
    `insert into warehouse.cloud_account (cloud_account_id, name, tenant_id) values ($1::uuid, 'a', $1::text)
     on conflict do nothing`,
    [key.account],
  )
  await pool.query(
    `insert into warehouse.cluster (cloud_account_id, cluster_id, first_window, last_window, watermark)
     values ($1, $2, to_timestamp($3), to_timestamp($4), to_timestamp($5))`,
    [key.account, key.cluster, first, last, last + HOUR_SECONDS],
  )
}

/** Publishes a window, again where it is there: all of its facts, idle by difference, and a ledger row one revision up. */
export async function publishFacts(
  pool: pg.Pool,
  key: FactKey,
  window: number,
  facts: WindowFacts,
): Promise<void> {
  await ensurePartitions(pool, window as Window, window as Window, FACTS)
  const at = [key.account, key.cluster, window]
  await inTransaction(pool, async client => {
    for (const table of FACTS) {
      await client.query(
        `delete from warehouse.${table}
         where cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3)`,
        at,
      )
    }
    for (const row of facts.containers ?? []) await insertContainer(client, at, row)
    for (const row of facts.nodes ?? []) await insertNode(client, at, row)
    for (const row of facts.assets ?? []) await insertAsset(client, at, row)
    for (const row of facts.remainders ?? []) await insertRemainder(client, at, row)
    for (const row of facts.metrics ?? []) await insertMetric(client, at, row)
    await insertIdle(client, at, facts)
    await client.query(
      `insert into warehouse.window_ledger as l (cloud_account_id, cluster_id, window_start, state, revision, loaded_at,
         coverage, samples_seen, samples_expected, allocation_rows, node_rows)
       values ($1, $2, to_timestamp($3), 'loaded', 1, now(), 1, 60, 60, $4, $5)
       on conflict (cloud_account_id, cluster_id, window_start) do update
         set state = 'loaded', revision = l.revision + 1, loaded_at = now(), coverage = 1, checks = null,
             allocation_rows = excluded.allocation_rows, node_rows = excluded.node_rows`,
      [...at, facts.containers?.length ?? 0, facts.nodes?.length ?? 0],
    )
  })
}

function keyOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest().readBigInt64BE().toString()
}

const money = (amount: Money | null | undefined) => (amount == null ? null : formatMoney(amount))

async function insertContainer(
  client: pg.ClientBase,
  at: readonly unknown[],
  row: ContainerFact,
): Promise<void> {
  const { namespace, pod, container = 'main', node, controllerKind = null, controller = null } = row
  const names = [at[0], at[1], namespace, pod, container, node, controllerKind, controller]
  const key = keyOf(names)
  await client.query(
    `insert into warehouse.container (cloud_account_id, cluster_id, namespace, pod, container, node, controller_kind,
       controller, container_key)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
    [...names, key],
  )
  const labelKey = row.labels == null ? null : keyOf([at[0], row.labels])
  if (row.labels != null) {
    await client.query(
      `insert into warehouse.label_set (cloud_account_id, label_set_key, labels) values ($1, $2, $3)
       on conflict do nothing`,
      [at[0], labelKey, JSON.stringify(row.labels)],
    )
    await client.query(
      `insert into warehouse.label_pair (cloud_account_id, label, value, label_set_key)
       select $1, l.key, l.value, $2 from jsonb_each_text($3) l on conflict do nothing`,
      [at[0], labelKey, JSON.stringify(row.labels)],
    )
  }
  const cpuHours = row.cpuHours ?? 0
  const ramHours = row.ramHours ?? 0
  await client.query(
    `insert into warehouse.allocation_hourly (cloud_account_id, cluster_id, window_start, container_key, minutes,
       cpu_core_hours, cpu_core_request_hours, cpu_core_used_hours, ram_gib_hours, ram_gib_request_hours,
       ram_gib_used_hours, gpu_hours, pv_gib_hours, cpu_cost, ram_cost, gpu_cost, pv_cost, network_zone_cost,
       network_region_cost, network_internet_cost, load_balancer_cost, label_set_key, price_source)
     values ($1, $2, to_timestamp($3), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
       $22, 'measured')`,
    [
      ...[...at, key, row.minutes ?? 60, cpuHours, row.cpuRequest, row.cpuUsed, ramHours, row.ramRequest],
      ...[row.ramUsed, row.gpuHours, row.pvGibHours, money(row.cpuCost), money(row.ramCost)],
      ...[row.gpuCost, row.pvCost, row.zoneCost, row.regionCost, row.internetCost, row.balancerCost].map(
        money,
      ),
      labelKey,
    ],
  )
}

async function insertNode(client: pg.ClientBase, at: readonly unknown[], row: NodeFact): Promise<void> {
  await client.query(
    `insert into warehouse.node_hourly (cloud_account_id, cluster_id, window_start, node, provider_id, minutes, cpu_cores,
       ram_gib, cpu_price, ram_price, price_source, spot_ratio, instance_type, node_pool, gpus, cpu_cost, ram_cost, gpu_cost)
     values ($1, $2, to_timestamp($3), $4, $5, $6, $7, 16, 0.03, 0.004, 'measured', $8, $9, $10, $11, $12, $13, $14)`,
    [
      ...[
        ...at,
        row.node,
        row.providerId ?? '',
        row.minutes ?? 60,
        row.cores === undefined ? 4 : row.cores,
        row.spot,
        row.instanceType,
        row.nodePool,
        row.gpus,
      ],
      ...[row.cpuCost, row.ramCost, row.gpuCost].map(money),
    ],
  )
}

async function insertAsset(client: pg.ClientBase, at: readonly unknown[], row: AssetFact): Promise<void> {
  await client.query(
    `insert into warehouse.asset_hourly (cloud_account_id, cluster_id, window_start, asset_type, asset_id, name, namespace,
       minutes, gib, price, price_source, total_cost, claim, storage_class)
     values ($1, $2, to_timestamp($3), $4, $5, $6, $7, $8, $9, 0.1, 'measured', $10, $11, $12)`,
    [
      ...[...at, row.type, row.id, row.name ?? row.id, row.namespace, row.minutes ?? 60, row.gib],
      ...[money(row.cost), row.claim, row.storageClass],
    ],
  )
}

async function insertRemainder(
  client: pg.ClientBase,
  at: readonly unknown[],
  row: RemainderFact,
): Promise<void> {
  await client.query(
    `insert into warehouse.remainder_hourly (cloud_account_id, cluster_id, window_start, kind, part, namespace, name,
       quantity, cost)
     values ($1, $2, to_timestamp($3), $4, $5, $6, $7, $8, $9)`,
    [...at, row.kind, row.part, row.namespace ?? '', row.name, row.quantity ?? 1, money(row.cost)],
  )
}

async function insertMetric(
  client: pg.ClientBase,
  at: readonly unknown[],
  { metric, labels = {}, avg = 1, increase }: MetricFact,
): Promise<void> {
  const key = keyOf([at[0], at[1], metric, labels])
  await client.query(
    `insert into warehouse.metric_series (cloud_account_id, series_key, cluster_id, metric, labels)
     values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [at[0], key, at[1], metric, JSON.stringify(labels)],
  )
  await client.query(
    `insert into warehouse.metric_hourly (cloud_account_id, cluster_id, window_start, series_key, samples, avg, increase)
     values ($1, $2, to_timestamp($3), $4, 60, $5, $6)`,
    [...at, key, avg, increase],
  )
}

async function insertIdle(
  client: pg.ClientBase,
  at: readonly unknown[],
  { nodes = [], containers = [] }: WindowFacts,
): Promise<void> {
  for (const node of new Set(nodes.map(row => row.node))) {
    const own = nodes.filter(row => row.node === node)
    if (own.some(row => row.cpuCost === null || row.ramCost === null)) continue
    const charged = containers.filter(row => row.node === node)
    const sum = (costs: (Money | null | undefined)[]) => sumMoney(costs.map(cost => cost ?? 0n))
    const isGpuKnown = own.every(row => row.gpuCost != null)
    await client.query(
      `insert into warehouse.idle_hourly (cloud_account_id, cluster_id, window_start, node, cpu_cost, ram_cost, gpu_cost)
       values ($1, $2, to_timestamp($3), $4, $5, $6, $7)`,
      [
        ...[...at, node],
        formatMoney(sum(own.map(row => row.cpuCost)) - sum(charged.map(row => row.cpuCost))),
        formatMoney(sum(own.map(row => row.ramCost)) - sum(charged.map(row => row.ramCost))),
        isGpuKnown
          ? formatMoney(sum(own.map(row => row.gpuCost)) - sum(charged.map(row => row.gpuCost)))
          : null,
      ],
    )
  }
}
