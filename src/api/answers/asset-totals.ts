import { type RawBuilder, sql } from 'kysely'
import { MONTH_HOURS } from '../../domain/units.js'
import { ASSET_TYPES, type AssetsQuery, type AssetType } from './asset-days.js'
import { loadedHours } from './loaded.js'
import { toldParts } from './told-parts.js'

/** Sums of all assets of a type; money as exact decimal text. */
export interface AssetTypeRecord {
  asset_type: AssetType
  count: number
  mean_count: number | null
  total_cost: string | null
  idle_cost: string | null
  monthly_rate: number | null
  cpu_cores: number | null
  ram_gib: number | null
  gpus: number | null
  size_gib: number | null
  spot_count: number | null
  spot_cost: string | null
}

/** What is told of all assets beside each row of the page. */
export interface AssetTotals {
  set_count: number
  set_cost: string
  by_type: AssetTypeRecord[]
  /** How many nodes lack the cost in some hour. */
  no_cpu: number
  no_ram: number
  no_gpu: number
  /** In some cluster nothing tells of a type that is asked for. */
  is_untold: boolean
}

/** Common tables up to `totals`, one row of AssetTotals over the common table `answer` of the assets. */
export function totalTables(query: AssetsQuery): RawBuilder<unknown> {
  return sql`
    told as (${toldParts({ ...query, step: 'all' })}),
    told_type as (
      select k.asset_type, k.is_told or (t.cluster_id, k.asset_type) in (select cluster, asset_type from answer) as is_told
      from told t
      cross join lateral (
        values ('node', true), ('disk', t.knows_pv), ('load_balancer', t.knows_load_balancers),
          ('management', t.knows_management)
      ) k (asset_type, is_told)
      where k.asset_type = any(${[...query.types]}::text[])
    ),
    loaded as (${loadedHours(query)}),
    type_sum as (${typeSums()}),
    totals as (
      select count(*)::int as set_count, coalesce(sum(total_cost), 0)::text as set_cost,
        ${sql.join(['cpu', 'ram', 'gpu'].map(nodesLacking))},
        (select coalesce(json_agg(t order by t.place), '[]') from (${byType(query)}) t) as by_type,
        (select coalesce(bool_or(not is_told), false) from told_type) as is_untold
      from answer
    )`
}

function nodesLacking(resource: string): RawBuilder<unknown> {
  return sql`(count(*) filter (where ${sql.ref(`lacks_${resource}`)}))::int as ${sql.id(`no_${resource}`)}`
}

// What there was at a time, on the average of the hours of each cluster that are loaded: one that took the place of
// another doesn't count twice.
function typeSums(): RawBuilder<unknown> {
  const perHour = (amount: string) => sql`sum(${sql.ref(amount)} / l.hours)`
  const atATime = (amount: string, name: string) =>
    sql`round(${perHour(amount)}, 9)::float8 as ${sql.id(name)}`
  const knowsSpot = sql`count(a.is_spot) > 0`
  return sql`
    select a.asset_type, count(*)::int as count, round(${perHour('a.minutes')} / 60, 9)::float8 as mean_count,
      sum(a.total_cost) as total_cost, sum(a.idle_cost)::text as idle_cost,
      (${perHour('a.total_cost')} * ${MONTH_HOURS}::numeric)::float8 as monthly_rate,
      ${atATime('a.cpu_core_hours', 'cpu_cores')}, ${atATime('a.ram_gib_hours', 'ram_gib')},
      ${atATime('a.gpu_hours', 'gpus')}, ${atATime('a.gib_hours', 'size_gib')},
      case when ${knowsSpot} then (count(*) filter (where a.is_spot))::int end as spot_count,
      case when ${knowsSpot} then coalesce(sum(a.total_cost) filter (where a.is_spot), 0)::text end as spot_cost
    from answer a
    left join loaded l on l.cluster_id = a.cluster
    group by a.asset_type`
}

function byType({ types }: AssetsQuery): RawBuilder<unknown> {
  const asked = types.map(type => sql`(${sql.lit(type)}, ${sql.lit(ASSET_TYPES.indexOf(type))})`)
  const orNone = (amount: string) => sql`coalesce(${sql.ref(amount)}, case when k.is_told then 0 end)`
  return sql`
    select t.place, t.asset_type, coalesce(s.count, 0) as count, ${orNone('s.mean_count')} as mean_count,
      ${orNone('s.total_cost')}::text as total_cost, s.idle_cost, ${orNone('s.monthly_rate')} as monthly_rate,
      s.cpu_cores, s.ram_gib, s.gpus, s.size_gib, s.spot_count, s.spot_cost
    from (values ${sql.join(asked)}) t (asset_type, place)
    left join type_sum s on s.asset_type = t.asset_type
    left join (select asset_type, bool_or(is_told) as is_told from told_type group by 1) k on k.asset_type = t.asset_type`
}
