import { type RawBuilder, sql } from 'kysely'
import { DAY_SECONDS } from '../../domain/window.js'
import type { Filters, WindowRange } from '../query/asked.js'
import { instant, startsIn } from '../query/where.js'
import type { RunQuery } from '../snapshot.js'

/** From where the facts of a range are read: hours and days don't overlap and leave nothing out. */
export interface DayPlan {
  readonly hours: readonly WindowRange[]
  /** Whole UTC days, as ranges of their starts, of which daily sums are what the hours of the range add up to. */
  readonly days: readonly WindowRange[]
}

/** True where daily sums know what is asked for: they are per workload and node, without pods and labels. */
export function knowsDays(breakdownBy: readonly string[], step: string, filters: Filters): boolean {
  const isPodwise = breakdownBy.some(one => one === 'pod' || one.startsWith('label:'))
  const { anyOf, noneOf, orMissing, notMissing } = filters.pod
  const asksForPods = anyOf.length + noneOf.length > 0 || orMissing || notMissing
  return step !== 'hour' && !isPodwise && !asksForPods && filters.labels.length === 0
}

/** Reads everything from the hours. */
export function hoursOnly(range: WindowRange): DayPlan {
  return { hours: range.from < range.to ? [range] : [], days: [] }
}

/** The UTC days that a range touches, from the first midnight to the last. */
export function wholeDays({ from, to }: WindowRange): WindowRange {
  return {
    from: Math.floor(from / DAY_SECONDS) * DAY_SECONDS,
    to: Math.ceil(to / DAY_SECONDS) * DAY_SECONDS,
  }
}

/**
 * Daily sums for the days that were rolled up from exactly the versions that are published of them, hours for the
 * others. The sum of a day that the range cuts is used too where all that is published of the day lies in the range.
 */
export async function planDays(run: RunQuery, cloudAccountId: string, range: WindowRange): Promise<DayPlan> {
  const stale = await run(staleDays(cloudAccountId, range))
  return dividedAt(
    range,
    stale.map(({ day }) => day),
  )
}

function dividedAt(range: WindowRange, stale: readonly number[]): DayPlan {
  const firstDay = Math.floor(range.from / DAY_SECONDS) * DAY_SECONDS
  const hours: WindowRange[] = []
  const days: WindowRange[] = []
  const isStale = new Set(stale)
  for (let day = firstDay; day < range.to; day += DAY_SECONDS) {
    if (isStale.has(day)) {
      extend(hours, {
        from: Math.max(day, range.from),
        to: Math.min(day + DAY_SECONDS, range.to),
      })
    } else extend(days, { from: day, to: day + DAY_SECONDS })
  }
  return { hours, days }
}

function extend(ranges: WindowRange[], next: WindowRange): void {
  const last = ranges.at(-1)
  if (last?.to === next.from) ranges[ranges.length - 1] = { from: last.from, to: next.to }
  else ranges.push(next)
}

// A day is either read from its sums or from its hours, for all clusters alike: that keeps the statement short. Where
// the hours have expired, the sums are all there is; then the range has to have the whole day.
function staleDays(cloudAccountId: string, range: WindowRange): RawBuilder<{ day: number }> {
  const dayStart = sql`(day::timestamp at time zone 'UTC')`
  return sql<{ day: number }>`
    with published as (
      select cluster_id, (window_start at time zone 'UTC')::date as day, count(*) as windows, sum(revision) as revisions
      from warehouse.window_ledger
      where cloud_account_id = ${cloudAccountId}::uuid
        and ${startsIn(sql.ref('window_start'), range)}
        and revision > 0
      group by 1, 2
    ),
    summed as (
      select * from warehouse.day_ledger
      where cloud_account_id = ${cloudAccountId}::uuid
        and day >= (${instant(range.from)} at time zone 'UTC')::date
        and day <= (${instant(range.to)} at time zone 'UTC')::date
    )
    select extract(epoch from ${dayStart})::float8 as day
    from published p
    full join summed d using (cluster_id, day)
    group by day
    having not bool_and(coalesce(
      d.rolled_at is not null and d.shared_revision_sum = d.revision_sum
        and (
          (p.windows, p.revisions) = (d.windows, d.revision_sum)
          or (d.hours_expired and ${dayStart} >= ${instant(range.from)}
            and ${dayStart} + interval '1 day' <= ${instant(range.to)})
        ),
      false
    ))`
}
