import type { UsageRow } from '../../src/domain/usage.js'
import type { UsageWindowRows } from '../../src/domain/usage-samples.js'
import { DAY_SECONDS, HOUR_SECONDS, type Window, windowOf } from '../../src/domain/window.js'
import { claimUsage, type UsageClaim, type UsageClaimRequest } from '../../src/load/usage-claims.js'
import { HOUR_SELECT, hourOf, type StoredHour } from '../../src/load/usage-columns.js'
import { type ClaimedUsage, publishUsage, type UsageResult } from '../../src/load/usage-publish.js'
import { type FactKey, publishFacts, seedHome } from '../support/facts.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { encoded, usageRow } from '../support/usage-rows.js'

export const ACCOUNT = '11111111-1111-4111-8111-111111111111'
export const CLUSTER = { cloudAccountId: ACCOUNT, clusterId: 'one' }
const KEY: FactKey = { account: ACCOUNT, cluster: 'one' }
/** The day whose hours are published, and two days later. */
export const DAY = Date.UTC(2026, 8, 29) / 1000
export const NOW = DAY + 2 * DAY_SECONDS + 900
export const hour = (n: number): Window => windowOf(DAY + n * HOUR_SECONDS)

export interface StoredDay {
  readonly container: string
  readonly hours: number
  readonly first: number
  readonly last: number
  readonly cpu_sum: number
  readonly cpu_cost: string
  readonly cpu_sketch: Buffer
  readonly cpu_request: number
}

/** A database with one cluster, whose costs can be published and whose usage be claimed and stored. */
export interface UsageWorld {
  readonly database: TestDatabase
  query<T extends object>(text: string, values?: unknown[]): Promise<T[]>
  publishCosts(...windows: Window[]): Promise<void>
  claim(changes?: Partial<UsageClaimRequest>): Promise<UsageClaim[]>
  publish(windows: readonly ClaimedUsage[]): Promise<UsageResult[]>
  hashOf(table: 'usage_hourly' | 'usage_daily'): Promise<string | undefined>
  storedHours(): Promise<UsageRow[]>
  /** Of namespace web. */
  storedDays(): Promise<StoredDay[]>
}

export async function openUsageWorld(): Promise<UsageWorld> {
  const database = await testDatabase()
  const { pool } = database
  await seedHome(pool, KEY, DAY - 60 * DAY_SECONDS, NOW)
  const query: UsageWorld['query'] = async <T extends object>(text: string, values: unknown[] = []) =>
    (await pool.query<T>(text, values)).rows
  return {
    database,
    query,
    publishCosts: async (...windows) => {
      for (const window of windows) await publishFacts(pool, KEY, window, COSTS)
    },
    claim: changes => {
      const day = { from: DAY, to: DAY + DAY_SECONDS }
      return claimUsage(pool, { ...CLUSTER, ...day, worker: 'w', leaseSeconds: 60, now: NOW, ...changes })
    },
    publish: windows => publishUsage(pool, { ...CLUSTER, day: DAY }, windows),
    hashOf: async table => {
      const all = `string_agg(t::text, e'\\n' order by t::text)`
      const [row] = await query<{ hash: string }>(
        `select md5(coalesce(${all}, '')) as hash from warehouse.${table} t`,
      )
      return row?.hash
    },
    storedHours: async () => {
      const text = `select ${HOUR_SELECT} from warehouse.usage_hourly order by window_start`
      return (await query<StoredHour>(text)).map(hourOf)
    },
    storedDays: () =>
      query<StoredDay>(
        `select *, extract(epoch from first_window)::float8 as first, extract(epoch from last_window)::float8 as last
         from warehouse.usage_daily where namespace = 'web' order by container`,
      ),
  }
}

const COSTS = {
  containers: [
    {
      ...{ namespace: 'web', pod: 'a', container: 'app', node: 'n', minutes: 30, cpuHours: 0.5, ramHours: 1 },
      ...{ controllerKind: 'Deployment', controller: 'api', cpuRequest: 0.5, ramUsed: 0.25 },
      ...{ cpuCost: 15n, ramCost: 4n },
    },
    { namespace: 'web', pod: 'b', container: 'app', node: 'n', cpuCost: 1n, ramCost: 10n ** 13n },
  ],
  nodes: [{ node: 'n', cores: 8, cpuCost: 20n, ramCost: 10n ** 13n + 4n }],
}

/** What a claim is to be stored with. */
export function rowsOf(
  claimed: UsageClaim,
  rows: readonly UsageRow[],
  changes: Partial<UsageWindowRows> = {},
): ClaimedUsage {
  const { window } = claimed
  return {
    claim: claimed,
    rows: {
      ...{
        window,
        revision: 1,
        isHeard: true,
        rejects: [],
        cpuSource: 'counter',
        stepSeconds: 300,
        knowsRequests: true,
      },
      ...{ knowsLimits: true, knowsOom: true, knowsThrottling: false, knowsHpa: false },
      ...{ largestCpuCores: 8, largestRamBytes: null },
      points: rows.reduce((sum, row) => sum + row.cpuPoints + row.ramWeight, 0),
      rows: rows.map(row => ({ ...row, firstWindow: window, lastWindow: window })),
      ...changes,
    },
  }
}

/** Rows of one hour that differ from each other and from those of other hours. */
export function ofHour(n: number): UsageRow[] {
  const cpu = { cpuSum: 0.1 * n + 1 / 3, cpuMax: n / 7, cpuSketch: encoded([0.01 * (n + 1), 11], [n / 7, 1]) }
  return [
    usageRow({ ...cpu, cpuRequest: 0.1 * n, cpuCost: 10n ** 12n + BigInt(n), restarts: n % 3 }),
    usageRow({
      ...cpu,
      container: 'sidecar "x"',
      cpuHotSketch: encoded([0.9, 12]),
      hpaCpu: null,
      oom: n === 2,
    }),
    usageRow({
      ...{ namespace: 'über', controllerKind: '', controller: '', cpuPoints: 0, cpuWeight: 0, cpuSum: null },
      ...{
        cpuMax: null,
        cpuSketch: null,
        cpuHotSum: null,
        cpuHotHours: 0,
        stepSeconds: null,
        restarts: null,
      },
    }),
  ]
}
