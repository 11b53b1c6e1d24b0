import type pg from 'pg'
import { transact } from '../db/pool.js'
import { retryConflicts } from '../db/retry.js'
import { underLock } from '../db/session-lock.js'
import type { UsageWindowRows } from '../domain/usage-samples.js'
import type { Window } from '../domain/window.js'
import type { ClusterDay } from './rollup.js'
import type { UsageClaim } from './usage-claims.js'
import { copyHours } from './usage-columns.js'
import { sumUsageDay, usageLock } from './usage-days.js'
import { keyOf, THIS_WINDOW } from './window-key.js'

/**
 * - `collected`: the rows have taken the place of what was there.
 * - `poorer`: less than half of what is there was read; that stays, as the source has forgotten.
 * - `stale`: somebody has claimed the window since, or its costs have changed; nothing was written.
 */
export type UsageOutcome = 'collected' | 'poorer' | 'stale'

export interface ClaimedUsage {
  readonly claim: UsageClaim
  readonly rows: UsageWindowRows
}

export interface UsageResult {
  readonly claim: UsageClaim
  readonly outcome: UsageOutcome
}

/** Stores the usage of windows of one day, and the day's sums with it: all of it or nothing. */
export async function publishUsage(
  pool: pg.Pool,
  day: ClusterDay,
  windows: readonly ClaimedUsage[],
): Promise<UsageResult[]> {
  if (windows.length === 0) return []
  for (const { claim, rows } of windows) {
    if (claim.window !== rows.window) throw new RangeError('a claim came with the usage of another window')
  }
  return underLock(pool, usageLock(day), client =>
    retryConflicts(() => transact(client, () => publishLocked(client, day, windows))),
  )
}

async function publishLocked(
  client: pg.ClientBase,
  day: ClusterDay,
  windows: readonly ClaimedUsage[],
): Promise<UsageResult[]> {
  const known = await knownWindows(client, day, windows)
  const results = windows.map(one => ({ ...one, outcome: outcomeOf(one, known.get(one.claim.window)) }))
  const collected = results.filter(({ outcome }) => outcome === 'collected')
  for (const { claim, rows, outcome } of results) {
    if (outcome === 'collected') await noteCollected(client, claim, rows)
    else if (outcome === 'poorer') await notePoorer(client, claim, rows)
    else await letGo(client, claim)
  }
  if (collected.length > 0) {
    await client.query({
      name: 'delete-usage-hours',
      text: `delete from warehouse.usage_hourly
             where cloud_account_id = $1 and cluster_id = $2
               and window_start in (select to_timestamp(w) from unnest($3::float8[]) as w)`,
      values: [day.cloudAccountId, day.clusterId, collected.map(({ claim }) => claim.window)],
    })
    await copyHours(
      client,
      day,
      collected.flatMap(({ rows }) => rows.rows),
    )
    await sumUsageDay(client, day)
  }
  return results.map(({ claim, outcome }) => ({ claim, outcome }))
}

interface Known {
  readonly window: Window
  readonly attempt: number
  readonly isClaimed: boolean
  readonly points: number
  /** Of the costs that are published. */
  readonly revision: number
}

async function knownWindows(
  client: pg.ClientBase,
  { cloudAccountId, clusterId }: ClusterDay,
  windows: readonly ClaimedUsage[],
): Promise<Map<Window, Known>> {
  const { rows } = await client.query<Known>({
    name: 'known-usage',
    text: `select extract(epoch from u.window_start)::float8 as window, u.attempt, u.claimed_by is not null as "isClaimed",
             u.points::float8 as points, l.revision
           from warehouse.usage_window u
           join warehouse.window_ledger l on l.cloud_account_id = $1 and l.cluster_id = $2 and l.window_start = u.window_start
           where u.cloud_account_id = $1 and u.cluster_id = $2
             and u.window_start in (select to_timestamp(w) from unnest($3::float8[]) as w)
           order by u.window_start
           for update of u`,
    values: [cloudAccountId, clusterId, windows.map(({ claim }) => claim.window)],
  })
  return new Map(rows.map(row => [row.window, row]))
}

function outcomeOf({ claim, rows }: ClaimedUsage, known: Known | undefined): UsageOutcome {
  if (known === undefined || known.attempt !== claim.attempt || !known.isClaimed) return 'stale'
  if (known.revision !== rows.revision) return 'stale'
  return rows.points * 2 < known.points ? 'poorer' : 'collected'
}

const MINE = `${THIS_WINDOW} and attempt = $4 and claimed_by is not null`
const ENDED = 'claimed_by = null, lease_until = null'
const SUCCEEDED = `${ENDED}, failures = 0, next_try_at = null`

async function noteCollected(client: pg.ClientBase, claim: UsageClaim, rows: UsageWindowRows): Promise<void> {
  await client.query({
    name: 'note-usage-collected',
    text: `update warehouse.usage_window
           set ${SUCCEEDED}, error_code = null, error_message = null, revision = $5, collected_at = now(),
             hours_expired = false, cpu_source = $6, step_seconds = $7, points = $8, rejects = $9, knows_requests = $10,
             knows_limits = $11, knows_oom = $12, knows_throttling = $13, knows_hpa = $14, largest_cpu_cores = $15,
             largest_ram_bytes = $16, heard = $17
           where ${MINE}`,
    values: [
      ...[...keyOf(claim), claim.attempt, rows.revision, rows.cpuSource, rows.stepSeconds, rows.points],
      ...[JSON.stringify(rows.rejects), rows.knowsRequests, rows.knowsLimits, rows.knowsOom],
      ...[rows.knowsThrottling, rows.knowsHpa, rows.largestCpuCores, rows.largestRamBytes],
      rows.isHeard,
    ],
  })
}

async function notePoorer(client: pg.ClientBase, claim: UsageClaim, rows: UsageWindowRows): Promise<void> {
  await client.query({
    name: 'note-usage-poorer',
    text: `update warehouse.usage_window
           set ${SUCCEEDED}, revision = $5, error_code = 'USAGE_POORER',
             error_message = 'read again, the source gave ' || $6::bigint || ' points where it gave ' || points
               || ' before; those stay, with the costs of then'
           where ${MINE}`,
    values: [...keyOf(claim), claim.attempt, rows.revision, rows.points],
  })
}

/** A window whose costs have changed meanwhile is due again at once. */
async function letGo(client: pg.ClientBase, claim: UsageClaim): Promise<void> {
  await client.query({
    name: 'let-usage-go',
    text: `update warehouse.usage_window set ${ENDED} where ${MINE}`,
    values: [...keyOf(claim), claim.attempt],
  })
}
