import { getAccount } from '../src/db/accounts.js'
import type { ClusterBatch } from '../src/domain/samples.js'
import { DAY_SECONDS, type Window } from '../src/domain/window.js'
import { extractBatch } from '../src/extract/extract-batch.js'
import { type Claim, claimDue, renewLease } from '../src/load/claims.js'
import { encodeReadings } from '../src/load/readings.js'
import { startRun } from '../src/load/runs.js'
import { windowOutcomes } from '../src/transform/window-rows.js'
import type { DayKey, JobContext } from './context.js'
import { keepLease, LEASE_SECONDS } from './lease.js'
import {
  giveUp,
  isFaultOfWindows,
  type Load,
  type LoadReport,
  publishOutcomes,
  setAside,
} from './load-result.js'
import { guardStores } from './store-guard.js'

/**
 * Loads what is due of one day of one cluster: claim, extract, transform, publish. Safe to run any number of times, on
 * any number of workers at once: the ledger deals the windows out and refuses an attempt that was overtaken.
 */
export const loadDay = {
  name: 'load-day',
  async run(key: DayKey, context: JobContext): Promise<LoadReport> {
    const report: LoadReport = { published: 0, unchanged: 0, open: 0 }
    const { pool, worker } = context
    const account = await getAccount(pool, key.cloudAccountId)
    const claims = await claimDue(pool, {
      cloudAccountId: key.cloudAccountId,
      clusterId: key.clusterId,
      from: key.day,
      to: key.day + DAY_SECONDS,
      worker,
      leaseSeconds: LEASE_SECONDS,
      now: context.now(),
    })
    if (claims.length === 0) return report
    const lease = keepLease(context, claims, renewLease)
    const run = await startRun(pool, { ...key, windows: claims.map(claim => claim.window), worker })
    const finished = new Set<Window>()
    const load = { context, account, clusterId: key.clusterId, run, report, finished, signal: lease.signal }
    try {
      const guard = await guardStores(context, account, lease.signal)
      await loadInPieces({ ...load, guard }, claims)
    } catch (error) {
      await giveUp(load, claims, error)
    } finally {
      lease.stop()
      await run.finish()
    }
    return report
  },
}

/** Hours read at once as long as nobody knows how much an hour is. */
const FIRST_PIECE_WINDOWS = 6
/** Container-hours held at once: enough that asking costs little, few enough that memory does not grow with the cluster. */
const PIECE_ROWS = 60_000

/** Reads the next hours while the last ones are computed and written. */
async function loadInPieces(load: Load, claims: readonly Claim[]): Promise<void> {
  const failures: unknown[] = []
  let writing = Promise.resolve()
  try {
    let size = FIRST_PIECE_WINDOWS
    for (let next = 0; next < claims.length && failures.length === 0; ) {
      const piece = claims.slice(next, next + size)
      next += piece.length
      const read = await narrowingDown(load, piece, () => readWindows(load, piece))
      await writing
      if (read === undefined) continue
      size = Math.max(1, Math.floor(PIECE_ROWS / Math.max(1, rowsPerWindow(read))))
      writing = narrowingDown(load, piece, () => writeWindows(load, read)).catch((error: unknown) => {
        failures.push(error)
      })
    }
  } finally {
    await writing
  }
  if (failures.length > 0) throw failures[0]
}

function rowsPerWindow({ claims, batch }: ReadWindows): number {
  const points = batch.facts.get('containerSamples')?.reduce((sum, series) => sum + series.times.length, 0)
  return (points ?? 0) / Math.max(1, claims.length)
}

/**
 * Runs a step of some windows; a failure that is the fault of single windows is narrowed down to them. What concerns
 * every window is thrown on: asking for the rest would fail as well.
 */
async function narrowingDown<T>(
  load: Load,
  claims: readonly Claim[],
  step: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await step()
  } catch (error) {
    if (!isFaultOfWindows(error)) throw error
    if (claims.length === 1) {
      await giveUp(load, claims, error)
      return undefined
    }
    const middle = Math.ceil(claims.length / 2)
    await loadAlone(load, claims.slice(0, middle))
    await loadAlone(load, claims.slice(middle))
    return undefined
  }
}

async function loadAlone(load: Load, claims: readonly Claim[]): Promise<void> {
  await narrowingDown(load, claims, async () => writeWindows(load, await readWindows(load, claims)))
}

const EMPTY_BATCH: ClusterBatch = {
  windows: [],
  facts: new Map(),
  intervals: new Map(),
  raw: new Map(),
  metrics: new Map(),
  mended: new Map(),
  flagged: new Set(),
}

interface ReadWindows {
  readonly claims: readonly Claim[]
  readonly batch: ClusterBatch
}

async function readWindows(load: Load, claims: readonly Claim[]): Promise<ReadWindows> {
  const { context, run, guard } = load
  const source = {
    client: context.thanos,
    account: load.account,
    clusterId: load.clusterId,
    tenantLabel: context.config.thanos.tenantLabel,
    signal: load.signal,
  }
  await guard.look()
  const asked = await setAsideUnguarded(load, claims)
  if (asked.length === 0) return { claims: [], batch: EMPTY_BATCH }
  await run.advance('extract')
  const batch = await extractBatch(
    source,
    asked.map(claim => claim.window),
  )
  await guard.look()
  return { claims: await setAsideUnguarded(load, asked), batch }
}

async function writeWindows(load: Load, { claims, batch }: ReadWindows): Promise<void> {
  if (claims.length === 0) return
  await load.run.advance('transform')
  const readings = encodeReadings(batch)
  await publishOutcomes(load, claims, windowOutcomes(batch), readings)
}

/** Windows for which a store is missing are noted as incomplete; the others are returned. */
async function setAsideUnguarded(load: Load, claims: readonly Claim[]): Promise<Claim[]> {
  const whole: Claim[] = []
  for (const claim of claims) {
    const missing = load.guard.missingFor(claim.window)
    if (missing.length === 0) whole.push(claim)
    else {
      const detail = `${missing.length} Thanos store(s) that announced the account did not answer for this window: ${missing.join('; ')}`
      await setAside(load, claim, 'source_incomplete', detail)
    }
  }
  return whole
}
