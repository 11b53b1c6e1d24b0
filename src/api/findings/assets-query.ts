import { type RawBuilder, sql } from 'kysely'
import type { WindowScope } from '../answers/loaded.js'
import { startsIn } from '../query/where.js'
import { measuredWindows } from './measured.js'

/** A volume or load balancer that is still there, over the hours since anybody last bore a part of its cost. */
export interface FreeAsset {
  readonly asset_type: 'disk' | 'load_balancer'
  readonly cluster: string
  /** Of the claim or service; null for none. */
  readonly namespace: string | null
  readonly name: string
  readonly claim: string | null
  readonly storage_class: string | null
  /** Mean capacity. */
  readonly gib: number | null
  /** Unix seconds. */
  readonly since: number
  /** False: nobody bore any of it in the whole range. */
  readonly was_held: boolean
  readonly hours: number
  readonly minutes: number
  /** Exact decimal text. */
  readonly cost: string
}

/** What is free, and how many assets of each type are in no hour that tells who bears them. */
export interface FreeAssets {
  readonly free: readonly FreeAsset[]
  readonly unknown_disks: number
  readonly unknown_balancers: number
}

/**
 * Volumes and load balancers whose whole cost was left over in each hour up to the newest one: only those that are left
 * over in that one are looked at before it. A disk that a machine boots from is no volume: it is named after node and
 * device with a colon, which no name in Kubernetes has.
 */
export function freeAssets(scope: WindowScope): RawBuilder<FreeAssets> {
  const { cloudAccountId, range } = scope
  const isKnown = sql`case a.asset_type when 'disk' then m.knows_volumes else m.knows_balancers end`
  const isListed = sql`(
    a.cloud_account_id = ${cloudAccountId}::uuid
    and ${startsIn(sql.ref('a.window_start'), range)}
    and a.asset_type in ('disk', 'load_balancer')
    and not (a.asset_type = 'disk' and strpos(a.asset_id, ':') > 0)
  )`
  const isOf = (table: string) => {
    const of = (column: string) => sql.ref(`${table}.${column}`)
    return sql`(
      ${of('cluster_id')} = a.cluster_id and ${of('asset_type')} = a.asset_type and ${of('name')} = a.name
      and (a.asset_type = 'disk' or ${of('namespace')} = coalesce(a.namespace, ''))
    )`
  }
  return sql<FreeAssets>`
    with ${measuredWindows(scope)},
    newest as (
      select cluster_id, max(window_start) filter (where knows_volumes) as disk,
        max(window_start) filter (where knows_balancers) as load_balancer
      from measured
      group by cluster_id
    ),
    left_over as materialized (
      select r.cluster_id, r.window_start, case r.part when 'pv' then 'disk' else r.part end as asset_type, r.namespace,
        r.name, r.quantity, r.cost
      from warehouse.remainder_hourly r
      where r.cloud_account_id = ${cloudAccountId}::uuid
        and ${startsIn(sql.ref('r.window_start'), range)}
        and r.kind = 'unmounted' and r.part in ('pv', 'load_balancer')
    ),
    candidate as (
      select distinct r.cluster_id, r.asset_type, case r.asset_type when 'disk' then '' else r.namespace end as namespace,
        r.name
      from left_over r
      join newest n on n.cluster_id = r.cluster_id
        and r.window_start = case r.asset_type when 'disk' then n.disk else n.load_balancer end
    ),
    own as materialized (
      select a.* from warehouse.asset_hourly a join candidate c on ${isOf('c')} where ${isListed}
    ),
    asset as (
      select a.cluster_id, a.window_start, a.asset_type, a.asset_id, a.name, a.namespace, a.claim, a.storage_class, a.gib,
        a.minutes, a.total_cost, ${isKnown} as is_known,
        a.window_start = case a.asset_type when 'disk' then n.disk else n.load_balancer end as is_newest,
        coalesce(
          case when a.gib is null then r.cost = a.total_cost else r.quantity >= a.gib * a.minutes / 60 * (1 - 1e-6) end,
          false
        ) as is_free
      from own a
      join measured m on m.cluster_id = a.cluster_id and m.window_start = a.window_start
      join newest n on n.cluster_id = a.cluster_id
      left join left_over r on r.window_start = a.window_start and ${isOf('r')}
    ),
    life as (
      select cluster_id, asset_type, asset_id, max(window_start) filter (where is_known and not is_free) as last_held
      from asset
      group by cluster_id, asset_type, asset_id
    ),
    untold as (
      select a.asset_type
      from warehouse.asset_hourly a
      join measured m on m.cluster_id = a.cluster_id and m.window_start = a.window_start
      where ${isListed} and exists (select from measured where not (knows_volumes and knows_balancers))
      group by a.cluster_id, a.asset_type, a.asset_id
      having not bool_or(${isKnown})
    ),
    free as (
      select cluster_id as cluster, asset_type, max(a.name) as name, ${newestOf('namespace')}, ${newestOf('claim')},
        ${newestOf('storage_class')}, extract(epoch from min(window_start))::float8 as since,
        bool_or(l.last_held is not null) as was_held, count(*)::int as hours, sum(a.minutes) as minutes,
        sum(a.gib * a.minutes) / nullif(sum(a.minutes), 0) as gib, sum(a.total_cost)::text as cost
      from asset a
      join life l using (cluster_id, asset_type, asset_id)
      where a.is_known and (l.last_held is null or a.window_start > l.last_held)
      group by cluster_id, asset_type, asset_id
      having bool_or(a.is_newest)
    )
    select (
        select coalesce(json_agg(f order by cluster collate "C", asset_type, namespace, name collate "C"), '[]') from free f
      ) as free,
      (select count(*) from untold where asset_type = 'disk')::int as unknown_disks,
      (select count(*) from untold where asset_type = 'load_balancer')::int as unknown_balancers`
}

function newestOf(column: string): RawBuilder<unknown> {
  return sql`max(${sql.ref(`a.${column}`)}) filter (where a.is_newest) as ${sql.id(column)}`
}
