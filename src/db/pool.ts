import pg from 'pg'
import { NamedError } from '../errors.js'

export interface PoolOptions {
  /** Connections at most; 10 unless told. */
  readonly max?: number
  /** Milliseconds after which the server cancels a statement; 60,000 unless told. */
  readonly statementTimeoutMs?: number
  /** Milliseconds to wait for a connection; 10,000 unless told. */
  readonly connectTimeoutMs?: number
  readonly applicationName?: string
  /** Told of connections that broke while nobody used them; the pool replaces them by itself. */
  readonly onIdleError?: (problem: NamedError) => void
}

const OLDEST_SERVER = 150_000
const DATE_OID = 1082

/** A pool on `databaseUrl`. int8 and numeric arrive as text, dates as `YYYY-MM-DD`, timestamptz as Date. */
export function createPool(databaseUrl: string, options: PoolOptions = {}): pg.Pool {
  const statementTimeoutMs = options.statementTimeoutMs ?? 60_000
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: options.max ?? 10,
    application_name: options.applicationName ?? 'k8s-costs',
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: statementTimeoutMs,
    // The client's own limit is for a server that no longer answers at all (a half-open connection).
    query_timeout: statementTimeoutMs + 5_000,
    idle_in_transaction_session_timeout: 60_000,
    types: { getTypeParser },
  })
  return listened(pool, error => options.onIdleError?.(error), databaseUrl)
}

/** A pool on the same database for work without a time limit (migrations); the caller ends it. */
export function withoutTimeLimit(pool: pg.Pool): pg.Pool {
  const unlimited = { statement_timeout: 0, query_timeout: 0, idle_in_transaction_session_timeout: 0 }
  return listened(new pg.Pool({ ...pool.options, ...unlimited, max: 2 }), () => {})
}

function listened(pool: pg.Pool, onIdleError: (problem: NamedError) => void, databaseUrl?: string): pg.Pool {
  // Both handlers are needed: an 'error' event without a listener would end the process. The pool only listens
  // while a connection is idle, so a connection that breaks in somebody's hands needs a listener of its own; its
  // holder learns of the failure through the rejected query.
  pool.on('connect', client => client.on('error', () => {}))
  pool.on('error', error => {
    onIdleError(
      connectionProblem(error, databaseUrl) ??
        new NamedError('DATABASE_UNREACHABLE', 'Lost an idle connection to the database.', { cause: error }),
    )
  })
  return pool
}

// A date as a Date would be midnight of the machine's zone, so it stays text.
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === DATE_OID ? (value: string) => value : pg.types.getTypeParser(oid, format as 'text')

const reasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'it did not answer in time',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  '28P01': 'it refused the password',
  '28000': 'it refused the user',
  '3D000': 'it has no database of that name',
  '53100': 'its disk is full',
  '53200': 'it is out of memory',
  '53300': 'it has no connection left',
  '57P01': 'it is shutting down',
  '57P02': 'it crashed and is recovering',
  '57P03': 'it is starting up',
}

/**
 * The named form of an error that says the database cannot be used at this time, without credentials in its text;
 * undefined for any other error (a constraint, a syntax error), which is not a matter of reaching the server.
 */
export function connectionProblem(error: unknown, databaseUrl?: string): NamedError | undefined {
  if (error instanceof NamedError) return error.code === 'DATABASE_UNREACHABLE' ? error : undefined
  const reason = reasonOf(error)
  if (reason === undefined) return undefined
  const where = databaseUrl === undefined ? 'the database' : `PostgreSQL at ${addressOf(databaseUrl)}`
  return new NamedError(
    'DATABASE_UNREACHABLE',
    `Cannot use ${where}: ${reason}. Check DATABASE_URL and that the server runs; the work is tried again.`,
    { cause: error },
  )
}

function reasonOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).find(reason => reason !== undefined)
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = reasons[code]
  if (known !== undefined) return known
  if (code.startsWith('08')) return 'the connection failed'
  if (/^(timeout expired|timeout exceeded when trying to connect|Query read timeout)/.test(error.message)) {
    return 'it did not answer in time'
  }
  if (
    /^(Connection terminated|Client has encountered a connection error|Connection ended)/.test(error.message)
  ) {
    return 'the connection was closed'
  }
  return undefined
}

/** `host:port/database` of a connection string, never its credentials. */
function addressOf(databaseUrl: string): string {
  try {
    const url = new URL(databaseUrl)
    return `${url.hostname || 'localhost'}:${url.port || '5432'}${url.pathname}`
  } catch {
    return 'the address in DATABASE_URL (which is no postgres:// URL)'
  }
}

/** Rejects with DATABASE_UNREACHABLE or DATABASE_TOO_OLD unless a server of at least version 15 answers. */
export async function checkServer(pool: pg.Pool, databaseUrl?: string): Promise<{ version: string }> {
  const result = await pool
    .query<{ number: number; version: string }>(
      `select current_setting('server_version_num')::int as number, current_setting('server_version') as version`,
    )
    .catch((error: unknown) => {
      throw connectionProblem(error, databaseUrl) ?? error
    })
  const row = result.rows[0]
  if (row === undefined || row.number < OLDEST_SERVER) {
    throw new NamedError(
      'DATABASE_TOO_OLD',
      `The database server is PostgreSQL ${row?.version ?? '(unknown)'}, and 15 or newer is needed. Upgrade the server.`,
    )
  }
  return { version: row.version }
}

/** Runs `work` in one transaction on a connection of its own; rolls back when it rejects. */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    return await transact(client, work)
  } catch (error) {
    // A connection that failed is not put back; nobody can tell in which state it is.
    if (connectionProblem(error) !== undefined) broken = error instanceof Error ? error : new Error('broken')
    throw error
  } finally {
    client.release(broken)
  }
}

/** As `inTransaction`, on a connection that the caller holds. */
export async function transact<C extends pg.ClientBase, T>(
  client: C,
  work: (client: C) => Promise<T>,
): Promise<T> {
  await client.query('begin')
  try {
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    // Where the rollback fails too, the connection is gone, and the transaction with it.
    await client.query('rollback').catch(() => {})
    throw error
  }
}
