import { createHash } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import { OFFLINE_AFTER_SECONDS } from '../../domain/cluster.js'
import type { ValueFilter, WindowRange } from '../query/asked.js'
import { allOf, instant, satisfies, startsIn } from '../query/where.js'
import type { RunQuery } from '../snapshot.js'

export interface AccountState {
  readonly name: string
  readonly currency: string
  /** Days that hours are kept, where the account has its own; see RetentionOverride. */
  readonly hourlyDays: number | null
}

/** What has been published for an account so far. */
export interface DataState {
  /** Windows with a published version, and days whose hours have expired. */
  readonly loadedWindows: number
  /** Start of the oldest loaded window, Unix seconds; null where none is. */
  readonly firstWindow: number | null
  /** Start of the oldest day that has sums, Unix seconds; null where none has. */
  readonly firstDay: number | null
  /** Another text after any change to any window of the account. */
  readonly version: string
}

type GapReason =
  | 'not_loaded'
  | 'source_incomplete'
  | 'source_silent'
  | 'missing_series'
  | 'suspect'
  | 'quarantined'
  | 'expired'

/** Consecutive windows of a cluster that are missing or in doubt for one reason; Unix seconds, end excluded. */
interface Gap {
  readonly cluster: string
  readonly start_date: number
  readonly end_date: number
  readonly reason: GapReason
}

/** How whole the answer to a range is. */
export interface RangeState {
  /** Mean over the due windows of the clusters, a window that isn't loaded counting 0; null where none is due. */
  readonly coverage: number | null
  readonly gaps: readonly Gap[]
  /** Unix seconds up to which every cluster that isn't offline is loaded without a hole; null where there is no cluster. */
  readonly dataTo: number | null
  readonly warnings: readonly { readonly code: string; readonly detail: string }[]
}

export async function readAccount(run: RunQuery, cloudAccountId: string): Promise<AccountState | undefined> {
  const rows = await run(sql<AccountState>`
    select name, currency, retention_hourly_days as "hourlyDays"
    from warehouse.cloud_account
    where cloud_account_id = ${cloudAccountId}::uuid
      and removed_at is null`)
  return rows[0]
}

export async function readDataState(run: RunQuery, cloudAccountId: string): Promise<DataState> {
  // Every publish raises a revision, every other change that an answer shows moves a window to another group, and what
  // is told about the account and its clusters stands in their rows.
  const [row] = await run(sql<{
    loaded: number
    first_window: number | null
    first_day: number | null
    fingerprint: string | null
  }>`
    with groups as (
      select state, reason, count(*) as windows, count(*) filter (where revision > 0) as loaded,
        sum(revision) as revisions, extract(epoch from max(loaded_at)) as newest,
        min(window_start) filter (where revision > 0) as first_window
      from warehouse.window_ledger
      where cloud_account_id = ${cloudAccountId}::uuid
      group by state, reason
    )
    select coalesce(sum(loaded), 0)::int
        + (
          select count(*) from warehouse.day_ledger where cloud_account_id = ${cloudAccountId}::uuid and hours_expired
        )::int as loaded,
      extract(epoch from min(first_window))::float8 as first_window,
      (
        select extract(epoch from min(day))::float8
        from warehouse.day_ledger where cloud_account_id = ${cloudAccountId}::uuid
      ) as first_day,
      jsonb_build_array(
        jsonb_agg(jsonb_build_array(state, reason, windows, revisions, newest) order by state, reason),
        (
          select jsonb_agg(to_jsonb(k) order by k.cluster_id)
          from warehouse.cluster k where k.cloud_account_id = ${cloudAccountId}::uuid
        )
      )::text as fingerprint
    from groups`)
  const version = createHash('sha256')
    .update(row?.fingerprint ?? '')
    .digest('hex')
    .slice(0, 16)
  return {
    loadedWindows: row?.loaded ?? 0,
    firstWindow: row?.first_window ?? null,
    firstDay: row?.first_day ?? null,
    version,
  }
}

export interface RangeScope {
  readonly range: WindowRange
  readonly newestDue: number
  readonly clusters: ValueFilter
  /** Start of the first day whose hours are kept, Unix seconds. */
  readonly hoursKeptSince: number
  /** Daily sums serve the answer, also where the hours have expired. */
  readonly daysServe: boolean
}

/** Gaps, coverage and freshness of a range over the clusters that the filter leaves. */
export async function readRangeState(
  run: RunQuery,
  cloudAccountId: string,
  scope: RangeScope,
): Promise<RangeState> {
  const { range, clusters } = scope
  const [row] = await run(sql<{ coverage: number | null; gaps: Gap[]; data_to: number | null }>`
    with ${judgedWindows(cloudAccountId, scope)},
    -- Consecutive windows of one reason have one distance to their number in the sequence.
    numbered as (
      select *, window_start
        - row_number() over (partition by cluster_id, reason order by window_start) * interval '1 hour' as island
      from judged
      where reason is not null
    ),
    gap as (
      select cluster_id, reason, min(window_start) as first_window, max(window_start) as last_window
      from numbered
      group by cluster_id, reason, island
    )
    select (select avg(coverage) from judged) as coverage,
      (
        select extract(epoch from coalesce(min(watermark) filter (where not is_offline), max(watermark)))::float8
        from chosen
      ) as data_to,
      (
        select coalesce(json_agg(json_build_object(
          'cluster', cluster_id,
          'start_date', extract(epoch from first_window)::float8,
          'end_date', extract(epoch from last_window + interval '1 hour')::float8,
          'reason', reason
        ) order by cluster_id, first_window), '[]')
        from gap
      ) as gaps`)
  return {
    coverage: row?.coverage ?? null,
    gaps: row?.gaps ?? [],
    dataTo: row?.data_to ?? null,
    warnings: await readWarnings(run, cloudAccountId, range, clusters),
  }
}

/**
 * Common tables `chosen`, the clusters that the filter leaves, and `judged`, their windows in the range that should be
 * there or are, with what is wrong with each and its coverage.
 */
export function judgedWindows(cloudAccountId: string, scope: RangeScope): RawBuilder<unknown> {
  const { range, newestDue, clusters, hoursKeptSince, daysServe } = scope
  const hasSums = daysServe
    ? sql`exists (
        select from warehouse.day_ledger d
        where d.cloud_account_id = ${cloudAccountId}::uuid and d.cluster_id = k.cluster_id
          and d.day = (w.window_start at time zone 'UTC')::date and d.hours_expired
      )`
    : sql`false`
  return sql`
    chosen as (
      select k.cluster_id, k.first_window, k.watermark, k.last_window,
        k.last_window < ${instant(newestDue - OFFLINE_AFTER_SECONDS)} as is_offline
      from warehouse.cluster k
      where k.cloud_account_id = ${cloudAccountId}::uuid
        and ${satisfies(sql.ref('k.cluster_id'), clusters)}
    ),
    judged as (
      select k.cluster_id, w.window_start,
        case
          when l.revision > 0 then case when l.reason in ('source_silent', 'suspect') then l.reason end
          when w.window_start < ${instant(hoursKeptSince)} then case when not ${hasSums} then 'expired' end
          when l.state = 'quarantined' then 'quarantined'
          when l.state = 'incomplete' then coalesce(l.reason, 'source_incomplete')
          else 'not_loaded'
        end as reason,
        -- How whole a window was whose hours have expired is not known.
        case when l.revision > 0 then l.coverage when w.window_start >= ${instant(hoursKeptSince)} then 0 end as coverage
      from chosen k
      cross join lateral generate_series(
        greatest(k.first_window, ${instant(range.from)}), ${instant(range.to)} - interval '1 hour', interval '1 hour'
      ) as w (window_start)
      left join warehouse.window_ledger l
        on l.cloud_account_id = ${cloudAccountId}::uuid
        and l.cluster_id = k.cluster_id
        and l.window_start = w.window_start
      -- The hours of an offline cluster after it was last heard of are no gaps.
      where w.window_start <= case when k.is_offline then k.last_window else ${instant(newestDue)} end
        or l.revision > 0
    )`
}

// One entry per code however many windows have it: the answer's size must not grow with the range.
async function readWarnings(
  run: RunQuery,
  cloudAccountId: string,
  range: WindowRange,
  clusters: ValueFilter,
): Promise<RangeState['warnings']> {
  return await run(sql<{ code: string; detail: string }>`
    select w.item ->> 'code' as code,
      coalesce(min(w.item ->> 'detail'), '') || ' (windows: ' || count(distinct (l.cluster_id, l.window_start)) || ')'
        as detail
    from warehouse.window_ledger l
    cross join lateral jsonb_array_elements(
      case jsonb_typeof(l.warnings) when 'array' then l.warnings else '[]' end
    ) as w (item)
    where ${allOf([
      sql<boolean>`l.cloud_account_id = ${cloudAccountId}::uuid`,
      startsIn(sql.ref('l.window_start'), range),
      satisfies(sql.ref('l.cluster_id'), clusters),
      sql<boolean>`l.revision > 0`,
    ])}
      and w.item ->> 'code' is not null
    group by 1
    order by 1`)
}
