import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

/**
 * A Thanos that does as it is told: handlers answer by path or by anything else of a request, recorded answers can be
 * replayed, and a reply can be late, slow, cut or not HTTP at all.
 *
 *     const stub = await createThanosStub()
 *     stub.on('/api/v1/query_range', matrix([{ labels: { tenant_id: id }, points: [[3600, '1']] }]))
 *     stub.on(request => request.form.get('query')?.includes('node_') ?? false, { status: 503 })
 *     …
 *     await stub.close()
 */
export interface ThanosStub {
  /** Base URL, without a slash at the end. */
  readonly url: string
  /** Every request so far, in order of arrival. */
  readonly requests: readonly StubRequest[]
  /** TCP connections accepted so far. */
  readonly connections: number
  /** Adds a handler; the newest that matches answers. A list answers one by one, its last for ever. */
  on(match: Match, answer: StubReply | readonly StubReply[] | Handler): void
  /** Answers each recorded request (same path and form) with its recorded response. */
  replay(recordings: readonly Recording[]): void
  /** Forgets handlers and requests. */
  reset(): void
  /** Ends every connection, hanging ones too. */
  close(): Promise<void>
}

export interface StubRequest {
  readonly method: string
  readonly path: string
  readonly form: URLSearchParams
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export type Match = string | ((request: StubRequest) => boolean)
/** `nth` counts the requests that this handler got, from 1. */
export type Handler = (request: StubRequest, nth: number) => StubReply | Promise<StubReply>

export interface StubReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Compresses the body and says so. */
  readonly gzip?: boolean
  /** What goes wrong; without it the reply is sent whole and at once. */
  readonly fault?: Fault
}

export type Fault =
  /** No byte of an answer, ever. */
  | { readonly kind: 'silence' }
  /** Headers and the whole body, but only once this is settled. */
  | { readonly kind: 'after'; readonly ready: Promise<unknown> }
  /** Headers at once, then the body byte by byte. */
  | { readonly kind: 'trickle'; readonly everyMs: number }
  /** Only the first bytes of the body; `unframed` ends so that HTTP itself sees nothing wrong. */
  | { readonly kind: 'cut'; readonly bytes: number; readonly how: 'fin' | 'rst' | 'unframed' }
  /** The connection is reset before a byte of an answer. */
  | { readonly kind: 'reset' }
  /** These bytes instead of HTTP. */
  | { readonly kind: 'raw'; readonly bytes: string | Buffer }

/** One entry of `test/fixtures/thanos/*.json`. */
export interface Recording {
  readonly name: string
  readonly server: string
  readonly request: {
    method: string
    path: string
    form?: Record<string, string | number>
    headers?: Record<string, string>
  }
  readonly response: { status: number; headers: Record<string, string>; body: string }
}

interface Route {
  readonly match: (request: StubRequest) => boolean
  readonly handler: Handler
  calls: number
}

/** Starts a stub on a free loopback port; with `tls` it speaks HTTPS. */
export async function createThanosStub(
  options: { tls?: { key: string; cert: string } } = {},
): Promise<ThanosStub> {
  const requests: StubRequest[] = []
  const routes: Route[] = []
  let connections = 0
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response, requests, routes).catch(() => response.destroy())
  }
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener)
  server.on('connection', () => connections++)
  server.on('tlsClientError', () => undefined)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const on: ThanosStub['on'] = (match, reply) => {
    const matches = typeof match === 'string' ? (request: StubRequest) => request.path === match : match
    routes.unshift({ match: matches, handler: toHandler(reply), calls: 0 })
  }
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    get connections() {
      return connections
    },
    on,
    replay: recordings => {
      for (const recording of recordings) on(request => isRecorded(request, recording), recording.response)
    },
    reset: () => {
      requests.length = 0
      routes.length = 0
    },
    close: () => closeServer(server),
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function toHandler(reply: StubReply | readonly StubReply[] | Handler): Handler {
  if (typeof reply === 'function') return reply
  const replies: readonly StubReply[] = Array.isArray(reply) ? reply : [reply]
  return (_request, nth) => replies[Math.min(nth, replies.length) - 1] ?? { status: 404 }
}

function isRecorded(request: StubRequest, { request: recorded }: Recording): boolean {
  if (request.method !== recorded.method || request.path !== recorded.path) return false
  return Object.entries(recorded.form ?? {}).every(([name, value]) => request.form.get(name) === `${value}`)
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  requests: StubRequest[],
  routes: readonly Route[],
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const url = new URL(incoming.url ?? '/', 'http://stub')
  const form = new URLSearchParams(chunks.length > 0 ? Buffer.concat(chunks).toString() : url.search)
  const request = { method: incoming.method ?? '', path: url.pathname, form, headers: incoming.headers }
  requests.push(request)
  const route = routes.find(({ match }) => match(request))
  if (route === undefined) return send(response, { status: 404, body: '404 page not found\n' })
  route.calls++
  await send(response, await route.handler(request, route.calls))
}

async function send(response: ServerResponse, reply: StubReply): Promise<void> {
  const { fault, status = 200 } = reply
  const plain = Buffer.from(reply.body ?? '')
  const body = reply.gzip === true ? gzipSync(plain) : plain
  const headers = {
    'content-type': 'application/json',
    ...(reply.gzip === true ? { 'content-encoding': 'gzip' } : {}),
    ...reply.headers,
  }
  if (fault?.kind === 'silence') return
  if (fault?.kind === 'reset') return void response.socket?.resetAndDestroy()
  if (fault?.kind === 'raw') return void response.socket?.end(fault.bytes)
  if (fault?.kind === 'after') await fault.ready
  if (fault?.kind === 'trickle') return trickle(response.writeHead(status, headers), body, fault.everyMs)
  if (fault?.kind === 'cut') return cut(response, status, headers, body.subarray(0, fault.bytes), fault.how)
  response.writeHead(status, { ...headers, 'content-length': body.length }).end(body)
}

function trickle(response: ServerResponse, body: Buffer, everyMs: number): void {
  let at = 0
  const timer = setInterval(() => {
    if (at < body.length) response.write(body.subarray(at, ++at))
    else response.end()
  }, everyMs)
  response.once('close', () => clearInterval(timer))
}

function cut(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  part: Buffer,
  how: 'fin' | 'rst' | 'unframed',
): void {
  const { socket } = response
  if (how === 'unframed') {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    socket?.write(`HTTP/1.1 ${status} X\r\n${lines.join('')}connection: close\r\n\r\n`)
    socket?.end(part)
    return
  }
  response.writeHead(status, headers)
  // An empty write would not send the headers.
  response.flushHeaders()
  if (part.length > 0) response.write(part)
  // The client must have the bytes before the end reaches it, or the reset would take them along.
  const end = () => (how === 'fin' ? socket?.end() : socket?.resetAndDestroy())
  socket?.write('', () => setImmediate(end))
}

/** The recorded answers of a real Thanos: `answers`, `dedup`, `stores` or `tenancy`. */
export function readRecordings(name: 'answers' | 'dedup' | 'stores' | 'tenancy'): Recording[] {
  const file = new URL(`../fixtures/thanos/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as Recording[]
}

export interface StubSeries {
  readonly labels: Readonly<Record<string, string>>
  /** Unix seconds and the value as Prometheus writes it. */
  readonly points: readonly (readonly [number, string])[]
}

/** A success of `query_range`, with `warnings` where there are any. */
export function matrix(series: readonly StubSeries[], warnings?: readonly string[]): StubReply {
  const result = series.map(({ labels, points }) => ({ metric: labels, values: points }))
  return success({ resultType: 'matrix', result }, warnings)
}

/** A success of `query`: the first point of each series. */
export function vector(series: readonly StubSeries[], warnings?: readonly string[]): StubReply {
  const result = series.map(({ labels, points }) => ({ metric: labels, value: points[0] }))
  return success({ resultType: 'vector', result }, warnings)
}

/** Any success envelope. */
export function success(data: unknown, warnings?: readonly string[]): StubReply {
  return {
    body: JSON.stringify({ status: 'success', data, ...(warnings === undefined ? {} : { warnings }) }),
  }
}

/** An error envelope as Thanos writes it. */
export function refusal(status: number, errorType: string, error: string): StubReply {
  return { status, body: JSON.stringify({ status: 'error', errorType, error }) }
}

/** A login form of a proxy, with the status that proxies give it. */
export function loginPage(status = 200): StubReply {
  return {
    status,
    headers: { 'content-type': 'text/html' },
    body: '<!DOCTYPE html><html><body>Sign in</body></html>',
  }
}

/** A few kilobytes that unpack to `bytes`. */
export function gzipBomb(bytes: number): StubReply {
  return { gzip: true, body: Buffer.alloc(bytes, ' ') }
}

/** One entry of `/api/v1/stores`; times in Unix seconds, an open end by default. */
export interface StubStore {
  readonly component?: string
  readonly labelSets: readonly Readonly<Record<string, string>>[]
  readonly lastError?: string
  readonly minTime: number
  readonly maxTime?: number
}

/** The answer of `/api/v1/stores`. */
export function stores(list: readonly StubStore[]): StubReply {
  const data: Record<string, unknown[]> = {}
  for (const { component = 'receive', labelSets, lastError = null, minTime, maxTime } of list) {
    const entry = {
      name: 'thanos-receive-0:10901',
      lastCheck: '2026-10-31T13:00:00Z',
      lastError,
      labelSets,
      minTime: minTime * 1000,
      maxTime: maxTime === undefined ? 9223372036854775807n.toString() : maxTime * 1000,
    }
    data[component] = [...(data[component] ?? []), entry]
  }
  // MaxInt64 as the server writes it, digit by digit; a JavaScript number could not hold it.
  const body = JSON.stringify({ status: 'success', data }).replaceAll(
    '"9223372036854775807"',
    '9223372036854775807',
  )
  return { body }
}
