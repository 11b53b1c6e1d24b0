import type pg from 'pg'
import { formatMoney } from '../../src/domain/money.js'
import type { UsageRow } from '../../src/domain/usage.js'
import { UsageSum } from '../../src/domain/usage-sum.js'
import { dateOf, dayOf } from '../../src/domain/window.js'

interface Home {
  readonly cloudAccountId: string
  readonly clusterId: string
}

/** Writes rows of single windows, and notes their windows as collected; `window` changes the notes. */
export async function seedUsageHours(
  pool: pg.Pool,
  home: Home,
  rows: readonly UsageRow[],
  window: Record<string, unknown> = {},
): Promise<void> {
  await insert(
    pool,
    'usage_hourly',
    rows.map(row => ({ ...columnsOf(row, home), window_start: iso(row.firstWindow) })),
  )
  await seedUsageWindows(pool, home, [...new Set(rows.map(row => row.firstWindow))], window)
}

/** Notes windows as collected, whatever was in them. */
export async function seedUsageWindows(
  pool: pg.Pool,
  home: Home,
  windows: readonly number[],
  changes: Record<string, unknown> = {},
): Promise<void> {
  const told = {
    ...{
      revision: 1,
      attempt: 1,
      failures: 0,
      hours_expired: false,
      heard: true,
      points: 12,
      rejects: [],
      cpu_source: 'counter',
    },
    ...{ knows_requests: true, knows_limits: true, knows_oom: true, knows_throttling: true, knows_hpa: true },
    ...{ step_seconds: 300, largest_cpu_cores: 8, largest_ram_bytes: 2 ** 35 },
    ...changes,
  }
  const records = windows.map(window => ({ ...keyOf(home), window_start: iso(window), ...told }))
  await insert(pool, 'usage_window', records)
}

/** Writes the sum of each container and day of the rows. */
export async function seedUsageDays(pool: pg.Pool, home: Home, rows: readonly UsageRow[]): Promise<void> {
  const sums = new Map<string, UsageSum>()
  for (const row of rows) {
    const { namespace, controllerKind, controller, container } = row
    const key = [dayOf(row.firstWindow), namespace, controllerKind, controller, container].join('\0')
    const sum = sums.get(key) ?? new UsageSum()
    sums.set(key, sum)
    sum.add(row)
  }
  const records = [...sums.values()].map(sum => {
    const total = sum.total()
    return {
      ...columnsOf(total, home),
      ...{ day: dateOf(total.firstWindow), hours: total.hours },
      ...{ first_window: iso(total.firstWindow), last_window: iso(total.lastWindow) },
    }
  })
  await insert(pool, 'usage_daily', records)
}

async function insert(pool: pg.Pool, table: string, records: readonly object[]): Promise<void> {
  await pool.query(
    `insert into warehouse.${table} select * from jsonb_populate_recordset(null::warehouse.${table}, $1::jsonb)`,
    [JSON.stringify(records)],
  )
}

function columnsOf(row: UsageRow, home: Home): Record<string, unknown> {
  const columns = Object.entries(row).map(([name, value]: [string, unknown]) => [
    name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
    typeof value === 'bigint' ? formatMoney(value) : value instanceof Uint8Array ? hexOf(value) : value,
  ])
  return { ...Object.fromEntries(columns), ...keyOf(home) }
}

const keyOf = ({ cloudAccountId, clusterId }: Home) => ({
  cloud_account_id: cloudAccountId,
  cluster_id: clusterId,
})
const hexOf = (bytes: Uint8Array) => `\\x${Buffer.from(bytes).toString('hex')}`
const iso = (seconds: number) => new Date(seconds * 1000).toISOString()
