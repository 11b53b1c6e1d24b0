import type pg from 'pg'
import { addAccount } from '../../src/db/accounts.js'
import { formatMoney, type Money, sumMoney } from '../../src/domain/money.js'
import type {
  AllocationRow,
  AssetRow,
  IdleRow,
  MetricRow,
  NodeRow,
  RemainderRow,
  WindowRows,
} from '../../src/domain/rows.js'
import { HOUR_SECONDS, type Window, windowOf } from '../../src/domain/window.js'
import { type Claim, claimDue } from '../../src/load/claims.js'
import { planWindows, recordClusters } from '../../src/load/ledger.js'

export const ACCOUNT = '11111111-1111-4111-8111-111111111111'
export const NOON = windowOf(Date.UTC(2026, 9, 30, 12) / 1000)
/** Long after every window of these tests. */
export const LATER = Date.UTC(2026, 11, 24) / 1000

export function hour(offset: number): Window {
  return (NOON + offset * HOUR_SECONDS) as Window
}

export function allocation(index: number, change: Partial<AllocationRow> = {}): AllocationRow {
  return {
    namespace: `ns-${index % 7}`,
    pod: `pod-${index}`,
    container: 'main',
    node: `node-${index % 3}`,
    providerId: null,
    controllerKind: 'Deployment',
    controller: `web-${index % 5}`,
    podUid: null,
    minutes: 60,
    cpuCoreHours: 0.1 + index / 1000,
    cpuCoreRequestHours: index % 2 === 0 ? 0.1 : null,
    cpuCoreUsedHours: index / 7,
    ramGibHours: 0.25,
    ramGibRequestHours: null,
    ramGibUsedHours: index / 3,
    gpuHours: null,
    pvGibHours: null,
    networkZoneGib: null,
    networkRegionGib: null,
    networkInternetGib: null,
    loadBalancerHours: null,
    cpuCost: BigInt(1_000_003 * (index + 1)),
    ramCost: BigInt(777 * index),
    gpuCost: null,
    pvCost: null,
    networkZoneCost: null,
    networkRegionCost: null,
    networkInternetCost: null,
    loadBalancerCost: null,
    priceSource: 'measured',
    labels: null,
    ...change,
  }
}

export function node(index: number, change: Partial<NodeRow> = {}): NodeRow {
  return {
    node: `node-${index}`,
    providerId: '',
    instanceType: 'm5.large',
    region: null,
    minutes: 60,
    cpuCores: 4,
    ramGib: 16,
    gpus: null,
    cpuPrice: 0.03,
    ramPrice: 0.004,
    gpuPrice: null,
    cpuPriceRange: { min: 0.03, max: 0.03 },
    ramPriceRange: { min: 0.004, max: 0.004 },
    priceSource: 'measured',
    spotRatio: null,
    zone: null,
    nodePool: null,
    cpuCost: 120_000_000_000n,
    ramCost: null,
    gpuCost: null,
    ...change,
  }
}

export function idle(index: number, change: Partial<IdleRow> = {}): IdleRow {
  return { node: `node-${index}`, cpuCost: -5n, ramCost: 12_345n, gpuCost: null, ...change }
}

export function asset(index: number, change: Partial<AssetRow> = {}): AssetRow {
  return {
    assetType: 'disk',
    assetId: `pv-${index}`,
    name: `pv-${index}`,
    namespace: 'shop',
    claim: `data-${index}`,
    storageClass: 'gp3',
    providerId: `vol-${index}`,
    minutes: 60,
    gib: 20 + index,
    price: 0.000137,
    priceSource: 'measured',
    totalCost: BigInt(2_740_000_000 + index),
    ...change,
  }
}

export function remainder(index: number, change: Partial<RemainderRow> = {}): RemainderRow {
  return {
    kind: 'unmounted',
    part: 'pv',
    namespace: 'shop',
    name: `pv-${index}`,
    quantity: 20,
    cost: BigInt(1_000_000 + index),
    ...change,
  }
}

export function metric(index: number, change: Partial<MetricRow> = {}): MetricRow {
  return {
    metric: 'kubecost_load_balancer_cost',
    labels: new Map([['ingress_ip', `10.0.0.${index}`]]),
    samples: 60,
    avg: 0.025,
    min: 0.02,
    max: 0.03,
    last: 0.025,
    increase: null,
    ...change,
  }
}

/** Rows in every table. */
export function fullRows(window: Window, change: Partial<WindowRows> & { size?: number } = {}): WindowRows {
  const { size = 4, ...rest } = change
  const labels = new Map([
    ['app', 'web'],
    ['team', 'core'],
  ])
  const numbers = Array.from({ length: size }, (_, index) => index)
  return windowRows(window, {
    allocations: numbers.map(index =>
      allocation(index, { labels, podUid: `uid-${index}`, gpuCost: 3n, pvCost: 5n, networkZoneCost: 7n }),
    ),
    assets: [
      ...numbers.map(index => asset(index)),
      asset(0, { assetType: 'load_balancer', assetId: 'shop/web' }),
      asset(0, { assetType: 'management', assetId: 'GKE' }),
    ],
    remainders: [
      ...numbers.map(index => remainder(index)),
      remainder(0, { kind: 'cluster_management', part: 'management', namespace: '', name: 'GKE' }),
      remainder(0, { kind: 'unallocated', part: 'network_internet', name: 'gone' }),
    ],
    metrics: numbers.map(index => metric(index)),
    checks: [{ check: 'I1', ok: true, observed: '1.5', expected: '1.5' }],
    ...rest,
  })
}

export function windowRows(window: Window, change: Partial<WindowRows> & { size?: number } = {}): WindowRows {
  const { size = 5, ...rest } = change
  const allocations = rest.allocations ?? Array.from({ length: size }, (_, index) => allocation(index))
  return {
    window,
    allocations,
    nodes: [0, 1, 2].map(index => node(index)),
    idle: [0, 1, 2].map(index => idle(index)),
    assets: [],
    remainders: [],
    metrics: [],
    checks: [],
    sourceSamples: allocations.length * 60,
    coverage: 1,
    samplesSeen: 60,
    samplesExpected: 60,
    intervals: { kubecost: 60 },
    warnings: [],
    rejects: [],
    points: size * 10,
    ...rest,
  }
}

export function silentRows(window: Window): WindowRows {
  return windowRows(window, { allocations: [], nodes: [], idle: [], coverage: 0, samplesSeen: 0, points: 0 })
}

/** A cluster with planned windows from `from` to `to` hours around noon of 30 October 2026. */
export async function plannedCluster(pool: pg.Pool, clusterId: string, from = 0, to = 24): Promise<void> {
  await addAccount(pool, { cloudAccountId: ACCOUNT, name: 'Shop' })
  await recordClusters(pool, ACCOUNT, [{ clusterId, firstWindow: hour(from), lastWindow: hour(to - 1) }])
  await planWindows(pool, { cloudAccountId: ACCOUNT, clusterId }, hour(from), hour(to), 10)
}

/** Claims windows again whatever became of them, as a reload would. */
export async function claimAgain(
  pool: pg.Pool,
  clusterId: string,
  window: Window,
  windows = 1,
  worker = 'worker',
): Promise<Claim[]> {
  await pool.query(
    `update warehouse.window_ledger set next_read_at = window_start, lease_until = null
     where cluster_id = $1 and window_start >= to_timestamp($2) and window_start < to_timestamp($3)`,
    [clusterId, window, window + windows * HOUR_SECONDS],
  )
  return claimDue(pool, {
    cloudAccountId: ACCOUNT,
    clusterId,
    from: window,
    to: window + windows * HOUR_SECONDS,
    worker,
    leaseSeconds: 60,
    now: LATER,
  })
}

export async function claimOne(pool: pg.Pool, clusterId: string, window: Window): Promise<Claim> {
  const [claim] = await claimAgain(pool, clusterId, window)
  if (claim === undefined) throw new Error('the window could not be claimed')
  return claim
}

/** Everything that a reader can see of a cluster, in one order, as text. */
export async function factsOf(pool: pg.Pool | pg.ClientBase, clusterId: string): Promise<string[]> {
  const { rows } = await pool.query<{ fact: string }>(
    `select 'allocation ' || (to_jsonb(a) - 'container_key')::text || (to_jsonb(c) - 'container_key')::text || coalesce(s.labels::text, '') as fact
     from warehouse.allocation_hourly a
     join warehouse.container c using (cloud_account_id, container_key)
     left join warehouse.label_set s using (cloud_account_id, label_set_key)
     where a.cluster_id = $1
     union all
     select 'node ' || n::text from warehouse.node_hourly n where cluster_id = $1
     union all
     select 'idle ' || i::text from warehouse.idle_hourly i where cluster_id = $1
     union all
     select 'asset ' || a::text from warehouse.asset_hourly a where cluster_id = $1
     union all
     select 'remainder ' || r::text from warehouse.remainder_hourly r where cluster_id = $1
     union all
     select 'metric ' || (to_jsonb(m) - 'series_key')::text || (to_jsonb(s) - 'series_key')::text from warehouse.metric_hourly m
     join warehouse.metric_series s using (cloud_account_id, series_key)
     where m.cluster_id = $1
     union all
     select 'source ' || w::text from warehouse.window_source w where cluster_id = $1
     order by fact`,
    [clusterId],
  )
  return rows.map(row => row.fact)
}

/** How many rows each table has of a cluster. */
export async function rowCounts(pool: pg.Pool, clusterId: string): Promise<Record<string, number>> {
  const facts = await factsOf(pool, clusterId)
  return Object.fromEntries(
    ['allocation', 'node', 'idle', 'asset', 'remainder', 'metric', 'source'].map(kind => [
      kind,
      facts.filter(fact => fact.startsWith(`${kind} `)).length,
    ]),
  )
}

export async function ledgerOf(
  pool: pg.Pool,
  clusterId: string,
  window: Window,
): Promise<Record<string, unknown>> {
  const { rows } = await pool.query<Record<string, unknown>>(
    `select *, extract(epoch from next_read_at)::float8 as next_read_seconds
     from warehouse.window_ledger where cluster_id = $1 and window_start = to_timestamp($2)`,
    [clusterId, window],
  )
  const row = rows[0]
  if (row === undefined) throw new Error('the window is not in the ledger')
  return row
}

export function allocatedCost(rows: readonly AllocationRow[]): string {
  return formatMoney(sumMoney(rows.map((row): Money => row.cpuCost + row.ramCost)))
}
