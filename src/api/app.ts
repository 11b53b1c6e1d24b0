import { randomUUID } from 'node:crypto'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import type pg from 'pg'
import { createAuthorizer } from './auth.js'
import { createAuthService } from './auth-service.js'
import { replyWithError } from './error-reply.js'
import { ApiError } from './errors.js'
import type { ObserveApi } from './events.js'
import { DEFAULT_LIMITS, type Limits } from './limits.js'
import { addCompression } from './plugins/compression.js'
import { addDashboard } from './plugins/dashboard.js'
import { addDocumentRoutes, addOpenApi } from './plugins/openapi.js'
import { addRateLimit, admitAll, admitLimited } from './plugins/rate-limit.js'
import { addPressureShedding, boundWork } from './plugins/shedding.js'
import { assets } from './routes/assets.js'
import { clusterCost } from './routes/cluster-cost.js'
import { clusters } from './routes/clusters.js'
import { costAllocation } from './routes/cost-allocation.js'
import { createExportGate } from './routes/csv.js'
import { efficiency } from './routes/efficiency.js'
import { filters } from './routes/filters.js'
import { findings } from './routes/findings.js'
import { addHealth } from './routes/health.js'
import type { Api } from './routes/methods.js'
import { addReadRoute, type RouteDeps } from './routes/read-route.js'
import { rightsizing } from './routes/rightsizing.js'
import { status } from './routes/status.js'
import { serverOptions } from './server-options.js'

export interface AppOptions {
  readonly pool: pg.Pool
  /** Absent: the `Secret` header opens nothing. */
  readonly clusterSecret?: string | undefined
  /** CloudTuner's auth service; absent: tokens of ours only. */
  readonly authUrl?: string | undefined
  readonly logger?: FastifyBaseLogger
  /** Unix seconds; the machine's clock unless told. */
  readonly now?: () => number
  /** Minutes after its end at which a window is due; 10 unless told. */
  readonly settleMinutes?: number
  /** How long facts of accounts are kept that have nothing of their own; for ever unless told. */
  readonly retention?: RouteDeps['retention']
  /** Absolute path of the built dashboard; absent: none is served, and `/` is not found. */
  readonly dashboardDirectory?: string | undefined
  readonly limits?: Partial<Limits>
  readonly observe?: ObserveApi
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/

/** The reader API, not yet listening. The pool stays the caller's: closing the app leaves it open. */
export function buildApp(options: AppOptions): Api {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const observe = options.observe ?? (() => {})
  const app = Fastify({
    ...(options.logger === undefined ? { logger: false } : { loggerInstance: options.logger }),
    ...serverOptions(limits),
    // One line per answer is written below instead of two.
    logController: new LogController({ disableRequestLogging: true }),
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
    const { statusCode: status, elapsedTime } = reply
    const ms = Math.round(elapsedTime)
    request.log.info({ method, route: routeOptions.url ?? null, status, ms }, 'answered')
    observe({ kind: 'answered', route: routeOptions.url ?? 'none', status, seconds: elapsedTime / 1000 })
  })
  app.setErrorHandler(replyWithError)
  app.setNotFoundHandler((request, reply) => replyWithError(new ApiError('OE0257', []), request, reply))

  addCompression(app)
  if (limits.eventLoopDelayMs > 0) addPressureShedding(app, limits.eventLoopDelayMs, observe)
  addRateLimit(app)
  addOpenApi(app)
  addScope(app, api => {
    addHealth(api, { pool: options.pool })
    addDocumentRoutes(api)
  })
  const { dashboardDirectory } = options
  if (dashboardDirectory !== undefined) addScope(app, api => addDashboard(api, dashboardDirectory))
  addScope(app, api => {
    boundWork(api, limits.inWork, observe)
    addReadRoutes(api, routeDeps(api, options, limits))
  })
  return app
}

// Plugins see only what is registered after them, and they themselves are there only once the app gets ready.
function addScope(app: Api, add: (api: Api) => void): void {
  app.register((api, _options, done) => {
    add(api)
    done()
  })
}

function addReadRoutes(api: Api, deps: RouteDeps): void {
  addReadRoute(api, deps, costAllocation)
  addReadRoute(api, deps, efficiency)
  addReadRoute(api, deps, clusters)
  addReadRoute(api, deps, clusterCost)
  addReadRoute(api, deps, assets)
  addReadRoute(api, deps, filters)
  addReadRoute(api, deps, rightsizing)
  addReadRoute(api, deps, findings)
  addReadRoute(api, deps, status)
}

function routeDeps(api: Api, options: AppOptions, { requestsPerMinute }: Limits): RouteDeps {
  const { pool, clusterSecret, authUrl, now, settleMinutes, retention } = options
  const authService = authUrl === undefined ? undefined : createAuthService(authUrl)
  api.addHook('onClose', async () => authService?.close())
  const authorize = createAuthorizer({ pool, clusterSecret, authService })
  return {
    pool,
    admit: requestsPerMinute === 0 ? admitAll(authorize) : admitLimited(api, requestsPerMinute, authorize),
    now: now ?? (() => Date.now() / 1000),
    settleMinutes: settleMinutes ?? 10,
    enterExport: createExportGate(),
    retention: retention ?? { hourlyDays: 36_500 },
  }
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
