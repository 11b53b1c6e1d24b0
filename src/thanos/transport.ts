import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip as gunzipCallback } from 'node:zlib'
import { type Dispatcher, Pool } from 'undici'
import type { ThanosConfig } from '../config.js'
import type { NamedError } from '../errors.js'
import { classifyTransport, failure } from './classify.js'
import { readEndpoint } from './endpoint.js'

const gunzip = promisify(gunzipCallback)
const CONNECT_TIMEOUT_MS = 10_000

/** One HTTP request to the configured origin. */
export interface HttpAsk {
  readonly path: string
  /** Present: a POST of this form. Absent: a GET. */
  readonly form?: URLSearchParams
  readonly headers?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Milliseconds until the last byte of the answer. */
  readonly timeoutMs: number
  /** What the request is for, for messages. */
  readonly about: string
}

export interface HttpAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly text: string
  /** Decoded size of the body. */
  readonly bytes: number
}

/** HTTP to one origin over a bounded number of kept connections. Rejects with a `NamedError` and nothing else. */
export interface Transport {
  send(ask: HttpAsk): Promise<HttpAnswer>
  /** Ends every connection, the busy ones too. */
  close(): Promise<void>
}

/** Opens no connection until the first request. `maxBodyBytes` bounds the decoded size of an answer. */
export function createTransport(config: ThanosConfig, maxBodyBytes: number): Transport {
  const endpoint = readEndpoint(config, Math.min(CONNECT_TIMEOUT_MS, config.timeoutMs))
  // A pool is bound to its origin and follows no redirect, so credentials cannot go anywhere else.
  const pool = new Pool(endpoint.origin, {
    connections: config.concurrency,
    pipelining: 1,
    connect: endpoint.connect,
    // Headers come only after the whole evaluation; the deadline of the request itself is the tighter one.
    headersTimeout: config.timeoutMs + 1000,
    bodyTimeout: config.timeoutMs + 1000,
    maxResponseSize: maxBodyBytes,
  })

  const headersOf = (ask: HttpAsk): Record<string, string> => ({
    accept: 'application/json',
    // The exact token: servers have been seen to ignore `gzip;q=1.0`.
    'accept-encoding': 'gzip',
    // A results cache in front would hide late data from a second reading.
    'cache-control': 'no-store',
    'x-request-id': randomUUID(),
    ...(endpoint.authorization === undefined ? {} : { authorization: endpoint.authorization }),
    ...(ask.form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    ...ask.headers,
  })

  const exchange = async (ask: HttpAsk, signal: AbortSignal): Promise<HttpAnswer> => {
    const response = await pool.request({
      method: ask.form === undefined ? 'GET' : 'POST',
      path: `${endpoint.prefix}${ask.path}`,
      headers: headersOf(ask),
      body: ask.form?.toString() ?? null,
      signal,
    })
    const retryAfter = first(response.headers['retry-after'])
    const { statusCode: status } = response
    try {
      return { status, retryAfter, ...(await readText(response, maxBodyBytes, ask.about)) }
    } catch (error) {
      // What a refusal says is a help, not a condition: its status alone is enough to judge it.
      if (status === 200 || signal.aborted) throw error
      return { status, retryAfter, text: '', bytes: 0 }
    } finally {
      response.body.destroy()
    }
  }

  return {
    send: ask => withDeadline(ask, signal => exchange(ask, signal)),
    close: () => pool.destroy(),
  }
}

/** Runs `work` under a signal of its own, which fires at the deadline or with the asker's signal. */
async function withDeadline<T>(ask: HttpAsk, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const cancel = () => controller.abort(failure('CANCELLED', 'a request to Thanos was cancelled', ask.about))
  const expire = () =>
    controller.abort(
      failure(
        'THANOS_TIMEOUT',
        `no whole answer of Thanos within ${Math.round(ask.timeoutMs)} ms`,
        ask.about,
      ),
    )
  if (ask.signal.aborted) cancel()
  ask.signal.addEventListener('abort', cancel, { once: true })
  const timer = setTimeout(expire, ask.timeoutMs)
  try {
    return await work(controller.signal)
  } catch (error) {
    throw classifyTransport(controller.signal.aborted ? controller.signal.reason : error, ask.about)
  } finally {
    clearTimeout(timer)
    ask.signal.removeEventListener('abort', cancel)
  }
}

/** The whole body, decompressed and decoded, or an error; never a part of it. */
async function readText(
  { body, headers }: Dispatcher.ResponseData,
  maxBytes: number,
  about: string,
): Promise<{ text: string; bytes: number }> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  let bytes = Buffer.concat(chunks)
  for (const coding of codings(first(headers['content-encoding']))) {
    if (coding !== 'gzip' && coding !== 'x-gzip') {
      throw failure('THANOS_MISCONFIGURED', 'an answer came in an encoding that was not asked for', about)
    }
    // The bound is on what comes out and stops the unpacking there, so a bomb costs no more than a large answer.
    bytes = await gunzip(bytes, { maxOutputLength: maxBytes, chunkSize: 256 * 1024 })
  }
  if (!isUtf8(bytes)) throw notJson('is not UTF-8', about)
  return { text: bytes.toString('utf8'), bytes: bytes.length }
}

function notJson(what: string, about: string): NamedError {
  return failure('THANOS_BAD_BODY', `an answer of Thanos ${what}`, about)
}

/** Content codings in the order in which they are to be undone. */
function codings(header: string | undefined): string[] {
  return (header ?? '')
    .toLowerCase()
    .split(',')
    .map(coding => coding.trim())
    .filter(coding => coding !== '' && coding !== 'identity')
    .reverse()
}

function first(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0]
}
