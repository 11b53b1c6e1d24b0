import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startDemoDatabase } from '../../src/bin/demo-database.js'
import { migrate } from '../../src/db/migrate.js'
import { createPool } from '../../src/db/pool.js'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address that answers where the test server is; it is started by the first question. */
    postgresDesk: string
  }
}

interface TestServer {
  /** Of the maintenance database, of a user who may create databases. */
  readonly url: string
  /** Name of the migrated database that test databases are cloned from. */
  readonly template: string
  stop(): Promise<void>
}

/** One PostgreSQL for the whole run, started only when a test file asks for a database, gone at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<TestServer> | undefined
  const desk = createServer((_request, response) => {
    starting ??= startServer()
    starting.then(
      ({ url, template }) => response.end(JSON.stringify({ url, template })),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    )
  })
  project.provide('postgresDesk', `http://127.0.0.1:${await listen(desk)}/`)
  return async () => {
    desk.close()
    const server = await starting?.catch(() => undefined)
    await server?.stop()
  }
}

async function startServer(): Promise<TestServer> {
  const given = process.env.TEST_DATABASE_URL
  const server = given === undefined ? await startEmbedded() : { url: given, stop: async () => {} }
  const template = `test_${randomBytes(4).toString('hex')}_template`
  try {
    await administer(server.url, client => client.query(`create database ${template}`))
    const pool = createPool(databaseUrl(server.url, template))
    await migrate(pool).finally(() => pool.end())
  } catch (error) {
    await server.stop()
    throw error
  }
  return {
    url: server.url,
    template,
    stop: async () => {
      if (given !== undefined) await dropAll(given, template.replace(/template$/, ''))
      await server.stop()
    },
  }
}

const FOLDER = 'k8s-costs-test-'

async function startEmbedded(): Promise<{ url: string; stop(): Promise<void> }> {
  await sweep()
  const parent = await mkdtemp(join(tmpdir(), FOLDER))
  await writeFile(join(parent, 'owner'), String(process.pid))
  // Under root the server runs as another user, who has to get through to its folder.
  await chmod(parent, 0o755)
  const folder = join(parent, 'server')
  const server = await startDemoDatabase(folder, () => {}, {
    max_connections: '200',
    full_page_writes: 'off',
  })
  return {
    url: databaseUrl(server.url, 'postgres'),
    stop: async () => {
      await server.stop()
      await rm(parent, { recursive: true, force: true })
    },
  }
}

/** Ends the servers, and removes the folders, of runs that were killed and could not do so themselves. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const folder = join(tmpdir(), name)
    const owner = name.startsWith(FOLDER) ? await pidIn(join(folder, 'owner')) : undefined
    if (owner === undefined || isAlive(owner)) continue
    const server = await pidIn(join(folder, 'server', 'data', 'postmaster.pid'))
    if (server !== undefined && isAlive(server)) process.kill(server, 'SIGINT')
    // The files that a server still closes can come back once; then the folder waits for the next run.
    await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch(() => {})
  }
}

async function pidIn(file: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10)
  return pid > 1 ? pid : undefined
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function dropAll(url: string, prefix: string): Promise<void> {
  await administer(url, async client => {
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [prefix],
    )
    for (const { datname } of rows) await client.query(`drop database if exists ${datname} with (force)`)
  })
}

async function administer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url)
  await client.connect()
  return work(client).finally(() => client.end())
}

function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}

function listen(server: Server): Promise<number> {
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
    server.unref()
  })
}
