import type pg from 'pg'
import { changedDays, rollUpDay } from '../../src/load/rollup.js'
import type { TestDatabase } from '../support/postgres.js'
import { seedAccount } from '../support/seed.js'
import { type Container, type Hour, insertRows, makeMonth, publishHour } from './seeding.js'

export const SHOP = '11111111-1111-4111-8111-111111111111'
export const BANK = '22222222-2222-4222-8222-222222222222'
/** Mondays of two weeks in two months. */
export const FEBRUARY = ['2026-02-23T00:00:00Z', '2026-02-23T01:00:00Z'] as const
export const MARCH = ['2026-03-02T00:00:00Z', '2026-03-02T01:00:00Z'] as const
const UNLOADED = '2026-03-02T02:00:00Z'

const web = (cpu: number): Container => ({
  ...{ namespace: 'shop', pod: 'web-1', container: 'app', node: 'n1', provider_id: 'aws:///eu-1a/i-0a1' },
  ...{ controller_kind: 'deployment', controller: 'web', pod_uid: 'uid-web' },
  labels: { team: 'alpha', app: 'web' },
  facts: {
    ...{ cpu_core_hours: 2, cpu_core_request_hours: 2, cpu_core_used_hours: 1, cpu_cost: cpu },
    ...{ ram_gib_hours: 4, ram_gib_request_hours: 4, ram_gib_used_hours: 1, ram_cost: 0.1 },
    ...{ gpu_hours: 0, gpu_cost: 0, load_balancer_hours: 1, load_balancer_cost: 0.025 },
  },
})

const batch: Container = {
  ...{ namespace: 'shop', pod: 'batch-1', container: 'main', node: 'n2' },
  ...{ controller_kind: 'deployment', controller: 'batch' },
  labels: { team: 'beta' },
  facts: {
    ...{ cpu_core_hours: 1, cpu_core_request_hours: 1, cpu_core_used_hours: 0.25, cpu_cost: 0.2 },
    ...{ ram_gib_hours: 2, ram_gib_request_hours: 2, ram_gib_used_hours: 0.5, ram_cost: 0.1 },
    ...{
      network_zone_gib: 1,
      network_zone_cost: 0.01,
      network_internet_gib: 0.5,
      network_internet_cost: 0.05,
    },
  },
}

const train: Container = {
  ...{ namespace: 'lab', pod: 'train-0', container: 'fit', node: 'n3' },
  ...{ controller_kind: 'statefulset', controller: 'train' },
  labels: { team: 'alpha' },
  facts: {
    ...{ cpu_core_hours: 1, cpu_core_used_hours: 1, cpu_cost: 0.1, ram_gib_hours: 3, ram_cost: 0.1 },
    ...{ gpu_hours: 1, gpu_cost: 0.9, pv_gib_hours: 100, pv_cost: 0.02 },
  },
}

/** Charged with more CPU than its node costs, and without a controller or labels. */
const burst: Container = {
  ...{ namespace: 'lab', pod: 'burst', container: 'main', node: 'n4' },
  facts: { cpu_core_hours: 3, cpu_cost: 0.15, ram_gib_hours: 1, ram_cost: 0.1 },
}

const prices = { cpu_price: 0.25, ram_price: 0.03, cpu_price_min: 0.25, cpu_price_max: 0.25 }

const NODES = [
  {
    ...{ node: 'n1', provider_id: 'aws:///eu-1a/i-0a1', instance_type: 'm5.xlarge', spot_ratio: 0 },
    ...{ region: 'eu-1', zone: 'eu-1a', node_pool: 'general', cpu_cores: 4, ram_gib: 16, gpus: 0 },
    ...{ ...prices, cpu_cost: 1, ram_cost: 0.5, gpu_cost: 0 },
  },
  {
    ...{ node: 'n2', instance_type: 'm5.large', region: 'eu-1', node_pool: 'spot', spot_ratio: 1 },
    ...{ ...prices, cpu_price: 0.15, cpu_cores: 2, ram_gib: 8, cpu_cost: 0.3, ram_cost: 0.2, gpu_cost: 0 },
  },
  {
    ...{ node: 'n3', node_pool: 'gpu', cpu_cores: 2, ram_gib: 8, gpus: 2, gpu_price: 0.9, spot_ratio: 0 },
    ...{ ...prices, cpu_cost: 0.2, ram_cost: 0.2, gpu_cost: 1.8 },
  },
  { node: 'n4', cpu_cores: 2, ram_gib: 8, ...prices, cpu_cost: 0.1, ram_cost: 0.1, gpu_cost: 0 },
]

const ASSETS = [
  {
    ...{ asset_type: 'disk', asset_id: 'vol-1', name: 'vol-1', namespace: 'lab', claim: 'data' },
    ...{ storage_class: 'fast', gib: 250, price: 0.0002, total_cost: 0.05 },
  },
  { asset_type: 'disk', asset_id: 'vol-2', name: 'vol-2', gib: 200, price: 0.0002, total_cost: 0.04 },
  { asset_type: 'disk', asset_id: 'n1:/dev/sda', name: 'n1:/dev/sda', gib: 80, price: 0, total_cost: 0 },
  {
    ...{ asset_type: 'load_balancer', asset_id: 'shop/web', name: 'web', namespace: 'shop' },
    ...{ price: 0.025, total_cost: 0.025 },
  },
  {
    ...{ asset_type: 'load_balancer', asset_id: 'shop/old', name: 'old', namespace: 'shop' },
    ...{ price: 0.025, total_cost: 0.025 },
  },
  { asset_type: 'management', asset_id: 'EKS', name: 'EKS', price: 0.1, total_cost: 0.1 },
]

const REMAINDERS = [
  { kind: 'unmounted', part: 'pv', namespace: 'lab', name: 'vol-1', quantity: 150, cost: 0.03 },
  { kind: 'unmounted', part: 'pv', name: 'vol-2', quantity: 200, cost: 0.04 },
  { kind: 'unmounted', part: 'load_balancer', namespace: 'shop', name: 'old', cost: 0.025 },
  { kind: 'cluster_management', part: 'management', name: 'EKS', cost: 0.1 },
  {
    ...{ kind: 'unallocated', part: 'network_internet', namespace: 'shop', name: 'ghost' },
    ...{ quantity: 0.2, cost: 0.02 },
  },
]

function hour(cpuOfWeb: number, ledger: Record<string, unknown> = {}): Hour {
  return {
    containers: [web(cpuOfWeb), batch, train, burst],
    nodes: NODES,
    assets: ASSETS,
    remainders: REMAINDERS,
    ledger,
  }
}

/** Its GPUs are told in one hour of the day and not in the others. */
const told: Container = { ...batch, facts: { ...batch.facts, gpu_hours: 0, gpu_cost: 0 } }

/** Two accounts whose clusters, hours and names are the same; the bank's costs stand out. */
export async function seedEstate({ pool }: TestDatabase): Promise<void> {
  for (const month of ['2026-02', '2026-03']) await makeMonth(pool, month)
  await seedAccount(pool, SHOP, 'EUR')
  await seedAccount(pool, BANK)
  const shop = { account: SHOP, cluster: 'one' }
  await publishHour(pool, shop, FEBRUARY[0], hour(0.4))
  await publishHour(
    pool,
    shop,
    FEBRUARY[1],
    hour(0.4, { coverage: 0.5, reason: 'source_silent', warnings: [{ code: 'price_carried', detail: 'x' }] }),
  )
  await publishHour(pool, shop, MARCH[0], hour(0.8))
  const dearer = NODES.map(node => (node.node === 'n1' ? { ...node, cpu_price_max: 0.5 } : node))
  const checks = { I1: { ok: true }, I2: { ok: false }, I3: { ok: false } }
  await publishHour(pool, shop, MARCH[1], {
    ...{ ...hour(0.8, { revision: 2, checks }), nodes: dearer },
    containers: [web(0.8), told, train, burst],
  })
  await insertRows(pool, 'window_ledger', [
    {
      ...{ cloud_account_id: SHOP, cluster_id: 'one', window_start: UNLOADED, state: 'quarantined' },
      ...{ reason: 'quarantined', revision: 0, attempt: 5, failures: 5, terminal_failures: 5, rejects: 0 },
      ...{ late_samples: 0, error_code: 'TRANSFORM_FAILED' },
    },
  ])
  await insertRows(pool, 'window_audit', [
    {
      ...{ cloud_account_id: SHOP, cluster_id: 'one', window_start: MARCH[1], revision: 2 },
      ...{ replaced_at: '2026-03-04T05:00:00Z', reason: 'restated' },
      old_totals: { asset_cost: '4.00', rows: 4 },
      new_totals: { asset_cost: '4.64', rows: 4 },
    },
  ])
  await seedMetrics(pool, SHOP, 7, 0.8)
  await seedMetrics(pool, BANK, 9000, 9000)
  const rich = { ...web(9000), pod: 'vault-1' }
  await publishHour(pool, { account: BANK, cluster: 'one' }, MARCH[0], {
    ...hour(0.4),
    containers: [rich, train],
    nodes: [{ ...NODES[0], cpu_cost: 10_000 }, NODES[2] ?? {}],
  })
  await insertRows(pool, 'window_audit', [
    {
      ...{ cloud_account_id: BANK, cluster_id: 'one', window_start: MARCH[0], revision: 2 },
      ...{ replaced_at: '2026-03-04T05:00:00Z', reason: 'restated', old_totals: {}, new_totals: {} },
    },
  ])
  await seedQuality(pool, SHOP, '2')
  await seedQuality(pool, BANK, '9000')
  for (const account of [SHOP, BANK]) await seedRightsizing(pool, account)
  await rollUp(pool, [SHOP, BANK])
}

/** A gauge of a node and the CPU peak of web, in one hour. */
async function seedMetrics(pool: pg.Pool, account: string, gauge: number, peak: number): Promise<void> {
  const key = { cloud_account_id: account, cluster_id: 'one' }
  const pod = { namespace: 'shop', pod: 'web-1', container: 'app' }
  await insertRows(pool, 'metric_series', [
    {
      ...{ ...key, series_key: 1, metric: 'kubecost_node_is_spot' },
      labels: { node: 'n1', secret: `${gauge}` },
    },
    { ...key, series_key: 2, metric: 'kubecost_container_cpu_usage_irate', labels: pod },
  ])
  const reading = (series: number, value: number) => ({
    ...{ ...key, series_key: series, window_start: MARCH[0], samples: 60 },
    ...{ avg: value / 2, min: 0, max: value, last: value },
  })
  await insertRows(pool, 'metric_hourly', [reading(1, gauge), reading(2, peak)])
}

async function seedQuality(pool: pg.Pool, account: string, observed: string): Promise<void> {
  const result = { cloud_account_id: account, cluster_id: 'one', day: '2026-03-02' }
  const failed = { ok: false, failing_since: '2026-03-03T03:30:00Z', checked_at: '2026-03-04T03:30:00Z' }
  await insertRows(pool, 'quality_result', [
    { ...result, ...failed, check_id: 'completeness', severity: 'E', observed, expected: '24' },
    {
      ...{ ...result, check_id: 'I5_day', severity: 'E', ok: true, observed: '1', expected: '1' },
      checked_at: '2026-03-04T03:30:00Z',
    },
  ])
}

async function seedRightsizing(pool: pg.Pool, account: string): Promise<void> {
  const advice = (namespace: string, action: string, saving: string | null, level: string) => ({
    ...{ cloud_account_id: account, profile: 'balanced', history_days: 14, cluster_id: 'one' },
    ...{ namespace, controller_kind: 'Deployment', controller: `${action}-${level}`, container: 'web' },
    ...{ computed_at: '2026-03-04T03:30:00Z', replicas: 2, cpu_action: action, ram_action: 'keep' },
    ...{ action, reasons: '{}', severity: 'OK', confidence: 0.5, confidence_level: level },
    ...{ span_hours: 336, coverage: 1, samples: 4032, saving_month: saving, cost_month: '20' },
  })
  await insertRows(pool, 'rightsizing', [
    advice('web', 'keep', '0', 'high'),
    advice('web', 'decrease', '8', 'high'),
    advice('web', 'increase', '-2.5', 'medium'),
    advice('web', 'decrease', '7', 'low'),
    advice('web', 'none', null, 'insufficient'),
    advice('lab', 'set', '-1', 'medium'),
  ])
}

/** Sums every day of the accounts. */
export async function rollUp(pool: pg.Pool, accounts: readonly string[]): Promise<void> {
  for (const day of await changedDays(pool, new Map(accounts.map(account => [account, 0])))) {
    await rollUpDay(pool, day)
  }
}
