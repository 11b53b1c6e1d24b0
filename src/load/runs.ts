import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { connectionProblem } from '../db/pool.js'
import type { Reject } from '../domain/rows.js'
import type { Window } from '../domain/window.js'
import type { WindowResult } from './publish-batch.js'

export type RunState = 'running' | 'done' | 'partial' | 'failed' | 'released'
type RunStage = 'claim' | 'extract' | 'transform' | 'stage' | 'publish' | 'finished'

/** One try at a batch of windows, as operators see it. The ledger does not depend on it. */
export interface Run {
  readonly runId: string
  /** Notes that the next stage has begun. */
  advance(stage: RunStage): Promise<void>
  /** Counts what became of a window. */
  count(result: WindowResult): void
  /** Counts a window that was not published for a reason that is no error. */
  setAside(reason: string, detail: string): void
  /** Notes an error; the first one is kept. */
  failed(code: string, message: string): void
  /** Notes that its claims were given back, as on a graceful stop. */
  released(): void
  /** Ends it. Does not reject when the database is out of reach: the next run of the cluster then ends it. */
  finish(): Promise<void>
}

interface Tally {
  published: number
  unchanged: number
  open: number
  points: number
  rows: number
  readonly rejects: Map<string, Reject>
  wasReleased: boolean
  error: { code: string; message: string } | undefined
}

/** Begins a run. Runs of the same cluster that a killed worker left behind are ended, as it holds no lease any more. */
export async function startRun(
  pool: pg.Pool,
  start: { cloudAccountId: string; clusterId: string; windows: readonly Window[]; worker: string },
): Promise<Run> {
  const { cloudAccountId, clusterId, windows, worker } = start
  const runId = randomUUID()
  await endAbandoned(pool, cloudAccountId, clusterId)
  await pool.query({
    name: 'start-run',
    text: `insert into warehouse.load_run
             (cloud_account_id, run_id, cluster_id, first_window, windows, worker, state, stage)
           values ($1, $2, $3, to_timestamp($4), $5, $6, 'running', 'claim')`,
    values: [cloudAccountId, runId, clusterId, Math.min(...windows), windows.length, worker],
  })
  return createRun(pool, cloudAccountId, runId)
}

function createRun(pool: pg.Pool, cloudAccountId: string, runId: string): Run {
  const tally: Tally = {
    published: 0,
    unchanged: 0,
    open: 0,
    points: 0,
    rows: 0,
    rejects: new Map(),
    wasReleased: false,
    error: undefined,
  }
  return {
    runId,
    advance: async stage => {
      await pool.query({
        name: 'advance-run',
        text: 'update warehouse.load_run set stage = $3 where cloud_account_id = $1 and run_id = $2',
        values: [cloudAccountId, runId, stage],
      })
    },
    count: result => count(tally, result),
    setAside: (reason, detail) => {
      tally.open++
      tally.error ??= { code: reason, message: detail }
    },
    failed: (code, message) => {
      tally.open++
      tally.error ??= { code, message }
    },
    released: () => {
      tally.wasReleased = true
    },
    finish: () => finish(pool, cloudAccountId, runId, tally),
  }
}

function count(tally: Tally, { outcome, rows }: WindowResult): void {
  tally.points += rows.points
  if (outcome === 'published') {
    tally.published++
    tally.rows += rows.allocations.length + rows.nodes.length + rows.idle.length
  } else if (outcome === 'unchanged') tally.unchanged++
  else tally.open++
  if (outcome === 'stale')
    tally.error ??= { code: 'STALE_ATTEMPT', message: 'a newer attempt has claimed the window' }
  for (const reject of rows.rejects) {
    const key = JSON.stringify([reject.reason, reject.metric])
    tally.rejects.set(key, { ...reject, count: reject.count + (tally.rejects.get(key)?.count ?? 0) })
  }
}

function stateOf(tally: Tally): RunState {
  const done = tally.published + tally.unchanged
  if (tally.wasReleased) return 'released'
  if (tally.open === 0 && tally.error === undefined) return 'done'
  return done > 0 ? 'partial' : 'failed'
}

async function finish(pool: pg.Pool, cloudAccountId: string, runId: string, tally: Tally): Promise<void> {
  const rejects = [...tally.rejects.values()]
  try {
    await pool.query({
      name: 'finish-run',
      text: `update warehouse.load_run
             set state = $3, stage = case when $3 = 'done' then 'finished' else stage end, finished_at = now(),
                 windows_published = $4, windows_unchanged = $5, extracted_points = $6, loaded_rows = $7,
                 rejects = $8, reject_reasons = $9, error_code = $10, error_message = $11
             where cloud_account_id = $1 and run_id = $2`,
      values: [
        ...[
          cloudAccountId,
          runId,
          stateOf(tally),
          tally.published,
          tally.unchanged,
          tally.points,
          tally.rows,
        ],
        rejects.reduce((sum, reject) => sum + reject.count, 0),
        JSON.stringify(rejects),
        tally.error?.code ?? null,
        tally.error?.message ?? null,
      ],
    })
  } catch (error) {
    if (connectionProblem(error) === undefined) throw error
  }
}

async function endAbandoned(pool: pg.Pool, cloudAccountId: string, clusterId: string): Promise<void> {
  await pool.query({
    name: 'end-abandoned-runs',
    text: `update warehouse.load_run r
           set state = 'failed', finished_at = now(), error_code = 'ABANDONED',
               error_message = 'The worker ended without a word; its windows were taken over.'
           where r.cloud_account_id = $1 and r.cluster_id = $2 and r.state = 'running'
             and r.started_at < now() - interval '1 minute'
             and not exists (
               select from warehouse.window_ledger l
               where l.cloud_account_id = $1 and l.cluster_id = $2 and l.claimed_by = r.worker and l.lease_until > now()
             )`,
    values: [cloudAccountId, clusterId],
  })
}

export interface RunRow {
  readonly runId: string
  readonly cloudAccountId: string
  readonly clusterId: string
  /** Unix seconds. */
  readonly firstWindow: Window
  readonly windows: number
  readonly worker: string
  readonly state: RunState
  readonly stage: RunStage
  readonly startedAt: Date
  readonly finishedAt: Date | null
  readonly windowsPublished: number
  readonly windowsUnchanged: number
  readonly extractedPoints: number
  readonly loadedRows: number
  readonly rejects: number
  readonly rejectReasons: readonly Reject[]
  readonly errorCode: string | null
  readonly errorMessage: string | null
}

/** Runs, newest first. */
export async function listRuns(
  pool: pg.Pool,
  filter: { accountId?: string; state?: RunState; limit: number },
): Promise<RunRow[]> {
  const { rows } = await pool.query<RunRow>({
    name: 'list-runs',
    text: `select run_id as "runId", cloud_account_id as "cloudAccountId", cluster_id as "clusterId",
             extract(epoch from first_window)::float8 as "firstWindow", windows, worker, state, stage,
             started_at as "startedAt", finished_at as "finishedAt", windows_published as "windowsPublished",
             windows_unchanged as "windowsUnchanged", extracted_points::float8 as "extractedPoints",
             loaded_rows::float8 as "loadedRows", rejects::float8 as rejects, reject_reasons as "rejectReasons",
             error_code as "errorCode", error_message as "errorMessage"
           from warehouse.load_run
           where ($1::uuid is null or cloud_account_id = $1) and ($2::text is null or state = $2)
           order by started_at desc, run_id
           limit $3`,
    values: [filter.accountId ?? null, filter.state ?? null, filter.limit],
  })
  return rows
}
