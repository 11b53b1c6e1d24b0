import { DAY_SECONDS } from '../../domain/window.js'
import type { ProfileName } from '../../rightsizing/profiles.js'
import type { AskedDates, OptionalDates } from '../query/asked.js'
import type { KnobChanges } from '../query/rightsizing.js'
import type { MetaBody } from '../schemas/common.js'
import type { RightsizingBody, RightsizingRow } from '../schemas/rightsizing.js'
import type { RunQuery } from '../snapshot.js'
import { pagePlace } from './cursor.js'
import { historyDates } from './dates.js'
import { refuseExpired } from './expired.js'
import { describeRange } from './facts.js'
import type { AskedListing } from './listing.js'
import { type IgnoreState, readIgnoreState } from './rightsizing-ignored.js'
import { liveRows } from './rightsizing-live.js'
import { type RightsizingFilters, type RightsizingPage, rightsizingPage } from './rightsizing-query.js'
import {
  chooseSource,
  precomputedRows,
  type RightsizingSource,
  readUsageState,
  type UsageState,
  versionOf,
} from './rightsizing-source.js'
import type { Subject } from './subject.js'

export interface AskedRightsizing extends OptionalDates, AskedListing, RightsizingFilters {
  readonly profile: ProfileName
  readonly knobs: KnobChanges
}

/** What an answer is made of, and what of it may change. */
interface RightsizingBasis {
  readonly dates: AskedDates
  readonly source: RightsizingSource
  readonly usage: UsageState
  readonly ignore: IgnoreState
  readonly version: string
}

export async function answerRightsizing(
  run: RunQuery,
  given: Subject<AskedRightsizing>,
  basis: RightsizingBasis,
): Promise<RightsizingBody> {
  const { dates, source, ignore } = basis
  const { cloudAccountId, asked } = given
  // What recommendations are made of has versions of its own: a cursor must not lead from one into the next.
  const data = { ...given.data, version: `${given.data.version}-${basis.version}` }
  const subject = { ...given, data }
  const place = pagePlace(subject)
  const rows = await rowsOf(run, given, basis)
  const scope = { cloudAccountId, source: rows.table, filters: asked, ignore }
  const records = await run(rightsizingPage(scope, { ...asked, offset: place.offset }))
  const shown = records.flatMap(record => (record.cluster === null ? [] : [toRow(record)]))
  const clusters = asked.workloads.cluster
  const meta = await describeRange(run, { ...subject, asked: dates }, { clusters, daysServe: true })
  const [first] = records
  if (first === undefined) throw new Error('the totals of recommendations are missing')
  return {
    ...{ start_date: dates.startDate, end_date: dates.endDate, profile: asked.profile, source: source.kind },
    history_days: (source.range.to - source.range.from) / DAY_SECONDS,
    history_start: source.range.from,
    history_end: source.range.to,
    computed_at: rows.computedAt === null ? null : Math.floor(rows.computedAt),
    ...first.totals,
    rightsizing: shown,
    meta: { ...meta, warnings: [...warningsOf(basis, rows.computedAt), ...meta.warnings] },
    page: place.tell(shown.length, first.totals.total_count),
  }
}

/** What the answer depends on beside the published costs: when what it is made of was computed, collected, ignored. */
export async function rightsizingBasis(
  run: RunQuery,
  subject: Subject<AskedRightsizing>,
): Promise<RightsizingBasis> {
  const { cloudAccountId, asked } = subject
  const dates = historyDates(subject)
  refuseExpired({ ...subject, asked: dates }, 'days')
  const { profile, workloads, knobs } = asked
  const isRecent = asked.startDate === undefined && asked.endDate === undefined
  const isChanged = Object.keys(knobs).length > 0
  const chosenBy = { dates, now: subject.now, isRecent, profile, isChanged }
  const source = await chooseSource(run, cloudAccountId, chosenBy)
  const usage = await readUsageState(run, {
    cloudAccountId,
    range: source.range,
    clusters: workloads.cluster,
  })
  const ignore = await readIgnoreState(run, subject)
  return { dates, source, usage, ignore, version: versionOf(source, usage, ignore.version) }
}

/** A table of the recommendations, and when they were computed, Unix seconds; null where there was nothing to go by. */
async function rowsOf(
  run: RunQuery,
  { cloudAccountId, asked, now }: Subject<AskedRightsizing>,
  { source, usage }: RightsizingBasis,
) {
  if (source.kind === 'precomputed') {
    return { table: precomputedRows({ ...source, cloudAccountId }), computedAt: source.computedAt }
  }
  const { table, count } = await liveRows(run, { ...asked, cloudAccountId, range: source.range, now })
  return { table, computedAt: count === 0 && usage.collected === 0 ? null : now }
}

function warningsOf(
  { dates, source, usage }: RightsizingBasis,
  computedAt: number | null,
): MetaBody['warnings'] {
  const warnings: MetaBody['warnings'] = []
  if (computedAt === null) {
    const detail = 'how containers use CPU and memory has not been collected for any hour of the range yet'
    warnings.push({ code: 'rightsizing_not_computed', detail })
  } else if (source.kind === 'precomputed' && Math.abs(dates.endDate - computedAt) > DAY_SECONDS) {
    const detail = `recommendations are from the ${source.historyDays} days before ${new Date(source.range.to * 1000).toISOString()}, the newest that were computed`
    warnings.push({ code: 'rightsizing_history_differs', detail })
  }
  if (usage.waiting > 0) {
    const detail = `use of CPU and memory is not collected yet, or not anew (windows: ${usage.waiting})`
    warnings.push({ code: 'usage_incomplete', detail })
  }
  if (usage.cut > 0) {
    const detail = `use by the hour is not kept any more, and the range cuts the day: it is not looked at (windows: ${usage.cut})`
    warnings.push({ code: 'usage_hours_expired', detail })
  }
  return warnings
}

function toRow({ totals: _totals, ...record }: Exclude<RightsizingPage, { cluster: null }>): RightsizingRow {
  return {
    ...record,
    cpu_saving: toNumber(record.cpu_saving),
    ram_saving: toNumber(record.ram_saving),
    saving_month: toNumber(record.saving_month),
    cost_month: toNumber(record.cost_month),
  }
}

function toNumber(amount: string | null): number | null {
  return amount === null ? null : Number(amount)
}
