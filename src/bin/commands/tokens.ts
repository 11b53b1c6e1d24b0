import { type Command, Option } from 'commander'
import { createToken, listTokens, revokeToken, type TokenInfo } from '../../db/tokens.js'
import { NamedError } from '../../errors.js'
import { instantArgument, uuidArgument } from '../arguments.js'
import type { CommandContext } from '../context.js'
import { type Column, formatInstant, rowLines } from '../table.js'

const EXAMPLE = '7d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f'

interface CreateOptions {
  account: string
  scope: 'read'
  expires?: number
}

export function register(program: Command, context: CommandContext): void {
  const tokens = program.command('tokens').description('tokens that read the API')
  tokens.addHelpText(
    'after',
    `\nExamples:\n  $ k8s-costs tokens create --account ${EXAMPLE}\n  $ k8s-costs tokens list`,
  )
  tokens
    .command('create')
    .description('make a token; it is shown this once, and only a digest of it is stored')
    .requiredOption('--account <uuid>', 'the account it may read', uuidArgument)
    .addOption(new Option('--scope <scope>', 'what it allows').choices(['read']).default('read'))
    .option('--expires <day>', 'UTC day or instant at which it ends (default: never)', instantArgument)
    .addHelpText('after', `\nExample:\n  $ TOKEN=$(k8s-costs tokens create --account ${EXAMPLE})`)
    .action((options: CreateOptions) => create(options, context))
  tokens
    .command('list')
    .description('list the tokens, one line each: id, account, scope, state, created, expires, last used')
    .option('--account <uuid>', 'of this account only', uuidArgument)
    .option('--json', 'as JSON')
    .addHelpText('after', `\nExample:\n  $ k8s-costs tokens list --account ${EXAMPLE}`)
    .action(({ account, json }: { account?: string; json?: boolean }) =>
      context.withDatabase(async pool => {
        const found = await listTokens(pool, account)
        if (json === true) context.print(JSON.stringify(found.map(toJson), null, 2))
        else for (const line of rowLines(COLUMNS, found)) context.print(line)
        if (found.length === 0) context.say('There is no token. Make one with: k8s-costs tokens create')
      }),
    )
  tokens
    .command('revoke')
    .description('end a token at once')
    .argument('<id>', 'id of the token, as listed')
    .addHelpText('after', '\nExample:\n  $ k8s-costs tokens revoke 3f9a0c1d2b4e5f60')
    .action((id: string) =>
      context.withDatabase(async pool => {
        await revokeToken(pool, id)
        context.say(`Token ${id} is revoked.`)
      }),
    )
}

async function create({ account, scope, expires }: CreateOptions, context: CommandContext): Promise<void> {
  if (expires !== undefined && expires * 1000 <= Date.now()) {
    throw new NamedError(
      'USAGE',
      `--expires is ${formatInstant(expires)}, which has passed. Give a time to come.`,
    )
  }
  await context.withDatabase(async pool => {
    const expiresAt = expires === undefined ? {} : { expiresAt: new Date(expires * 1000) }
    const { token, tokenId } = await createToken(pool, { cloudAccountId: account, scope, ...expiresAt })
    context.print(token)
    context.say(`Token ${tokenId} for account ${account}. It is shown this once only; keep it safe.`)
  })
}

const COLUMNS: readonly Column<TokenInfo>[] = [
  { title: 'ID', value: token => token.tokenId },
  { title: 'ACCOUNT', value: token => token.cloudAccountId },
  { title: 'SCOPE', value: token => token.scope },
  { title: 'STATE', value: stateOf },
  { title: 'CREATED', value: token => formatInstant(token.createdAt) },
  { title: 'EXPIRES', value: token => (token.expiresAt === null ? 'never' : formatInstant(token.expiresAt)) },
  {
    title: 'LAST USED',
    value: token => (token.lastUsedAt === null ? 'never' : formatInstant(token.lastUsedAt)),
  },
]

function stateOf(token: TokenInfo): string {
  if (token.revokedAt !== null) return 'revoked'
  return token.expiresAt !== null && token.expiresAt.getTime() <= Date.now() ? 'expired' : 'active'
}

function toJson(token: TokenInfo) {
  return {
    token_id: token.tokenId,
    cloud_account_id: token.cloudAccountId,
    scope: token.scope,
    state: stateOf(token),
    created_at: token.createdAt,
    expires_at: token.expiresAt,
    revoked_at: token.revokedAt,
    last_used_at: token.lastUsedAt,
  }
}
