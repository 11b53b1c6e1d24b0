import type { Command } from 'commander'
import { addAccount, listAccounts, removeAccount } from '../../db/accounts.js'
import type { CloudAccount } from '../../domain/account.js'
import { currencyArgument, nameArgument, uuidArgument } from '../arguments.js'
import type { CommandContext } from '../context.js'
import { type Column, tableLines } from '../table.js'

const COLUMNS: readonly Column<CloudAccount>[] = [
  { title: 'ACCOUNT', value: account => account.cloudAccountId },
  { title: 'NAME', value: account => account.name },
  { title: 'CURRENCY', value: account => account.currency },
  { title: 'TENANT', value: account => account.tenantId },
  { title: 'KUBERNETES', value: account => account.kubernetesId ?? '-' },
]

interface AddOptions {
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
  accounts
    .command('list')
    .description('list the accounts')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  $ k8s-costs accounts list')
    .action(({ json }: { json?: boolean }) =>
      context.withDatabase(async pool => {
        const found = await listAccounts(pool)
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

function registerAdd(accounts: Command, context: CommandContext): void {
  accounts
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
    .addHelpText(
      'after',
      `\nExamples:\n  $ k8s-costs accounts add ${EXAMPLE} --name shop\n` +
        `  $ k8s-costs accounts add ${EXAMPLE} --name shop --tenant-id shop-prod --currency EUR`,
    )
    .action((uuid: string, options: AddOptions) =>
      context.withDatabase(async pool => {
        const account = await addAccount(pool, { cloudAccountId: uuid, ...options })
        for (const line of tableLines(COLUMNS, [account])) context.print(line)
      }),
    )
}

function toJson(account: CloudAccount) {
  return {
    cloud_account_id: account.cloudAccountId,
    name: account.name,
    tenant_id: account.tenantId,
    currency: account.currency,
    kubernetes_id: account.kubernetesId,
  }
}
