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
  const name = `${prefixOf(server)}${randomBytes(5).toString('hex')}`
  await administer(server.url, client =>
    client.query(`create database ${name}${options.empty === true ? '' : ` template ${server.template}`}`),
  )
  return opened(server, name)
}

/**
 * A copy, of its own for the test file that asks, of a migrated database that `fill` has filled. It is filled once in a
 * run, by whoever asks first; `what` names it: letters and underscores.
 */
export async function filledDatabase(
  what: string,
  fill: (database: TestDatabase) => Promise<void>,
): Promise<TestDatabase> {
  const server = await askServer()
  const template = `${prefixOf(server)}${what}`
  const name = `${prefixOf(server)}${randomBytes(5).toString('hex')}`
  await administer(server.url, async client => {
    // Others who ask meanwhile wait here.
    await client.query('select pg_advisory_lock(hashtext($1))', [template])
    const { rowCount } = await client.query('select from pg_database where datname = $1', [template])
    if (rowCount === 0) await fillTemplate(client, template, fill)
    await client.query(`create database ${name} template ${template}`)
  })
  return opened(server, name)
}

async function fillTemplate(
  client: pg.Client,
  template: string,
  fill: (database: TestDatabase) => Promise<void>,
): Promise<void> {
  const database = await testDatabase()
  try {
    await fill(database)
    // Only what nobody uses can be copied.
    await database.pool.end()
    const made = new URL(database.url).pathname.slice(1)
    await client.query(`create database ${template} template ${made}`)
  } finally {
    await database.drop()
  }
}

interface TestServer {
  readonly url: string
  readonly template: string
}

const prefixOf = ({ template }: TestServer): string => template.replace(/template$/, '')

function opened(server: TestServer, name: string): TestDatabase {
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

async function askServer(): Promise<TestServer> {
  const response = await fetch(inject('postgresDesk'))
  if (!response.ok) throw new Error(`no test database: ${await response.text()}`)
  return (await response.json()) as TestServer
}

async function administer(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await work(client).finally(() => client.end())
}
