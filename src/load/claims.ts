import type pg from 'pg'
import { retryConflicts } from '../db/retry.js'
import type { Window } from '../domain/window.js'
import type { Remedy } from '../errors.js'

/** The right to publish one window, as long as nobody has claimed it since. */
export interface Claim {
  readonly cloudAccountId: string
  readonly clusterId: string
  readonly window: Window
  /** Fence: a publish with a number that is not the newest is refused. */
  readonly attempt: number
  /** Of what is published; 0 = nothing yet. */
  readonly revision: number
  /** Failures since the last success. */
  readonly failures: number
}

export interface ClaimRequest {
  readonly cloudAccountId: string
  readonly clusterId: string
  /** Windows that start in `[from, to)`. */
  readonly from: number
  readonly to: number
  /** Unique among all living processes. */
  readonly worker: string
  readonly leaseSeconds: number
  readonly now: number
  /** At most so many, oldest first. */
  readonly limit?: number
}

const DUE = 'next_read_at <= to_timestamp($8)'
const KEPT = `revision > 0 and exists (
  select from warehouse.window_source s
  where s.cloud_account_id = $1 and s.cluster_id = $2 and s.window_start = l.window_start)`

/**
 * Claims the windows that are due at `now` and that nobody holds. Leases are kept in the database's time, so that
 * clocks of workers that differ cannot make two of them owners.
 */
export async function claimDue(pool: pg.Pool, request: ClaimRequest): Promise<Claim[]> {
  return claim(pool, 'claim-due', DUE, request, [request.now])
}

/** Claims the published windows whose readings are kept and that nobody holds, whenever they are to be read next. */
export async function claimKept(pool: pg.Pool, request: Omit<ClaimRequest, 'now'>): Promise<Claim[]> {
  return claim(pool, 'claim-kept', KEPT, request, [])
}

async function claim(
  pool: pg.Pool,
  name: string,
  condition: string,
  request: Omit<ClaimRequest, 'now'>,
  values: readonly unknown[],
): Promise<Claim[]> {
  const { rows } = await pool.query<Claim>({
    name,
    // Every part names the account: without that, locking reads cannot be sent to one shard.
    text: `with free as (
             select window_start
             from warehouse.window_ledger l
             where cloud_account_id = $1 and cluster_id = $2
               and window_start >= to_timestamp($3) and window_start < to_timestamp($4)
               and ${condition}
               and (lease_until is null or lease_until <= now())
             order by window_start
             limit $7
             for update skip locked
           )
           update warehouse.window_ledger l
           set attempt = attempt + 1, claimed_by = $5, lease_until = now() + $6 * interval '1 second'
           from free
           where l.cloud_account_id = $1 and l.cluster_id = $2 and l.window_start = free.window_start
           returning l.cloud_account_id as "cloudAccountId", l.cluster_id as "clusterId",
             extract(epoch from l.window_start)::float8 as window, l.attempt, l.revision, l.failures`,
    values: [
      request.cloudAccountId,
      request.clusterId,
      request.from,
      request.to,
      request.worker,
      request.leaseSeconds,
      request.limit ?? null,
      ...values,
    ],
  })
  return rows.sort((a, b) => a.window - b.window)
}

const HELD = `from unnest($1::uuid[], $2::text[], $3::float8[], $4::int[]) as held (account, cluster, window_start, attempt)
  where l.cloud_account_id = held.account and l.cluster_id = held.cluster
    and l.window_start = to_timestamp(held.window_start) and l.attempt = held.attempt and l.claimed_by is not null`

/** Lengthens the leases to `leaseSeconds` from now. Gives the claims that are still held. */
export async function renewLease(
  pool: pg.Pool,
  claims: readonly Claim[],
  leaseSeconds: number,
): Promise<Claim[]> {
  const { rows } = await retryConflicts(() =>
    pool.query<{ account: string; cluster: string; window: number; attempt: number }>({
      name: 'renew-lease',
      text: `update warehouse.window_ledger l set lease_until = now() + $5 * interval '1 second'
             ${HELD}
             returning held.account, held.cluster, held.window_start as window, held.attempt`,
      values: [...columnsOf(claims), leaseSeconds],
    }),
  )
  const nameOf = (...parts: unknown[]) => JSON.stringify(parts)
  const kept = new Set(rows.map(row => nameOf(row.account, row.cluster, row.window, row.attempt)))
  return claims.filter(claim =>
    kept.has(nameOf(claim.cloudAccountId, claim.clusterId, claim.window, claim.attempt)),
  )
}

/** Gives claims back unused, as on a graceful stop: the windows stay due. */
export async function releaseClaims(pool: pg.Pool, claims: readonly Claim[]): Promise<void> {
  await retryConflicts(() =>
    pool.query({
      name: 'release-claims',
      text: `update warehouse.window_ledger l set claimed_by = null, lease_until = null ${HELD}`,
      values: columnsOf(claims),
    }),
  )
}

function columnsOf(claims: readonly Claim[]): [string[], string[], number[], number[]] {
  return [
    claims.map(claim => claim.cloudAccountId),
    claims.map(claim => claim.clusterId),
    claims.map(claim => claim.window),
    claims.map(claim => claim.attempt),
  ]
}

/** Terminal failures in a row after which a window is set aside. */
const TRIES = 5
/** One minute, doubled with every failure up to an hour. */
const PAUSE = 'least(3600, 60 * power(2, least(failures, 10)))'

const CLAIMED = `cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3)
  and attempt = $4 and claimed_by is not null`

export interface Failure {
  readonly code: string
  /** Fit for any eye of the account: nothing that another system said. */
  readonly message: string
  readonly remedy: Remedy
  readonly retryAfterSeconds?: number | undefined
}

/**
 * Ends a claim whose window could not be read or published. What a retry may mend is tried again after a pause of one
 * minute to an hour (or longer where the other side asked so). What it cannot mend is tried five times in a row; then a
 * window that has nothing published is quarantined, and one that has keeps it and is left alone, both until somebody
 * asks for a reload. Gives false, and changes nothing, where the claim is no longer the newest.
 */
export async function recordFailure(
  pool: pg.Pool,
  claim: Claim,
  failure: Failure,
  now: number,
): Promise<boolean> {
  const isLastTry = `($5 and terminal_failures + 1 >= ${TRIES})`
  const { rowCount } = await pool.query({
    name: 'record-failure',
    text: `update warehouse.window_ledger
           set failures = failures + 1,
               terminal_failures = case when $5 then terminal_failures + 1 else 0 end,
               error_code = $6, error_message = $7,
               claimed_by = null, lease_until = null,
               state = case when ${isLastTry} and revision = 0 then 'quarantined' else state end,
               reason = case when ${isLastTry} and revision = 0 then 'quarantined' else reason end,
               reason_detail = case when ${isLastTry} and revision = 0 then $7 else reason_detail end,
               next_read_at = case when not ${isLastTry} then to_timestamp($8 + greatest(${PAUSE}, $9)) end
           where ${CLAIMED}`,
    values: [
      ...keyOf(claim),
      failure.remedy !== 'retry',
      failure.code,
      failure.message,
      now,
      failure.retryAfterSeconds ?? 0,
    ],
  })
  return rowCount === 1
}

/** What a published version says of itself stays true, whatever a later reading met. */
const SAYS_OF_ITSELF = "revision > 0 and reason in ('source_silent', 'suspect')"

/**
 * Ends a claim whose source was not whole: nothing is published, and it is tried again, at least every hour, until it
 * is. A window that has a published version keeps it, with the reason noted. Gives false for a claim that is no longer
 * the newest.
 */
export async function recordIncomplete(
  pool: pg.Pool,
  claim: Claim,
  reason: 'source_incomplete' | 'source_silent' | 'missing_series',
  detail: string,
  now: number,
): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'record-incomplete',
    text: `update warehouse.window_ledger
           set state = case when revision = 0 then 'incomplete' else state end,
               reason = case when ${SAYS_OF_ITSELF} then reason else $5 end,
               reason_detail = case when ${SAYS_OF_ITSELF} then reason_detail else $6 end,
               failures = failures + 1, terminal_failures = 0, error_code = null, error_message = null,
               claimed_by = null, lease_until = null, next_read_at = to_timestamp($7 + ${PAUSE})
           where ${CLAIMED}`,
    values: [...keyOf(claim), reason, detail, now],
  })
  return rowCount === 1
}

function keyOf(claim: Claim): [string, string, number, number] {
  return [claim.cloudAccountId, claim.clusterId, claim.window, claim.attempt]
}
