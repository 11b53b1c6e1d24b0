import { type Command, Option } from 'commander'
import { type BackfillProgress, type BackfillResult, backfill } from '../../../jobs/backfill.js'
import { getAccount } from '../../db/accounts.js'
import type { ReloadMode } from '../../load/ledger.js'
import { createLogger } from '../../observe/logger.js'
import { instantArgument, integerArgument, requireRange, uuidArgument } from '../arguments.js'
import { type CommandContext, EXIT, type ExitCode } from '../context.js'
import { runUntilStopped } from '../lifecycle.js'
import { createProgress, type Progress } from '../progress.js'

const EXAMPLE = '7d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f'

interface BackfillOptions {
  account: string
  from: number
  to: number
  mode: ReloadMode
  dryRun?: boolean
  maxParallel: number
  newestFirst?: boolean
}

export function register(program: Command, context: CommandContext): void {
  program
    .command('backfill')
    .description('load a range of windows here and now, beside whatever workers there are; resumable')
    .requiredOption('--account <uuid>', 'the account', uuidArgument)
    .requiredOption('--from <day>', 'first UTC day or instant', instantArgument)
    .requiredOption('--to <day>', 'UTC day or instant at which it ends (not included)', instantArgument)
    .addOption(
      new Option(
        '--mode <mode>',
        'missing: never loaded; failed: incomplete, set aside or with an error; all: read everything again',
      )
        .choices(['missing', 'failed', 'all'])
        .default('missing'),
    )
    .option('--dry-run', 'say how many windows it would load, and load none')
    .option('--max-parallel <n>', 'days at once', integerArgument(1, 32), 2)
    .option('--newest-first', 'newest day first instead of oldest; the last two days always go first')
    .addHelpText(
      'after',
      `\nExample:\n  $ k8s-costs backfill --account ${EXAMPLE} --from 2026-10-01 --to 2026-11-01\n\nExit code 3: some windows are still open; status and runs list tell why.`,
    )
    .action((options: BackfillOptions) => run(options, context))
}

async function run(options: BackfillOptions, context: CommandContext): Promise<void> {
  requireRange(options.from, options.to)
  const config = context.config(['database', 'thanos'])
  const logger = createLogger({
    level: config.logLevel === 'info' ? 'warn' : config.logLevel,
    role: 'backfill',
  })
  // Loaded when needed: it brings queue, HTTP and Thanos along, which no --help should wait for.
  const { openJobs } = await import('../service.js')
  const code = await context.withDatabase(async pool => {
    const account = await getAccount(pool, options.account)
    return runUntilStopped(
      async signal => {
        const { jobs, close } = openJobs(config, pool, logger, signal)
        const progress = followStages()
        const work = backfill.run(
          { ...options, account, dryRun: options.dryRun === true, newestFirst: options.newestFirst === true },
          jobs,
          progress.update,
        )
        const finished = work.finally(progress.stop).then(result => report(result, options, context, signal))
        return { finished, close }
      },
      { say: context.say },
    )
  })
  context.exitWith(code)
}

const UNITS = { costs: 'windows', usage: 'windows of usage' } as const

/** A progress of its own for each stage, as they go at different paces. */
function followStages() {
  let current: { stage: BackfillProgress['stage']; progress: Progress } | undefined
  const stop = () => current?.progress.stop()
  const update = ({ stage, done, total }: BackfillProgress): void => {
    if (current?.stage !== stage) {
      stop()
      current = { stage, progress: createProgress({ unit: UNITS[stage] }) }
    }
    current.progress.update(done, total)
  }
  return { update, stop }
}

function report(
  result: BackfillResult,
  options: BackfillOptions,
  context: CommandContext,
  signal: AbortSignal,
): ExitCode {
  if (options.dryRun === true) {
    context.print(`${result.windows} windows would be read`)
    return EXIT.ok
  }
  context.print(
    `${result.windows} windows asked for: ${result.published} published, ${result.unchanged} unchanged, ${result.open} open`,
  )
  context.print(`usage of ${result.usageCollected} windows collected, of ${result.usageOpen} still due`)
  if (signal.aborted) context.say('Interrupted; the same command goes on from here.')
  else if (result.open + result.usageOpen > 0)
    context.say(
      'Open windows are tried again by the workers; k8s-costs status and runs list tell why they are open.',
    )
  return result.open + result.usageOpen > 0 ? EXIT.partial : EXIT.ok
}
