import { type RawBuilder, sql } from 'kysely'
import type { ValueFilter, WindowRange } from '../query/asked.js'
import { instant, satisfies, startsIn } from '../query/where.js'

/** Windows of the clusters that a filter leaves. */
export interface WindowScope {
  readonly cloudAccountId: string
  readonly range: WindowRange
  readonly clusters: ValueFilter
}

/** Condition on `l`, a row of the window ledger: it is of the scope and has a published version. */
export function isLoadedWindow({ cloudAccountId, range, clusters }: WindowScope): RawBuilder<boolean> {
  return sql<boolean>`(
    l.cloud_account_id = ${cloudAccountId}::uuid
    and ${startsIn(sql.ref('l.window_start'), range)}
    and ${satisfies(sql.ref('l.cluster_id'), clusters)}
    and l.revision > 0
  )`
}

/**
 * Condition on `l`: the source told of the part in that window, though it may have told 0. A version of the release that
 * knew none of these parts has none of their totals.
 */
export function isCollected(part: 'management' | 'network' | 'pv'): RawBuilder<boolean> {
  const absence = JSON.stringify([{ code: `${part}_not_collected` }])
  return sql<boolean>`(
    num_nonnulls(l.unmounted_cost, l.management_cost, l.network_cost, l.unallocated_cost) > 0
    and not coalesce(l.warnings @> ${absence}::jsonb, false)
  )`
}

/**
 * Statement: how many hours of each cluster are published in the range. Days whose hours have expired count with those
 * that their sums are made of, where the range has the whole day.
 */
export function loadedHours(scope: WindowScope): RawBuilder<unknown> {
  const { cloudAccountId, range, clusters } = scope
  const dayStart = sql`(d.day::timestamp at time zone 'UTC')`
  return sql`
    select cluster_id, sum(windows) as hours
    from (
      select cluster_id, day, max(windows) as windows
      from (
        select l.cluster_id, (l.window_start at time zone 'UTC')::date as day, count(*) as windows
        from warehouse.window_ledger l
        where ${isLoadedWindow(scope)}
        group by 1, 2
        union all
        select d.cluster_id, d.day, d.windows
        from warehouse.day_ledger d
        where d.cloud_account_id = ${cloudAccountId}::uuid
          and d.hours_expired
          and ${satisfies(sql.ref('d.cluster_id'), clusters)}
          and ${dayStart} >= ${instant(range.from)}
          and ${dayStart} + interval '1 day' <= ${instant(range.to)}
      ) both_grains
      group by 1, 2
    ) per_day
    group by 1`
}
