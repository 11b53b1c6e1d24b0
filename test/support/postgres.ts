import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { createPool, type PoolOptions } from '../../src/db/pool.js'

export interface TestDatabase {
  readonly url: string
  readonly pool: pg.Pool
  /** Another pool on the same database, as another process would have; ended with the database. */
  newPool(options?: PoolOptions): pg.Pool
  /** Ends its pools and drops it. */
  drop(): Promise<void>
}

/**
 * A fresh database, of its own for the test file that asks: migrated, or empty where told. Runs on the server of
 * TEST_DATABASE_URL, else on an embedded one that all files of the run share.
 */
export async function testDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const server = await askServer()
  const name = `${server.template.replace(/template$/, '')}${randomBytes(5).toString('hex')}`
  await administer(server.url, client =>
    client.query(`create database ${name}${options.empty === true ? '' : ` template ${server.template}`}`),
  )
  const url = new URL(server.url)
  url.pathname = `/${name}`
  const pools: pg.Pool[] = []
  const newPool = (poolOptions?: PoolOptions) => {
    const pool = createPool(url.href, poolOptions)
    pools.push(pool)
    return pool
  }
  return {
    url: url.href,
    pool: newPool(),
    newPool,
    drop: async () => {
      await Promise.all(pools.filter(pool => !pool.ended).map(pool => pool.end()))
      await administer(server.url, client => client.query(`drop database if exists ${name} with (force)`))
    },
  }
}

async function askServer(): Promise<{ url: string; template: string }> {
  const response = await fetch(inject('postgresDesk'))
  if (!response.ok) throw new Error(`no test database: ${await response.text()}`)
  return (await response.json()) as { url: string; template: string }
}

async function administer(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await work(client).finally(() => client.end())
}
