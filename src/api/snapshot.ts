import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
} from 'kysely'
import type pg from 'pg'
import { forgetReaderMode, type ReaderMode, readerMode } from '../db/reader-role.js'
import { READER_ROLE } from '../db/roles.js'
import { parseUuid } from '../domain/account.js'
import { withDeadline } from './deadline.js'
import { ApiError, unavailable } from './errors.js'

/** Runs one composed statement in the snapshot. */
export type RunQuery = <Row>(statement: RawBuilder<Row>) => Promise<Row[]>

/** How long a healthy database may take to hand out a connection and open a transaction. */
const OPEN_MS = 3_000
const STATEMENT_MS = 10_000
// Above the server's own limit, for a server that no longer answers at all.
const ANSWER_MS = STATEMENT_MS + 2_000

// What the database says where a role is gone, or may not be taken, or lost a grant: invalid value, no privilege.
const ROLE_CHANGED = new Set(['22023', '42501'])

// A week of a busy account is some 500,000 facts. With the default work_mem they are sorted on disk, which takes twice
// as long; compiling the plan (jit) costs more than it saves at this size.
const BEGIN = `begin isolation level repeatable read, read only;
  set local statement_timeout = ${STATEMENT_MS};
  set local work_mem = '64MB';
  set local jit = off`

// Kysely composes and the pool's own client runs, so that a client that hangs can be thrown away.
const composer = new Kysely<Record<string, never>>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: db => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

/**
 * Runs `work` in one read-only transaction: all that it reads is the state of one instant, whatever is published
 * meanwhile, and, where the reader role can be taken, of this one account, whatever a statement asks for. The account
 * is a UUID in lower case; any other text is a RangeError. Rejects with a 503 within seconds where the database is
 * gone or silent.
 */
export async function readSnapshot<T>(
  pool: pg.Pool,
  cloudAccountId: string,
  work: (run: RunQuery) => Promise<T>,
): Promise<T> {
  const account = accountLiteral(cloudAccountId)
  const client = await acquire(pool)
  let isClean = false
  try {
    await open(client, await withDeadline(readerMode(pool, client), OPEN_MS), account)
    const run: RunQuery = statement => runOn(client, statement.compile(composer))
    const result = await work(run)
    await withDeadline(client.query('commit'), OPEN_MS)
    isClean = true
    return result
  } catch (error) {
    if (ROLE_CHANGED.has(codeOf(error))) forgetReaderMode(pool)
    // A refusal of ours (not found, a bad argument) leaves a healthy connection behind.
    if (error instanceof ApiError && error.status < 500) {
      isClean = await withDeadline(client.query('rollback'), OPEN_MS).then(
        () => true,
        () => false,
      )
    }
    throw error
  } finally {
    client.release(!isClean)
  }
}

// No parameter can stand in SET, and of the ways to set the account only SET LOCAL reaches the workers of Citus.
function accountLiteral(cloudAccountId: string): string {
  if (parseUuid(cloudAccountId) !== cloudAccountId)
    throw new RangeError('the account is no UUID in lower case')
  return `'${cloudAccountId}'`
}

async function open(client: pg.PoolClient, mode: ReaderMode, account: string): Promise<void> {
  if (mode === 'citus') {
    await withDeadline(client.query(`set citus.propagate_set_commands = 'local'`), OPEN_MS)
  }
  const role = mode === 'role' ? `; set local role ${READER_ROLE}` : ''
  await withDeadline(client.query(`${BEGIN}; set local app.account = ${account}${role}`), OPEN_MS)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

async function runOn<Row>(client: pg.PoolClient, statement: CompiledQuery<Row>): Promise<Row[]> {
  const result = await withDeadline(client.query(statement.sql, [...statement.parameters]), ANSWER_MS)
  return result.rows as Row[]
}

async function acquire(pool: pg.Pool): Promise<pg.PoolClient> {
  const connecting = pool.connect()
  try {
    return await withDeadline(connecting, OPEN_MS)
  } catch (error) {
    // A connection that comes too late goes back; without this the pool would lose it.
    connecting.then(
      client => client.release(),
      () => {},
    )
    throw error instanceof ApiError
      ? error
      : unavailable('The database cannot be used at this time', 5, error)
  }
}
