import { newestDueWindow } from '../domain/window.js'
import { isAboutMissingPart, type MissingPart, missingWarnings } from './cost-allocation-missing.js'
import { allocationPage, scopeTotal } from './cost-allocation-query.js'
import { toCostAllocationRow } from './cost-allocation-row.js'
import { type CursorScope, readCursor, writeCursor } from './cursor.js'
import { type ApiError, unavailable } from './errors.js'
import { type CostAllocationRequest, previousRange } from './parameters.js'
import { type AccountState, type DataState, readDataState, readRangeState } from './range-state.js'
import type { CostAllocationBody } from './schemas/cost-allocation.js'
import type { RunQuery } from './snapshot.js'

/** Minutes after its end at which a window should have been loaded first, and the present in Unix seconds. */
export interface Clock {
  readonly now: () => number
  readonly settleMinutes: number
}

const NOTHING_LOADED_RETRY_SECONDS = 60

export interface Subject {
  readonly cloudAccountId: string
  readonly account: AccountState
  readonly request: CostAllocationRequest
  readonly clock: Clock
}

/** The whole answer from one snapshot; 503 where nothing has ever been loaded for the account. */
export async function answerCostAllocation(run: RunQuery, subject: Subject): Promise<CostAllocationBody> {
  const { cloudAccountId, request } = subject
  const data = await readDataState(run, cloudAccountId)
  if (data.loadedWindows === 0) throw nothingLoaded(cloudAccountId)
  const scope: CursorScope = { cloudAccountId, query: whatIsAsked(request), dataVersion: data.version }
  const offset = request.cursor === undefined ? 0 : readCursor(request.cursor, scope)
  const records = await run(allocationPage(cloudAccountId, request, offset))
  const previous = previousRange(request.range)
  const [previousTotal] = await run(scopeTotal({ cloudAccountId, ...request, range: previous }))
  const rows = records.flatMap(record => (record.id === null ? [] : [toCostAllocationRow(record, request)]))
  const setCount = records[0]?.set_count ?? 0
  const nextOffset = offset + rows.length
  return {
    start_date: request.startDate,
    end_date: request.endDate,
    breakdown_by: request.breakdownBy,
    step: request.step,
    total_cost: Number(records[0]?.set_cost ?? 0),
    total_count: setCount,
    previous_total: typeof previousTotal?.total === 'string' ? Number(previousTotal.total) : null,
    previous_range_start: previous.from,
    cost_allocation: rows,
    meta: await describeAnswer(run, subject, data, records[0]?.missing ?? []),
    page: { limit: request.limit, next: nextOffset < setCount ? writeCursor(nextOffset, scope) : null },
  }
}

async function describeAnswer(
  run: RunQuery,
  { cloudAccountId, account, request, clock }: Subject,
  data: DataState,
  missing: readonly MissingPart[],
): Promise<CostAllocationBody['meta']> {
  const now = clock.now()
  const state = await readRangeState(run, cloudAccountId, {
    range: request.range,
    newestDue: newestDueWindow(now, clock.settleMinutes),
    clusters: request.filters.cluster,
  })
  const missingHere = missingWarnings(missing, request)
  return {
    currency: account.currency,
    data_version: data.version,
    data_to: state.dataTo,
    generated_at: Math.floor(now),
    coverage: state.coverage,
    partial: state.gaps.length > 0 || missingHere.length > 0,
    gaps: [...state.gaps],
    warnings: [...missingHere, ...state.warnings.filter(({ code }) => !isAboutMissingPart(code))],
  }
}

function nothingLoaded(cloudAccountId: string): ApiError {
  return unavailable(
    `No window of CloudAccount ${cloudAccountId} is loaded yet; its first data appears once an hour has been ingested`,
    NOTHING_LOADED_RETRY_SECONDS,
  )
}

/** Everything of the request that decides which rows there are and in which order; the size of a page does not. */
function whatIsAsked(request: CostAllocationRequest): unknown {
  const { startDate, endDate, breakdownBy, step, idle, filters, sort, order } = request
  return [startDate, endDate, breakdownBy, step, idle, filters, sort, order]
}
