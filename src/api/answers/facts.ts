import { type FactRecord, factPage, factRows, isLoaded } from '../facts/answer.js'
import { allFilters, asks } from '../facts/columns.js'
import { hoursOnly, knowsDays, planDays } from '../facts/day-plan.js'
import { isAboutMissingPart, type MissingPart, missingWarnings } from '../facts/missing.js'
import type { FactQuery, FactScope, RowShape } from '../facts/scope.js'
import { totalOf } from '../facts/shared.js'
import { previousRange, type WindowRange } from '../query/asked.js'
import type { MetaBody } from '../schemas/common.js'
import type { RunQuery, Snapshot } from '../snapshot.js'
import { type AskedPage, pagePlace } from './cursor.js'
import { keptSince, refuseExpired } from './expired.js'
import { type RangeScope, readRangeState } from './range-state.js'
import type { AskedRange, Subject } from './subject.js'

/** What is asked of the facts: which, cut how, in which order, which page. */
export interface AskedFacts extends AskedRange, AskedPage, Omit<FactScope, 'cloudAccountId'>, RowShape {
  readonly sort: string
  readonly order: 'asc' | 'desc'
}

/** One page of rows of facts, and what is told beside the rows of every such answer. */
export interface FactsAnswer {
  readonly records: FactRecord[]
  readonly head: {
    start_date: number
    end_date: number
    breakdown_by: string | string[]
    step: string
    total_cost: number
    total_count: number
    previous_total: number | null
    previous_range_start: number
  }
  readonly meta: MetaBody
  readonly page: { limit: number; next: string | null }
}

export async function answerFacts(run: RunQuery, subject: Subject<AskedFacts>): Promise<FactsAnswer> {
  const { asked } = subject
  refuseExpired(subject, needsOf(asked))
  const place = pagePlace(subject)
  const query = await factQuery(run, subject, asked.range)
  const page = await run(factPage(query, { ...asked, offset: place.offset }))
  const records = page.flatMap(record => (record.id === null ? [] : [record]))
  const count = page[0]?.set_count ?? 0
  const previous = previousRange(asked.range)
  return {
    records,
    head: {
      start_date: asked.startDate,
      end_date: asked.endDate,
      breakdown_by: namesOf(asked.breakdownBy),
      step: asked.step,
      total_cost: Number(page[0]?.set_cost ?? 0),
      total_count: count,
      previous_total: await previousTotal(run, subject, previous),
      previous_range_start: previous.from,
    },
    meta: await describeFacts(run, subject, query, page[0]?.missing ?? []),
    page: place.tell(records.length, count),
  }
}

/** All rows of facts in their order, each as the API gives it. */
export async function openFacts<Row>(
  snapshot: Snapshot,
  subject: Subject<AskedFacts>,
  toRow: (record: FactRecord, asked: AskedFacts) => Row,
): Promise<(most: number) => Promise<Row[]>> {
  refuseExpired(subject, needsOf(subject.asked))
  const query = await factQuery(snapshot.run, subject, subject.asked.range)
  const next = await snapshot.open(factRows(query, subject.asked))
  return async most => (await next(most)).map(record => toRow(record, subject.asked))
}

/** The query of a range, with its days planned. */
export async function factQuery(
  run: RunQuery,
  { cloudAccountId, asked }: Subject<AskedFacts>,
  range: WindowRange,
): Promise<FactQuery> {
  const plan = needsOf(asked) === 'days' ? await planDays(run, cloudAccountId, range) : hoursOnly(range)
  return { scope: { ...asked, cloudAccountId, range }, shape: asked, plan }
}

export function needsOf({ breakdownBy, step, filters }: AskedFacts): 'hours' | 'days' {
  return knowsDays(breakdownBy, step, filters) ? 'days' : 'hours'
}

// Sharing moves cost between rows and makes none: only where a filter parts them does the total depend on it.
async function previousTotal(
  run: RunQuery,
  subject: Subject<AskedFacts>,
  range: WindowRange,
): Promise<number | null> {
  const { asked } = subject
  const isFiltered = allFilters(asked.filters).some(asks)
  const isSpread = isFiltered && asked.shareNamespaces.length > 0
  const idle = asked.idle === 'share' && !isFiltered ? 'separate' : asked.idle
  const total = { ...asked, idle, breakdownBy: [], step: 'all', shareNamespaces: [] } as const
  const query = await factQuery(run, { ...subject, asked: isSpread ? asked : total }, range)
  const [row] = await run(totalOf(query, isLoaded(query)))
  return typeof row?.total === 'string' ? Number(row.total) : null
}

async function describeFacts(
  run: RunQuery,
  subject: Subject<AskedFacts>,
  { scope, shape }: FactQuery,
  missing: readonly MissingPart[],
): Promise<MetaBody> {
  const missingHere = missingWarnings(missing, scope, shape)
  const meta = await describeRange(run, subject, {
    clusters: scope.filters.cluster,
    daysServe: needsOf(subject.asked) === 'days',
  })
  return {
    ...meta,
    partial: meta.partial || missingHere.length > 0,
    warnings: [...missingHere, ...meta.warnings.filter(({ code }) => !isAboutMissingPart(code))],
  }
}

/** What is told of the data of a range beside its rows. */
export async function describeRange(
  run: RunQuery,
  subject: Subject<AskedRange>,
  scope: Pick<RangeScope, 'clusters' | 'daysServe'>,
): Promise<MetaBody> {
  const { cloudAccountId, account, data, now } = subject
  const state = await readRangeState(run, cloudAccountId, rangeScope(subject, scope))
  return {
    currency: account.currency,
    data_version: data.version,
    data_to: state.dataTo,
    generated_at: Math.floor(now),
    coverage: state.coverage,
    partial: state.gaps.length > 0,
    gaps: [...state.gaps],
    warnings: [...state.warnings],
  }
}

/** What is looked at to tell how whole the answer to a range is. */
export function rangeScope(
  subject: Subject<AskedRange>,
  scope: Pick<RangeScope, 'clusters' | 'daysServe'>,
): RangeScope {
  const { asked, newestDue } = subject
  return { ...scope, range: asked.range, newestDue, hoursKeptSince: keptSince(subject, 'hours') }
}

function namesOf(breakdownBy: readonly string[]): string | string[] {
  const [only, ...more] = breakdownBy
  return only !== undefined && more.length === 0 ? only : [...breakdownBy]
}
