import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { windowOf } from '../../src/domain/window.js'
import { ensurePartitions, PARTITIONED_TABLES } from '../../src/load/partitions.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

const at = (iso: string) => windowOf(Date.parse(iso) / 1000)

async function bounds(table: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ line: string }>(
    `select c.relname || ' ' || pg_get_expr(c.relpartbound, c.oid) as line
     from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass order by c.relname`,
    [`warehouse.${table}`],
  )
  return rows.map(row => row.line)
}

describe('partitions', () => {
  it('are made once, for whole UTC months, when eight loaders race', async () => {
    const pools = Array.from({ length: 8 }, () => database.newPool({ max: 2 }))
    await Promise.all(
      pools.map(pool => ensurePartitions(pool, at('2026-11-30T23:00Z'), at('2027-02-01T00:00Z'))),
    )
    expect(await bounds('allocation_hourly')).toEqual([
      "allocation_hourly_p20261101 FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00')",
      "allocation_hourly_p20261201 FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00')",
      "allocation_hourly_p20270101 FOR VALUES FROM ('2027-01-01 00:00:00+00') TO ('2027-02-01 00:00:00+00')",
      "allocation_hourly_p20270201 FOR VALUES FROM ('2027-02-01 00:00:00+00') TO ('2027-03-01 00:00:00+00')",
    ])
    for (const table of PARTITIONED_TABLES) expect(await bounds(table)).toHaveLength(4)
  })

  it('are of every table that is partitioned by window', async () => {
    const { rows } = await database.pool.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'p' and relnamespace = 'warehouse'::regnamespace
         and pg_get_partkeydef(oid) like '%(window_start)'`,
    )
    expect(rows.map(row => row.name).sort()).toEqual([...PARTITIONED_TABLES].sort())
  })

  it('ask the database only once for what they have seen', async () => {
    const pool = database.newPool({ max: 1 })
    await ensurePartitions(pool, at('2026-12-24T00:00Z'), at('2026-12-24T23:00Z'))
    await pool.end()
    await ensurePartitions(pool, at('2026-12-01T00:00Z'), at('2026-12-31T23:00Z'))
  })

  it('have the keys and the checks of their table, and no default one catches stray rows', async () => {
    const insert = (month: string, cost: number) =>
      database.pool.query(
        `insert into warehouse.idle_hourly (cloud_account_id, cluster_id, window_start, node, cpu_cost, ram_cost)
         values ('11111111-1111-4111-8111-111111111111', 'c', $1, 'n', $2, 0)`,
        [`${month}-15T00:00Z`, cost],
      )
    await insert('2026-12', 1)
    await expect(insert('2026-12', 1)).rejects.toMatchObject({ code: '23505' })
    await expect(insert('2020-01', 1)).rejects.toMatchObject({ code: '23514' })
    await expect(
      database.pool.query(
        `insert into warehouse.allocation_hourly (cloud_account_id, cluster_id, window_start, container_key, minutes,
           cpu_core_hours, ram_gib_hours, cpu_cost, ram_cost, price_source)
         values ('11111111-1111-4111-8111-111111111111', 'c', '2026-12-15', 1, 1, 1, 1, -1, 0, 'measured')`,
      ),
    ).rejects.toMatchObject({ code: '23514' })
  })

  it('wait for a lock on the table and get through once it is gone', async () => {
    const holder = await database.pool.connect()
    await holder.query('begin; lock table warehouse.allocation_hourly in access exclusive mode')
    const made = ensurePartitions(database.newPool(), at('2030-01-01T00:00Z'), at('2030-01-01T00:00Z'))
    const waiting = () =>
      database.pool.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      )
    await expect.poll(async () => (await waiting()).rowCount, { timeout: 10_000 }).toBe(1)
    await holder.query('commit')
    holder.release()
    await made
    expect(await bounds('allocation_hourly')).toHaveLength(5)
  })
})
