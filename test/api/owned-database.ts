import type pg from 'pg'
import { createPool, type PoolOptions } from '../../src/db/pool.js'
import { ensureRoles } from '../../src/db/roles.js'
import { dropRoles, roleName } from '../analytics/seeding.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'

/** A database whose tables belong to a login that is no superuser, as those of the service do where it migrates. */
export interface Owned {
  readonly database: TestDatabase
  readonly login: string
  /** A pool of the login; ended with the database. */
  newPool(options?: PoolOptions): pg.Pool
  drop(): Promise<void>
}

/**
 * The roles are there, as another database of the server may have made them. With `mayGrant` the login can do all that
 * the maker of the roles can; without, nothing of it.
 */
export async function ownedDatabase({ mayGrant }: { mayGrant: boolean }): Promise<Owned> {
  const database = await testDatabase()
  const { pool } = database
  const login = roleName('owner')
  const problem = await ensureRoles(pool)
  if (problem !== null) throw new Error(problem)
  await pool.query(`create role ${login} login password 'of-a-test'`)
  if (mayGrant) {
    await pool.query(`alter role ${login} createrole`)
    const { rows } = await pool.query<{ statement: string }>(`
      select 'grant k8s_costs_reader to ${login} with admin true, inherit false, set false' as statement
      where current_setting('server_version_num')::int >= 160000`)
    for (const { statement } of rows) await pool.query(statement)
  }
  const { rows } = await pool.query<{ statement: string }>(`
    select format('alter schema %I owner to ${login}', nspname) as statement
    from pg_namespace where nspname in ('warehouse', 'analytics', 'warehouse_meta')
    union all
    select format('alter table %s owner to ${login}', oid::regclass)
    from pg_class
    where relkind in ('r', 'p', 'v') and relnamespace::regnamespace::text in ('warehouse', 'analytics', 'warehouse_meta')`)
  for (const { statement } of rows) await pool.query(statement)
  const pools: pg.Pool[] = []
  return {
    database,
    login,
    newPool: options => {
      const own = createPool(urlAs(database.url, login), options)
      pools.push(own)
      return own
    },
    drop: async () => {
      await Promise.all(pools.map(own => own.end()))
      await database.drop()
      await dropRoles(database, [login])
    },
  }
}

function urlAs(databaseUrl: string, login: string): string {
  const url = new URL(databaseUrl)
  url.username = login
  url.password = 'of-a-test'
  return url.href
}
