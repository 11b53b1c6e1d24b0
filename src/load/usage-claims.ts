import type pg from 'pg'
import { retryConflicts } from '../db/retry.js'
import type { WindowKey } from './window-key.js'

/** The right to store the usage of one window, as long as nobody has claimed it since. */
export interface UsageClaim extends WindowKey {
  /** Fence: what comes with a number that is not the newest is not stored. */
  readonly attempt: number
}

export interface UsageClaimRequest {
  readonly cloudAccountId: string
  readonly clusterId: string
  /** Windows that start in `[from, to)`, of one UTC day. */
  readonly from: number
  readonly to: number
  /** Unique among all living processes. */
  readonly worker: string
  readonly leaseSeconds: number
  readonly now: number
}

const OF_DAY = `u.cloud_account_id = $1 and u.cluster_id = $2
  and u.window_start >= to_timestamp($3) and u.window_start < to_timestamp($4)`
const PUBLISHED_OF_DAY = `l.cloud_account_id = $1 and l.cluster_id = $2
  and l.window_start >= to_timestamp($3) and l.window_start < to_timestamp($4)
  and l.revision > 0 and l.state = 'loaded'`

const ENTER = `
  insert into warehouse.usage_window (cloud_account_id, cluster_id, window_start)
  select l.cloud_account_id, l.cluster_id, l.window_start
  from warehouse.window_ledger l
  where ${PUBLISHED_OF_DAY}
  on conflict do nothing`

// The sums of a day whose hours are gone can only be made anew from all of its hours.
const TAKE_BACK_EXPIRED = `
  update warehouse.usage_window u set revision = 0
  where ${OF_DAY} and u.hours_expired and u.revision > 0
    and exists (
      select from warehouse.window_ledger l
      join warehouse.usage_window o on o.cloud_account_id = $1 and o.cluster_id = $2 and o.window_start = l.window_start
      where ${PUBLISHED_OF_DAY} and o.revision <> l.revision
    )`

const CLAIM = `
  with free as (
    select u.window_start
    from warehouse.usage_window u
    join warehouse.window_ledger l on ${PUBLISHED_OF_DAY} and l.window_start = u.window_start
    where ${OF_DAY} and u.revision <> l.revision
      and (u.next_try_at is null or u.next_try_at <= to_timestamp($7))
      and (u.lease_until is null or u.lease_until <= now())
    order by u.window_start
    for update of u skip locked
  )
  update warehouse.usage_window u
  set attempt = attempt + 1, claimed_by = $5, lease_until = now() + $6 * interval '1 second'
  from free
  where ${OF_DAY} and u.window_start = free.window_start
  returning u.cloud_account_id as "cloudAccountId", u.cluster_id as "clusterId",
    extract(epoch from u.window_start)::float8 as window, u.attempt`

/**
 * Claims the windows of a day whose costs are published in another revision than their usage was joined with, and that
 * nobody holds. Leases are kept in the database's time.
 */
export async function claimUsage(pool: pg.Pool, request: UsageClaimRequest): Promise<UsageClaim[]> {
  const { cloudAccountId, clusterId, from, to, worker, leaseSeconds, now } = request
  const day = [cloudAccountId, clusterId, from, to]
  await retryConflicts(() => pool.query({ name: 'enter-usage', text: ENTER, values: day }))
  await retryConflicts(() => pool.query({ name: 'take-back-usage', text: TAKE_BACK_EXPIRED, values: day }))
  const { rows } = await pool.query<UsageClaim>({
    name: 'claim-usage',
    text: CLAIM,
    values: [...day, worker, leaseSeconds, now],
  })
  return rows.sort((a, b) => a.window - b.window)
}

const HELD = `from unnest($1::uuid[], $2::text[], $3::float8[], $4::int[]) as held (account, cluster, window_start, attempt)
  where u.cloud_account_id = held.account and u.cluster_id = held.cluster
    and u.window_start = to_timestamp(held.window_start) and u.attempt = held.attempt and u.claimed_by is not null`

/** Lengthens the leases to `leaseSeconds` from now. Gives the claims that are still held. */
export async function renewUsageLease(
  pool: pg.Pool,
  claims: readonly UsageClaim[],
  leaseSeconds: number,
): Promise<UsageClaim[]> {
  const { rows } = await retryConflicts(() =>
    pool.query<{ window: number; attempt: number }>({
      name: 'renew-usage-lease',
      text: `update warehouse.usage_window u set lease_until = now() + $5 * interval '1 second'
             ${HELD}
             returning held.window_start as window, held.attempt`,
      values: [...columnsOf(claims), leaseSeconds],
    }),
  )
  // All of them are of one cluster.
  const kept = new Set(rows.map(row => `${row.window} ${row.attempt}`))
  return claims.filter(claim => kept.has(`${claim.window} ${claim.attempt}`))
}

/** Gives claims back unused, as on a graceful stop: the windows stay due. */
export async function releaseUsage(pool: pg.Pool, claims: readonly UsageClaim[]): Promise<void> {
  await retryConflicts(() =>
    pool.query({
      name: 'release-usage',
      text: `update warehouse.usage_window u set claimed_by = null, lease_until = null ${HELD}`,
      values: columnsOf(claims),
    }),
  )
}

export interface UsageFailure {
  readonly code: string
  /** Fit for any eye of the account: nothing that another system said. */
  readonly message: string
  readonly retryAfterSeconds?: number | undefined
}

/**
 * Ends claims whose usage could not be collected: they are tried again after one minute, doubled with every failure up
 * to six hours, for ever. Their costs are published all the same. A claim that is no longer the newest changes nothing.
 */
export async function recordUsageFailure(
  pool: pg.Pool,
  claims: readonly UsageClaim[],
  failure: UsageFailure,
  now: number,
): Promise<void> {
  await retryConflicts(() =>
    pool.query({
      name: 'record-usage-failure',
      text: `update warehouse.usage_window u
             set failures = failures + 1, error_code = $5, error_message = $6, claimed_by = null, lease_until = null,
               next_try_at = to_timestamp($7 + greatest($8, least(21600, 60 * power(2, least(failures, 10)))))
             ${HELD}`,
      values: [...columnsOf(claims), failure.code, failure.message, now, failure.retryAfterSeconds ?? 0],
    }),
  )
}

function columnsOf(claims: readonly UsageClaim[]): [string[], string[], number[], number[]] {
  return [
    claims.map(claim => claim.cloudAccountId),
    claims.map(claim => claim.clusterId),
    claims.map(claim => claim.window),
    claims.map(claim => claim.attempt),
  ]
}
