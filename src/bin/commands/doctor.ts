import type { Command } from 'commander'
import type pg from 'pg'
import type { JobContext } from '../../../jobs/context.js'
import { guardStores } from '../../../jobs/store-guard.js'
import type { Config } from '../../config.js'
import { getAccount, listAccounts } from '../../db/accounts.js'
import { checkServer } from '../../db/pool.js'
import type { CloudAccount } from '../../domain/account.js'
import { DAY_SECONDS, newestDueWindow, type Window, windowOf } from '../../domain/window.js'
import { describeError } from '../../errors.js'
import { checkClock } from '../../extract/clock-checks.js'
import { discoverClusters } from '../../extract/discover.js'
import type { Finding } from '../../extract/finding.js'
import { checkMetrics } from '../../extract/metric-checks.js'
import {
  checkCapacity,
  checkDuplicates,
  checkEdges,
  checkIdentity,
  checkLabels,
  checkLostTenant,
  checkPrices,
  checkReplicas,
} from '../../extract/source-checks.js'
import { createLogger } from '../../observe/logger.js'
import type { ThanosClient } from '../../thanos/types.js'
import { uuidArgument } from '../arguments.js'
import { type CommandContext, EXIT } from '../context.js'

export function register(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description(
      'check Thanos, database, queue, and what every cluster sends; exit 1 when something essential is wrong',
    )
    .option('--account <uuid>', 'of this account only', uuidArgument)
    .addHelpText('after', '\nExample:\n  $ k8s-costs doctor')
    .action(({ account }: { account?: string }) =>
      context.withDatabase(async (pool, config) => {
        const isWell = await examine(pool, config, account, context)
        if (!isWell) context.exitWith(EXIT.failed)
      }),
    )
}

async function examine(
  pool: pg.Pool,
  config: Config,
  only: string | undefined,
  context: CommandContext,
): Promise<boolean> {
  let isWell = true
  const show = (title: string, findings: readonly Finding[]) => {
    context.print(title)
    for (const { level, check, detail } of findings) context.print(`  ${MARKS[level]} ${check}: ${detail}`)
    if (findings.some(finding => finding.level === 'fail')) isWell = false
  }
  const logger = createLogger({ level: 'silent', role: 'doctor' })
  // Loaded when needed: it brings queue, HTTP and Thanos along, which no --help should wait for.
  const { openJobs } = await import('../service.js')
  const { jobs, close } = openJobs(
    context.config(['database', 'thanos']),
    pool,
    logger,
    new AbortController().signal,
  )
  try {
    show('This installation', [
      await checked('database', async () => ({
        level: 'ok',
        check: 'database',
        detail: `PostgreSQL ${(await checkServer(pool)).version}, schema up to date`,
      })),
      await checked('queue', () => checkQueue(config)),
      ...(await checkThanos(jobs.thanos)),
    ])
    const accounts = only === undefined ? await listAccounts(pool) : [await getAccount(pool, only)]
    if (accounts.length === 0) context.say('There is no account yet. Add one with: k8s-costs accounts add')
    for (const account of accounts) {
      for (const [title, findings] of await examineAccount(jobs, config, account)) show(title, findings)
    }
    return isWell
  } finally {
    await close()
  }
}

const MARKS = { ok: 'ok  ', note: 'note', warn: 'WARN', fail: 'FAIL' } as const

/** A check that can't be carried out is a finding of its own. */
async function checked(check: string, run: () => Promise<Finding>): Promise<Finding> {
  try {
    return await run()
  } catch (error) {
    return { level: 'fail', check, detail: describeError(error).message }
  }
}

async function checkQueue(config: Config): Promise<Finding> {
  const { openQueue } = await import('../../queue/queues.js')
  const queue = await openQueue({
    redisUrl: config.redisUrl,
    databaseUrl: config.databaseUrl,
    logger: createLogger({ level: 'silent', role: 'doctor' }),
  })
  try {
    const { waiting, active } = await queue.check()
    return {
      level: 'ok',
      check: 'queue',
      detail: `on ${queue.backend}, ${waiting} waiting, ${active} in hand`,
    }
  } finally {
    await queue.close()
  }
}

async function checkThanos(thanos: ThanosClient): Promise<Finding[]> {
  const stores = await checked('stores', async () => {
    const answer = await thanos.stores()
    if (answer.kind === 'unsupported') {
      return {
        level: 'note',
        check: 'stores',
        detail:
          'a plain Prometheus, which has no stores: a lost store cannot be noticed, and the store checks step aside',
      }
    }
    const sick = answer.stores.filter(store => !store.isHealthy).length
    return {
      level: sick > 0 ? 'fail' : 'ok',
      check: 'stores',
      detail: `${answer.stores.length - sick} of ${answer.stores.length} stores answer`,
    }
  })
  if (stores.level === 'fail' && !stores.detail.includes('stores answer'))
    return [{ ...stores, check: 'Thanos reachable' }]
  const version = (await thanos.buildInfo())?.version
  const flags = await thanos.flags()
  const enforced = flags?.get('query.enforce-tenancy')
  return [
    reachable(version, stores),
    stores,
    {
      level: 'note',
      check: 'tenancy',
      detail:
        enforced === 'true'
          ? 'enforced by the querier'
          : 'not enforced by the querier; every answer is checked series by series',
    },
  ]
}

/** Nothing that a Thanos or Prometheus serves beside queries: a proxy may hide it, or this is no Thanos at all. */
function reachable(version: string | undefined, stores: Finding): Finding {
  const check = 'Thanos reachable'
  if (version === undefined && stores.level === 'note') {
    const detail =
      'something answers, but serves neither its version nor its stores: is the path of THANOS_URL right?'
    return { level: 'warn', check, detail }
  }
  return {
    level: 'ok',
    check,
    detail: `version ${version === undefined || version === '' ? 'unknown' : version}`,
  }
}

async function examineAccount(
  jobs: JobContext,
  config: Config,
  account: CloudAccount,
): Promise<[string, Finding[]][]> {
  const title = `Account ${account.name} (${account.cloudAccountId})`
  const now = Math.floor(Date.now() / 1000)
  const newest = newestDueWindow(now, config.schedule.settleMinutes)
  const { tenantLabel } = config.thanos
  try {
    const clusters = await discoverClusters(
      jobs.thanos,
      account,
      tenantLabel,
      windowOf(newest - DAY_SECONDS),
      newest,
    )
    const stores = await checked('stores of the account', () => checkStores(jobs, account, newest))
    if (clusters.length === 0)
      return [[title, [await checkLostTenant(jobs.thanos, account, tenantLabel, now), stores]]]
    const sections: [string, Finding[]][] = [
      [
        title,
        [
          {
            level: 'ok',
            check: 'series of the account',
            detail: `${clusters.length} clusters in the last day`,
          },
          stores,
        ],
      ],
    ]
    for (const { clusterId, lastWindow } of clusters) {
      const source = { client: jobs.thanos, account, clusterId, tenantLabel }
      sections.push([`Cluster ${clusterId}`, await examineCluster(source, lastWindow, now)])
    }
    return sections
  } catch (error) {
    return [
      [title, [{ level: 'fail', check: 'series of the account', detail: describeError(error).message }]],
    ]
  }
}

async function examineCluster(
  source: Parameters<typeof checkMetrics>[0],
  window: Window,
  now: number,
): Promise<Finding[]> {
  return [
    ...(await checkClock(source, now)),
    await checkReplicas(source, window),
    await checkIdentity(source, window),
    await checkLabels(source, window),
    ...(await checkDuplicates(source, window)),
    await checkEdges(source, window),
    await checkCapacity(source, window),
    ...(await checkPrices(source, window)),
    ...(await checkMetrics(source, window)),
  ]
}

async function checkStores(jobs: JobContext, account: CloudAccount, window: Window): Promise<Finding> {
  const guard = await guardStores(jobs, account, jobs.signal)
  const missing = guard.missingFor(window)
  const check = 'stores of the account'
  if (missing.length === 0) return { level: 'ok', check, detail: `${guard.labelSets().length} announce it` }
  return {
    level: 'fail',
    check,
    detail: `${missing.join('; ')} announced it before and is not there now. If it left for good: k8s-costs stores forget ${account.cloudAccountId} '<label-set>'`,
  }
}
