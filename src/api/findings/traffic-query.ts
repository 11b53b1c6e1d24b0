import { type RawBuilder, sql } from 'kysely'
import { HOUR_SECONDS } from '../../domain/window.js'
import type { WindowScope } from '../answers/loaded.js'
import { instant, satisfies } from '../query/where.js'
import type { QuietWorkload } from './workloads-query.js'

/** What pods of a workload sent and received over some hours, whatever the way. */
export interface Traffic {
  readonly cluster: string
  readonly namespace: string
  readonly controller_kind: string
  readonly controller: string
  readonly bytes: number
}

const COUNTERS = ['kubecost_pod_network_egress_bytes_total', 'kubecost_pod_network_ingress_bytes_total']

/**
 * Bytes that the exporter's counters tell of the pods of some workloads, in windows that start in `[from, to)`; of
 * clusters whose counters are kept at all, of these pods or in the last hour of any: a workload of another cluster has
 * no row.
 */
export function trafficOf(
  { cloudAccountId, clusters }: WindowScope,
  range: { readonly from: number; readonly to: number },
  workloads: readonly QuietWorkload[],
): RawBuilder<Traffic> {
  const list = JSON.stringify(
    workloads.map(({ cluster, namespace, controller_kind, controller }) => ({
      ...{ cluster, namespace, controller_kind, controller },
    })),
  )
  const newest = [...new Set(workloads.map(({ until }) => until - HOUR_SECONDS))].map(instant)
  return sql<Traffic>`
    with asked as (
      select *
      from json_to_recordset(${list}::json) as w (cluster text, namespace text, controller_kind text, controller text)
    ),
    pods as (
      select distinct w.cluster, w.namespace, w.controller_kind, w.controller, c.pod
      from asked w
      join warehouse.container c
        on c.cluster_id = w.cluster and c.namespace = w.namespace and c.controller_kind = w.controller_kind
        and c.controller = w.controller
      where c.cloud_account_id = ${cloudAccountId}::uuid
    ),
    counter as (
      select s.cluster_id, s.series_key, s.labels ->> 'namespace' as namespace, s.labels ->> 'pod_name' as pod
      from warehouse.metric_series s
      where s.cloud_account_id = ${cloudAccountId}::uuid
        and s.metric = any(${COUNTERS}::text[])
        and ${satisfies(sql.ref('s.cluster_id'), clusters)}
    ),
    wanted as (
      select distinct c.*
      from counter c
      join pods p on p.cluster = c.cluster_id and p.namespace = c.namespace and p.pod = c.pod
    ),
    counted as (
      select c.cluster_id, c.namespace, c.pod, sum(m.increase) as bytes
      from warehouse.metric_hourly m
      join wanted c on c.series_key = m.series_key and c.cluster_id = m.cluster_id
      where m.cloud_account_id = ${cloudAccountId}::uuid
        and m.window_start >= ${instant(range.from)} and m.window_start < ${instant(range.to)}
        and m.series_key = any(array(select w.series_key from wanted w))
      group by 1, 2, 3
    ),
    told as (
      select cluster_id from counted
      union
      select m.cluster_id
      from warehouse.metric_hourly m
      join counter c on c.series_key = m.series_key and c.cluster_id = m.cluster_id
      where m.cloud_account_id = ${cloudAccountId}::uuid and m.window_start in (${sql.join(newest)})
    )
    select p.cluster, p.namespace, p.controller_kind, p.controller, coalesce(sum(t.bytes), 0)::float8 as bytes
    from pods p
    left join counted t on t.cluster_id = p.cluster and t.namespace = p.namespace and t.pod = p.pod
    where p.cluster in (select cluster_id from told)
    group by 1, 2, 3, 4`
}
