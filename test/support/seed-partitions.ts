import type pg from 'pg'

/** Tables of facts that windows are seeded into, partitioned by month. */
export const FACT_TABLES = ['allocation_hourly', 'node_hourly', 'idle_hourly', 'remainder_hourly']

/** Makes the partitions of a window's month (Unix seconds) where there are none. */
export async function ensureMonth(pool: pg.Pool, window: number): Promise<void> {
  const date = new Date(window * 1000)
  const from = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)).toISOString()
  const to = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)).toISOString()
  const name = from.slice(0, 10).replaceAll('-', '')
  for (const parent of FACT_TABLES) {
    await pool.query(
      `create table if not exists warehouse.${parent}_p${name} partition of warehouse.${parent}
       for values from ('${from}') to ('${to}')`,
    )
  }
}
