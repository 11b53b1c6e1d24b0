import type { Processor, WorkerOptions } from 'bullmq'
import type { NamedError } from '../errors.js'
import type { Logger } from '../observe/logger.js'

/** The part of a BullMQ queue that is used, the same on either backend. */
export interface BullQueue {
  add(name: string, data: unknown, options: { jobId: string; priority: number }): Promise<unknown>
  getJobCounts(...states: ('waiting' | 'prioritized' | 'active')[]): Promise<Record<string, number>>
  on(event: 'error', listener: (error: Error) => void): unknown
  close(): Promise<void>
}

/** The part of a BullMQ worker that is used, the same on either backend. */
export interface BullWorker {
  on(event: 'error', listener: (error: Error) => void): unknown
  waitUntilReady(): Promise<unknown>
  pause(doNotWaitActive: boolean): Promise<void>
  resume(): unknown
  close(force?: boolean): Promise<void>
  disconnect(): Promise<void>
}

export type WorkerSettings = Pick<
  WorkerOptions,
  'concurrency' | 'lockDuration' | 'stalledInterval' | 'drainDelay' | 'runRetryDelay'
>

/** Where the queue lives. Everything above this is one code path. */
export interface Backend {
  readonly kind: 'redis' | 'postgres'
  newQueue(): BullQueue
  newWorker(processor: Processor<unknown, void>, settings: WorkerSettings): BullWorker
  /** Resolves once commands can be sent; rejects with a named error after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void>
  /** Mends what `error` complains about where that can be done from here; true where it was. */
  repair(error: unknown): Promise<boolean>
  /** The named form of a failure, without addresses of other systems' making or credentials. */
  problem(error: unknown): NamedError
  close(): Promise<void>
}

export interface BackendContext {
  readonly logger: Logger
  readonly queueName: QueueName
}

/** `wake-up` for costs, `usage` for what is collected after them: each has workers of its own. */
export type QueueName = 'wake-up' | 'usage'

/** The ledger decides on retries and keeps the history, so a job leaves no trace; a trace would block its id. */
export const JOB_OPTIONS = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const

/** Settles as `work` does, or rejects with `late()` after `timeoutMs`. */
export async function within<T>(timeoutMs: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), timeoutMs)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}

/** Code of a driver's error (`ECONNREFUSED`, an SQLSTATE), or ''. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'it did not answer in time',
  EHOSTUNREACH: 'there is no route to the host',
}

/** Why a server cannot be reached, in words, where its driver's error tells. */
export function reasonOf(error: unknown): string | undefined {
  return REASONS[codeOf(error)]
}

/** `host:port` of a URL, never its credentials. */
export function addressOf(url: string, defaultPort: string): string {
  if (!URL.canParse(url)) return 'the configured address'
  const { hostname, port } = new URL(url)
  return `${hostname === '' ? 'localhost' : hostname}:${port === '' ? defaultPort : port}`
}
