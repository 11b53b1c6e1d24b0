import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import type pg from 'pg'
import { readConfig } from '../../config.js'
import { addAccount, listAccounts } from '../../db/accounts.js'
import { addAnalyst } from '../../db/analysts.js'
import { migrate } from '../../db/migrate.js'
import { createPool } from '../../db/pool.js'
import { ANALYST_ROLE, ensureRoles } from '../../db/roles.js'
import { createToken } from '../../db/tokens.js'
import { DAY_SECONDS, dayOf, newestDueWindow, windowEnd } from '../../domain/window.js'
import { NamedError } from '../../errors.js'
import { createLogger } from '../../observe/logger.js'
import { createEstate, type Estate } from '../../sample/estate.js'
import { startSampleThanos } from '../../sample/server.js'
import { truthTotals } from '../../sample/truth-totals.js'
import { integerArgument } from '../arguments.js'
import { type CommandContext, EXIT, type ExitCode } from '../context.js'
import { demoFolder, startDemoDatabase } from '../demo-database.js'
import { lockDemo } from '../demo-lock.js'
import { savingLines } from '../demo-savings.js'
import { clusterCosts, summaryLines } from '../demo-summary.js'
import { type Running, runUntilStopped } from '../lifecycle.js'
import { createProgress } from '../progress.js'
import type { Service } from '../service.js'

interface DemoOptions {
  readonly once?: boolean
  readonly days: number
}

/** Advice is sure of itself after a week; what nobody uses is told after one. */
const FIRST_DAYS = 8
/** A demo that is left running goes on for so long before it has to be started again. */
const AHEAD_SECONDS = 3 * DAY_SECONDS
/** Older days of a demo that was started long ago are not simulated again. */
const OLDEST_DAYS = 14

export function register(program: Command, context: CommandContext): void {
  program
    .command('demo')
    .description(
      'everything on this machine with nothing installed: an embedded PostgreSQL, a sample Thanos, the service, its API and its dashboard',
    )
    .option('--once', 'load, print the cost summary and exit')
    .option(
      '--days <n>',
      'whole days of history on the first run',
      integerArgument(1, OLDEST_DAYS),
      FIRST_DAYS,
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ k8s-costs demo\n  $ k8s-costs demo --once\n\nCtrl-C stops everything; the next run goes on where this one stopped.',
    )
    .action(async (options: DemoOptions) => {
      const opened: (() => Promise<unknown>)[] = []
      const close = async () => {
        for (const end of opened.splice(0).reverse()) await end()
      }
      const code = await runUntilStopped(
        signal =>
          startDemo(options, context, opened, close, signal).catch(async (error: unknown) => {
            await close()
            throw error
          }),
        { say: context.say },
      )
      context.exitWith(code)
    })
}

async function startDemo(
  options: DemoOptions,
  context: CommandContext,
  opened: (() => Promise<unknown>)[],
  close: () => Promise<void>,
  signal: AbortSignal,
): Promise<Running> {
  const folder = demoFolder()
  opened.push(await lockDemo(folder))
  const database = await startDemoDatabase(folder, context.say)
  opened.push(() => database.stop())
  const pool = createPool(database.url, { max: 4 })
  opened.push(() => pool.end())
  await migrate(pool)
  await ensureRoles(pool)
  const estate = await demoEstate(folder, options.days)
  const thanos = await startSampleThanos({ estate })
  opened.push(() => thanos.close())
  await addMissingAccounts(pool, estate)

  const config = readConfig({
    LOG_LEVEL: 'error',
    METRICS_PORT: '0',
    ...process.env,
    REDIS_URL: undefined,
    REDIS_URL_FILE: undefined,
    DATABASE_URL: database.url,
    DATABASE_URL_FILE: undefined,
    THANOS_URL: thanos.url,
  })
  const roles =
    options.once === true ? (['scheduler', 'worker'] as const) : (['scheduler', 'worker', 'api'] as const)
  const logger = createLogger({ level: config.logLevel, role: 'demo' })
  // Loaded when needed: it brings queue, HTTP and Thanos along, which no --help should wait for.
  const { startService } = await import('../service.js')
  const service = await startService(config, roles, logger)
  opened.push(() => service.close())
  context.say(`Loading two accounts from the sample Thanos at ${thanos.url} into PostgreSQL (${folder})`)

  const loaded = followLoading(pool, config.schedule.settleMinutes, signal)
    .then(() => followUsage(pool, signal))
    .then(() => recommendRequests(service))
    .then(() => printResult(context, pool, estate, config.schedule.settleMinutes))
  if (options.once === true)
    return { finished: loaded.then(isRight => (isRight ? EXIT.ok : EXIT.failed)), close }
  const served = loaded.then(() => printHowToAsk(context, pool, service))
  return { finished: untilStopped(served, signal), close }
}

/** The demo runs on after the loading; a failure of the loading ends it. */
async function untilStopped(served: Promise<void>, signal: AbortSignal): Promise<ExitCode> {
  await served
  if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
  return EXIT.ok
}

/** The same estate at every run: it begins where the first run began, and reaches to the present hour and on. */
async function demoEstate(folder: string, days: number): Promise<Estate> {
  const file = join(folder, 'estate-start')
  const now = Math.floor(Date.now() / 1000)
  const stored = Number(await readFile(file, 'utf8').catch(() => ''))
  const first = stored > 0 ? stored : dayOf(now) - days * DAY_SECONDS
  if (first !== stored) await writeFile(file, String(first))
  const start = Math.max(first, dayOf(now) - OLDEST_DAYS * DAY_SECONDS)
  return createEstate({ start, end: dayOf(now) + AHEAD_SECONDS })
}

async function addMissingAccounts(pool: pg.Pool, estate: Estate): Promise<void> {
  const known = new Set((await listAccounts(pool)).map(account => account.cloudAccountId))
  for (const { cloudAccountId, name, currency } of estate.accounts) {
    if (!known.has(cloudAccountId)) await addAccount(pool, { cloudAccountId, name, currency })
  }
  // Whoever tries the analysts' guide on it finds something there.
  const cloudAccountIds = estate.accounts.map(account => account.cloudAccountId)
  await addAnalyst(pool, { login: ANALYST_ROLE, cloudAccountIds })
}

/** Follows the ledger until everything that was due has been read once. */
function followLoading(pool: pg.Pool, settleMinutes: number, signal: AbortSignal): Promise<void> {
  return follow('windows', signal, async () => {
    const newest = newestDueWindow(Math.floor(Date.now() / 1000), settleMinutes)
    const { rows } = await pool.query<{ planned: number; read: number; newest: number | null }>(
      `select count(*)::int as planned, count(read_at)::int as read, extract(epoch from max(window_start))::float8 as newest
       from warehouse.window_ledger where window_start <= to_timestamp($1)`,
      [newest],
    )
    const { planned = 0, read = 0, newest: reached = null } = rows[0] ?? {}
    return { done: read, total: planned, isAll: planned > 0 && read === planned && reached === newest }
  })
}

/** Follows the collecting of usage until it has caught up with the costs that are published. */
function followUsage(pool: pg.Pool, signal: AbortSignal): Promise<void> {
  return follow('windows of usage', signal, async () => {
    const { rows } = await pool.query<{ published: number; collected: number }>(
      `select count(*)::int as published, count(*) filter (where u.revision = l.revision)::int as collected
       from warehouse.window_ledger l
       left join warehouse.usage_window u using (cloud_account_id, cluster_id, window_start)
       where l.revision > 0`,
    )
    const { published = 0, collected = 0 } = rows[0] ?? {}
    return { done: collected, total: published, isAll: collected === published }
  })
}

/** Shows how far something is, until it is all there or the demo is interrupted. */
async function follow(
  unit: string,
  signal: AbortSignal,
  look: () => Promise<{ done: number; total: number; isAll: boolean }>,
): Promise<void> {
  const progress = createProgress({ unit })
  try {
    for (;;) {
      if (signal.aborted)
        throw new NamedError('CANCELLED', 'The demo was interrupted; the next run goes on from here.')
      const { done, total, isAll } = await look()
      if (total > 0) progress.update(done, total)
      if (isAll) return
      await new Promise(resolve => setTimeout(resolve, 200))
    }
  } finally {
    progress.stop()
  }
}

/** From all that was collected; the service by itself would do so once a day, and may have begun half way. */
async function recommendRequests({ jobs }: Service): Promise<void> {
  if (jobs === undefined) return
  const { computeRightsizing } = await import('../../../jobs/compute-rightsizing.js')
  await computeRightsizing.run(jobs, 'everything')
}

/** Recommendations that the summary shows of each account. */
const TOP_SAVINGS = 5

/** Prints the summary and the best advice, and how far the totals are from the truth that the estate knows of itself. */
async function printResult(
  context: CommandContext,
  pool: pg.Pool,
  estate: Estate,
  settleMinutes: number,
): Promise<boolean> {
  for (const line of await summaryLines(pool)) context.print(line)
  const to = windowEnd(newestDueWindow(Math.floor(Date.now() / 1000), settleMinutes))
  const truth = truthTotals(estate, estate.from, to)
  const costs = await clusterCosts(pool, estate.from, to)
  let worst = 0
  for (const cluster of truth) {
    const found = costs.find(
      cost => cost.cloudAccountId === cluster.cloudAccountId && cost.cluster === cluster.cluster,
    )
    const { allocated: truly } = cluster
    const allocated =
      truly.cpuCost +
      truly.ramCost +
      truly.gpuCost +
      truly.pvCost +
      truly.loadBalancerCost +
      (truly.networkCost ?? 0)
    worst = Math.max(worst, Math.abs((found?.total ?? 0) - cluster.totalCost) / cluster.totalCost)
    worst = Math.max(worst, Math.abs((found?.allocated ?? 0) - allocated) / allocated)
  }
  const savings = await savingLines(pool, TOP_SAVINGS)
  if (savings.length > 0) {
    context.print('')
    context.print('What smaller requests would free:')
    for (const line of savings) context.print(line)
  }
  context.print('')
  context.print(
    `The estate knows its own cost: the largest difference of a cluster's total from it is ${(worst * 100).toFixed(4)} %.`,
  )
  return worst < 0.001
}

async function printHowToAsk(context: CommandContext, pool: pg.Pool, service: Service): Promise<void> {
  const [account] = await listAccounts(pool)
  if (account === undefined) return
  const { cloudAccountId, name } = account
  const { token } = await createToken(pool, { cloudAccountId })
  const now = Math.floor(Date.now() / 1000)
  const query = `start_date=${now - 2 * DAY_SECONDS}&end_date=${now}&breakdown_by=namespace`
  context.print('')
  if (service.dashboardUrl !== undefined)
    context.print(`The dashboard: ${service.dashboardUrl}?account=${cloudAccountId}`)
  context.print(`The account ${name} opens with`)
  context.print(`  Cloud account  ${cloudAccountId}`)
  context.print(`  Token          ${token}`)
  context.print('')
  context.print('The same as the API tells it:')
  context.print(
    `curl -s -H 'Authorization: Bearer ${token}' '${service.apiUrl}/restapi/v2/cloud_accounts/${cloudAccountId}/k8s/cost_allocation?${query}'`,
  )
  context.print(`Every route, to read and to try: ${service.apiUrl}/restapi/v2/swagger`)
  context.say(
    'The service goes on loading each hour. Ctrl-C stops everything; the next run goes on from here.',
  )
}
