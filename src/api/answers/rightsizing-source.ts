import { createHash } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import { DAY_SECONDS, HOUR_SECONDS } from '../../domain/window.js'
import { HISTORIES } from '../../rightsizing/profiles.js'
import type { AskedDates, ValueFilter, WindowRange } from '../query/asked.js'
import { allOf, instant, satisfies, startsIn } from '../query/where.js'
import type { RunQuery } from '../snapshot.js'

/** Recommendations that were computed in advance, or the hours that they are to be computed from now. Unix seconds. */
export type RightsizingSource =
  | {
      readonly kind: 'precomputed'
      readonly profile: string
      readonly historyDays: number
      readonly computedAt: number
      readonly range: WindowRange
    }
  | { readonly kind: 'live'; readonly range: WindowRange }

/** Use that has been collected of the hours looked at. */
export interface UsageState {
  /** Windows with published costs whose use is not collected yet, or was of an earlier version of them. */
  readonly waiting: number
  /** Windows of days that the range cuts, of whose use only the sum of the day is kept. */
  readonly cut: number
  /** Windows whose use has been collected, and when the last of them was, Unix seconds. */
  readonly collected: number
  readonly newest: number | null
}

/** A range that ends so shortly before now is meant to reach up to it. */
const UP_TO_NOW = HOUR_SECONDS

/**
 * What answers a range: what was computed in advance for its length, where it is the last days (`isRecent`: asked without
 * dates), reaches up to now and that is no older than a day, or has the very hours that were looked at; unless a profile
 * was changed. Else the hours of the range themselves: who asks for hours that have been gets those.
 */
export async function chooseSource(
  run: RunQuery,
  cloudAccountId: string,
  asked: { dates: AskedDates; now: number; isRecent: boolean; profile: string; isChanged: boolean },
): Promise<RightsizingSource> {
  const { dates, now, isRecent, profile, isChanged } = asked
  const live = { kind: 'live', range: dates.range } as const
  const historyDays = (dates.endDate - dates.startDate) / DAY_SECONDS
  if (isChanged || !HISTORIES.includes(historyDays)) return live
  const [computed] = await run(newestOf({ cloudAccountId, profile, historyDays }))
  if (computed === undefined) return live
  const range = { from: computed.from, to: computed.to }
  const isUpToNow = dates.endDate >= now - UP_TO_NOW && now - computed.at <= DAY_SECONDS
  const isSame = dates.range.from === range.from && dates.range.to === range.to
  if (!isRecent && !isUpToNow && !isSame) return live
  return { kind: 'precomputed', profile, historyDays, computedAt: computed.at, range }
}

interface Precomputed {
  readonly cloudAccountId: string
  readonly profile: string
  readonly historyDays: number
}

/** A table of what was computed in advance. */
export function precomputedRows({ cloudAccountId, profile, historyDays }: Precomputed): RawBuilder<unknown> {
  return sql`(
    select * from warehouse.rightsizing
    where cloud_account_id = ${cloudAccountId}::uuid and profile = ${profile} and history_days = ${historyDays}
  )`
}

// Rows of one computation share its moment and its hours, which end with it where they are not told.
function newestOf(precomputed: Precomputed): RawBuilder<{ at: number; from: number; to: number }> {
  return sql<{ at: number; from: number; to: number }>`
    select extract(epoch from computed_at)::float8 as at,
      extract(epoch from coalesce(window_start, computed_at - history_days * interval '24 hours'))::float8 as from,
      extract(epoch from coalesce(window_end, computed_at))::float8 as to
    from ${precomputedRows(precomputed)} r
    order by computed_at desc
    limit 1`
}

export async function readUsageState(
  run: RunQuery,
  { cloudAccountId, range, clusters }: { cloudAccountId: string; range: WindowRange; clusters: ValueFilter },
): Promise<UsageState> {
  // What is known of use outlives the costs that it was collected for.
  const windowsOf = (table: string, columns: string) => sql`(
    select cluster_id, window_start, revision${sql.raw(columns)} from ${sql.table(table)} w
    where ${allOf([
      sql<boolean>`w.cloud_account_id = ${cloudAccountId}::uuid and w.revision > 0`,
      startsIn(sql.ref('w.window_start'), range),
      satisfies(sql.ref('w.cluster_id'), clusters),
    ])}
  )`
  const day = sql`date_trunc('day', window_start, 'UTC')`
  const [state] = await run(sql<UsageState>`
    select count(*) filter (where l.revision > 0 and u.revision is distinct from l.revision)::int as waiting,
      count(*) filter (
        where u.hours_expired
          and (${day} < ${instant(range.from)} or ${day} + interval '1 day' > ${instant(range.to)})
      )::int as cut,
      count(u.revision)::int as collected,
      extract(epoch from max(u.collected_at))::float8 as newest
    from ${windowsOf('warehouse.window_ledger', '')} l
    full join ${windowsOf('warehouse.usage_window', ', hours_expired, collected_at')} u using (cluster_id, window_start)`)
  return state ?? { waiting: 0, cut: 0, collected: 0, newest: null }
}

/** Another text after any change to what the answer is made of, beside the published costs. */
export function versionOf(source: RightsizingSource, usage: UsageState, ignored: string): string {
  const text = JSON.stringify([source, usage, ignored])
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
