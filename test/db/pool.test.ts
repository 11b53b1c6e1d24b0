import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkServer, connectionProblem, createPool, inTransaction } from '../../src/db/pool.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

describe('the pool', () => {
  it('says where no server listens, without the password', async () => {
    const url = 'postgres://someone:hunter2@127.0.0.1:1/shop'
    const pool = createPool(url)
    const error = await checkServer(pool, url).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE', remedy: 'retry' })
    expect(String(error)).toContain('127.0.0.1:1/shop')
    expect(String(error)).not.toMatch(/someone|hunter2/)
    await pool.end()
  })

  it('takes a refused password for an unreachable database and a wrong statement for none', async () => {
    const url = new URL(database.url)
    url.username = 'nobody'
    const pool = createPool(url.href)
    const refused = await pool.query('select 1').catch((caught: unknown) => caught)
    expect(connectionProblem(refused)).toMatchObject({ code: 'DATABASE_UNREACHABLE' })
    await pool.end()
    const wrong = await database.pool.query('select nonsense').catch((caught: unknown) => caught)
    expect(connectionProblem(wrong)).toBeUndefined()
  })

  it('accepts the test server and names its version', async () => {
    expect((await checkServer(database.pool)).version).toMatch(/^\d\d/)
  })

  it('refuses a server that is too old, naming its version', async () => {
    // A function of the same name in front of the server's own: the nearest thing to an old server at hand.
    await database.pool.query(`
      create schema old;
      create function old.current_setting(name text) returns text language sql
        as $$ select case name when 'server_version_num' then '140011' else '14.11' end $$`)
    const url = new URL(database.url)
    url.searchParams.set('options', '-c search_path=old,pg_catalog')
    const pool = createPool(url.href)
    await expect(checkServer(pool)).rejects.toMatchObject({
      code: 'DATABASE_TOO_OLD',
      message: expect.stringContaining('14.11'),
    })
    await pool.end()
  })

  it('keeps what a double could not hold', async () => {
    const { rows } = await database.pool.query(
      `select 9223372036854775807::int8 as big, 0.000000000001::numeric(20,12) as money, date '2026-03-29' as day`,
    )
    expect(rows).toEqual([{ big: '9223372036854775807', money: '0.000000000001', day: '2026-03-29' }])
  })

  it('survives connections that are ended while idle and while in use', async () => {
    const pool = database.newPool({ max: 2 })
    const kill = (pid: number) => database.pool.query('select pg_terminate_backend($1)', [pid])
    const pidOf = async () => Number((await pool.query('select pg_backend_pid() as pid')).rows[0]?.pid)
    await kill(await pidOf())
    const failed = await inTransaction(pool, async client => {
      const { rows } = await client.query('select pg_backend_pid() as pid')
      await kill(rows[0].pid)
      await client.query('select 1')
    }).catch((caught: unknown) => caught)
    expect(connectionProblem(failed)).toMatchObject({ code: 'DATABASE_UNREACHABLE' })
    await expect.poll(pidOf, { timeout: 10_000 }).toBeGreaterThan(0)
  })

  it('rolls back what rejects', async () => {
    const failed = inTransaction(database.pool, async client => {
      await client.query(`insert into warehouse.cloud_account values (gen_random_uuid(), 'x', 'x')`)
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect((await database.pool.query('select from warehouse.cloud_account')).rowCount).toBe(0)
  })
})
