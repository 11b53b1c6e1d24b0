import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSnapshot } from '../../src/api/snapshot.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { FIRST } from './world.js'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

describe('rows that are fetched a batch at a time', () => {
  it('may be read for longer than any statement may take', async () => {
    const pool = database.newPool()
    Object.assign(pool.options, { query_timeout: 1_000 })
    const snapshot = await openSnapshot(pool, FIRST)
    const next = await snapshot.open(sql<{ n: number }>`select n from generate_series(1, ${25}::int) n`)
    expect(await next(10)).toHaveLength(10)
    // Begun later, so the time of what was begun before is over too.
    await expect(pool.query('select pg_sleep(60)')).rejects.toThrow('timeout')
    expect((await next(10)).map(({ n }) => n)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
    expect(await next(10)).toHaveLength(5)
    expect(await next(10)).toEqual([])
    await snapshot.close(true)
  })
})
