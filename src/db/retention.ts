import type pg from 'pg'
import type { Retention } from '../domain/retention.js'
import { NamedError } from '../errors.js'

/** Days that facts are kept, where an account has its own; null: as the installation is configured. */
export interface RetentionOverride {
  readonly hourlyDays: number | null
  /** 0 = for ever. */
  readonly dailyDays: number | null
}

/** Where an account has none of its own. */
export type RetentionDefaults = Omit<Retention, 'cloudAccountId'>

/** Changes how long an account's facts are kept; what isn't told stays as it is. Rejects with NOT_FOUND. */
export async function setRetention(
  pool: pg.Pool,
  cloudAccountId: string,
  change: Partial<RetentionOverride>,
): Promise<void> {
  const { rowCount } = await pool.query(
    `update warehouse.cloud_account
     set retention_hourly_days = case when $2 then $3 else retention_hourly_days end,
         retention_daily_days = case when $4 then $5 else retention_daily_days end
     where cloud_account_id = $1 and removed_at is null`,
    [
      cloudAccountId,
      change.hourlyDays !== undefined,
      change.hourlyDays ?? null,
      change.dailyDays !== undefined,
      change.dailyDays ?? null,
    ],
  )
  if (rowCount === 0) {
    throw new NamedError(
      'NOT_FOUND',
      `There is no account ${cloudAccountId}. List them with: k8s-costs accounts list`,
    )
  }
}

/** What the accounts have of their own, by account. */
export async function retentionOverrides(pool: pg.Pool): Promise<Map<string, RetentionOverride>> {
  const { rows } = await pool.query<RetentionOverride & { id: string }>(
    `select cloud_account_id as id, retention_hourly_days as "hourlyDays", retention_daily_days as "dailyDays"
     from warehouse.cloud_account`,
  )
  return new Map(rows.map(({ id, hourlyDays, dailyDays }) => [id, { hourlyDays, dailyDays }]))
}

/** How long the facts of every account are kept, removed ones included: what was loaded for them stays as long. */
export async function listRetentions(pool: pg.Pool, defaults: RetentionDefaults): Promise<Retention[]> {
  const overrides = await retentionOverrides(pool)
  return [...overrides].map(([cloudAccountId, own]) => ({
    cloudAccountId,
    hourlyDays: own.hourlyDays ?? defaults.hourlyDays,
    dailyDays: own.dailyDays ?? defaults.dailyDays,
  }))
}

/** How long an account's facts are kept. Rejects with NOT_FOUND rather than to fall back on what may be shorter. */
export async function getRetention(
  pool: pg.Pool,
  cloudAccountId: string,
  defaults: RetentionDefaults,
): Promise<Retention> {
  const found = (await listRetentions(pool, defaults)).find(one => one.cloudAccountId === cloudAccountId)
  if (found !== undefined) return found
  throw new NamedError('NOT_FOUND', `There is no account ${cloudAccountId}.`)
}
