import type { Command } from 'commander'
import { type AnalystAccount, addAnalyst, listAnalysts, removeAnalyst } from '../../db/analysts.js'
import { ensureRoles } from '../../db/roles.js'
import { NamedError } from '../../errors.js'
import { nameArgument, uuidArgument } from '../arguments.js'
import type { CommandContext } from '../context.js'
import { type Column, formatInstant, tableLines } from '../table.js'

const EXAMPLE = '7d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f'

const COLUMNS: readonly Column<AnalystAccount>[] = [
  { title: 'LOGIN', value: row => row.login },
  { title: 'STATE', value: row => (row.isActive ? 'active' : 'inactive') },
  { title: 'ACCOUNT', value: row => row.cloudAccountId },
  { title: 'NAME', value: row => row.accountName ?? '-' },
  { title: 'ADDED', value: row => formatInstant(row.addedAt) },
]

interface AddOptions {
  account: string[]
  create?: boolean
}

export function register(program: Command, context: CommandContext): void {
  const analysts = program.command('analysts').description('database logins that read the SQL views')
  analysts.addHelpText(
    'after',
    `\nExamples:\n  $ k8s-costs analysts add mira --account ${EXAMPLE} --create\n  $ k8s-costs analysts list`,
  )
  registerAdd(analysts, context)
  analysts
    .command('list')
    .description('list the logins and the accounts that each may read')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  $ k8s-costs analysts list')
    .action(({ json }: { json?: boolean }) =>
      context.withDatabase(async pool => {
        const found = await listAnalysts(pool)
        if (json === true) context.print(JSON.stringify(found.map(toJson), null, 2))
        else for (const line of tableLines(COLUMNS, found)) context.print(line)
        if (found.length === 0) context.say('There is no analyst yet. Add one with: k8s-costs analysts add')
      }),
    )
  analysts
    .command('remove')
    .description('take accounts from a login, all unless told; the login itself stays')
    .argument('<login>', 'name of the database login', nameArgument)
    .option('--account <uuid>', 'this account only; may be repeated', collectUuids, [])
    .addHelpText('after', `\nExample:\n  $ k8s-costs analysts remove mira --account ${EXAMPLE}`)
    .action((login: string, { account }: { account: string[] }) =>
      context.withDatabase(async pool => {
        const { left } = await removeAnalyst(pool, login, account)
        context.say(
          left > 0
            ? `Login ${login} may read ${left} account(s) from now on.`
            : `Login ${login} is no analyst any more. To end the login too: drop role, in SQL.`,
        )
      }),
    )
}

function registerAdd(analysts: Command, context: CommandContext): void {
  analysts
    .command('add')
    .description('let a database login read accounts, beside those it has')
    .argument('<login>', 'name of the database login; `analyst` stands for all of them', nameArgument)
    .requiredOption('--account <uuid>', 'an account it may read; may be repeated', collectUuids)
    .option('--create', 'make the login; its password is shown this once')
    .addHelpText(
      'after',
      `\nExamples:\n  $ PASSWORD=$(k8s-costs analysts add mira --account ${EXAMPLE} --create)\n` +
        `  $ k8s-costs analysts add reporting --account ${EXAMPLE}`,
    )
    .action((login: string, { account, create }: AddOptions) =>
      context.withDatabase(async pool => {
        const problem = await ensureRoles(pool)
        if (problem !== null) throw new NamedError('USAGE', problem)
        const { password } = await addAnalyst(pool, {
          login,
          cloudAccountIds: account,
          create: create === true,
        })
        if (password !== undefined) {
          context.print(password)
          context.say(`The password of ${login}. It is shown this once only; keep it safe.`)
        }
        context.say(`Login ${login} may read ${account.join(', ')} through the schema analytics.`)
      }),
    )
}

function collectUuids(text: string, earlier: string[] = []): string[] {
  return [...earlier, uuidArgument(text)]
}

function toJson(row: AnalystAccount) {
  return {
    login: row.login,
    active: row.isActive,
    cloud_account_id: row.cloudAccountId,
    account_name: row.accountName,
    added_at: row.addedAt,
  }
}
