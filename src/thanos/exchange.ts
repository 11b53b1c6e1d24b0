import { setMaxListeners } from 'node:events'
import type { ThanosConfig } from '../config.js'
import { NamedError } from '../errors.js'
import { classifyStatus, failure } from './classify.js'
import { createLimiter } from './limiter.js'
import { type Clock, type Retry, type RetryPolicy, systemClock, withRetry } from './retry.js'
import { createTransport, type HttpAnswer, type HttpAsk } from './transport.js'

const MEBIBYTE = 1024 * 1024

export type Operation = 'query_range' | 'query' | 'stores' | 'buildinfo' | 'flags' | 'label_values'

/** One request that ended, with or without an answer that could be used. */
export interface Attempt {
  readonly operation: Operation
  readonly outcome: 'ok' | NamedError['code']
  readonly milliseconds: number
  /** Decoded bytes of the answer, 0 where none was usable. */
  readonly bytes: number
}

export interface ThanosClientOptions {
  readonly logger?: { warn(fields: object, message: string): void }
  readonly onAttempt?: (attempt: Attempt) => void
  readonly onRetry?: (operation: Operation, retry: Retry) => void
  /** Bound on the decoded size of one answer. */
  readonly maxBodyBytes?: number
  readonly retry?: Partial<RetryPolicy>
  readonly clock?: Clock
}

/** A question, and how its answer is judged. */
export interface Exchange<T> {
  readonly operation: Operation
  readonly ask: Pick<HttpAsk, 'path' | 'about' | 'form' | 'headers'>
  readonly signal: AbortSignal | undefined
  /** Makes the value of a success, or throws a `NamedError`. */
  readonly decode: (answer: HttpAnswer) => T
}

/** Carries out exchanges: limited, retried, cancellable. */
export interface Exchanger {
  run<T>(exchange: Exchange<T>): Promise<T>
  /** Cancels what is in flight or waiting and ends the connections. */
  close(): Promise<void>
}

/**
 * At most `concurrency` exchanges are in flight; the others wait in order. An exchange keeps its place while it waits
 * for its next try, so an overloaded Thanos is asked less.
 */
export function createExchanger(config: ThanosConfig, options: ThanosClientOptions): Exchanger {
  const { timeoutMs } = config
  const transport = createTransport(config, options.maxBodyBytes ?? 32 * MEBIBYTE)
  const limiter = createLimiter(config.concurrency)
  const closing = new AbortController()
  const clock = options.clock ?? systemClock
  const policy = { ...defaultPolicy(timeoutMs), ...options.retry }

  const attempt = <T>(exchange: Exchange<T>, signal: AbortSignal, remainingMs: number): Promise<T> =>
    observed(exchange.operation, clock, options.onAttempt, async () => {
      const answer = await transport.send({
        ...exchange.ask,
        signal,
        timeoutMs: Math.min(timeoutMs, remainingMs),
      })
      if (answer.status < 200 || answer.status >= 300) throw classifyStatus(answer, exchange.ask.about)
      return { value: exchange.decode(answer), bytes: answer.bytes }
    })

  const run = <T>(exchange: Exchange<T>): Promise<T> =>
    withSignals([exchange.signal, closing.signal], exchange.ask.about, async signal => {
      const leave = await limiter.acquire(signal)
      try {
        const onRetry = (retry: Retry) => reportRetry(exchange.operation, retry, options)
        return await withRetry(remaining => attempt(exchange, signal, remaining), policy, {
          signal,
          clock,
          onRetry,
        })
      } finally {
        leave()
      }
    })

  const close = async () => {
    closing.abort()
    await transport.close()
  }
  return { run, close }
}

function defaultPolicy(timeoutMs: number): RetryPolicy {
  return { tries: 4, baseMs: 500, capMs: 15_000, retryAfterCapMs: 60_000, totalMs: 3 * timeoutMs }
}

async function observed<T>(
  operation: Operation,
  clock: Clock,
  onAttempt: ThanosClientOptions['onAttempt'],
  work: () => Promise<{ value: T; bytes: number }>,
): Promise<T> {
  const began = clock.now()
  const report = (outcome: Attempt['outcome'], bytes: number) =>
    onAttempt?.({ operation, outcome, milliseconds: clock.now() - began, bytes })
  try {
    const { value, bytes } = await work()
    report('ok', bytes)
    return value
  } catch (error) {
    if (error instanceof NamedError) report(error.code, 0)
    throw error
  }
}

function reportRetry(operation: Operation, retry: Retry, { logger, onRetry }: ThanosClientOptions): void {
  onRetry?.(operation, retry)
  const { attempt, delayMs, error } = retry
  logger?.warn({ operation, code: error.code, status: error.status, attempt, delayMs }, error.message)
}

/** Runs `work` under one signal for several. */
async function withSignals<T>(
  signals: readonly (AbortSignal | undefined)[],
  about: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const cancel = () => controller.abort(failure('CANCELLED', 'a request to Thanos was cancelled', about))
  // Not AbortSignal.any, which keeps what it made alive as long as its longest-lived source.
  for (const signal of signals) {
    if (signal === undefined) continue
    if (signal.aborted) cancel()
    // A batch puts many questions under one signal; that is no leak.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', cancel, { once: true })
  }
  try {
    return await work(controller.signal)
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error
  } finally {
    for (const signal of signals) signal?.removeEventListener('abort', cancel)
  }
}
