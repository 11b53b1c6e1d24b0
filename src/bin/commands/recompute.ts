import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Command } from 'commander'
import { type RecomputeResult, recompute } from '../../../jobs/recompute.js'
import { getAccount } from '../../db/accounts.js'
import { createLogger } from '../../observe/logger.js'
import { instantArgument, nameArgument, requireRange, uuidArgument } from '../arguments.js'
import { type CommandContext, EXIT, type ExitCode } from '../context.js'
import { runUntilStopped } from '../lifecycle.js'
import { createProgress } from '../progress.js'

const EXAMPLE = '7d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f'

interface RecomputeOptions {
  account: string
  from: number
  to: number
  cluster?: string
  dryRun?: boolean
}

export function register(program: Command, context: CommandContext): void {
  program
    .command('recompute')
    .description('compute published windows anew from the readings kept of them, without asking Thanos')
    .requiredOption('--account <uuid>', 'the account', uuidArgument)
    .requiredOption('--from <day>', 'first UTC day or instant', instantArgument)
    .requiredOption('--to <day>', 'UTC day or instant at which it ends (not included)', instantArgument)
    .option('--cluster <id>', 'of this cluster only', nameArgument)
    .option('--dry-run', 'compute and say how many windows would change, and change none')
    .addHelpText(
      'after',
      `\nExample:\n  $ k8s-costs recompute --account ${EXAMPLE} --from 2026-10-01 --to 2026-11-01 --dry-run\n\n` +
        'Exit code 3: some windows could not be computed from what is kept, or another process held them; they stay as\nthey are.',
    )
    .action((options: RecomputeOptions) => run(options, context))
}

async function run(options: RecomputeOptions, context: CommandContext): Promise<void> {
  requireRange(options.from, options.to)
  const code = await context.withDatabase(async (pool, config) => {
    const { cloudAccountId } = await getAccount(pool, options.account)
    const logger = createLogger({
      level: config.logLevel === 'info' ? 'warn' : config.logLevel,
      role: 'recompute',
    })
    return runUntilStopped(
      async signal => {
        const progress = createProgress({ unit: 'windows' })
        const worker = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`
        const { from, to, cluster: clusterId } = options
        const request = { cloudAccountId, from, to, clusterId, dryRun: options.dryRun === true }
        const finished = recompute
          .run(request, { pool, logger, worker, signal }, ({ done, total }) => progress.update(done, total))
          .finally(() => progress.stop())
          .then(result => report(result, options, context, signal))
        return { finished, close: async () => undefined }
      },
      { say: context.say },
    )
  })
  context.exitWith(code)
}

function report(
  { changed, unchanged, withoutSource, open }: RecomputeResult,
  { dryRun }: RecomputeOptions,
  context: CommandContext,
  signal: AbortSignal,
): ExitCode {
  const verb = dryRun === true ? 'would change' : 'changed'
  context.print(
    `${changed + unchanged + withoutSource + open} windows: ${changed} ${verb}, ${unchanged} unchanged, ${withoutSource} without kept readings, ${open} open`,
  )
  if (signal.aborted) context.say('Interrupted; the same command does the rest.')
  else if (open > 0)
    context.say('Open windows stay as they are; the log says of each why, or another process held it.')
  return open > 0 ? EXIT.partial : EXIT.ok
}
