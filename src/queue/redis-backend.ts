import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { NamedError } from '../errors.js'
import { addressOf, type Backend, type BackendContext, JOB_OPTIONS, reasonOf, within } from './backend.js'

const PREFIX = 'k8s-costs'
const LONGEST_RETRY_MS = 2_000

const CONNECTION = {
  connectTimeout: 5_000,
  keepAlive: 10_000,
  retryStrategy: (times: number) => Math.min(100 * 2 ** Math.min(times, 10), LONGEST_RETRY_MS),
}

/**
 * The queue in Redis. A server that is away at this time is no failure: workers begin once it is there. One that may
 * evict keys is refused with CONFIG_INVALID, now or as soon as it answers.
 */
export async function openRedisBackend(
  redisUrl: string,
  options: BackendContext & { readonly bootTimeoutMs: number },
): Promise<Backend> {
  const connection = new ProducerConnection(redisUrl, options)
  try {
    await connection.ready(options.bootTimeoutMs)
  } catch (error) {
    if (error instanceof NamedError && error.remedy === 'retry')
      options.logger.warn({ err: error }, error.message)
    else {
      connection.client.disconnect()
      throw error
    }
  }
  return {
    kind: 'redis',
    newQueue: () =>
      new Queue<unknown>(options.queueName, {
        connection: connection.client,
        prefix: PREFIX,
        defaultJobOptions: JOB_OPTIONS,
        streams: { events: { maxLen: 1_000 } },
      }),
    newWorker: (processor, settings) =>
      new Worker<unknown, void>(options.queueName, processor, {
        ...settings,
        prefix: PREFIX,
        connection: { ...CONNECTION, url: redisUrl, maxRetriesPerRequest: null },
      }),
    ready: timeoutMs => connection.ready(timeoutMs),
    repair: async () => false,
    problem: error => connection.problem(error),
    close: async () => connection.client.disconnect(),
  }
}

/** The connection that jobs are added through: commands fail within seconds instead of waiting for Redis. */
class ProducerConnection {
  readonly client: Redis
  readonly #url: string
  #lastError: unknown
  #policy: Promise<string>

  constructor(redisUrl: string, { logger }: BackendContext) {
    this.#url = redisUrl
    this.client = new Redis(redisUrl, {
      ...CONNECTION,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: 5_000,
      connectionName: 'k8s-costs',
    })
    this.client.on('error', error => {
      this.#lastError = error
    })
    this.#policy = this.#nextPolicy()
    this.client.on('close', () => {
      // Another server may answer next time, so it is asked anew.
      this.#policy = this.#nextPolicy()
    })
    this.client.on('ready', () => {
      this.#lastError = undefined
      this.#policy.then(refuseEviction).catch((error: unknown) => {
        if (error instanceof NamedError) logger.error({ err: error }, error.message)
      })
    })
  }

  /** Resolves once commands can be sent to a server that keeps what it is given. */
  async ready(timeoutMs: number): Promise<void> {
    const late = () => this.problem(this.#lastError)
    refuseEviction(
      await within(timeoutMs, this.#policy, late).catch((error: unknown) => {
        throw this.problem(error)
      }),
    )
  }

  problem(error: unknown): NamedError {
    if (error instanceof NamedError) return error
    const isRefused =
      error instanceof Error && /^(WRONGPASS|NOAUTH|NOPERM|ERR invalid password)/.test(error.message)
    const reason = isRefused ? 'it refused the user or password' : reasonOf(error)
    return new NamedError(
      'QUEUE_UNREACHABLE',
      `The queue on Redis at ${addressOf(this.#url, '6379')} cannot be used: ${reason ?? 'it did not answer in time'}. ` +
        'Check REDIS_URL and that the server runs; it is tried again.',
      { cause: error },
    )
  }

  #nextPolicy(): Promise<string> {
    const policy = new Promise<void>(resolve => this.client.once('ready', resolve)).then(async () => {
      const memory = await this.client.info('memory')
      return /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'noeviction'
    })
    policy.catch(() => {})
    return policy
  }
}

function refuseEviction(policy: string): void {
  if (policy === 'noeviction') return
  throw new NamedError(
    'CONFIG_INVALID',
    `Redis runs with maxmemory-policy ${policy}, so it may drop queued jobs when memory is short. ` +
      'Set maxmemory-policy to noeviction, or leave REDIS_URL out to keep the queue in the database.',
  )
}
