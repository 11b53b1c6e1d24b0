import { type RawBuilder, sql } from 'kysely'
import { MONTH_HOURS } from '../../domain/units.js'
import { dayOf } from '../facts/columns.js'
import { type AssetsQuery, type AssetType, assetCosts, assetDays, idleTables } from './asset-days.js'
import { type AssetTotals, totalTables } from './asset-totals.js'
import { isLoadedWindow, loadedHours } from './loaded.js'

/** An asset, as the database gives it: money as exact decimal text, times in Unix seconds; null as in the answer. */
export interface AssetRecord {
  id: string
  cluster: string
  asset_type: AssetType
  asset_id: string
  name: string
  provider_id: string | null
  instance_type: string | null
  region: string | null
  zone: string | null
  node_pool: string | null
  is_spot: boolean | null
  storage_class: string | null
  namespace: string | null
  claim: string | null
  first_seen: number
  last_seen: number
  minutes: number
  cpu_cores: number | null
  ram_gib: number | null
  gpus: number | null
  size_gib: number | null
  cpu_cost: string | null
  ram_cost: string | null
  gpu_cost: string | null
  total_cost: string
  idle_cost: string | null
  monthly_rate: number | null
  coverage: number | null
}

/** One record without an asset where the page is empty. */
export type AssetPage = AssetTotals & (AssetRecord | { id: null })

/** Order of the rows; `sort` is one of ASSET_SORTS. */
export interface AssetOrder {
  readonly sort: string
  readonly order: 'asc' | 'desc'
}

const NAMES = [
  'name',
  'cluster',
  'asset_type',
  'asset_id',
  'instance_type',
  'node_pool',
  'storage_class',
] as const
const NUMBERS = [
  ...['total_cost', 'idle_cost', 'monthly_rate', 'cpu_cost', 'ram_cost', 'gpu_cost', 'minutes'],
  ...['cpu_cores', 'ram_gib', 'gpus', 'size_gib', 'coverage'],
] as const
export const ASSET_SORTS: readonly string[] = [...NUMBERS, ...NAMES, 'namespace']

const TOLD = [
  ...['instance_type', 'region', 'zone', 'node_pool', 'provider_id', 'namespace', 'claim', 'storage_class'],
] as const
const PAID = ['cpu_cost', 'ram_cost', 'gpu_cost', 'total_cost'] as const
const COSTS = [...PAID, 'idle_cost'] as const
const HOURS = ['cpu_core_hours', 'ram_gib_hours', 'gpu_hours', 'gib_hours'] as const
/** What there is of an asset at a time, the hours that it is told by, and the cost that is null where it is unknown. */
const CAPACITIES = [
  ['cpu_cores', 'cpu_core_hours', 'cpu_cost'],
  ['ram_gib', 'ram_gib_hours', 'ram_cost'],
  ['gpus', 'gpu_hours', 'gpu_cost'],
  ['size_gib', 'gib_hours', 'total_cost'],
] as const

/** One page of the assets and the totals of all of them. */
export function assetPage(
  query: AssetsQuery,
  selection: AssetOrder & { limit: number; offset: number },
): RawBuilder<AssetPage> {
  return sql<AssetPage>`
    with ${answerTable(query)},
    ${totalTables(query)},
    page as (
      select *, row_number() over (order by ${orderOf(selection)}) as place
      from answer
      order by place
      limit ${selection.limit} offset ${selection.offset}
    )
    select totals.*, ${selected('page', query)}
    from totals
    left join page on true
    order by place`
}

/** All assets in order, to be read one after the other. The order is of numbers: what is selected is text. */
export function assetRows(query: AssetsQuery, order: AssetOrder): RawBuilder<AssetRecord> {
  return sql<AssetRecord>`
    with ${answerTable(query)},
    placed as (select *, row_number() over (order by ${orderOf(order)}) as place from answer)
    select ${selected('placed', query)} from placed order by place`
}

/** Exact cost of all assets of the query, as decimal text; null where no window of their clusters is loaded. */
export function assetTotal(query: AssetsQuery): RawBuilder<{ total: string | null }> {
  return sql<{ total: string | null }>`
    select case when exists (${loadedHours(query)}) then coalesce(sum(cost), 0) end::text as total
    from (${assetCosts(query)}) c`
}

function orderOf({ sort, order }: AssetOrder): RawBuilder<unknown> {
  if (!ASSET_SORTS.includes(sort)) throw new Error(`no column to sort by is named ${sort}`)
  const isText = !NUMBERS.some(name => name === sort)
  const column = isText ? sql`${sql.ref(sort)} collate "C"` : sql.ref(sort)
  return sql`${column} ${order === 'asc' ? sql`asc` : sql`desc`} nulls last, id`
}

const NO_IDLE = sql`
  borne as (select null::text as cluster_id, null::text as asset_id, null::text as name, null::numeric as idle_cost)`

function answerTable(query: AssetsQuery): RawBuilder<unknown> {
  const asked = JSON.stringify([query.cloudAccountId, 'asset'])
  return sql`
    ${query.types.includes('node') ? idleTables(query) : NO_IDLE},
    idle as (select cluster_id, asset_id, name, sum(idle_cost) as idle_cost from borne group by 1, 2, 3),
    covered as (
      select l.cluster_id, (l.window_start at time zone 'UTC')::date as day, avg(l.coverage::numeric) as coverage
      from warehouse.window_ledger l
      where ${isLoadedWindow(query)}
      group by 1, 2
    ),
    asset as (${assetSums(query)}),
    answer as materialized (
      select a.*, i.idle_cost, (a.total_cost * ${MONTH_HOURS * 60}::numeric / nullif(a.minutes, 0))::float8 as monthly_rate,
        -- The first half of a SHA-256, written as a UUID: an asset has the same id in every answer.
        encode(substr(sha256(convert_to(
          ${asked}::text || row(a.cluster, a.asset_type, a.asset_id, a.name)::text, 'UTF8')), 1, 16), 'hex')::uuid as id
      from asset a
      left join idle i
        on a.asset_type = 'node' and i.cluster_id = a.cluster and i.asset_id = a.asset_id and i.name = a.name
    )`
}

function assetSums(query: AssetsQuery): RawBuilder<unknown> {
  const isSpot = sql`case when count(d.spot_hours) > 0 then
    sum(d.spot_hours) * 60 >= sum(d.minutes) filter (where d.spot_hours is not null) / 2 end`
  const sums = ['minutes', ...HOURS, ...PAID].map(
    name => sql`sum(${sql.ref(`d.${name}`)}) as ${sql.id(name)}`,
  )
  return sql`
    select d.cluster_id as cluster, d.asset_type, d.asset_id, d.name,
      min(d.first_at) as first_at, max(d.last_at) as last_at, ${isSpot} as is_spot,
      ${sql.join([...TOLD.map(lastTold), ...CAPACITIES.map(meanOf), ...sums, ...['cpu', 'ram', 'gpu'].map(lacks)])},
      (sum(c.coverage * d.hours) / nullif(sum(d.hours) filter (where c.coverage is not null), 0))::float8 as coverage
    from (select * from (${assetDays(query)}) d offset 0) d
    left join covered c on c.cluster_id = d.cluster_id and c.day = d.day
    group by 1, 2, 3, 4`
}

// The highest text of a day and what was told on it: an aggregate with an order of its own would sort all days. The day
// is a number, as that is written faster than a date; it has six digits for centuries.
function lastTold(name: string): RawBuilder<unknown> {
  const day = sql`(d.day - date '1000-01-01')::text`
  return sql`substr(max((${day} || ${sql.ref(`d.${name}`)}) collate "C"), 7) as ${sql.id(name)}`
}

// A day on which it is known in some hours and not in others tells no mean. Rounded, as quantities have fifteen digits.
function meanOf([name, hours, cost]: (typeof CAPACITIES)[number]): RawBuilder<unknown> {
  const amount = sql.ref(`d.${hours}`)
  const isKnown = sql`${amount} is not null and not ${sql.lit(cost)} = any(d.partial_parts)`
  return sql`round(
    sum(${amount}) filter (where ${isKnown}) * 60 / nullif(sum(d.minutes) filter (where ${isKnown}), 0), 9
  )::float8 as ${sql.id(name)}`
}

function lacks(resource: string): RawBuilder<unknown> {
  const cost = `${resource}_cost`
  return sql`d.asset_type = 'node' and bool_or(${sql.ref(`d.${cost}`)} is null or ${sql.lit(cost)} = any(d.partial_parts))
    as ${sql.id(`lacks_${resource}`)}`
}

function selected(table: string, query: AssetsQuery): RawBuilder<unknown> {
  const of = (name: string) => sql.ref(`${table}.${name}`)
  return sql.join([
    sql`${of('id')}::text, ${of('minutes')}::float8, ${edge(table, 'first', query)}, ${edge(table, 'last', query)}`,
    ...['cluster', 'asset_type', 'asset_id', 'name', 'is_spot', 'monthly_rate', 'coverage', ...TOLD].map(of),
    ...CAPACITIES.map(([name]) => of(name)),
    ...COSTS.map(name => sql`${of(name)}::text`),
  ])
}

/**
 * First or last hour in which an asset was there, of rows that are shown only. Where its day was read from its sum the
 * hours of that day are looked up one by one; where they have expired the day is all that is known.
 */
function edge(table: string, side: 'first' | 'last', query: AssetsQuery): RawBuilder<unknown> {
  const of = (name: string) => sql.ref(`${table}.${name}`)
  const hour = sql`interval '1 hour'`
  const [bound, from, to, found] =
    side === 'first'
      ? [
          of('first_at'),
          of('first_at'),
          sql`${dayOf(of('first_at'))} + interval '23 hours'`,
          sql`min(w.seen)`,
        ]
      : [
          of('last_at'),
          dayOf(sql`${of('last_at')} - ${hour}`),
          sql`${of('last_at')} - ${hour}`,
          sql`max(w.seen) + ${hour}`,
        ]
  return sql`extract(epoch from coalesce(
    (
      select ${found}
      from (select ${hourOfAsset(table, query)} as seen from generate_series(${from}, ${to}, ${hour}) as g (at) offset 0) w
    ),
    ${bound}
  ))::float8 as ${sql.id(`${side}_seen`)}`
}

/** The hour `g.at` where the asset is in it, else null; found by the keys of the tables. */
function hourOfAsset(table: string, { cloudAccountId }: AssetsQuery): RawBuilder<unknown> {
  const of = (name: string) => sql.ref(`${table}.${name}`)
  const isHour = sql`h.cloud_account_id = ${cloudAccountId}::uuid and h.window_start = g.at
    and h.cluster_id = ${of('cluster')}`
  return sql`case ${of('asset_type')}
    when 'node' then (
      select h.window_start from warehouse.node_hourly h
      where ${isHour} and h.node = ${of('name')}
        and h.provider_id = any(array[${of('asset_id')}, ''])
        and coalesce(nullif(h.provider_id, ''), h.node) = ${of('asset_id')}
      limit 1
    )
    else (
      select h.window_start from warehouse.asset_hourly h
      where ${isHour} and h.asset_type = ${of('asset_type')} and h.asset_id = ${of('asset_id')}
        and h.name = ${of('name')}
      limit 1
    )
  end`
}
