import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  sql,
} from 'kysely'
import type pg from 'pg'
import { forgetReaderMode, type ReaderMode, readerMode } from '../db/reader-role.js'
import { READER_ROLE } from '../db/roles.js'
import { parseUuid } from '../domain/account.js'
import { withDeadline } from './deadline.js'
import { ApiError, unavailable } from './errors.js'

/** Runs one statement in the snapshot, composed or as it is. */
export type RunQuery = <Row>(statement: RawBuilder<Row> | CompiledQuery<Row>) => Promise<Row[]>

/** Runs a statement in the snapshot whose rows are then fetched a batch at a time; an empty batch is the last. */
export type OpenRows = <Row>(statement: RawBuilder<Row>) => Promise<(most: number) => Promise<Row[]>>

/** One read-only transaction over which an answer is read. Whoever opens it closes it, once. */
export interface Snapshot {
  readonly run: RunQuery
  readonly open: OpenRows
  /** `isClean` false throws the connection away with whatever it is still busy with. */
  close(isClean: boolean): Promise<void>
}

/** How long a healthy database may take to hand out a connection and open a transaction. */
const OPEN_MS = 3_000
const STATEMENT_MS = 10_000
// Whoever exports a million rows waits longer for the first of them than for a page.
export const EXPORT_MS = 120_000
// Above the server's own limit, for a server that no longer answers at all.
const ANSWER_MS = STATEMENT_MS + 2_000

// What the database says where a role is gone, or may not be taken, or lost a grant: invalid value, no privilege.
const ROLE_CHANGED = new Set(['22023', '42501'])

// A week of a busy account is some 500,000 facts. With the default work_mem they are sorted on disk, which takes twice
// as long; compiling the plan (jit) costs more than it saves at this size. Loops within loops look cheap to a planner that
// knows no sizes yet, as after a first backfill, and then take minutes: every join here is of few keys with many facts.
// Sums of floating point numbers depend on their order, and an answer has to be the same whenever it is asked for: so
// one process reads, from the beginning.
const BEGIN = `begin isolation level repeatable read, read only;
  set local statement_timeout = ${STATEMENT_MS};
  set local work_mem = '64MB';
  set local jit = off;
  set local enable_nestloop = off;
  set local max_parallel_workers_per_gather = 0;
  set local synchronize_seqscans = off`

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
  const snapshot = await openSnapshot(pool, cloudAccountId)
  let isClean = false
  try {
    const result = await work(snapshot.run)
    isClean = true
    return result
  } catch (error) {
    // A refusal of ours (not found, a bad argument) leaves a healthy connection behind.
    isClean = error instanceof ApiError && error.status < 500
    throw error
  } finally {
    await snapshot.close(isClean)
  }
}

/** As readSnapshot, for what outlives a function: the caller closes it. */
export async function openSnapshot(pool: pg.Pool, cloudAccountId: string): Promise<Snapshot> {
  const account = accountLiteral(cloudAccountId)
  const client = await acquire(pool)
  try {
    await begin(client, await withDeadline(readerMode(pool, client), OPEN_MS), account)
  } catch (error) {
    client.release(true)
    throw forgetting(pool, error)
  }
  const run: RunQuery = async statement => {
    try {
      return await runOn(client, 'compile' in statement ? statement.compile(composer) : statement)
    } catch (error) {
      throw forgetting(pool, error)
    }
  }
  return {
    run,
    open: async statement => {
      // All rows are wanted, not a few of them soon.
      const settings = `set local statement_timeout = ${EXPORT_MS}; set local work_mem = '256MB';
        set local cursor_tuple_fraction = 1`
      await withDeadline(client.query(settings), OPEN_MS)
      await run(sql`declare export_rows no scroll cursor for ${statement}`)
      return most => fetchRows(client, most)
    },
    close: async isClean => {
      const isDone =
        isClean &&
        (await withDeadline(client.query('commit'), OPEN_MS).then(
          () => true,
          () => false,
        ))
      client.release(!isDone)
    },
  }
}

// By a cursor of SQL, so that every batch is a statement with time of its own: a protocol's cursor is one statement to
// the server and to the client, and whoever reads slowly would be cut off in the middle.
async function fetchRows<Row>(client: pg.PoolClient, most: number): Promise<Row[]> {
  const fetching: pg.QueryConfig & { query_timeout: number } = {
    text: `fetch ${most} from export_rows`,
    query_timeout: EXPORT_MS + 2_000,
  }
  const { rows } = await withDeadline(client.query(fetching), EXPORT_MS + 2_000)
  return rows as Row[]
}

function forgetting(pool: pg.Pool, error: unknown): unknown {
  if (ROLE_CHANGED.has(codeOf(error))) forgetReaderMode(pool)
  return error
}

// No parameter can stand in SET, and of the ways to set the account only SET LOCAL reaches the workers of Citus.
function accountLiteral(cloudAccountId: string): string {
  if (parseUuid(cloudAccountId) !== cloudAccountId)
    throw new RangeError('the account is no UUID in lower case')
  return `'${cloudAccountId}'`
}

async function begin(client: pg.PoolClient, mode: ReaderMode, account: string): Promise<void> {
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
