import { isLoaded } from '../facts/answer.js'
import { hoursOnly, knowsDays, planDays } from '../facts/day-plan.js'
import type { FactQuery } from '../facts/scope.js'
import { type Filters, type OptionalDates, previousRange, type WindowRange } from '../query/asked.js'
import { type Breakdown, LABEL_NAMES } from '../query/parameters.js'
import type { FiltersBody } from '../schemas/filters.js'
import type { RunQuery } from '../snapshot.js'
import { pagePlace } from './cursor.js'
import { recentDates } from './dates.js'
import { refuseExpired } from './expired.js'
import { describeRange } from './facts.js'
import { type ValueQuery, valuePage, valueTotal } from './filters-query.js'
import type { AskedListing } from './listing.js'
import type { AskedRange, Subject } from './subject.js'

export interface AskedFilters extends OptionalDates, AskedListing {
  readonly dimension: Breakdown | typeof LABEL_NAMES
  readonly search: string
  readonly filters: Filters
}

export async function answerFilters(run: RunQuery, given: Subject<AskedFilters>): Promise<FiltersBody> {
  const subject = { ...given, asked: { ...given.asked, ...recentDates(given) } }
  const { asked } = subject
  refuseExpired(subject, needsOf(asked))
  const place = pagePlace(subject)
  const query = await valueQuery(run, subject, asked.range)
  const records = await run(valuePage(query, { ...asked, offset: place.offset }))
  const rows = records.flatMap(record =>
    record.value === null ? [] : [{ ...record, total_cost: Number(record.total_cost) }],
  )
  const count = records[0]?.set_count ?? 0
  const range = previousRange(asked.range)
  return {
    start_date: asked.startDate,
    end_date: asked.endDate,
    dimension: asked.dimension,
    total_cost: Number(records[0]?.set_cost ?? 0),
    total_count: count,
    previous_total: await previousTotal(run, subject, range),
    previous_range_start: range.from,
    filters: rows.map(({ value, name, total_cost }) => ({ value, name, total_cost })),
    meta: await describeRange(run, subject, {
      clusters: asked.filters.cluster,
      daysServe: needsOf(asked) === 'days',
    }),
    page: place.tell(rows.length, count),
  }
}

/** Only the hours know pods and labels. */
function needsOf({ dimension, filters }: AskedFilters): 'hours' | 'days' {
  return dimension !== LABEL_NAMES && knowsDays([dimension], 'all', filters) ? 'days' : 'hours'
}

async function valueQuery(
  run: RunQuery,
  { cloudAccountId, asked }: Subject<AskedFilters & AskedRange>,
  range: WindowRange,
): Promise<ValueQuery> {
  const { dimension, filters, search } = asked
  const plan = needsOf(asked) === 'days' ? await planDays(run, cloudAccountId, range) : hoursOnly(range)
  const facts: FactQuery = {
    scope: {
      ...{ cloudAccountId, range, filters, idle: 'hide', idleBy: 'cluster' },
      ...{ shareNamespaces: [], shareSplit: 'weighted' },
    },
    shape: { breakdownBy: dimension === LABEL_NAMES ? [] : [dimension], step: 'all' },
    plan,
  }
  return { facts, search }
}

async function previousTotal(
  run: RunQuery,
  subject: Subject<AskedFilters & AskedRange>,
  range: WindowRange,
): Promise<number | null> {
  const query = await valueQuery(run, subject, range)
  const [row] = await run(valueTotal(query, isLoaded(query.facts)))
  return typeof row?.total === 'string' ? Number(row.total) : null
}
