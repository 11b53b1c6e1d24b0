import type { ThanosConfig } from '../config.js'
import { NamedError } from '../errors.js'
import { aboutInstant, aboutRange, instantForm, rangeForm, tenantHeaders } from './ask.js'
import { classifyStatus, contract, failure } from './classify.js'
import { decodeAnswer, decodeEnvelope } from './decode.js'
import { isObject, member } from './json.js'
import { createLimiter } from './limiter.js'
import { type Clock, cancelled, type Retry, type RetryPolicy, systemClock, withRetry } from './retry.js'
import { decodeStores } from './stores.js'
import { createTransport, type HttpAnswer, type HttpAsk } from './transport.js'
import type { Answer, InstantAsk, RangeAsk, ThanosClient } from './types.js'

const MEBIBYTE = 1024 * 1024

/** One request that ended, with or without an answer that could be used. */
export interface Attempt {
  readonly operation: Operation
  readonly outcome: 'ok' | NamedError['code']
  readonly milliseconds: number
  /** Decoded bytes of the answer, 0 where none was usable. */
  readonly bytes: number
}

export type Operation = 'query_range' | 'query' | 'stores' | 'buildinfo' | 'flags'

export interface ThanosClientOptions {
  readonly logger?: { warn(fields: object, message: string): void }
  readonly onAttempt?: (attempt: Attempt) => void
  readonly onRetry?: (operation: Operation, retry: Retry) => void
  /** Bound on the decoded size of one answer. */
  readonly maxBodyBytes?: number
  readonly retry?: Partial<RetryPolicy>
  readonly clock?: Clock
}

interface Exchange<T> {
  readonly operation: Operation
  readonly ask: Pick<HttpAsk, 'path' | 'about'> & Partial<Pick<HttpAsk, 'form' | 'headers'>>
  readonly signal: AbortSignal | undefined
  /** Makes the value of a success, or throws a `NamedError`. */
  readonly decode: (answer: HttpAnswer) => T
}

/**
 * A client for one Thanos Query (or query-frontend, or Prometheus). At most `concurrency` requests are in flight;
 * the others wait in order. A request keeps its place while it waits for its next try, so an overloaded Thanos is
 * asked less. Throws CONFIG_INVALID where the configuration cannot be used.
 */
export function createThanosClient(config: ThanosConfig, options: ThanosClientOptions = {}): ThanosClient {
  const transport = createTransport(config, options.maxBodyBytes ?? 32 * MEBIBYTE)
  const limiter = createLimiter(config.concurrency)
  const closing = new AbortController()
  const clock = options.clock ?? systemClock
  const policy: RetryPolicy = {
    tries: 4,
    baseMs: 500,
    capMs: 15_000,
    retryAfterCapMs: 60_000,
    totalMs: 3 * config.timeoutMs,
    ...options.retry,
  }

  const attempt = async <T>(exchange: Exchange<T>, signal: AbortSignal, timeoutMs: number): Promise<T> => {
    const began = clock.now()
    let outcome: Attempt['outcome'] = 'ok'
    let bytes = 0
    try {
      const answer = await transport.send({ ...exchange.ask, signal, timeoutMs })
      const { status } = answer
      if (status < 200 || status >= 300) throw classifyStatus(answer, exchange.ask.about)
      const value = exchange.decode(answer)
      bytes = answer.bytes
      return value
    } catch (error) {
      outcome = error instanceof NamedError ? error.code : 'THANOS_CONTRACT'
      throw error
    } finally {
      const { operation } = exchange
      options.onAttempt?.({ operation, outcome, milliseconds: clock.now() - began, bytes })
    }
  }

  const onRetry = (exchange: Exchange<unknown>, retry: Retry): void => {
    options.onRetry?.(exchange.operation, retry)
    options.logger?.warn(
      {
        operation: exchange.operation,
        code: retry.error.code,
        attempt: retry.attempt,
        delayMs: retry.delayMs,
      },
      retry.error.message,
    )
  }

  const run = <T>(exchange: Exchange<T>): Promise<T> =>
    withSignals([exchange.signal, closing.signal], exchange.ask.about, async signal => {
      const leave = await limiter.acquire(signal)
      try {
        return await withRetry(
          remainingMs => attempt(exchange, signal, Math.min(config.timeoutMs, remainingMs)),
          policy,
          { signal, clock, onRetry: retry => onRetry(exchange, retry) },
        )
      } finally {
        leave()
      }
    })

  const query = (
    operation: 'query_range' | 'query',
    ask: RangeAsk | InstantAsk,
    about: string,
  ): Promise<Answer> => {
    const range = 'step' in ask ? ask : undefined
    const form = 'step' in ask ? rangeForm(ask, config.timeoutMs) : instantForm(ask, config.timeoutMs)
    const headers = tenantHeaders(config.tenantHeader, ask)
    const { tenantId } = ask.account
    const expected = { tenantLabel: config.tenantLabel, tenantId, grid: range, about }
    return run({
      operation,
      ask: { path: `/api/v1/${operation}`, form, headers, about },
      signal: ask.signal,
      decode: answer => decodeAnswer(answer.text, answer.bytes, expected),
    })
  }

  return {
    queryRange: async ask => query('query_range', ask, aboutRange(ask)),
    queryInstant: async ask => query('query', ask, aboutInstant(ask)),
    stores: async signal => {
      const about = 'the list of stores'
      const decode = (answer: HttpAnswer) => decodeStores(answer.text, about)
      const stores = run({ operation: 'stores', ask: { path: '/api/v1/stores', about }, signal, decode })
      return stores.then(
        list => ({ kind: 'thanos', stores: list }),
        (error: NamedError) => {
          if (error.status === 404) return { kind: 'unsupported' }
          throw error
        },
      )
    },
    buildInfo: async signal => {
      const about = 'the build information'
      const decode = (answer: HttpAnswer) => ({
        version: `${textMembers(answer, about).get('version') ?? ''}`,
      })
      return unlessHidden(
        run({ operation: 'buildinfo', ask: { path: '/api/v1/status/buildinfo', about }, signal, decode }),
      )
    },
    flags: async signal => {
      const about = 'the flags'
      const decode = (answer: HttpAnswer) => textMembers(answer, about)
      return unlessHidden(
        run({ operation: 'flags', ask: { path: '/api/v1/status/flags', about }, signal, decode }),
      )
    },
    close: async () => {
      closing.abort()
      await transport.close()
    },
  }
}

/** The members of `data` that are texts. */
function textMembers(answer: HttpAnswer, about: string): Map<string, string> {
  const data = member(decodeEnvelope(answer.text, about), 'data')
  if (!isObject(data)) throw contract('an answer has no data', about)
  return new Map(
    Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** Undefined where a proxy in front answers for a path that it does not let through. */
async function unlessHidden<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    const hidden =
      error instanceof NamedError &&
      (error.status === 403 ||
        error.status === 404 ||
        (error.status === 200 && error.code === 'THANOS_MISCONFIGURED'))
    if (hidden) return undefined
    throw error
  }
}

/** Runs `work` under one signal for several; whatever it throws then is a `NamedError`. */
async function withSignals<T>(
  signals: readonly (AbortSignal | undefined)[],
  about: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const cancel = () => controller.abort(failure('CANCELLED', 'a request to Thanos was cancelled', about))
  // Not AbortSignal.any, which keeps what it made alive as long as its longest-lived source.
  for (const signal of signals) {
    if (signal?.aborted) cancel()
    signal?.addEventListener('abort', cancel, { once: true })
  }
  try {
    return await work(controller.signal)
  } catch (error) {
    if (controller.signal.aborted) throw cancelled(controller.signal, about)
    throw error
  } finally {
    for (const signal of signals) signal?.removeEventListener('abort', cancel)
  }
}
