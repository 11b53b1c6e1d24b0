import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type pg from 'pg'
import { computeRightsizing } from '../../jobs/compute-rightsizing.js'
import type { JobContext, JobEvent } from '../../jobs/context.js'
import { nightly } from '../../jobs/nightly.js'
import { planWindows } from '../../jobs/plan-windows.js'
import { rollUpDays } from '../../jobs/roll-up-days.js'
import { wakeDue } from '../../jobs/wake-due.js'
import { wakeUsage } from '../../jobs/wake-usage.js'
import type { Config } from '../config.js'
import { requireSchema } from '../db/migrate.js'
import { checkServer, createPool } from '../db/pool.js'
import { NamedError } from '../errors.js'
import { statusRows } from '../load/status.js'
import type { Logger } from '../observe/logger.js'
import { createMetrics, type Metrics } from '../observe/metrics.js'
import { createProgressWatch, type ProgressWatch } from '../observe/progress.js'
import { type MetricsServer, startMetricsServer } from '../observe/server.js'
import { openQueue } from '../queue/queues.js'
import { schedule } from '../queue/schedule.js'
import { createThanosClient } from '../thanos/client.js'
import type { ThanosClient } from '../thanos/types.js'
import { builtDashboard, startApi } from './api-role.js'
import { startUsageWorker, startWorker } from './worker-role.js'

export type Role = 'scheduler' | 'worker' | 'api'

export interface Service {
  readonly pool: pg.Pool
  /** Where the API listens, if this process has that role. */
  readonly apiUrl: string | undefined
  /** Where the dashboard is, if this process has one. */
  readonly dashboardUrl: string | undefined
  readonly jobs: JobContext | undefined
  close(): Promise<void>
}

const SCHEDULER_LIMIT_SECONDS = 300
const NO_API = { apiUrl: undefined, dashboardUrl: undefined }

/**
 * Starts the roles of one process, each on what it needs and no more; closes in the reverse order. `dashboard` is the
 * folder of the dashboard that the API serves.
 */
export async function startService(
  config: Config,
  roles: readonly Role[],
  logger: Logger,
  dashboard = builtDashboard(),
): Promise<Service> {
  const opened: (() => Promise<void>)[] = []
  const close = async () => {
    for (const end of opened.splice(0).reverse()) await end()
  }
  try {
    const { pool, metrics, jobs } = await openService(config, roles, logger, opened)
    const parts = { pool, metrics, logger, dashboard }
    const addresses = roles.includes('api') ? await startApi(config, parts, opened) : NO_API
    return { pool, ...addresses, jobs, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openService(
  config: Config,
  roles: readonly Role[],
  logger: Logger,
  opened: (() => Promise<void>)[],
): Promise<Pick<Service, 'pool' | 'jobs'> & { readonly metrics: Metrics }> {
  const pool = createPool(required(config.databaseUrl, 'DATABASE_URL'), {
    applicationName: `k8s-costs ${roles.join('+')}`,
    onIdleError: error =>
      logger.warn({ err: error }, 'a database connection was lost; the pool makes a new one'),
  })
  opened.push(() => pool.end())
  await checkServer(pool, config.databaseUrl)
  await requireSchema(pool)
  const metrics = createMetrics()
  const progress = createProgressWatch(metrics)
  const metricsServer = await openMetrics(config, metrics, progress, logger)
  opened.push(() => metricsServer.close())

  let jobs: JobContext | undefined
  if (roles.includes('scheduler') || roles.includes('worker')) {
    const stop = new AbortController()
    const where = { redisUrl: config.redisUrl, databaseUrl: config.databaseUrl, logger }
    const queue = await openQueue(where)
    opened.push(() => queue.close())
    const usageQueue = await openQueue({ ...where, name: 'usage' })
    opened.push(() => usageQueue.close())
    const thanos = observedThanos(config, metrics, logger)
    opened.push(() => thanos.close())
    const wake: JobContext['wake'] = key => queue.enqueue({ version: 1, ...key })
    const wakeUsageOf: JobContext['wakeUsage'] = key => usageQueue.enqueue({ version: 1, ...key })
    const parts = { pool, thanos, wake, wakeUsage: wakeUsageOf, metrics, logger, signal: stop.signal }
    jobs = jobContext(config, parts)
    if (roles.includes('worker')) {
      opened.push(startUsageWorker(jobs, usageQueue, progress))
      opened.push(startWorker(jobs, queue, progress))
    }
    if (roles.includes('scheduler')) opened.push(startScheduler(jobs, config, logger, progress, metrics))
    opened.push(async () => stop.abort(new NamedError('CANCELLED', 'the process stops')))
  }
  return { pool, metrics, jobs }
}

function required(value: string | undefined, name: string): string {
  if (value !== undefined) return value
  throw new NamedError('CONFIG_INVALID', `${name} is not set.`)
}

/** The metrics port is taken where several roles share a machine; that must not keep the second from working. */
async function openMetrics(
  config: Config,
  metrics: Metrics,
  progress: ProgressWatch,
  logger: Logger,
): Promise<MetricsServer> {
  const options = { host: config.api.host, metrics, progress, logger }
  try {
    return await startMetricsServer({ ...options, port: config.api.metricsPort })
  } catch (error) {
    const server = await startMetricsServer({ ...options, port: 0 })
    logger.warn({ err: error, port: server.port }, 'METRICS_PORT is taken; metrics are served on a free port')
    return server
  }
}

function observedThanos(config: Config, metrics: Metrics, logger: Logger): ThanosClient {
  return createThanosClient(config.thanos, {
    logger,
    onAttempt: ({ outcome, milliseconds }) => {
      metrics.thanosRequestSeconds.observe({ outcome }, milliseconds / 1000)
      if (outcome === 'FOREIGN_TENANT') metrics.foreignTenantAnswers.inc()
    },
  })
}

interface JobParts {
  readonly pool: pg.Pool
  readonly thanos: ThanosClient
  readonly wake: JobContext['wake']
  readonly wakeUsage: JobContext['wakeUsage']
  readonly metrics: Metrics
  readonly logger: Logger
  readonly signal: AbortSignal
}

function jobContext(config: Config, { metrics, ...parts }: JobParts): JobContext {
  return {
    ...parts,
    config,
    observe: event => count(metrics, event),
    worker: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
    now: () => Math.floor(Date.now() / 1000),
  }
}

function count(metrics: Metrics, event: JobEvent): void {
  if (event.kind === 'rejects') metrics.rejects.inc({ reason: event.reason }, event.count)
  else if (event.kind === 'failure') metrics.windows.inc({ outcome: 'failed' })
  else if (event.kind === 'usage') metrics.usageWindows.inc({ outcome: event.outcome }, event.windows)
  else if (event.kind === 'nightly') metrics.nightlySteps.inc({ step: event.step, outcome: event.outcome })
  else if (event.kind === 'check')
    metrics.checkViolations.inc({ check: event.check, severity: event.severity })
  else if (event.kind === 'late_samples') metrics.lateSamples.inc(event.count)
  else {
    metrics.windows.inc({ outcome: event.outcome })
    if (event.outcome === 'stale') metrics.staleAttempts.inc()
  }
}

/** What the jobs need, without a queue: for a command that does the work itself. */
export function openJobs(
  config: Config,
  pool: pg.Pool,
  logger: Logger,
  signal: AbortSignal,
): { jobs: JobContext; close: () => Promise<void> } {
  const metrics = createMetrics()
  const thanos = observedThanos(config, metrics, logger)
  const wake = async () => undefined
  return {
    jobs: jobContext(config, { pool, thanos, wake, wakeUsage: wake, metrics, logger, signal }),
    close: () => thanos.close(),
  }
}

/** How far behind each cluster is, for whoever alerts on it. */
async function showLag({ pool, now }: JobContext, metrics: Metrics): Promise<void> {
  for (const row of await statusRows(pool, now())) {
    if (row.clusterId === null) continue
    const labels = { cloud_account_id: row.cloudAccountId, cluster: row.clusterId }
    if (row.lagSeconds !== null) metrics.lagSeconds.set(labels, row.lagSeconds)
    metrics.oldestOpenWindow.set(labels, row.watermark ?? 0)
    metrics.usageBacklog.set(labels, row.usageWaiting)
  }
}

function startScheduler(
  jobs: JobContext,
  config: Config,
  logger: Logger,
  progress: ProgressWatch,
  metrics: Metrics,
): () => Promise<void> {
  progress.expect('scheduler', SCHEDULER_LIMIT_SECONDS)
  const noted = async (run: Promise<unknown>) => {
    await run
    progress.note('scheduler')
  }
  const plan = async () => {
    await planWindows.run(jobs)
    await wakeUsage.run(jobs, 'everything')
    await showLag(jobs, metrics)
  }
  const tasks = [
    schedule(config.schedule.ingestCron, planWindows.name, () => noted(plan()), logger),
    schedule(config.schedule.nightlyCron, nightly.name, () => noted(nightly.run(jobs)), logger),
    schedule(rollUpDays.schedule, rollUpDays.name, () => noted(rollUpDays.run(jobs, 'recent')), logger),
    schedule(
      computeRightsizing.schedule,
      computeRightsizing.name,
      () => noted(computeRightsizing.run(jobs, 'due')),
      logger,
    ),
    schedule(wakeDue.schedule, wakeDue.name, () => noted(wakeDue.run(jobs)), logger),
    schedule(wakeUsage.schedule, wakeUsage.name, () => noted(wakeUsage.run(jobs, 'recent')), logger),
  ]
  // What was missed while nothing ran is planned at once, not at the next tick.
  const first = noted(plan())
    .catch((error: unknown) => {
      logger.error({ err: error }, 'the first planning failed; the next tick plans again')
    })
    .then(() => noted(rollUpDays.run(jobs, 'everything')))
    .catch((error: unknown) => {
      logger.error({ err: error }, 'the first roll-up failed; the next tick rolls up again')
    })
  return async () => {
    await Promise.all(tasks.map(task => task.stop()))
    await first
  }
}
