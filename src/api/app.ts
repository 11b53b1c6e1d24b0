import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import type pg from 'pg'
import { createAuthenticator, requireReadable } from './auth.js'
import { JSON_TYPE, replyWithError } from './error-reply.js'
import { ApiError } from './errors.js'
import { clusterCost } from './routes/cluster-cost.js'
import { clusters } from './routes/clusters.js'
import { costAllocation } from './routes/cost-allocation.js'
import { filters } from './routes/filters.js'
import { addHealth } from './routes/health.js'
import type { Api } from './routes/methods.js'
import { addReadRoute, type RouteDeps } from './routes/read-route.js'
import { rightsizing } from './routes/rightsizing.js'
import { status } from './routes/status.js'

export interface AppOptions {
  readonly pool: pg.Pool
  /** Absent: the `Secret` header opens nothing. */
  readonly clusterSecret?: string | undefined
  readonly logger?: FastifyBaseLogger
  /** Unix seconds; the machine's clock unless told. */
  readonly now?: () => number
  /** Minutes after its end at which a window is due; 10 unless told. */
  readonly settleMinutes?: number
  /** How long facts of accounts are kept that have nothing of their own; for ever unless told. */
  readonly retention?: RouteDeps['retention']
}

const UNREADABLE: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/

/** The reader API, not yet listening. The pool stays the caller's: closing the app leaves it open. */
export function buildApp(options: AppOptions): Api {
  const app = Fastify({
    ...(options.logger === undefined ? { logger: false } : { loggerInstance: options.logger }),
    // One line per answer is written below instead of two.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1024,
    // No request of this API has a body: one that isn't whole by then is held open on purpose.
    requestTimeout: 30_000,
    clientErrorHandler: refuseUnreadable,
    routerOptions: { maxParamLength: 512 },
    genReqId: request => {
      const sent = request.headers['x-request-id']
      return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID()
    },
    frameworkErrors: (error, request, reply) => {
      setCommonHeaders(reply, request.id)
      replyWithError(error, request, reply)
    },
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.addHook('onRequest', async (request, reply) => setCommonHeaders(reply, request.id))
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request
    const ms = Math.round(reply.elapsedTime)
    request.log.info({ method, route: routeOptions.url ?? null, status: reply.statusCode, ms }, 'answered')
  })
  app.setErrorHandler(replyWithError)
  app.setNotFoundHandler((request, reply) => replyWithError(new ApiError('OE0257', []), request, reply))

  const authenticate = createAuthenticator({ pool: options.pool, clusterSecret: options.clusterSecret })
  const deps: RouteDeps = {
    pool: options.pool,
    authorize: async (headers, id) => {
      const caller = await authenticate(headers)
      return { cloudAccountId: requireReadable(caller, id), caller }
    },
    now: options.now ?? (() => Date.now() / 1000),
    settleMinutes: options.settleMinutes ?? 10,
    retention: options.retention ?? { hourlyDays: 36_500, dailyDays: 0 },
  }
  addHealth(app, { pool: options.pool })
  addReadRoute(app, deps, costAllocation)
  addReadRoute(app, deps, clusters)
  addReadRoute(app, deps, clusterCost)
  addReadRoute(app, deps, filters)
  addReadRoute(app, deps, rightsizing)
  addReadRoute(app, deps, status)
  return app
}

function setCommonHeaders(
  reply: { headers(values: Record<string, string>): unknown },
  requestId: string,
): void {
  reply.headers({
    'x-request-id': requestId,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
}

// What the HTTP parser could not read never becomes a request, so the envelope is written to the socket by hand.
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = UNREADABLE[error.code ?? ''] ?? 400
  const reason = STATUS_CODES[status] ?? 'Bad Request'
  const facts = { status_code: status, error_code: `U0${status}`, reason, params: [] }
  const body = JSON.stringify({ error: facts })
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    `content-type: ${JSON_TYPE}`,
    `content-length: ${body.length}`,
  ]
  socket.end(`${[...head, 'cache-control: no-store', 'connection: close'].join('\r\n')}\r\n\r\n${body}`)
}
