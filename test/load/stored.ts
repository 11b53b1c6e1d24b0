import type pg from 'pg'
import type { WindowRows } from '../../src/domain/rows.js'

/** Facts of a window, as far as they are rows of tables. */
export type Facts = Pick<WindowRows, 'allocations' | 'nodes' | 'idle' | 'assets' | 'remainders' | 'metrics'>

type Row = Record<string, unknown>

/** The facts of a cluster's windows as the tables have them, in the form in which they were given. */
export async function storedFacts(pool: pg.Pool, clusterId: string, window: number): Promise<Facts> {
  const read = async (from: string): Promise<Row[]> => {
    const where = 'where f.cluster_id = $1 and f.window_start = to_timestamp($2)'
    return (await pool.query<Row>(`select * from ${from} ${where}`, [clusterId, window])).rows
  }
  const allocations = await read(
    `warehouse.allocation_hourly f join warehouse.container c using (cloud_account_id, container_key)
     left join warehouse.label_set s using (cloud_account_id, label_set_key)`,
  )
  const nodes = (await read('warehouse.node_hourly f')).map(row => {
    const { cpuPriceMin, cpuPriceMax, ramPriceMin, ramPriceMax, totalCost, ...rest } = named(row)
    const ranges = {
      cpuPriceRange: { min: cpuPriceMin, max: cpuPriceMax },
      ramPriceRange: { min: ramPriceMin, max: ramPriceMax },
    }
    return { ...rest, ...ranges }
  })
  const facts = {
    allocations: allocations.map(row =>
      without(named(row), 'containerKey', 'labelSetKey', 'lastDay', 'totalCost'),
    ),
    nodes,
    idle: (await read('warehouse.idle_hourly f')).map(row => without(named(row), 'totalCost')),
    assets: (await read('warehouse.asset_hourly f')).map(named),
    remainders: (await read('warehouse.remainder_hourly f')).map(named),
    metrics: (
      await read(
        'warehouse.metric_hourly f join warehouse.metric_series s using (cloud_account_id, series_key)',
      )
    ).map(row => without(named(row), 'seriesKey', 'lastDay')),
  }
  return sorted(facts as unknown as Facts)
}

const KEY = ['cloud_account_id', 'cluster_id', 'window_start']

/** Column names as the rows spell them, money as bigints, labels as maps in order of their names. */
function named(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([column]) => !KEY.includes(column))
      .map(([column, value]) => [
        column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
        column === 'labels' ? labelsOf(value) : /cost$/.test(column) ? moneyOf(value) : value,
      ]),
  )
}

function labelsOf(value: unknown): ReadonlyMap<string, unknown> | null {
  if (value === null) return null
  return new Map(Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function moneyOf(value: unknown): bigint | null {
  return value === null ? null : BigInt(String(value).replace('.', ''))
}

function without(row: Row, ...columns: string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([column]) => !columns.includes(column)))
}

/** The same rows in an order that depends on nothing but them. */
export function sorted(facts: Facts): Facts {
  const by = <T extends object>(rows: readonly T[], ...names: (keyof T)[]): T[] => {
    const key = (row: T) =>
      JSON.stringify(
        names.map(name => (row[name] instanceof Map ? [...(row[name] as Map<string, string>)] : row[name])),
      )
    return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1))
  }
  return {
    allocations: by(facts.allocations, 'namespace', 'pod', 'container', 'node', 'providerId', 'podUid'),
    nodes: by(facts.nodes, 'node', 'providerId'),
    idle: by(facts.idle, 'node'),
    assets: by(facts.assets, 'assetType', 'assetId'),
    remainders: by(facts.remainders, 'kind', 'part', 'namespace', 'name'),
    metrics: by(facts.metrics, 'metric', 'labels'),
  }
}
