import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { buildApp } from '../api/app.js'
import type { ApiEvent } from '../api/events.js'
import { SERVICE_LIMITS } from '../api/limits.js'
import type { Config } from '../config.js'
import { readerAdvice } from '../db/reader-role.js'
import { NamedError } from '../errors.js'
import type { Logger } from '../observe/logger.js'
import type { Metrics } from '../observe/metrics.js'
import { packageFile } from './package-file.js'

interface ApiParts {
  readonly pool: pg.Pool
  readonly metrics: Metrics
  readonly logger: Logger
  /** Where a built dashboard should be. */
  readonly dashboard: string | undefined
}

/** Where the build of this package puts its dashboard. */
export function builtDashboard(): string | undefined {
  const folder = packageFile('dist/dashboard')
  return folder === undefined ? undefined : fileURLToPath(folder)
}

/** Listens with the reader API and, where it is built, the dashboard; what closes it is added to `opened`. */
export async function startApi(
  config: Config,
  { pool, metrics, logger, dashboard }: ApiParts,
  opened: (() => Promise<void>)[],
): Promise<{ readonly apiUrl: string; readonly dashboardUrl: string | undefined }> {
  const dashboardDirectory = checkDashboard(dashboard, logger)
  const app = buildApp({
    pool,
    clusterSecret: config.api.clusterSecret,
    authUrl: config.api.authUrl,
    logger,
    settleMinutes: config.schedule.settleMinutes,
    retention: config.retention,
    dashboardDirectory,
    limits: { ...SERVICE_LIMITS, requestsPerMinute: config.api.rateLimit },
    observe: event => countAnswer(metrics, event),
  })
  opened.push(() => app.close())
  const advice = await readerAdvice(pool)
  if (advice !== null) logger.warn(advice)
  const { host, port } = config.api
  try {
    const apiUrl = await app.listen({ host, port })
    return { apiUrl, dashboardUrl: dashboardDirectory === undefined ? undefined : `${apiUrl}/` }
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    const why = isTaken ? 'another process listens there' : 'the system refused it'
    throw new NamedError(
      'CONFIG_INVALID',
      `Cannot listen on ${host}:${port}: ${why}. Set API_HOST and API_PORT.`,
      { cause: error },
    )
  }
}

/** The folder if there is a dashboard in it; undefined, with a warning, if not: the API is of use without. */
function checkDashboard(folder: string | undefined, logger: Logger): string | undefined {
  if (folder !== undefined && existsSync(join(folder, 'index.html'))) return folder
  logger.warn({ folder }, 'the dashboard was not built (npm run build), so the API is served without')
  return undefined
}

function countAnswer(metrics: Metrics, event: ApiEvent): void {
  if (event.kind === 'shed') {
    metrics.httpShed.inc({ reason: event.reason })
    return
  }
  const { route, status, seconds } = event
  metrics.httpRequestSeconds.observe({ route, status }, seconds)
  if (status === 304) metrics.httpCacheHits.inc()
  if (status === 429) metrics.httpRateLimited.inc()
}
