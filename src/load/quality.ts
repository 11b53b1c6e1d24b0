import type pg from 'pg'
import { inTransaction } from '../db/pool.js'
import { retryConflicts } from '../db/retry.js'
import { DAY_SECONDS, dateOf, dayOf } from '../domain/window.js'
import { type Check, type Severity, WINDOW_CHECKS } from './checks.js'
import { SPAN_CHECKS, type SpanCheck } from './day-checks.js'
import type { ClusterDay } from './rollup.js'

/** A check that did not hold. */
export interface Violation {
  readonly check: string
  readonly severity: Severity
  /** In how many windows of the day; 1 for a check that looks at more than one. */
  readonly windows: number
  readonly observed: string
  readonly expected: string
  readonly detail: string | null
}

interface Finding {
  readonly ok: boolean
  readonly observed: string
  readonly expected: string
  readonly detail: string | null
}

/** Days are looked at again for so long, as they are read again and rolled up meanwhile. */
const RECENT_SECONDS = 3 * DAY_SECONDS

/**
 * Days with published windows that are recent or that the nightly checks have not seen as they are: a publication puts
 * findings of its own in the place of theirs. Of accounts that are not removed; oldest first.
 */
export async function uncheckedDays(pool: pg.Pool, now: number): Promise<ClusterDay[]> {
  const { rows } = await pool.query<ClusterDay>(
    `select distinct l.cloud_account_id as "cloudAccountId", l.cluster_id as "clusterId",
       extract(epoch from date_trunc('day', l.window_start, 'UTC'))::float8 as day
     from warehouse.window_ledger l
     join warehouse.cloud_account a on a.cloud_account_id = l.cloud_account_id and a.removed_at is null
     where l.revision > 0
       and (l.window_start >= to_timestamp($1) or not coalesce(l.checks, '{}') ? 'row_counts')
     order by day, 1, 2`,
    [dayOf(now - RECENT_SECONDS)],
  )
  return rows
}

/**
 * Checks join all rows of a day, and the newest partition has often no statistics yet: taking it for small, the planner
 * would look up a quarter of a million rows one by one.
 */
const WHOLE_TABLES = 'set local enable_nestloop = off'

/** Looks at the published windows of a day and writes what was found into the ledger, beside what loading found. */
export async function checkWindows(pool: pg.Pool, day: ClusterDay): Promise<Violation[]> {
  return retryConflicts(() =>
    inTransaction(pool, async client => {
      // One version of everything; a window that is published meanwhile makes this start again.
      await client.query('set transaction isolation level repeatable read')
      await client.query(WHOLE_TABLES)
      const values = [day.cloudAccountId, day.clusterId, day.day, day.day + DAY_SECONDS]
      const found = new Map<number, Record<string, Finding & { nightly: true }>>()
      const violations: Violation[] = []
      for (const check of WINDOW_CHECKS) {
        const { rows } = await client.query<Finding & { window: number }>(check.sql, values)
        for (const { window, ok, observed, expected, detail } of rows) {
          const ofWindow = found.get(window) ?? {}
          ofWindow[check.id] = {
            ok,
            observed,
            expected,
            ...(ok ? {} : { detail }),
            nightly: true,
          } as Finding & {
            nightly: true
          }
          found.set(window, ofWindow)
        }
        violations.push(
          ...violationOf(
            check,
            rows.filter(row => !row.ok),
          ),
        )
      }
      await noteFindings(client, values, found)
      return violations
    }),
  )
}

function violationOf({ id, severity }: Check, failed: readonly Finding[]): Violation[] {
  const [first] = failed
  if (first === undefined) return []
  const { observed, expected, detail } = first
  return [{ check: id, severity, windows: failed.length, observed, expected, detail }]
}

/** What loading found against a window stays: it has seen the source, which the tables no longer tell. */
async function noteFindings(
  client: pg.ClientBase,
  values: readonly unknown[],
  found: ReadonlyMap<number, object>,
): Promise<void> {
  await client.query(
    `update warehouse.window_ledger l
     set checks = m.merged
     from unnest($5::float8[], $6::jsonb[]) as n (window_start, findings),
       lateral (
         select coalesce(o.checks, '{}') || n.findings || coalesce(
           (select jsonb_object_agg(e.key, e.value) from jsonb_each(o.checks) e
            where e.value ->> 'ok' = 'false' and not e.value ? 'nightly'), '{}') as merged
         from warehouse.window_ledger o
         where o.cloud_account_id = $1 and o.cluster_id = $2 and o.window_start = to_timestamp(n.window_start)
       ) m
     where l.cloud_account_id = $1 and l.cluster_id = $2 and l.window_start >= to_timestamp($3)
       and l.window_start < to_timestamp($4) and l.window_start = to_timestamp(n.window_start)
       and l.checks is distinct from m.merged`,
    [...values, [...found.keys()], [...found.values()].map(findings => JSON.stringify(findings))],
  )
}

/** Looks at a day as a whole, or at the month that it is in, or at its cluster as it is at `now`. */
export async function checkSpan(
  pool: pg.Pool,
  span: SpanCheck['span'],
  day: ClusterDay,
  now: number,
): Promise<Violation[]> {
  const [from, to] = span === 'month' ? monthOf(day.day) : [day.day, day.day + DAY_SECONDS]
  const violations: Violation[] = []
  for (const check of SPAN_CHECKS) {
    if (check.span !== span) continue
    const found = await ask(pool, check, [day.cloudAccountId, day.clusterId, from, to, now])
    if (found === undefined) continue
    await noteResult(pool, { ...day, day: from }, check, found)
    if (!found.ok) violations.push(...violationOf(check, [found]))
  }
  return violations
}

async function ask(pool: pg.Pool, check: Check, values: readonly unknown[]): Promise<Finding | undefined> {
  return inTransaction(pool, async client => {
    await client.query(WHOLE_TABLES)
    const { rows } = await client.query<Finding>(
      // Names every parameter, which a check need not.
      `select found.* from (${check.sql}) found
       where $1::uuid is not null and $2::text is not null and least($3::float8, $4::float8, $5::float8) is not null`,
      [...values],
    )
    return rows[0]
  })
}

function monthOf(day: number): [number, number] {
  const date = new Date(day * 1000)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return [Date.UTC(year, month, 1) / 1000, Date.UTC(year, month + 1, 1) / 1000]
}

async function noteResult(
  pool: pg.Pool,
  { cloudAccountId, clusterId, day }: ClusterDay,
  { id, severity }: Check,
  { ok, observed, expected, detail }: Finding,
): Promise<void> {
  await pool.query(
    `insert into warehouse.quality_result as q (cloud_account_id, cluster_id, day, check_id, severity, ok, observed,
       expected, detail, failing_since)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when not $6 then now() end)
     on conflict (cloud_account_id, cluster_id, day, check_id) do update
       set severity = excluded.severity, ok = excluded.ok, observed = excluded.observed, expected = excluded.expected,
           detail = excluded.detail, checked_at = now(),
           failing_since = case when not excluded.ok then coalesce(q.failing_since, now()) end`,
    [cloudAccountId, clusterId, dateOf(day), id, severity, ok, observed, expected, ok ? null : detail],
  )
}
