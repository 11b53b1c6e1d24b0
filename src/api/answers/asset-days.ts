import { type RawBuilder, sql } from 'kysely'
import { type AssetDay, NODE_DAY, OTHER_ASSET_DAY } from '../../db/asset-days.js'
import { type Column, inDays, inHours, midnightOf } from '../facts/columns.js'
import type { DayPlan } from '../facts/day-plan.js'
import type { ValueFilter } from '../query/asked.js'
import { allOf, satisfies } from '../query/where.js'
import type { WindowScope } from './loaded.js'

/** What is paid for in a cluster, in the order in which sums are told. */
export const ASSET_TYPES = ['node', 'disk', 'load_balancer', 'management'] as const
export type AssetType = (typeof ASSET_TYPES)[number]

/** Which assets, and where each day of theirs is read from. */
export interface AssetsQuery extends WindowScope {
  /** Not empty. */
  readonly types: readonly AssetType[]
  /** By the name of a node; what is no node has none. */
  readonly nodes: ValueFilter
  readonly plan: DayPlan
}

/** Columns of a day of an asset, each with its type. Quantities are made decimals once, as that takes its time. */
const DAY_COLUMNS: readonly (readonly [string, string])[] = [
  ...['asset_type', 'asset_id', 'name'].map(name => [name, 'text'] as const),
  ['hours', 'bigint'],
  ...['minutes', 'cpu_core_hours', 'ram_gib_hours', 'gpu_hours', 'gib_hours', 'spot_hours'].map(
    name => [name, 'numeric'] as const,
  ),
  ...['cpu_cost', 'ram_cost', 'gpu_cost', 'total_cost'].map(name => [name, 'numeric'] as const),
  ['partial_parts', 'text[]'],
  ...['instance_type', 'region', 'zone', 'node_pool', 'provider_id', 'namespace', 'claim'].map(
    name => [name, 'text'] as const,
  ),
  ['storage_class', 'text'],
]

/** A table that has assets, what of it is asked for, and what makes days of its rows. */
interface Source {
  readonly table: string
  /** Its row is `h`. */
  readonly where: RawBuilder<boolean>
  /** Absent where its rows are days. */
  readonly ofHours?: AssetDay
}

function sourcesOf(query: AssetsQuery): Source[] {
  const { types, plan, nodes } = query
  const isOther = types.some(type => type !== 'node')
  const hasDays = plan.days.length > 0
  // A range without any window still makes a statement, which finds nothing.
  const hasHours = plan.hours.length > 0 || !hasDays
  const isAsked = sql<boolean>`h.asset_type = any(${[...types]}::text[])`
  const ofHours = (day: AssetDay, conditions: RawBuilder<boolean>[]): Source => ({
    table: day.table,
    ofHours: day,
    where: whereOf(query, [inHours(sql.ref('h.window_start'), plan.hours), ...conditions]),
  })
  return [
    ...(hasHours && types.includes('node') ? [ofHours(NODE_DAY, [satisfies(sql.ref('h.node'), nodes)])] : []),
    ...(hasHours && isOther ? [ofHours(OTHER_ASSET_DAY, [isAsked, satisfies(sql`null::text`, nodes)])] : []),
    ...(hasDays
      ? [
          {
            table: 'asset_daily',
            where: whereOf(query, [
              inDays(sql.ref('h.day'), plan.days),
              isAsked,
              satisfies(sql`case h.asset_type when 'node' then h.name end`, nodes),
            ]),
          },
        ]
      : []),
  ]
}

function whereOf(
  { cloudAccountId, clusters }: AssetsQuery,
  conditions: RawBuilder<boolean>[],
): RawBuilder<boolean> {
  return allOf([
    sql<boolean>`h.cloud_account_id = ${cloudAccountId}::uuid`,
    satisfies(sql.ref('h.cluster_id'), clusters),
    ...conditions,
  ])
}

/** Statement: exact cost of the assets, a row a table that has any. */
export function assetCosts(query: AssetsQuery): RawBuilder<unknown> {
  return sql.join(
    sourcesOf(query).map(
      ({ table, where }) =>
        sql`select sum(h.total_cost) as cost from ${sql.table(`warehouse.${table}`)} h where ${where}`,
    ),
    sql` union all `,
  )
}

/**
 * Statement: the days of the assets. `first_at` and `last_at` are the bounds of the hours in which the asset was there: to
 * the hour where hours are read, those of the day where its sums are, which know no more.
 */
export function assetDays(query: AssetsQuery): RawBuilder<unknown> {
  return sql.join(
    sourcesOf(query).map(({ table, where, ofHours }) =>
      ofHours === undefined ? storedDays(table, where) : summedDays(ofHours, where),
    ),
    sql` union all `,
  )
}

function storedDays(table: string, where: RawBuilder<boolean>): RawBuilder<unknown> {
  return sql`
    select h.cluster_id, h.day, ${sql.join(DAY_COLUMNS.map(([name, type]) => sql`${sql.ref(`h.${name}`)}::${sql.raw(type)}`))},
      ${midnightOf(sql.ref('h.day'))} as first_at, ${midnightOf(sql.ref('h.day'))} + interval '1 day' as last_at
    from ${sql.table(`warehouse.${table}`)} h
    where ${where}`
}

function summedDays({ table, key, columns }: AssetDay, where: RawBuilder<boolean>): RawBuilder<unknown> {
  const none = (type: string) => (type === 'text[]' ? `'{}'` : 'null')
  const made = DAY_COLUMNS.map(
    ([name, type]) => sql`(${sql.raw(columns.get(name) ?? none(type))})::${sql.raw(type)} as ${sql.id(name)}`,
  )
  return sql`
    select h.cluster_id, ${dateIn(sql.ref('h.window_start'))} as day, ${sql.join(made)},
      min(h.window_start) as first_at, max(h.window_start) + interval '1 hour' as last_at
    from ${sql.table(`warehouse.${table}`)} h
    where ${where}
    group by h.cluster_id, 2, ${sql.raw(key)}`
}

function dateIn(moment: Column): Column {
  return sql`(${moment} at time zone 'UTC')::date`
}

/**
 * Common tables up to `borne`, the idle cost of each machine by the day. It is known by the name of the node, which
 * several machines may have had in a day: then each bears the part that its cost is of theirs, the same whether the day
 * is read from hours or from its sum.
 */
export function idleTables(query: AssetsQuery): RawBuilder<unknown> {
  const ofMachine = sql`i.cluster_id = d.cluster_id and i.day = d.day and i.node = d.name`
  const ofCrowd = sql`c.cluster_id = d.cluster_id and c.day = d.day and c.name = d.name`
  // Differences of rounded running sums, so that they add up to the last digit.
  const until = (cost: Column) => sql`coalesce(round(i.idle_cost * ${cost} / nullif(d.name_cost, 0), 12), 0)`
  return sql`
    machine_day as (
      select cluster_id, day, asset_id, name, total_cost from (${assetDays({ ...query, types: ['node'] })}) d
    ),
    idle_day as (${idleDays(query)}),
    crowd as (select cluster_id, day, name from machine_day group by 1, 2, 3 having count(*) > 1),
    borne as (
      select d.cluster_id, d.asset_id, d.name, i.idle_cost
      from machine_day d
      join idle_day i on ${ofMachine}
      left join crowd c on ${ofCrowd}
      where c.name is null
      union all
      select d.cluster_id, d.asset_id, d.name,
        case when d.machines_left = 0 then i.idle_cost else ${until(sql`d.cost_so_far`)} end
          - ${until(sql`(d.cost_so_far - d.total_cost)`)}
      from (
        select d.*, sum(d.total_cost) over machine as cost_so_far, sum(d.total_cost) over name as name_cost,
          count(*) over name - row_number() over machine as machines_left
        from machine_day d
        join crowd c on ${ofCrowd}
        window name as (partition by d.cluster_id, d.day, d.name), machine as (name order by d.asset_id collate "C")
      ) d
      join idle_day i on ${ofMachine}
    )`
}

function idleDays(query: AssetsQuery): RawBuilder<unknown> {
  const { plan, nodes } = query
  const isNode = satisfies(sql.ref('h.node'), nodes)
  const ofHours = sql`
    select h.cluster_id, ${dateIn(sql.ref('h.window_start'))} as day, h.node, sum(h.total_cost) as idle_cost
    from warehouse.idle_hourly h
    where ${whereOf(query, [inHours(sql.ref('h.window_start'), plan.hours), isNode])}
    group by 1, 2, 3`
  const ofDays = sql`
    select h.cluster_id, h.day, h.node, h.total_cost
    from warehouse.idle_daily h
    where ${whereOf(query, [inDays(sql.ref('h.day'), plan.days), isNode])}`
  return plan.days.length > 0 ? sql`${ofHours} union all ${ofDays}` : ofHours
}
