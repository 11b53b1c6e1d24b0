import type pg from 'pg'
import type { UsageRow } from '../../src/domain/usage.js'
import { windowOf } from '../../src/domain/window.js'
import { seedAccount, seedCluster } from '../support/seed.js'
import { seedUsageDays, seedUsageHours } from '../support/seed-usage.js'
import { encoded, GIB, usageRow } from '../support/usage-rows.js'
import { randomNumbers } from './invented.js'
import { FIRST, HOUR, MONDAY, SECOND } from './world.js'

const DAY = 24 * HOUR
export const START = MONDAY
/** Use is collected of all hours but the last two. */
export const PUBLISHED = 8 * 24
export const COLLECTED = PUBLISHED - 2
export const END = START + PUBLISHED * HOUR
export const NOW = END + HOUR
export const HOSTILE = `o'brien "; drop table x -- \\ 😀 %`
interface Workload {
  readonly cluster: string
  readonly name: string
  readonly kind?: string
  readonly namespace?: string
  /** Cores, at its quietest and at its busiest. */
  readonly cpu: readonly [number, number]
  readonly request: number | null
  readonly hpa?: boolean
}

export const WORKLOADS: readonly Workload[] = [
  { cluster: 'one', name: 'hog', cpu: [0.05, 0.2], request: 2 },
  { cluster: 'one', name: 'greedy', cpu: [0.4, 0.9], request: 0.1 },
  { cluster: 'one', name: 'free', cpu: [0.02, 0.08], request: null },
  { cluster: 'one', name: 'fitting', cpu: [0.18, 0.2], request: 0.23 },
  { cluster: 'two', name: 'small', cpu: [0.0001, 0.001], request: 0.05 },
  { cluster: 'two', name: 'scaled', cpu: [0.1, 0.3], request: 1, hpa: true },
  { cluster: 'two', name: HOSTILE, cpu: [0.1, 0.3], request: 1, namespace: HOSTILE },
  { cluster: 'two', name: 'dns', cpu: [0.1, 0.3], request: 1, namespace: 'kube-system' },
]

/** Two accounts: the first with all workloads, the second with one of them. */
export async function seedUsageEstate(pool: pg.Pool): Promise<void> {
  for (const account of [FIRST, SECOND]) {
    await seedAccount(pool, account)
    for (const cluster of ['one', 'two']) await seedHistory(pool, account, cluster)
  }
}

async function seedHistory(pool: pg.Pool, account: string, cluster: string): Promise<void> {
  const key = { account, cluster }
  await seedCluster(pool, key, START, END - HOUR)
  await pool.query(
    `insert into warehouse.window_ledger (cloud_account_id, cluster_id, window_start, state, revision, loaded_at, coverage)
     select $1, $2, to_timestamp($3) + hour * interval '1 hour', 'loaded', 1, to_timestamp($4), 1
     from generate_series(0, $5 - 1) hour`,
    [account, cluster, START, NOW, PUBLISHED],
  )
  const random = randomNumbers(cluster.length)
  const own = WORKLOADS.filter(one => one.cluster === cluster && (account === FIRST || one.name === 'hog'))
  const rows = Array.from({ length: COLLECTED }, (_, hour) =>
    own.map(one => usageOf(one, START + hour * HOUR, random)),
  )
  const home = { cloudAccountId: account, clusterId: cluster }
  await seedUsageHours(pool, home, rows.flat())
  // The last day is not summed yet.
  const isSummed = ({ firstWindow }: UsageRow) => firstWindow < START + 7 * DAY
  await seedUsageDays(pool, home, rows.flat().filter(isSummed))
}

/** An hour of one pod. */
export function usageOf(workload: Workload, start: number, random: () => number): UsageRow {
  const { name, kind = 'Deployment', namespace = 'shop', cpu, request, hpa = false } = workload
  const points = Array.from({ length: 12 }, () => cpu[0] + (cpu[1] - cpu[0]) * random())
  const used = points.reduce((sum, point) => sum + point, 0) / points.length
  const allocated = Math.max(used, request ?? 0)
  return usageRow({
    ...{ namespace, controllerKind: kind, controller: name, firstWindow: windowOf(start) },
    ...{ cpuSketch: encoded(...points.map(point => [point, 1] as const)), cpuMax: Math.max(...points) },
    ...{ cpuSum: used * points.length, cpuHotSum: used, cpuRequest: request, cpuCoreHours: allocated },
    ...{ cpuCoreRequestHours: request, cpuCost: BigInt(Math.round(allocated * 31_611_000_000)) },
    ...{ ramRequest: GIB, hpaCpu: hpa },
  })
}
