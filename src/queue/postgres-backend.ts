import { type BackendFactory, createPostgresBackend, runMigrations, withBackend } from 'bullmq'
import pg from 'pg'
import { NamedError } from '../errors.js'
import { addressOf, type Backend, type BackendContext, codeOf, JOB_OPTIONS, reasonOf } from './backend.js'

const SCHEMA = 'bullmq'
// A schema, table or function that is not there: somebody dropped the queue.
const MISSING_OBJECT = new Set(['3F000', '42P01', '42883', '42704'])
const LONGEST_BLOCK_SECONDS = 5

type PostgresFactory =
  typeof createPostgresBackend extends BackendFactory<infer B, infer C> ? BackendFactory<B, C> : never

// By itself a worker sleeps up to an hour as long as its LISTEN connection looks alive. A peer that fell silent is
// noticed only after minutes, so an idle worker looks for itself every few seconds.
const createBoundedBackend: PostgresFactory = (name, options, factoryOptions) => {
  const backend = createPostgresBackend(name, options, factoryOptions)
  Object.defineProperty(backend, 'maximumBlockTimeout', { value: LONGEST_BLOCK_SECONDS })
  return backend
}

/** Brings the queue's own schema up to date; safe to race. The role needs CREATE on the database. */
export async function migrateQueue(databaseUrl: string): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'k8s-costs queue migration',
    connectionTimeoutMillis: 10_000,
  })
  // A connection that breaks fails the query in hand; without a listener it would end the process too.
  client.on('error', () => {})
  try {
    await client.connect()
    await runMigrations(client, SCHEMA)
  } catch (error) {
    throw problemOf(error, databaseUrl)
  } finally {
    await client.end().catch(() => {})
  }
}

/** The queue in the database. LISTEN needs a direct connection, not one through a transaction pooler. */
export async function openPostgresBackend(
  databaseUrl: string,
  { logger, queueName }: BackendContext,
): Promise<Backend> {
  await migrateQueue(databaseUrl)
  const { Queue, Worker } = withBackend(createBoundedBackend)
  let repairing: Promise<boolean> | undefined
  const repair = async () => {
    logger.warn('the schema of the queue is gone; creating it anew')
    return migrateQueue(databaseUrl).then(
      () => true,
      (error: unknown) => {
        logger.error({ err: error }, 'the schema of the queue could not be created')
        return false
      },
    )
  }
  return {
    kind: 'postgres',
    newQueue: () =>
      new Queue<unknown>(queueName, {
        connection: connectionTo(databaseUrl),
        defaultJobOptions: JOB_OPTIONS,
      }),
    newWorker: (processor, settings) =>
      new Worker<unknown, void>(queueName, processor, {
        ...settings,
        connection: connectionTo(databaseUrl),
      }),
    ready: async () => {},
    repair: async error => {
      if (!MISSING_OBJECT.has(codeOf(error))) return false
      repairing ??= repair().finally(() => {
        repairing = undefined
      })
      return repairing
    },
    problem: error => problemOf(error, databaseUrl),
    close: async () => {},
  }
}

function connectionTo(databaseUrl: string) {
  return {
    connectionString: databaseUrl,
    schema: SCHEMA,
    application_name: 'k8s-costs queue',
    max: 3,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 15_000,
    query_timeout: 20_000,
    keepAlive: true,
  }
}

function problemOf(error: unknown, databaseUrl: string): NamedError {
  if (error instanceof NamedError) return error
  const where = `The queue in PostgreSQL at ${addressOf(databaseUrl, '5432')}`
  if (codeOf(error) === '42501') {
    return new NamedError(
      'CONFIG_INVALID',
      `${where} needs its own schema: grant the role CREATE on the database, or create the schema ${SCHEMA} owned by it.`,
      { cause: error },
    )
  }
  const reason = reasonOf(error) ?? 'the server did not carry out the command'
  return new NamedError('QUEUE_UNREACHABLE', `${where} cannot be used: ${reason}. It is tried again.`, {
    cause: error,
  })
}
