import { NamedError } from '../errors.js'
import type { Logger } from '../observe/logger.js'
import { type Backend, type BullQueue, type QueueName, within } from './backend.js'
import { openPostgresBackend } from './postgres-backend.js'
import { openRedisBackend } from './redis-backend.js'
import { jobIdOf, priorityOf, readWakeUp, type WakeUp } from './wake-up.js'
import { startWorker, type WakeUpHandler, type WakeUpWorker, type WorkOptions } from './worker.js'

export interface QueueOptions {
  /** Absent: the queue lives in the database. */
  readonly redisUrl?: string | undefined
  readonly databaseUrl: string | undefined
  readonly logger: Logger
  /** `wake-up` unless told. */
  readonly name?: QueueName
  /** Milliseconds after which a command to the queue is given up; 5,000 unless told. */
  readonly commandMs?: number
}

export interface WakeUpQueue {
  readonly backend: 'redis' | 'postgres'
  /** Queues a day unless it already waits or is being worked on. Rejects with QUEUE_UNREACHABLE within seconds. */
  enqueue(job: WakeUp): Promise<void>
  /** Resolves with the number of jobs that wait and are in hand; rejects with QUEUE_UNREACHABLE within seconds. */
  check(): Promise<{ readonly waiting: number; readonly active: number }>
  work(handler: WakeUpHandler, options: WorkOptions): WakeUpWorker
  /** Closes the workers too, waiting for the jobs in hand. */
  close(): Promise<void>
}

/** Opens the queue that wakes workers, on Redis where told, else in the database. */
export async function openQueue(options: QueueOptions): Promise<WakeUpQueue> {
  const commandMs = options.commandMs ?? 5_000
  const backend = await openBackend(options, commandMs)
  const producer = new Producer(backend, options.logger, commandMs)
  const workers: WakeUpWorker[] = []
  const check = async () => {
    const counts = await producer.run(queue => queue.getJobCounts('waiting', 'prioritized', 'active'))
    return { waiting: (counts.waiting ?? 0) + (counts.prioritized ?? 0), active: counts.active ?? 0 }
  }
  const context = {
    backend,
    logger: options.logger,
    countWaiting: async () => (await check()).waiting,
  }
  return {
    backend: backend.kind,
    enqueue: async job => {
      const wakeUp = readWakeUp(job)
      const jobOptions = { jobId: jobIdOf(wakeUp), priority: priorityOf(wakeUp) }
      await producer.run(queue => queue.add('wake-up', wakeUp, jobOptions))
    },
    check,
    work: (handler, workOptions) => {
      const worker = startWorker(context, handler, workOptions)
      workers.push(worker)
      return worker
    },
    close: async () => {
      await Promise.allSettled(workers.map(worker => worker.close()))
      await producer.close()
      await backend.close()
    },
  }
}

function openBackend(options: QueueOptions, commandMs: number): Promise<Backend> {
  const { redisUrl, databaseUrl, logger, name: queueName = 'wake-up' } = options
  const context = { logger, queueName }
  if (redisUrl !== undefined) return openRedisBackend(redisUrl, { ...context, bootTimeoutMs: commandMs })
  if (databaseUrl !== undefined) return openPostgresBackend(databaseUrl, context)
  throw new NamedError('CONFIG_INVALID', 'The queue needs REDIS_URL or DATABASE_URL, and neither is set.')
}

/** Sends commands through one BullMQ queue, which is replaced after a failure: it may remember a lost connection. */
class Producer {
  readonly #backend: Backend
  readonly #logger: Logger
  readonly #commandMs: number
  #queue: BullQueue | undefined
  #isClosed = false

  constructor(backend: Backend, logger: Logger, commandMs: number) {
    this.#backend = backend
    this.#logger = logger
    this.#commandMs = commandMs
  }

  async run<T>(command: (queue: BullQueue) => Promise<T>): Promise<T> {
    try {
      return await this.#once(command)
    } catch (error) {
      if (await this.#backend.repair(error)) {
        return await this.#once(command).catch((second: unknown) => {
          throw this.#backend.problem(second)
        })
      }
      throw this.#backend.problem(error)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#discard(this.#queue)
  }

  async #once<T>(command: (queue: BullQueue) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new NamedError('CANCELLED', 'The queue is closed, as the process stops.')
    await this.#backend.ready(this.#commandMs)
    const queue = this.#open()
    try {
      return await within(this.#commandMs, command(queue), () => this.#backend.problem(undefined))
    } catch (error) {
      // Not waited for: saying goodbye to a server that does not answer takes as long as asking it.
      void this.#discard(queue)
      throw error
    }
  }

  #open(): BullQueue {
    if (this.#queue !== undefined) return this.#queue
    const queue = this.#backend.newQueue()
    queue.on('error', error => this.#logger.debug({ err: error }, 'the queue reported an error'))
    this.#queue = queue
    return queue
  }

  async #discard(queue: BullQueue | undefined): Promise<void> {
    if (queue === undefined) return
    if (this.#queue === queue) this.#queue = undefined
    await within(this.#commandMs, queue.close(), () => this.#backend.problem(undefined)).catch(() => {})
  }
}
