import { type RawBuilder, sql } from 'kysely'
import { instant, startsIn } from '../query/where.js'
import type { WindowStatus } from '../schemas/status.js'
import { MISSING_SERIES, type SaidMissing } from './missing-metrics.js'
import { judgedWindows, type RangeScope } from './range-state.js'

/** How far a cluster is. Times in Unix seconds. */
export interface StatusRecord {
  cluster: string
  is_offline: boolean
  first_seen: number
  last_seen: number
  data_to: number
  newest_loaded: number | null
  loaded: number
  open: number
  failed: number
  incomplete: number
  quarantined: number
  last_import_at: number | null
  last_import_attempt_at: number | null
  error_code: string | null
  coverage: number | null
  usage_to: number | null
  usage_waiting: number
  missing: SaidMissing[]
  /** Of the range, where they are asked for. */
  windows: WindowStatus[] | null
}

/** A record of each cluster that the filter leaves. Usage is looked for from `usageSince` (Unix seconds) on. */
export function statusRecords(
  cloudAccountId: string,
  scope: RangeScope,
  { hasWindows, usageSince }: { hasWindows: boolean; usageSince: number },
): RawBuilder<StatusRecord> {
  const epoch = (moment: string) => sql`extract(epoch from ${sql.raw(moment)})::float8`
  return sql<StatusRecord>`
    with ${judgedWindows(cloudAccountId, scope)},
    covered as (select cluster_id, avg(coverage) as coverage from judged group by 1),
    counted as (
      select cluster_id,
        max(window_start) filter (where revision > 0) as newest_loaded,
        max(window_start) filter (where reason = ${MISSING_SERIES}) as newest_lacking,
        max(loaded_at) as loaded_at,
        count(*) filter (where state = 'loaded')::int as loaded,
        count(*) filter (where next_read_at is not null)::int as open,
        count(*) filter (where error_code is not null)::int as failed,
        count(*) filter (where state = 'incomplete')::int as incomplete,
        count(*) filter (where state = 'quarantined')::int as quarantined
      from warehouse.window_ledger
      where cloud_account_id = ${cloudAccountId}::uuid
      group by 1
    ),
    run as (
      select cluster_id, max(started_at) as attempted_at,
        max(finished_at) filter (where windows_published + windows_unchanged > 0) as imported_at,
        (array_agg(error_code order by started_at desc) filter (where finished_at is not null))[1] as error_code
      from warehouse.load_run
      where cloud_account_id = ${cloudAccountId}::uuid
      group by 1
    ),
    used as (
      select l.cluster_id, max(u.window_start) filter (where u.collected_at is not null) as newest,
        count(*) filter (where u.revision is distinct from l.revision)::int as waiting
      from warehouse.window_ledger l
      left join warehouse.usage_window u
        on u.cloud_account_id = ${cloudAccountId}::uuid and u.cluster_id = l.cluster_id
        and u.window_start = l.window_start
      where l.cloud_account_id = ${cloudAccountId}::uuid
        and l.revision > 0
        and l.window_start >= ${instant(usageSince)}
      group by 1
    )
    select k.cluster_id as cluster, k.is_offline, ${epoch('k.first_window')} as first_seen,
      ${epoch("k.last_window + interval '1 hour'")} as last_seen, ${epoch('k.watermark')} as data_to,
      ${epoch('n.newest_loaded')} as newest_loaded,
      ${sql.join(['loaded', 'open', 'failed', 'incomplete', 'quarantined'].map(one => sql`coalesce(${sql.ref(`n.${one}`)}, 0) as ${sql.id(one)}`))},
      floor(${epoch('coalesce(r.imported_at, n.loaded_at)')}) as last_import_at,
      floor(${epoch('r.attempted_at')}) as last_import_attempt_at, r.error_code, c.coverage,
      ${epoch("o.newest + interval '1 hour'")} as usage_to, coalesce(o.waiting, 0) as usage_waiting,
      (${saidMissing(cloudAccountId)}) as missing,
      ${hasWindows ? sql`(${windowsOf(cloudAccountId, scope)})` : sql`null`} as windows
    from chosen k
    left join covered c using (cluster_id)
    left join counted n using (cluster_id)
    left join run r using (cluster_id)
    left join used o using (cluster_id)
    order by k.cluster_id collate "C"`
}

// Of the day of the newest loaded window and what came after it; where nothing is loaded, of the newest day refused.
function saidMissing(cloudAccountId: string): RawBuilder<unknown> {
  return sql`
    select coalesce(json_agg(m order by m.since, m.code, m.detail), '[]')
    from (
      select s.code, s.detail, extract(epoch from min(l.window_start))::float8 as since, count(*)::int as windows
      from warehouse.window_ledger l
      cross join lateral (
        select w.item ->> 'code' as code, w.item ->> 'detail' as detail
        from jsonb_array_elements(case jsonb_typeof(l.warnings) when 'array' then l.warnings else '[]' end) w (item)
        where l.revision > 0 and w.item ->> 'code' ~ '_not_(collected|measured|shared)$'
        union all
        select l.reason, l.reason_detail where l.state = 'incomplete' and l.reason = ${MISSING_SERIES}
      ) s
      where l.cloud_account_id = ${cloudAccountId}::uuid
        and l.cluster_id = k.cluster_id
        and l.window_start >= date_trunc('day', coalesce(n.newest_loaded, n.newest_lacking), 'UTC')
      group by 1, 2
    ) m`
}

function windowsOf(cloudAccountId: string, { range }: RangeScope): RawBuilder<unknown> {
  return sql`
    select coalesce(json_agg(json_build_object(
      'start_date', extract(epoch from l.window_start)::float8, 'state', l.state, 'reason', l.reason,
      'coverage', l.coverage, 'revision', l.revision
    ) order by l.window_start), '[]')
    from warehouse.window_ledger l
    where l.cloud_account_id = ${cloudAccountId}::uuid
      and l.cluster_id = k.cluster_id
      and ${startsIn(sql.ref('l.window_start'), range)}`
}

/** Another text after any attempt at a window of the account, in costs and in usage. */
export function attemptsFingerprint(cloudAccountId: string): RawBuilder<{ fingerprint: string }> {
  return sql<{ fingerprint: string }>`
    select jsonb_build_array(
      (
        select jsonb_build_array(count(*), count(finished_at), max(started_at), max(finished_at))
        from warehouse.load_run where cloud_account_id = ${cloudAccountId}::uuid
      ),
      (
        select jsonb_build_array(count(*), sum(attempt), count(next_read_at), count(error_code), max(read_at))
        from warehouse.window_ledger where cloud_account_id = ${cloudAccountId}::uuid
      ),
      (
        select jsonb_build_array(count(*), sum(revision), count(collected_at), max(collected_at))
        from warehouse.usage_window where cloud_account_id = ${cloudAccountId}::uuid
      )
    )::text as fingerprint`
}
