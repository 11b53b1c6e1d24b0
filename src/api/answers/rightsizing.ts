import { DAY_SECONDS } from '../../domain/window.js'
import type { AskedDates, OptionalDates } from '../query/asked.js'
import type { MetaBody } from '../schemas/common.js'
import type { RightsizingBody, RightsizingRow } from '../schemas/rightsizing.js'
import type { RunQuery } from '../snapshot.js'
import { pagePlace } from './cursor.js'
import { checkedDates } from './dates.js'
import { refuseExpired } from './expired.js'
import { describeRange } from './facts.js'
import type { AskedListing } from './listing.js'
import {
  newestComputed,
  type RightsizingPage,
  type RightsizingScope,
  rightsizingPage,
} from './rightsizing-query.js'
import type { Subject } from './subject.js'

export interface AskedRightsizing
  extends OptionalDates,
    AskedListing,
    Omit<RightsizingScope, 'cloudAccountId' | 'historyDays'> {}

/** Days of history that recommendations are computed from. */
const HISTORIES = [7, 14, 30] as const
const DEFAULT_DAYS = 14

export async function answerRightsizing(
  run: RunQuery,
  given: Subject<AskedRightsizing>,
): Promise<RightsizingBody> {
  const dates = datesOf(given)
  refuseExpired({ ...given, asked: dates }, 'hours')
  const historyDays = nearestHistory(dates)
  const { cloudAccountId, asked } = given
  const scope = { ...asked, cloudAccountId, historyDays }
  const computedAt = (await run(newestComputed(cloudAccountId, scope)))[0]?.computed_at ?? null
  const subject = await versioned(run, given)
  const place = pagePlace(subject)
  const records = await run(rightsizingPage(scope, { ...asked, offset: place.offset }))
  const rows = records.flatMap(record => (record.cluster === null ? [] : [toRow(record)]))
  const totals = records[0]
  const meta = await describeRange(
    run,
    { ...subject, asked: dates },
    { clusters: asked.workloads.cluster, daysServe: false },
  )
  return {
    start_date: dates.startDate,
    end_date: dates.endDate,
    profile: asked.profile,
    history_days: historyDays,
    computed_at: computedAt === null ? null : Math.floor(computedAt),
    total_count: totals?.set_count ?? 0,
    gross_decrease: Number(totals?.gross_decrease ?? 0),
    gross_increase: Number(totals?.gross_increase ?? 0),
    net: Number(totals?.net ?? 0),
    rightsizing: rows,
    meta: { ...meta, warnings: [...warningsOf(dates, historyDays, computedAt), ...meta.warnings] },
    page: place.tell(rows.length, totals?.set_count ?? 0),
  }
}

/** What the answer depends on beside the facts: when recommendations were computed last. */
export async function rightsizingVersion(run: RunQuery, cloudAccountId: string): Promise<string> {
  const [row] = await run(newestComputed(cloudAccountId))
  return String(row?.computed_at ?? 'never')
}

// Recommendations are versions of their own: a cursor must not lead from one into the next.
async function versioned(
  run: RunQuery,
  subject: Subject<AskedRightsizing>,
): Promise<Subject<AskedRightsizing>> {
  const version = await rightsizingVersion(run, subject.cloudAccountId)
  return { ...subject, data: { ...subject.data, version: `${subject.data.version}-${version}` } }
}

function datesOf({ asked, now }: Subject<OptionalDates>): AskedDates {
  const endDate = asked.endDate ?? Math.floor(now)
  return checkedDates(asked.startDate ?? Math.max(0, endDate - DEFAULT_DAYS * DAY_SECONDS), endDate)
}

function nearestHistory(dates: AskedDates): number {
  const distance = (history: number) => Math.abs(history - daysOf(dates))
  return HISTORIES.reduce((best, history) => (distance(history) < distance(best) ? history : best))
}

function daysOf({ startDate, endDate }: AskedDates): number {
  return (endDate - startDate) / DAY_SECONDS
}

function warningsOf(dates: AskedDates, historyDays: number, computedAt: number | null): MetaBody['warnings'] {
  if (computedAt === null) {
    const detail = `no recommendations from ${historyDays} days of history have been computed yet`
    return [{ code: 'rightsizing_not_computed', detail }]
  }
  const isHistory = daysOf(dates) === historyDays && Math.abs(dates.endDate - computedAt) <= DAY_SECONDS
  if (isHistory) return []
  const detail = `recommendations are from the ${historyDays} days before ${new Date(computedAt * 1000).toISOString()}, the nearest history to the range; the range itself is not looked at`
  return [{ code: 'rightsizing_history_differs', detail }]
}

function toRow({
  set_count: _count,
  gross_decrease: _decrease,
  gross_increase: _increase,
  net: _net,
  ...record
}: Exclude<RightsizingPage, { cluster: null }>): RightsizingRow {
  return {
    ...record,
    cpu_saving: toNumber(record.cpu_saving),
    ram_saving: toNumber(record.ram_saving),
    saving_month: toNumber(record.saving_month),
  }
}

function toNumber(amount: string | null): number | null {
  return amount === null ? null : Number(amount)
}
