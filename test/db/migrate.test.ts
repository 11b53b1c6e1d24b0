import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate, pendingMigrations, requireSchema } from '../../src/db/migrate.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase({ empty: true })
})
afterAll(() => database.drop())

describe('migrate', () => {
  it('refuses to start on a database without schema and says what to run', async () => {
    await expect(requireSchema(database.pool)).rejects.toMatchObject({
      code: 'SCHEMA_MISSING',
      message: expect.stringContaining('k8s-costs migrate'),
    })
  })

  it('applies every file exactly once when eight processes race', async () => {
    const expected = await pendingMigrations(database.pool)
    const pools = Array.from({ length: 8 }, () => database.newPool({ max: 2 }))
    const applied = await Promise.all(pools.map(pool => migrate(pool)))
    expect(applied.flat().sort()).toEqual(expected)
    expect(await pendingMigrations(database.pool)).toEqual([])
    const { rows } = await database.pool.query(
      'select name from warehouse_meta.kysely_migration order by name',
    )
    expect(rows.map(row => row.name)).toEqual(expected)
  })

  it('does nothing the second time', async () => {
    expect(await migrate(database.pool)).toEqual([])
    await requireSchema(database.pool)
  })

  it('refuses a database that a newer release has migrated', async () => {
    await database.pool.query(
      `insert into warehouse_meta.kysely_migration values ('9999_from_the_future', now())`,
    )
    await expect(migrate(database.pool)).rejects.toMatchObject({ code: 'SCHEMA_NEWER' })
    await expect(requireSchema(database.pool)).rejects.toMatchObject({ code: 'SCHEMA_NEWER' })
  })
})
