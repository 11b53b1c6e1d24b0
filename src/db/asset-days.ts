/**
 * SQL of the sums of an asset's hours in a UTC day, for who stores them and for who needs them of days that are not
 * summed yet: so the two can't differ in a digit. Of hours `h`, grouped by account, cluster, day and the key.
 *
 * Amounts and quantities alike are summed as decimals, so that a sum is the same in whatever order its rows come.
 */
export interface AssetDay {
  /** Table of the warehouse that has the hours. */
  readonly table: string
  /** Expressions that tell assets apart. */
  readonly key: string
  /** Columns of asset_daily, each with the expression that makes it. */
  readonly columns: ReadonlyMap<string, string>
}

const MACHINE = `coalesce(nullif(h.provider_id, ''), h.node)`

/** A machine is known by its id, or by its name where the source does not say; so two machines of one name are two assets. */
export const NODE_DAY: AssetDay = {
  table: 'node_hourly',
  key: `${MACHINE}, h.node`,
  columns: new Map([
    ['asset_type', `'node'`],
    ['asset_id', MACHINE],
    ['name', 'h.node'],
    ['hours', 'count(distinct h.window_start)'],
    ['minutes', quantitySum('h.minutes')],
    ['cpu_core_hours', hoursOf('cpu_cores')],
    ['ram_gib_hours', hoursOf('ram_gib')],
    ['gpu_hours', hoursOf('gpus')],
    ['spot_hours', hoursOf('spot_ratio')],
    ...['cpu_cost', 'ram_cost', 'gpu_cost', 'total_cost'].map(cost => [cost, `sum(h.${cost})`] as const),
    ['partial_parts', partialParts(['cpu_cost', 'ram_cost', 'gpu_cost'])],
    ...['instance_type', 'region', 'zone', 'node_pool'].map(column => [column, lastTold(column)] as const),
    ['provider_id', `max(nullif(h.provider_id, ''))`],
  ]),
}

/** Disks, load balancers and fees. */
export const OTHER_ASSET_DAY: AssetDay = {
  table: 'asset_hourly',
  key: 'h.asset_type, h.asset_id, h.name',
  columns: new Map([
    ...['asset_type', 'asset_id', 'name'].map(column => [column, `h.${column}`] as const),
    ['hours', 'count(*)'],
    ['minutes', quantitySum('h.minutes')],
    ['gib_hours', hoursOf('gib')],
    ['total_cost', 'sum(h.total_cost)'],
    ...['provider_id', 'namespace', 'claim', 'storage_class'].map(
      column => [column, lastTold(column)] as const,
    ),
  ]),
}

export function quantitySum(expression: string): string {
  return `sum(${expression}::numeric)::float8`
}

/** Columns that are null in some rows of the group and not in others. */
export function partialParts(columns: readonly string[]): string {
  const looked = columns.map(
    column => `case when count(h.${column}) between 1 and count(*) - 1 then '${column}' end`,
  )
  return `array_remove(array[${looked.join(', ')}]::text[], null)`
}

/** What there was of it at a time, times how long. */
function hoursOf(column: string): string {
  return quantitySum(`(h.${column} * h.minutes / 60)`)
}

/** The last value that is told, of the day's hours. */
function lastTold(column: string): string {
  return `(array_agg(h.${column} order by h.window_start desc) filter (where h.${column} is not null))[1]`
}
