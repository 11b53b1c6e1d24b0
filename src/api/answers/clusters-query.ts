import { type RawBuilder, sql } from 'kysely'
import type { WindowRange } from '../query/asked.js'
import { startsIn } from '../query/where.js'
import { isCollected, isLoadedWindow, loadedHours, type WindowScope } from './loaded.js'
import { judgedWindows, type RangeScope } from './range-state.js'

/** What is known of a cluster beside its cost. Times in Unix seconds; sizes of the newest loaded window of the range. */
export interface ClusterRecord {
  cluster: string
  name: string | null
  provider: string | null
  region: string | null
  version: string | null
  is_offline: boolean
  first_seen: number
  last_seen: number
  nodes: number | null
  spot_nodes: number | null
  cpu_cores: number | null
  ram_gib: number | null
  gpus: number | null
  namespaces: number | null
  pods: number | null
  data_to: number
  coverage: number | null
  loaded_hours: number
  previous_hours: number
  /** Some window tells of the fee, though it may be 0. */
  has_fee: boolean
}

/** A record of each cluster that the filter leaves, in order of their ids. */
export function clusterRecords(
  cloudAccountId: string,
  scope: RangeScope,
  previous: WindowRange,
): RawBuilder<ClusterRecord> {
  const windows = { cloudAccountId, range: scope.range, clusters: scope.clusters }
  return sql<ClusterRecord>`
    with ${judgedWindows(cloudAccountId, scope)},
    covered as (select cluster_id, avg(coverage) as coverage from judged group by 1),
    newest as (
      select l.cluster_id, max(l.window_start) as window_start, bool_or(${isCollected('management')}) as has_fee
      from warehouse.window_ledger l
      where ${isLoadedWindow(windows)}
      group by 1
    ),
    loaded as (${loadedHours(windows)}),
    earlier as (${loadedHours({ ...windows, range: previous })})
    select k.cluster_id as cluster, i.name, coalesce(i.provider, n.provider) as provider,
      coalesce(i.region, n.region) as region, i.version, k.is_offline,
      extract(epoch from k.first_window)::float8 as first_seen,
      extract(epoch from k.last_window + interval '1 hour')::float8 as last_seen,
      n.nodes, n.spot_nodes, n.cpu_cores, n.ram_gib, n.gpus, p.namespaces, p.pods,
      extract(epoch from k.watermark)::float8 as data_to, c.coverage,
      coalesce(l.hours, 0)::float8 as loaded_hours, coalesce(e.hours, 0)::float8 as previous_hours,
      coalesce(w.has_fee, false) as has_fee
    from chosen k
    left join covered c using (cluster_id)
    left join newest w using (cluster_id)
    left join loaded l using (cluster_id)
    left join earlier e using (cluster_id)
    left join lateral (${toldIdentity(windows)}) i on true
    left join lateral (${newestNodes(windows)}) n on w.window_start is not null
    left join lateral (${newestPods(windows)}) p on w.window_start is not null
    order by k.cluster_id collate "C"`
}

// Upgrades change the labels, so that several series may tell of one cluster: that of the newest window counts, else
// the one that was in use last. An empty label is an absent one.
function toldIdentity(scope: WindowScope): RawBuilder<unknown> {
  const told = (label: string) => sql`nullif(s.labels ->> ${sql.lit(label)}, '') as ${sql.id(label)}`
  return sql`
    select ${sql.join(['name', 'provider', 'region', 'version'].map(told))}
    from warehouse.metric_series s
    left join warehouse.metric_hourly m
      on ${inNewest('m', scope)} and m.series_key = s.series_key
    where s.cloud_account_id = ${scope.cloudAccountId}::uuid
      and s.metric = 'kubecost_cluster_info'
      and s.cluster_id = k.cluster_id
    order by m.samples desc nulls last, s.last_day desc nulls first, s.series_key
    limit 1`
}

// What the machines say where the exporter says nothing; most of them, as an odd one out may be wrong.
function newestNodes(scope: WindowScope): RawBuilder<unknown> {
  return sql`
    select count(*)::int as nodes,
      case when count(h.spot_ratio) > 0 then count(*) filter (where h.spot_ratio >= 0.5)::int end as spot_nodes,
      sum(h.cpu_cores) as cpu_cores, sum(h.ram_gib) as ram_gib, sum(h.gpus) as gpus,
      mode() within group (order by nullif(h.region, '')) as region,
      mode() within group (order by substring(h.provider_id from '^([a-z]+)://')) as provider
    from warehouse.node_hourly h
    where ${inNewest('h', scope)}`
}

function newestPods(scope: WindowScope): RawBuilder<unknown> {
  return sql`
    select count(distinct c.namespace)::int as namespaces, count(distinct (c.namespace, c.pod))::int as pods
    from warehouse.allocation_hourly a
    join warehouse.container c on c.cloud_account_id = a.cloud_account_id and c.container_key = a.container_key
    where ${inNewest('a', scope)}`
}

// The bounds of the range are told too, so that months outside it are not even looked at.
function inNewest(table: string, { cloudAccountId, range }: WindowScope): RawBuilder<boolean> {
  const start = sql.ref(`${table}.window_start`)
  return sql<boolean>`(
    ${sql.ref(`${table}.cloud_account_id`)} = ${cloudAccountId}::uuid
    and ${start} = w.window_start
    and ${startsIn(start, range)}
    and ${sql.ref(`${table}.cluster_id`)} = k.cluster_id
  )`
}
