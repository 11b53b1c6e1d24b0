import { type RawBuilder, sql } from 'kysely'
import { DAY_SECONDS } from '../../domain/window.js'
import { anyOf, instant } from '../query/where.js'
import type { RunQuery } from '../snapshot.js'

/** Which rules of what to ignore hold at a moment. */
export interface IgnoreState {
  /** Unix seconds. */
  readonly now: number
  /** Another text after any change to the rules that hold. */
  readonly version: string
  /** Where labels are looked for: the newest published window of each cluster, Unix seconds; none where no rule asks. */
  readonly newest: readonly { readonly cluster: string; readonly window: number }[]
}

/** Labels are those of the newest hour in which a workload ran, of the day up to the newest published one. */
const LABELS_SINCE = DAY_SECONDS

export async function readIgnoreState(
  run: RunQuery,
  { cloudAccountId, now }: { cloudAccountId: string; now: number },
): Promise<IgnoreState> {
  const [rules] = await run(sql<{ version: string | null; has_labels: boolean | null }>`
    select md5(string_agg(to_jsonb(i)::text, ' ' order by i.ignore_id)) as version,
      bool_or(i.label_name is not null) as has_labels
    from warehouse.rightsizing_ignore i
    where ${holds(cloudAccountId, now)}`)
  const newest =
    rules?.has_labels === true
      ? await run(sql<{ cluster: string; window: number }>`
          select cluster_id as cluster, extract(epoch from max(window_start))::float8 as window
          from warehouse.window_ledger
          where cloud_account_id = ${cloudAccountId}::uuid and revision > 0
          group by 1 order by 1`)
      : []
  return { now, version: rules?.version ?? 'none', newest }
}

/**
 * Common tables: `rule`, the rules that hold, and `labelled`, the workloads that have the label of a rule, for
 * `isIgnored`.
 */
export function ignoreTables(cloudAccountId: string, { now, newest }: IgnoreState): RawBuilder<unknown> {
  const inNewest = newest.map(
    ({ cluster, window }) => sql<boolean>`(
      a.cluster_id = ${cluster}
      and a.window_start > ${instant(window - LABELS_SINCE)} and a.window_start <= ${instant(window)}
    )`,
  )
  return sql`
    rule as materialized (
      select * from warehouse.rightsizing_ignore i where ${holds(cloudAccountId, now)}
    ),
    ran as (
      select container_key, label_set_key, max(window_start) as last
      from warehouse.allocation_hourly a
      where a.cloud_account_id = ${cloudAccountId}::uuid and ${anyOf(inNewest)}
      group by 1, 2
    ),
    workload as (
      select c.cluster_id, c.namespace, coalesce(c.controller_kind, '') as controller_kind,
        coalesce(c.controller, '') as controller, r.label_set_key, r.last,
        max(r.last) over (partition by c.cluster_id, c.namespace, c.controller_kind, c.controller) as newest
      from ran r
      join warehouse.container c
        on c.cloud_account_id = ${cloudAccountId}::uuid and c.container_key = r.container_key
    ),
    has_label as materialized (
      select k.label_set_key, i.ignore_id
      from warehouse.label_set k
      join rule i on k.labels ->> i.label_name = i.label_value
      where k.cloud_account_id = ${cloudAccountId}::uuid and i.label_name is not null
    ),
    labelled as materialized (
      select distinct h.ignore_id, w.cluster_id, w.namespace, w.controller_kind, w.controller
      from workload w
      join has_label h using (label_set_key)
      where w.last = w.newest
    )`
}

/** Condition on `r`, a recommendation: a rule of `ignoreTables` applies to it. */
export function isIgnored(): RawBuilder<boolean> {
  return sql<boolean>`exists (
    select from rule i
    where coalesce(i.cluster_id = r.cluster_id, true)
      and coalesce(i.namespace = r.namespace, true)
      and coalesce(i.controller_kind = r.controller_kind, true)
      and coalesce(i.controller = r.controller, true)
      and coalesce(i.container = r.container, true)
      and (
        i.label_name is null
        or (i.ignore_id, r.cluster_id, r.namespace, r.controller_kind, r.controller) in (
          select ignore_id, cluster_id, namespace, controller_kind, controller from labelled
        )
      )
  )`
}

function holds(cloudAccountId: string, now: number): RawBuilder<boolean> {
  return sql<boolean>`(
    i.cloud_account_id = ${cloudAccountId}::uuid and (i.expires_at is null or i.expires_at > ${instant(now)})
  )`
}
