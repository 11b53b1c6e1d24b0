import { firstUsageDay } from '../../domain/retention.js'
import { HOUR_SECONDS } from '../../domain/window.js'
import type { OptionalDates, ValueFilter } from '../query/asked.js'
import type { MetaBody } from '../schemas/common.js'
import type { StatusBody, StatusRow } from '../schemas/status.js'
import type { RunQuery } from '../snapshot.js'
import { recentDates } from './dates.js'
import { describeRange, rangeScope } from './facts.js'
import { shownError } from './import-error.js'
import { type AskedListing, listPage } from './listing.js'
import { missingMetrics } from './missing-metrics.js'
import { attemptsFingerprint, type StatusRecord, statusRecords } from './status-query.js'
import type { Subject } from './subject.js'

export interface AskedStatus extends OptionalDates, AskedListing {
  readonly clusters: ValueFilter
  readonly hasWindows: boolean
}

/** Freshness is asked for whatever the range: one before the retention is answered, as gaps that say so. */
export async function answerStatus(run: RunQuery, given: Subject<AskedStatus>): Promise<StatusBody> {
  const subject = { ...given, asked: { ...given.asked, ...recentDates(given) } }
  const { asked, cloudAccountId, newestDue } = subject
  const scope = { clusters: asked.clusters, daysServe: false }
  const usageSince = firstUsageDay({ ...subject.retention, dailyDays: 0 }, subject.now)
  const { hasWindows } = asked
  const records = await run(
    statusRecords(cloudAccountId, rangeScope(subject, scope), { hasWindows, usageSince }),
  )
  const meta = await describeRange(run, subject, scope)
  const rows = records.map(record => toRow(record, newestDue + HOUR_SECONDS, meta))
  const listed = listPage(subject, rows, 'cluster')
  return {
    start_date: asked.startDate,
    end_date: asked.endDate,
    data_to: meta.data_to,
    total_count: rows.length,
    status: listed.rows,
    meta,
    page: listed.page,
  }
}

/** What the answer depends on beside what is published: every attempt, also one that failed, and usage. */
export async function statusBasis(
  run: RunQuery,
  { cloudAccountId }: Subject<unknown>,
): Promise<{ version: string }> {
  const [row] = await run(attemptsFingerprint(cloudAccountId))
  return { version: row?.fingerprint ?? '' }
}

function toRow(record: StatusRecord, dueTo: number, { gaps }: MetaBody): StatusRow {
  const { is_offline, error_code, missing, ...known } = record
  const error = error_code === null ? null : shownError(error_code)
  // Of a cluster that is not heard of any more nothing newer is expected.
  const expectedTo = is_offline ? record.last_seen : dueTo
  return {
    ...known,
    state: is_offline ? 'stale' : 'active',
    lag_seconds: Math.max(0, expectedTo - record.data_to),
    usage_lag_seconds: record.usage_to === null ? null : Math.max(0, expectedTo - record.usage_to),
    last_import_attempt_error: error?.sentence ?? null,
    last_import_attempt_error_code: error?.code ?? null,
    missing_metrics: missingMetrics(missing),
    gaps: gaps
      .filter(({ cluster }) => cluster === record.cluster)
      .map(({ start_date, end_date, reason }) => ({ start_date, end_date, reason })),
  }
}
