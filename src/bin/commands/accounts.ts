import type { Command } from 'commander'
import type pg from 'pg'
import { addAccount, listAccounts, removeAccount } from '../../db/accounts.js'
import { type RetentionOverride, retentionOverrides, setRetention } from '../../db/retention.js'
import type { CloudAccount } from '../../domain/account.js'
import { NamedError } from '../../errors.js'
import { currencyArgument, daysArgument, nameArgument, uuidArgument } from '../arguments.js'
import type { CommandContext } from '../context.js'
import { type Column, tableLines } from '../table.js'

type ListedAccount = CloudAccount & RetentionOverride

const COLUMNS: readonly Column<ListedAccount>[] = [
  { title: 'ACCOUNT', value: account => account.cloudAccountId },
  { title: 'NAME', value: account => account.name },
  { title: 'CURRENCY', value: account => account.currency },
  { title: 'TENANT', value: account => account.tenantId },
  { title: 'KUBERNETES', value: account => account.kubernetesId ?? '-' },
  { title: 'HOURS KEPT', value: account => daysText(account.hourlyDays) },
  { title: 'DAYS KEPT', value: account => daysText(account.dailyDays) },
]

interface RetentionOptions {
  retentionHourlyDays?: number | 'default'
  retentionDailyDays?: number | 'default'
}

interface AddOptions extends RetentionOptions {
  name: string
  tenantId?: string
  currency?: string
  kubernetesId?: string
}

const EXAMPLE = '7d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f'

export function register(program: Command, context: CommandContext): void {
  const accounts = program.command('accounts').description('the cloud accounts that are ingested')
  accounts.addHelpText(
    'after',
    `\nExamples:\n  $ k8s-costs accounts add ${EXAMPLE} --name shop\n  $ k8s-costs accounts list --json`,
  )
  registerAdd(accounts, context)
  registerSet(accounts, context)
  accounts
    .command('list')
    .description('list the accounts')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  $ k8s-costs accounts list')
    .action(({ json }: { json?: boolean }) =>
      context.withDatabase(async pool => {
        const found = await withRetention(pool, await listAccounts(pool))
        if (json === true) context.print(JSON.stringify(found.map(toJson), null, 2))
        else for (const line of tableLines(COLUMNS, found)) context.print(line)
        if (found.length === 0) context.say('There is no account yet. Add one with: k8s-costs accounts add')
      }),
    )
  accounts
    .command('remove')
    .description('stop ingesting and serving an account and revoke its tokens; what was loaded stays')
    .argument('<uuid>', 'id of the cloud account', uuidArgument)
    .addHelpText('after', `\nExample:\n  $ k8s-costs accounts remove ${EXAMPLE}`)
    .action((uuid: string) =>
      context.withDatabase(async pool => {
        await removeAccount(pool, uuid)
        context.say(`Account ${uuid} is removed. Its data stays; adding it again revives it.`)
      }),
    )
}

function registerSet(accounts: Command, context: CommandContext): void {
  const command = accounts
    .command('set')
    .description('change how long the facts of an account are kept')
    .argument('<uuid>', 'id of the cloud account', uuidArgument)
  retentionOptions(command)
    .addHelpText(
      'after',
      `\nExamples:\n  $ k8s-costs accounts set ${EXAMPLE} --retention-hourly-days 90\n` +
        `  $ k8s-costs accounts set ${EXAMPLE} --retention-daily-days default`,
    )
    .action((uuid: string, options: RetentionOptions) =>
      context.withDatabase(async pool => {
        const change = changeOf(options)
        if (Object.keys(change).length === 0)
          throw new NamedError('USAGE', 'Give --retention-hourly-days, --retention-daily-days or both.')
        await setRetention(pool, uuid, change)
        context.say('What is older than that is deleted in the next nightly run.')
      }),
    )
}

function retentionOptions(command: Command): Command {
  return command
    .option(
      '--retention-hourly-days <days>',
      'days that hourly facts are kept; "default": as RETENTION_HOURLY_DAYS says',
      daysArgument(1),
    )
    .option(
      '--retention-daily-days <days>',
      'days that daily sums are kept, 0 = for ever; "default": as RETENTION_DAILY_DAYS says',
      daysArgument(0),
    )
}

function changeOf(options: RetentionOptions): Partial<RetentionOverride> {
  const own = (days: number | 'default') => (days === 'default' ? null : days)
  const { retentionHourlyDays: hourly, retentionDailyDays: daily } = options
  return {
    ...(hourly === undefined ? {} : { hourlyDays: own(hourly) }),
    ...(daily === undefined ? {} : { dailyDays: own(daily) }),
  }
}

async function withRetention(pool: pg.Pool, accounts: readonly CloudAccount[]): Promise<ListedAccount[]> {
  const overrides = await retentionOverrides(pool)
  return accounts.map(account => ({
    ...account,
    ...(overrides.get(account.cloudAccountId) ?? { hourlyDays: null, dailyDays: null }),
  }))
}

function daysText(days: number | null): string {
  if (days === null) return 'default'
  return days === 0 ? 'for ever' : `${days} days`
}

function registerAdd(accounts: Command, context: CommandContext): void {
  const command = accounts
    .command('add')
    .description('add an account, change it, or revive a removed one')
    .argument('<uuid>', 'id of the cloud account in CloudTuner', uuidArgument)
    .requiredOption('--name <name>', 'name for people', nameArgument)
    .option('--tenant-id <tenant>', 'value of the tenant label in Thanos (default: the id)', nameArgument)
    .option(
      '--currency <code>',
      'currency of the prices in Thanos; never converted (default: USD)',
      currencyArgument,
    )
    .option('--kubernetes-id <uuid>', 'id of the Kubernetes data source in CloudTuner', nameArgument)
  retentionOptions(command)
    .addHelpText(
      'after',
      `\nExamples:\n  $ k8s-costs accounts add ${EXAMPLE} --name shop\n` +
        `  $ k8s-costs accounts add ${EXAMPLE} --name shop --tenant-id shop-prod --currency EUR`,
    )
    .action((uuid: string, options: AddOptions) =>
      context.withDatabase(async pool => {
        const account = await addAccount(pool, { cloudAccountId: uuid, ...options })
        await setRetention(pool, uuid, changeOf(options))
        for (const line of tableLines(COLUMNS, await withRetention(pool, [account]))) context.print(line)
      }),
    )
}

function toJson(account: ListedAccount) {
  return {
    cloud_account_id: account.cloudAccountId,
    name: account.name,
    tenant_id: account.tenantId,
    currency: account.currency,
    kubernetes_id: account.kubernetesId,
    retention_hourly_days: account.hourlyDays,
    retention_daily_days: account.dailyDays,
  }
}
