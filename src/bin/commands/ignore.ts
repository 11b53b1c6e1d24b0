import { type Command, InvalidArgumentError } from 'commander'
import {
  addIgnore,
  type IgnoredContainers,
  type IgnoreRule,
  listIgnores,
  removeIgnore,
} from '../../db/ignores.js'
import { DAY_SECONDS } from '../../domain/window.js'
import { NamedError } from '../../errors.js'
import { instantArgument, uuidArgument } from '../arguments.js'
import type { CommandContext } from '../context.js'
import { type Column, formatInstant, rowLines } from '../table.js'

const EXAMPLE = '7d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f'

interface AddOptions {
  account: string
  cluster?: string
  namespace?: string
  kind?: string
  workload?: string
  container?: string
  label?: { name: string; value: string }
  expires?: number
  reason?: string
}

export function register(program: Command, context: CommandContext): void {
  const ignore = program.command('ignore').description('recommended requests that nobody wants to see')
  ignore.addHelpText(
    'after',
    `\nExamples:\n  $ k8s-costs ignore add --account ${EXAMPLE} --namespace lab --expires 30d\n  $ k8s-costs ignore list`,
  )
  registerAdd(ignore, context)
  ignore
    .command('list')
    .description('list the rules, one line each: id, account, state, expiry, what it applies to, reason')
    .option('--account <uuid>', 'of this account only', uuidArgument)
    .option('--json', 'as JSON')
    .addHelpText('after', `\nExample:\n  $ k8s-costs ignore list --account ${EXAMPLE}`)
    .action(({ account, json }: { account?: string; json?: boolean }) =>
      context.withDatabase(async pool => {
        const found = await listIgnores(pool, account)
        if (json === true) context.print(JSON.stringify(found.map(toJson), null, 2))
        else for (const line of rowLines(COLUMNS, found)) context.print(line)
        if (found.length === 0) context.say('Nothing is ignored.')
      }),
    )
  ignore
    .command('remove')
    .description('take a rule away; what it ignored is shown again at once')
    .argument('<id>', 'id of the rule, as listed')
    .addHelpText('after', '\nExample:\n  $ k8s-costs ignore remove 0b9f6a52-4f0e-4a57-9d2c-6a1f0c3e8d11')
    .action((id: string) =>
      context.withDatabase(async pool => {
        await removeIgnore(pool, id)
        context.say(`Rule ${id} is removed.`)
      }),
    )
}

function registerAdd(ignore: Command, context: CommandContext): void {
  ignore
    .command('add')
    .description('leave recommendations out of answers and totals; whatever is given has to hold, all of it')
    .requiredOption('--account <uuid>', 'the account whose recommendations they are', uuidArgument)
    .option('--cluster <id>', 'of this cluster', givenArgument)
    .option('--namespace <name>', 'of this namespace', givenArgument)
    .option('--kind <kind>', 'of workloads of this kind, beside any of the others', givenArgument)
    .option('--workload <name>', 'of this workload', givenArgument)
    .option('--container <name>', 'of containers of this name', givenArgument)
    .option(
      '--label <name=value>',
      'of workloads whose pods have this label, its name as in Prometheus without label_',
      labelArgument,
    )
    .option(
      '--expires <day>',
      'UTC day or instant at which it ends, or days from now, as 30d (default: never)',
      expiryArgument,
    )
    .option('--reason <text>', 'why, for those who list the rules', givenArgument)
    .addHelpText(
      'after',
      `\nExample:\n  $ k8s-costs ignore add --account ${EXAMPLE} --namespace shop --workload web --reason 'sale until May'`,
    )
    .action((options: AddOptions) => add(options, context))
}

async function add(
  { account, expires, reason, ...options }: AddOptions,
  context: CommandContext,
): Promise<void> {
  if (expires !== undefined && expires * 1000 <= Date.now()) {
    throw new NamedError(
      'USAGE',
      `--expires is ${formatInstant(expires)}, which has passed. Give a time to come.`,
    )
  }
  const { cluster, namespace, kind, workload, container, label } = options
  await context.withDatabase(async pool => {
    const id = await addIgnore(pool, {
      cloudAccountId: account,
      ...(cluster === undefined ? {} : { clusterId: cluster }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(kind === undefined ? {} : { controllerKind: kind }),
      ...(workload === undefined ? {} : { controller: workload }),
      ...(container === undefined ? {} : { container }),
      ...(label === undefined ? {} : { label }),
      ...(reason === undefined ? {} : { reason }),
      ...(expires === undefined ? {} : { expiresAt: new Date(expires * 1000) }),
    })
    context.print(id)
    context.say(
      `Rule ${id} holds ${expires === undefined ? 'until it is removed' : `until ${formatInstant(expires)}`}.`,
    )
  })
}

// Taken as it is, as names of clusters and containers may begin with anything.
function givenArgument(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.')
  return text
}

const LABEL = /^([A-Za-z0-9_]{1,400})=(.+)$/s

function labelArgument(text: string): { name: string; value: string } {
  const [, name, value] = LABEL.exec(text) ?? []
  if (name !== undefined && value !== undefined) return { name, value }
  throw new InvalidArgumentError(
    'It is not name=value with a name of letters, digits and _ only, as in Prometheus, without label_.',
  )
}

/** Unix seconds; `30d` is so many days from now. */
function expiryArgument(text: string): number {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? []
  if (days !== undefined) return Math.floor(Date.now() / 1000) + Number(days) * DAY_SECONDS
  return instantArgument(text)
}

const COLUMNS: readonly Column<IgnoreRule>[] = [
  { title: 'ID', value: rule => rule.ignoreId },
  { title: 'ACCOUNT', value: rule => rule.cloudAccountId },
  { title: 'STATE', value: stateOf },
  { title: 'EXPIRES', value: rule => (rule.expiresAt === null ? 'never' : formatInstant(rule.expiresAt)) },
  { title: 'APPLIES TO', value: describe },
  { title: 'REASON', value: rule => rule.reason ?? '-' },
]

function stateOf({ expiresAt }: IgnoreRule): string {
  return expiresAt !== null && expiresAt.getTime() <= Date.now() ? 'expired' : 'active'
}

function describe(rule: IgnoredContainers): string {
  const { clusterId, namespace, controllerKind, controller, container, label } = rule
  const parts = [
    ...Object.entries({
      cluster: clusterId,
      namespace,
      kind: controllerKind,
      workload: controller,
      container,
    }),
    ...(label === undefined ? [] : [[`label.${label.name}`, label.value] as const]),
  ]
  return parts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${quoted(value)}`])).join(' ')
}

// A name must not look like two parts.
function quoted(value: string): string {
  return /^[\w./:-]+$/.test(value) ? value : JSON.stringify(value)
}

function toJson(rule: IgnoreRule) {
  return {
    ignore_id: rule.ignoreId,
    cloud_account_id: rule.cloudAccountId,
    state: stateOf(rule),
    cluster: rule.clusterId ?? null,
    namespace: rule.namespace ?? null,
    controller_kind: rule.controllerKind ?? null,
    controller: rule.controller ?? null,
    container: rule.container ?? null,
    label: rule.label === undefined ? null : { name: rule.label.name, value: rule.label.value },
    reason: rule.reason,
    created_at: rule.createdAt,
    expires_at: rule.expiresAt,
  }
}
