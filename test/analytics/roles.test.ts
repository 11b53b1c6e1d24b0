import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPool } from '../../src/db/pool.js'
import { ensureRoles } from '../../src/db/roles.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { dropRoles, roleName } from './seeding.js'

let databases: TestDatabase[]

beforeAll(async () => {
  databases = await Promise.all([testDatabase(), testDatabase()])
})
afterAll(async () => {
  for (const database of databases) await database.drop()
})

describe('ensureRoles', () => {
  it('may be raced by any number of processes on two databases of one server', async () => {
    const pools = databases.flatMap(database => Array.from({ length: 8 }, () => database.newPool({ max: 1 })))
    const problems = await Promise.all(pools.map(pool => ensureRoles(pool)))
    expect(problems).toEqual(pools.map(() => null))
    for (const { pool } of databases) {
      const { rows } = await pool.query(`
        select c.relname from pg_class c
        where c.relnamespace = 'warehouse'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
          and not c.relrowsecurity`)
      expect(rows).toEqual([])
    }
    const { rows } = (await databases[0]?.pool.query(
      `select rolname, rolcanlogin from pg_roles where rolname = 'analyst' or starts_with(rolname, 'k8s_costs_') order by 1`,
    )) ?? { rows: [] }
    expect(rows).toEqual(
      ['analyst', 'k8s_costs_owner', 'k8s_costs_reader', 'k8s_costs_writer'].map(rolname => ({
        rolname,
        rolcanlogin: false,
      })),
    )
  })

  it('changes nothing where nothing is missing, so that a start takes no lock on a table', async () => {
    const [{ pool } = { pool: undefined }] = databases
    if (pool === undefined) throw new Error('no database')
    const versions = async () =>
      (
        await pool.query(
          `select xmin::text, oid from pg_class where relnamespace = 'warehouse'::regnamespace order by oid`,
        )
      ).rows
    await ensureRoles(pool)
    const before = await versions()
    const holder = await pool.connect()
    await holder.query('begin; lock table warehouse.window_ledger in access share mode')
    expect(await ensureRoles(pool)).toBeNull()
    await holder.query('commit')
    holder.release()
    expect(await versions()).toEqual(before)
  })

  it('says what to do where the user may not make roles or policies, and goes on', async () => {
    const login = roleName('plain')
    const [database] = databases
    if (database === undefined) throw new Error('no database')
    await database.pool.query(`create role ${login} login password 'of-a-test'`)
    await database.pool.query(`create table warehouse.later (cloud_account_id uuid)`)
    await database.pool.query(
      `grant usage on schema warehouse to ${login}; grant select on all tables in schema warehouse to ${login}`,
    )
    const url = new URL(database.url)
    url.username = login
    url.password = 'of-a-test'
    const pool = createPool(url.href, { max: 1 })
    const problem = await ensureRoles(pool)
    await pool.end()
    expect(problem).toContain('k8s-costs migrate')
    expect(problem).toContain('CREATEROLE')
    await database.pool.query(`drop table warehouse.later; drop owned by ${login}`)
    await dropRoles(database, [login])
  })
})
