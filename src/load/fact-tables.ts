import type pg from 'pg'
import type { Money } from '../domain/money.js'
import type { AllocationRow, AssetRow, IdleRow, MetricRow, NodeRow, RemainderRow } from '../domain/rows.js'
import type { Window } from '../domain/window.js'
import { type BinaryWriter, copyRows } from './copy-binary.js'
import type { DigestWriter } from './digest.js'

/** The rows of one window, those that have names elsewhere with their keys. Each list in the order of its table's key. */
export interface FactRows {
  readonly window: Window
  readonly allocations: readonly KeyedAllocation[]
  readonly nodes: readonly NodeRow[]
  readonly idle: readonly IdleRow[]
  readonly assets: readonly AssetRow[]
  readonly remainders: readonly RemainderRow[]
  readonly metrics: readonly KeyedMetric[]
}

export interface KeyedAllocation {
  readonly key: bigint
  /** null: labels were not collected. */
  readonly labelSetKey: bigint | null
  readonly row: AllocationRow
}

export interface KeyedMetric {
  readonly key: bigint
  readonly row: MetricRow
}

/** A table of facts: how its rows are staged, hashed and named in SQL. */
export interface FactTable {
  readonly name: string
  /** Temporary table of the same columns and the window. */
  readonly stage: string
  readonly definitions: readonly string[]
  readonly columns: readonly string[]
  /** What follows the window in the primary key. */
  readonly order: string
  count(facts: FactRows): number
  copy(client: pg.ClientBase, windows: readonly FactRows[]): Promise<void>
  digest(writer: DigestWriter, facts: FactRows): void
}

interface Column<T> {
  readonly name: string
  readonly type: 'text' | 'bigint' | 'double precision' | 'numeric(20, 12)'
  readonly write: (writer: BinaryWriter, row: T) => void
}

const text = <T>(name: string, of: (row: T) => string | null): Column<T> => ({
  name,
  type: 'text',
  write: (writer, row) => writer.text(of(row)),
})
const measure = <T>(name: string, of: (row: T) => number | null): Column<T> => ({
  name,
  type: 'double precision',
  write: (writer, row) => writer.float8(of(row)),
})
const money = <T>(name: string, of: (row: T) => Money | null): Column<T> => ({
  name,
  type: 'numeric(20, 12)',
  write: (writer, row) => writer.numeric(of(row)),
})
const key = <T>(name: string, of: (row: T) => bigint | null): Column<T> => ({
  name,
  type: 'bigint',
  write: (writer, row) => {
    const value = of(row)
    if (value === null) writer.null()
    else writer.int8(value)
  },
})

const ALLOCATION: readonly Column<KeyedAllocation>[] = [
  key('container_key', ({ key }) => key),
  measure('minutes', ({ row }) => row.minutes),
  measure('cpu_core_hours', ({ row }) => row.cpuCoreHours),
  measure('cpu_core_request_hours', ({ row }) => row.cpuCoreRequestHours),
  measure('cpu_core_used_hours', ({ row }) => row.cpuCoreUsedHours),
  measure('ram_gib_hours', ({ row }) => row.ramGibHours),
  measure('ram_gib_request_hours', ({ row }) => row.ramGibRequestHours),
  measure('ram_gib_used_hours', ({ row }) => row.ramGibUsedHours),
  measure('gpu_hours', ({ row }) => row.gpuHours),
  measure('pv_gib_hours', ({ row }) => row.pvGibHours),
  measure('network_zone_gib', ({ row }) => row.networkZoneGib),
  measure('network_region_gib', ({ row }) => row.networkRegionGib),
  measure('network_internet_gib', ({ row }) => row.networkInternetGib),
  measure('load_balancer_hours', ({ row }) => row.loadBalancerHours),
  money('cpu_cost', ({ row }) => row.cpuCost),
  money('ram_cost', ({ row }) => row.ramCost),
  money('gpu_cost', ({ row }) => row.gpuCost),
  money('pv_cost', ({ row }) => row.pvCost),
  money('network_zone_cost', ({ row }) => row.networkZoneCost),
  money('network_region_cost', ({ row }) => row.networkRegionCost),
  money('network_internet_cost', ({ row }) => row.networkInternetCost),
  money('load_balancer_cost', ({ row }) => row.loadBalancerCost),
  text('price_source', ({ row }) => row.priceSource),
  key('label_set_key', ({ labelSetKey }) => labelSetKey),
]

const NODE: readonly Column<NodeRow>[] = [
  text('node', row => row.node),
  text('provider_id', row => row.providerId),
  text('instance_type', row => row.instanceType),
  text('region', row => row.region),
  text('zone', row => row.zone),
  text('node_pool', row => row.nodePool),
  measure('minutes', row => row.minutes),
  measure('cpu_cores', row => row.cpuCores),
  measure('ram_gib', row => row.ramGib),
  measure('gpus', row => row.gpus),
  measure('cpu_price', row => row.cpuPrice),
  measure('ram_price', row => row.ramPrice),
  measure('gpu_price', row => row.gpuPrice),
  measure('cpu_price_min', row => row.cpuPriceRange.min),
  measure('cpu_price_max', row => row.cpuPriceRange.max),
  measure('ram_price_min', row => row.ramPriceRange.min),
  measure('ram_price_max', row => row.ramPriceRange.max),
  text('price_source', row => row.priceSource),
  measure('spot_ratio', row => row.spotRatio),
  money('cpu_cost', row => row.cpuCost),
  money('ram_cost', row => row.ramCost),
  money('gpu_cost', row => row.gpuCost),
]

const IDLE: readonly Column<IdleRow>[] = [
  text('node', row => row.node),
  money('cpu_cost', row => row.cpuCost),
  money('ram_cost', row => row.ramCost),
  money('gpu_cost', row => row.gpuCost),
]

const ASSET: readonly Column<AssetRow>[] = [
  text('asset_type', row => row.assetType),
  text('asset_id', row => row.assetId),
  text('name', row => row.name),
  text('namespace', row => row.namespace),
  text('claim', row => row.claim),
  text('storage_class', row => row.storageClass),
  text('provider_id', row => row.providerId),
  measure('minutes', row => row.minutes),
  measure('gib', row => row.gib),
  measure('price', row => row.price),
  text('price_source', row => row.priceSource),
  money('total_cost', row => row.totalCost),
]

const REMAINDER: readonly Column<RemainderRow>[] = [
  text('kind', row => row.kind),
  text('part', row => row.part),
  text('namespace', row => row.namespace),
  text('name', row => row.name),
  measure('quantity', row => row.quantity),
  money('cost', row => row.cost),
]

const METRIC: readonly Column<KeyedMetric>[] = [
  key('series_key', ({ key }) => key),
  measure('samples', ({ row }) => row.samples),
  measure('avg', ({ row }) => row.avg),
  measure('min', ({ row }) => row.min),
  measure('max', ({ row }) => row.max),
  measure('last', ({ row }) => row.last),
  measure('increase', ({ row }) => row.increase),
]

/** What cost is computed from, in the order in which a publish writes them: always the same, so that two never cross. */
export const COST_TABLES: readonly FactTable[] = [
  factTable('allocation_hourly', 'container_key', facts => facts.allocations, ALLOCATION),
  factTable('node_hourly', 'node, provider_id', facts => facts.nodes, NODE),
  factTable('idle_hourly', 'node', facts => facts.idle, IDLE),
  factTable('asset_hourly', 'asset_type, asset_id', facts => facts.assets, ASSET),
  factTable('remainder_hourly', 'kind, part, namespace, name', facts => facts.remainders, REMAINDER),
]

/** The exporter's own series, which no cost is computed from. */
export const METRIC_TABLE = factTable('metric_hourly', 'series_key', facts => facts.metrics, METRIC)

function factTable<T>(
  name: string,
  order: string,
  rowsOf: (facts: FactRows) => readonly T[],
  columns: readonly Column<T>[],
): FactTable {
  const stage = `stage_${name}`
  const write = (writer: BinaryWriter, row: T) => {
    for (const column of columns) column.write(writer, row)
  }
  return {
    name,
    stage,
    order,
    columns: columns.map(column => column.name),
    definitions: columns.map(column => `${column.name} ${column.type}`),
    count: facts => rowsOf(facts).length,
    copy: (client, windows) =>
      copyRows(
        client,
        `pg_temp.${stage}`,
        inWindows(windows, rowsOf),
        columns.length + 1,
        (writer, { window, row }) => {
          writer.timestamptz(window)
          write(writer, row)
        },
      ),
    digest: (writer, facts) => {
      const rows = rowsOf(facts)
      writer.int8(BigInt(rows.length))
      for (const row of rows) {
        write(writer, row)
        writer.pass()
      }
    },
  }
}

function* inWindows<T>(
  windows: readonly FactRows[],
  rowsOf: (facts: FactRows) => readonly T[],
): Generator<{ window: Window; row: T }> {
  for (const facts of windows) {
    for (const row of rowsOf(facts)) yield { window: facts.window, row }
  }
}
