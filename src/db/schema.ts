import { type ColumnType, type Generated, Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'

/** Timestamps are read as Date and may be written as Date or ISO text. */
type Time = ColumnType<Date, Date | string, Date | string>
type MaybeTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
/** numeric and bigint arrive as exact text. */
type Decimal = ColumnType<string, string, string>
type MaybeDecimal = ColumnType<string | null, string | null | undefined, string | null>
type GeneratedDecimal = ColumnType<string, never, never>
type Json<T> = ColumnType<T, string, string>

interface CloudAccountTable {
  cloud_account_id: string
  name: string
  tenant_id: string
  currency: Generated<string>
  kubernetes_id: string | null
  created_at: Generated<Date>
  removed_at: MaybeTime
}

interface ApiTokenTable {
  cloud_account_id: string
  token_id: string
  scope: Generated<string>
  digest: Buffer
  created_at: Generated<Date>
  expires_at: MaybeTime
  revoked_at: MaybeTime
  last_used_at: MaybeTime
}

interface ClusterTable {
  cloud_account_id: string
  cluster_id: string
  first_window: Time
  last_window: Time
  watermark: Time
  discovered_at: Generated<Date>
}

interface WindowLedgerTable {
  cloud_account_id: string
  cluster_id: string
  window_start: Time
  state: Generated<'due' | 'loaded' | 'incomplete' | 'quarantined'>
  reason: 'source_incomplete' | 'source_silent' | 'missing_series' | 'suspect' | 'quarantined' | null
  reason_detail: string | null
  attempt: Generated<number>
  claimed_by: string | null
  lease_until: MaybeTime
  failures: Generated<number>
  terminal_failures: Generated<number>
  next_read_at: MaybeTime
  error_code: string | null
  error_message: string | null
  revision: Generated<number>
  loaded_at: MaybeTime
  read_at: MaybeTime
  coverage: number | null
  samples_seen: MaybeDecimal
  samples_expected: MaybeDecimal
  allocation_rows: number | null
  node_rows: number | null
  rejects: Generated<string>
  asset_cost: MaybeDecimal
  allocated_cost: MaybeDecimal
  idle_cost: MaybeDecimal
  content_hash: Buffer | null
  intervals: Json<Record<string, number>> | null
  store_sets: Json<string[]> | null
  warnings: Json<{ code: string; detail: string }[]> | null
}

interface LoadRunTable {
  cloud_account_id: string
  run_id: string
  cluster_id: string
  first_window: Time
  windows: number
  worker: string
  state: 'running' | 'done' | 'partial' | 'failed' | 'released'
  stage: 'claim' | 'extract' | 'transform' | 'stage' | 'publish' | 'finished'
  started_at: Generated<Date>
  finished_at: MaybeTime
  windows_published: Generated<number>
  windows_unchanged: Generated<number>
  extracted_points: Generated<string>
  loaded_rows: Generated<string>
  rejects: Generated<string>
  reject_reasons: Json<{ reason: string; metric: string; count: number; example: string }[]>
  error_code: string | null
  error_message: string | null
}

interface ThanosStoreTable {
  cloud_account_id: string
  label_set: string
  component: string
  min_time: Time
  first_seen: Generated<Date>
  last_seen: Generated<Date>
  forgotten_at: MaybeTime
}

interface ContainerTable {
  cloud_account_id: string
  container_key: Decimal
  cluster_id: string
  namespace: string
  pod: string
  container: string
  node: string
  provider_id: string | null
  controller_kind: string | null
  controller: string | null
}

interface AllocationHourlyTable {
  cloud_account_id: string
  cluster_id: string
  window_start: Time
  container_key: Decimal
  minutes: number
  cpu_core_hours: number
  cpu_core_request_hours: number | null
  cpu_core_used_hours: number | null
  ram_gib_hours: number
  ram_gib_request_hours: number | null
  ram_gib_used_hours: number | null
  gpu_hours: number | null
  pv_gib_hours: number | null
  cpu_cost: Decimal
  ram_cost: Decimal
  gpu_cost: MaybeDecimal
  pv_cost: MaybeDecimal
  network_zone_cost: MaybeDecimal
  network_region_cost: MaybeDecimal
  network_internet_cost: MaybeDecimal
  load_balancer_cost: MaybeDecimal
  total_cost: GeneratedDecimal
  price_source: string
}

interface NodeHourlyTable {
  cloud_account_id: string
  cluster_id: string
  window_start: Time
  node: string
  provider_id: string
  instance_type: string | null
  region: string | null
  minutes: number
  cpu_cores: number | null
  ram_gib: number | null
  cpu_price: number
  ram_price: number
  price_source: string
  spot_ratio: number | null
  cpu_cost: MaybeDecimal
  ram_cost: MaybeDecimal
  gpu_cost: MaybeDecimal
  total_cost: GeneratedDecimal
}

interface IdleHourlyTable {
  cloud_account_id: string
  cluster_id: string
  window_start: Time
  node: string
  cpu_cost: Decimal
  ram_cost: Decimal
  gpu_cost: MaybeDecimal
  total_cost: GeneratedDecimal
}

/** The base tables as Kysely sees them, by their full names. */
export interface Warehouse {
  'warehouse.cloud_account': CloudAccountTable
  'warehouse.api_token': ApiTokenTable
  'warehouse.cluster': ClusterTable
  'warehouse.window_ledger': WindowLedgerTable
  'warehouse.load_run': LoadRunTable
  'warehouse.thanos_store': ThanosStoreTable
  'warehouse.container': ContainerTable
  'warehouse.allocation_hourly': AllocationHourlyTable
  'warehouse.node_hourly': NodeHourlyTable
  'warehouse.idle_hourly': IdleHourlyTable
}

/** A query builder on the pool; it needs no ending of its own. */
export function createKysely(pool: pg.Pool): Kysely<Warehouse> {
  return new Kysely<Warehouse>({ dialect: new PostgresDialect({ pool }) })
}
