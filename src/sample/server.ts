import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Estate } from './estate.js'
import { PromqlEngine } from './promql.js'
import { PromqlError } from './promql-text.js'
import { answerBuildInfo, answerFlags, answerStores } from './server-about.js'
import { RequestRefused, readForm } from './server-form.js'
import { renderError, renderResult, renderStrings } from './server-json.js'
import { labelNames, labelValues, matchingSeries } from './server-labels.js'
import { instantTime, rangeSteps } from './server-params.js'
import { type Delay, SeriesStore } from './store.js'

export interface SampleThanosOptions {
  readonly estate: Estate
  /** Unix seconds; samples that are later are not there yet. The machine's clock by default. */
  readonly now?: () => number
  /** A free one by default. */
  readonly port?: number
}

export interface SampleThanos {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  close(): Promise<void>
}

interface Sample {
  readonly estate: Estate
  readonly store: SeriesStore
  readonly engine: PromqlEngine
  readonly now: () => number
}

const GZIP_FROM_BYTES = 1024

/** Serves an estate as a Thanos Query does, on loopback only. Series are made at the start, samples when asked for. */
export async function startSampleThanos(options: SampleThanosOptions): Promise<SampleThanos> {
  const { estate } = options
  const series = estate.accounts.flatMap(account => estate.series(account.cloudAccountId))
  const store = new SeriesStore(series, delaysOf(estate))
  const now = options.now ?? (() => Date.now() / 1000)
  const sample: Sample = { estate, store, engine: new PromqlEngine(store), now }
  const server = createServer((request, response) => {
    respond(sample, request, response).catch(error => {
      if (!response.headersSent) send(request, response, failureOf(error))
      else response.destroy()
    })
  })
  await listen(server, options.port ?? 0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the sample server has no port')
  return { url: `http://127.0.0.1:${address.port}`, close: () => closed(server) }
}

function delaysOf({ late, accounts }: Estate): Delay[] {
  return late.map(({ cloudAccountId, clusterId, ...when }) => {
    const tenant = accounts.find(account => account.cloudAccountId === cloudAccountId)?.tenantId
    if (tenant === undefined) throw new RangeError(`late samples of ${cloudAccountId}, which is no account`)
    const labels = new Map([
      ['tenant_id', tenant],
      ['cluster_id', clusterId],
    ])
    return { ...when, labels }
  })
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly type?: string
}

async function respond(sample: Sample, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sample')
  const form = await readForm(request, url)
  send(request, response, route(sample, request.method ?? 'GET', url.pathname, form))
}

function route(sample: Sample, method: string, path: string, form: URLSearchParams): Answer {
  const { estate, store, engine, now } = sample
  if (path === '/-/ready' || path === '/-/healthy') return plain(200, 'OK')
  const values = /^\/api\/v1\/label\/([^/]+)\/values$/.exec(path)
  const isForm = ['/api/v1/query', '/api/v1/query_range', '/api/v1/series', '/api/v1/labels'].includes(path)
  if (method !== 'GET' && !(method === 'POST' && isForm)) return plain(405, 'Method Not Allowed')
  if (values) return json(renderStrings(labelValues(store, decodeURIComponent(values[1] ?? ''), form, now())))
  switch (path) {
    case '/api/v1/query':
      return json(renderResult(engine.instant(form.get('query') ?? '', instantTime(form, now()), now())))
    case '/api/v1/query_range':
      return json(renderResult(engine.range(form.get('query') ?? '', rangeSteps(form), now())))
    case '/api/v1/series':
      return json(matchingSeries(store, form, now()))
    case '/api/v1/labels':
      return json(renderStrings(labelNames(store, form, now())))
    case '/api/v1/stores':
      return json(answerStores(estate, now()))
    case '/api/v1/status/buildinfo':
      return json(answerBuildInfo())
    case '/api/v1/status/flags':
      return json(answerFlags())
    default:
      return plain(404, '404 page not found\n')
  }
}

function failureOf(error: unknown): Answer {
  if (error instanceof RequestRefused) return plain(error.status, error.message)
  if (error instanceof PromqlError)
    return { status: error.type === 'bad_data' ? 400 : 422, body: renderError(error.type, error.message) }
  return {
    status: 500,
    body: renderError('internal', error instanceof Error ? error.message : 'unknown failure'),
  }
}

function json(body: string): Answer {
  return { status: 200, body }
}

function plain(status: number, body: string): Answer {
  return { status, body, type: 'text/plain; charset=utf-8' }
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body, 'utf8')
  const wantsGzip = (request.headers['accept-encoding'] ?? '')
    .toString()
    .split(',')
    .some(token => token.trim() === 'gzip')
  const isZipped = wantsGzip && body.length >= GZIP_FROM_BYTES
  const sent = isZipped ? gzipSync(body, { level: 1 }) : body
  response.writeHead(answer.status, {
    'content-type': answer.type ?? 'application/json',
    vary: 'Accept-Encoding',
    'content-length': sent.length,
    ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
    ...(answer.status >= 400 ? { 'cache-control': 'no-store' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : sent)
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close(error => (error ? reject(error) : resolve()))
    server.closeAllConnections()
  })
}
