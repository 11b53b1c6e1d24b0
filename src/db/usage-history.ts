import { setImmediate } from 'node:timers/promises'
import type pg from 'pg'
import { parseMoney } from '../domain/money.js'
import type { ClusterUsage, CpuSource, UsageHistory, UsageRow } from '../domain/usage.js'
import { UsageSum } from '../domain/usage-sum.js'
import { DAY_SECONDS, dateOf, dayOf, type Window, windowOf } from '../domain/window.js'
import { inTransaction } from './pool.js'

/** Runs one statement; all statements of a history have to see the same state of the database. */
export type RunText = <Row>(text: string, values: readonly unknown[]) => Promise<Row[]>

/** Whose usage, and of which windows: those that overlap `[from, to)`, Unix seconds. */
export interface HistoryRange {
  readonly cloudAccountId: string
  readonly from: number
  readonly to: number
}

/**
 * How all containers of an account were used over a range of hours, one row each. Whole days are read from their sums,
 * parts of days and days without sums from the hours. Only one day, or one hour, of rows lies in memory beside the sums,
 * and others get their turn every few milliseconds.
 */
export async function readUsageHistory(query: RunText, range: HistoryRange): Promise<UsageHistory> {
  const windows = await collectedWindows(query, range)
  const sums = new Map<string, { clusterId: string; sum: UsageSum }>()
  const add = (rows: readonly UsageRecord[]) => inTurns(rows, record => addRow(sums, record))
  const collected = new Map<string, WindowRecord[]>()
  for (const [day, ofDay] of byDay(windows)) {
    const isWhole = day >= windowOf(range.from) && day + DAY_SECONDS <= range.to
    const summed = isWhole ? await readDay(query, range, day) : []
    await add(summed)
    const clusters = new Set(summed.map(({ clusterId }) => clusterId))
    for (const [hour, ofHour] of hoursBeside(clusters, ofDay))
      await add(await readHour(query, range, hour, ofHour))
    // Hours that are gone were not measured as far as this range can tell.
    for (const one of ofDay)
      if (clusters.has(one.clusterId) || !one.hoursExpired) addTo(collected, one.clusterId, one)
  }
  return {
    clusters: new Map([...collected].map(([clusterId, ofCluster]) => [clusterId, toCluster(ofCluster)])),
    rows: await inTurns([...sums.values()], ({ clusterId, sum }) => ({ ...sum.total(), clusterId })),
  }
}

/** Rows after which others get their turn. */
const TURN = 250

async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result,
): Promise<Result[]> {
  const results: Result[] = []
  for (const [place, item] of items.entries()) {
    if (place % TURN === TURN - 1) await setImmediate()
    results.push(work(item))
  }
  return results
}

function addTo<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const known = lists.get(key)
  if (known === undefined) lists.set(key, [value])
  else known.push(value)
}

/** The same in a transaction of its own, that sees one version of all hours and sums. */
export function readUsageHistoryOf(pool: pg.Pool, range: HistoryRange): Promise<UsageHistory> {
  return inTransaction(pool, async client => {
    await client.query('set transaction isolation level repeatable read, read only')
    const query: RunText = async <Row>(text: string, values: readonly unknown[]) =>
      (await client.query(text, [...values])).rows as Row[]
    return readUsageHistory(query, range)
  })
}

interface WindowRecord {
  clusterId: string
  window: Window
  hoursExpired: boolean
  cpuSource: CpuSource | null
  knowsRequests: boolean
  knowsLimits: boolean
  knowsOom: boolean
  knowsThrottling: boolean
  knowsHpa: boolean
  largestCpuCores: number | null
  largestRamBytes: number | null
}

/** An hour of silence is one that was not measured, though it was looked at. */
function collectedWindows(
  query: RunText,
  { cloudAccountId, from, to }: HistoryRange,
): Promise<WindowRecord[]> {
  return query<WindowRecord>(
    `select cluster_id as "clusterId", extract(epoch from window_start)::float8 as window,
       hours_expired as "hoursExpired", cpu_source as "cpuSource", knows_requests as "knowsRequests",
       knows_limits as "knowsLimits", knows_oom as "knowsOom", knows_throttling as "knowsThrottling",
       knows_hpa as "knowsHpa", largest_cpu_cores as "largestCpuCores", largest_ram_bytes as "largestRamBytes"
     from warehouse.usage_window
     where cloud_account_id = $1 and window_start >= to_timestamp($2) and window_start < to_timestamp($3)
       and revision > 0 and heard
     order by window_start, cluster_id`,
    [cloudAccountId, windowOf(from), to],
  )
}

function byDay(windows: readonly WindowRecord[]): Map<number, WindowRecord[]> {
  const days = new Map<number, WindowRecord[]>()
  for (const one of windows) {
    const day = dayOf(one.window)
    const known = days.get(day)
    if (known === undefined) days.set(day, [one])
    else known.push(one)
  }
  return days
}

/** The clusters of each hour of a day that have to be read by the hour, as no sum has them. */
function hoursBeside(summed: ReadonlySet<string>, ofDay: readonly WindowRecord[]): Map<number, string[]> {
  const hours = new Map<number, string[]>()
  for (const { window, clusterId } of ofDay)
    if (!summed.has(clusterId)) hours.set(window, [...(hours.get(window) ?? []), clusterId])
  return hours
}

/** What the source tells of nodes and requests, of windows in ascending order. */
function toCluster(windows: readonly WindowRecord[]): ClusterUsage {
  const some = (is: (one: WindowRecord) => boolean) => windows.some(is)
  const newest = windows.at(-1)
  const highest = (values: readonly (number | null)[]) =>
    values.reduce((most, value) => (value === null ? most : Math.max(most ?? value, value)), null)
  return {
    windows: windows.map(({ window }) => window),
    cpuSource: some(one => one.cpuSource === 'rule')
      ? 'rule'
      : (windows.find(one => one.cpuSource)?.cpuSource ?? null),
    // Requests and limits are those of the last hour, and so is what is known of them.
    knowsRequests: newest?.knowsRequests ?? false,
    knowsLimits: newest?.knowsLimits ?? false,
    knowsOom: some(one => one.knowsOom),
    knowsThrottling: some(one => one.knowsThrottling),
    knowsHpa: some(one => one.knowsHpa),
    largestCpuCores: highest(windows.map(one => one.largestCpuCores)),
    largestRamBytes: highest(windows.map(one => one.largestRamBytes)),
  }
}

/** As the database gives it: amounts as exact decimal text. */
type UsageRecord = Omit<UsageRow, 'cpuCost' | 'ramCost'> & {
  clusterId: string
  cpuCost: string
  ramCost: string
}

function addRow(sums: Map<string, { clusterId: string; sum: UsageSum }>, record: UsageRecord): void {
  const { clusterId, namespace, controllerKind, controller, container } = record
  const key = [clusterId, namespace, controllerKind, controller, container].join('\0')
  const known = sums.get(key) ?? { clusterId, sum: new UsageSum() }
  sums.set(key, known)
  // In place: copying records takes as long as reading them.
  const costs = { cpuCost: parseMoney(record.cpuCost), ramCost: parseMoney(record.ramCost) }
  known.sum.add(Object.assign<Omit<UsageRecord, keyof typeof costs>, typeof costs>(record, costs))
}

const NAMES = ['cluster_id', 'namespace', 'controller_kind', 'controller', 'container']
const FIGURES = [
  ...[
    'hours_covered',
    'step_worth',
    'pods',
    'pod_seconds',
    'cpu_points',
    'cpu_points_expected',
    'step_seconds',
  ],
  ...['cpu_sum', 'cpu_max', 'cpu_hot_sum', 'cpu_hot_hours', 'cpu_sketch', 'cpu_hot_sketch', 'cpu_request'],
  ...['cpu_limit', 'cpu_core_hours', 'cpu_core_request_hours', 'cpu_cost', 'ram_max', 'ram_peak_sketch'],
  ...[
    'ram_mean_sketch',
    'ram_used_gib_hours',
    'ram_measured_hours',
    'ram_request',
    'ram_limit',
    'ram_gib_hours',
  ],
  ...['ram_gib_request_hours', 'ram_cost', 'oom', 'oom_inferred', 'oom_bytes', 'restarts', 'cpu_periods'],
  ...['cpu_throttled_periods', 'hpa_cpu', 'hpa_ram'],
]
const SELECTED = [
  ...[...NAMES, ...FIGURES].map(column => `${column} as "${camelCased(column)}"`),
  // Whole numbers that are far from where doubles end.
  ...['cpu_weight', 'ram_weight'].map(column => `${column}::float8 as "${camelCased(column)}"`),
].join(', ')

function camelCased(column: string): string {
  return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function readDay(query: RunText, { cloudAccountId }: HistoryRange, day: number): Promise<UsageRecord[]> {
  return query<UsageRecord>(
    `select ${SELECTED}, hours, extract(epoch from first_window)::float8 as "firstWindow",
       extract(epoch from last_window)::float8 as "lastWindow"
     from warehouse.usage_daily where cloud_account_id = $1 and day = $2::date`,
    [cloudAccountId, dateOf(day)],
  )
}

function readHour(
  query: RunText,
  { cloudAccountId }: HistoryRange,
  hour: number,
  clusters: readonly string[],
): Promise<UsageRecord[]> {
  return query<UsageRecord>(
    `select ${SELECTED}, 1 as hours, extract(epoch from window_start)::float8 as "firstWindow",
       extract(epoch from window_start)::float8 as "lastWindow"
     from warehouse.usage_hourly
     where cloud_account_id = $1 and window_start = to_timestamp($2) and cluster_id = any($3::text[])`,
    [cloudAccountId, hour, clusters],
  )
}
