import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { NamedError } from '../errors.js'
import { register as registerAccounts } from './commands/accounts.js'
import { register as registerAnalysts } from './commands/analysts.js'
import { register as registerBackfill } from './commands/backfill.js'
import { register as registerDemo } from './commands/demo.js'
import { register as registerDoctor } from './commands/doctor.js'
import { register as registerIgnore } from './commands/ignore.js'
import { register as registerMigrate } from './commands/migrate.js'
import { register as registerRecompute } from './commands/recompute.js'
import { register as registerRuns } from './commands/runs.js'
import { register as registerSample } from './commands/sample.js'
import { register as registerService } from './commands/service.js'
import { register as registerStatus } from './commands/status.js'
import { register as registerStores } from './commands/stores.js'
import { register as registerTokens } from './commands/tokens.js'
import { type CommandContext, EXIT, type ExitCode, explain } from './context.js'
import { packageFile } from './package-file.js'

/** Adds a family of commands to the program. */
export type Register = (program: Command, context: CommandContext) => void

// In the order of the help.
const FAMILIES: readonly Register[] = [
  registerDemo,
  registerService,
  registerMigrate,
  registerAccounts,
  registerTokens,
  registerAnalysts,
  registerBackfill,
  registerRecompute,
  registerStatus,
  registerRuns,
  registerStores,
  registerIgnore,
  registerDoctor,
  registerSample,
]

const OVERVIEW = `
The configuration comes from environment variables, of which DATABASE_URL is the one that every command needs.
Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done in part.

Examples:
  $ k8s-costs migrate
  $ k8s-costs accounts add 7d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f --name shop --currency EUR
  $ k8s-costs tokens create --account 7d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f
  $ k8s-costs status`

/** Runs one command line and gives the code to exit with. Never rejects. */
export async function runProgram(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  try {
    await buildProgram(context).parseAsync(args, { from: 'user' })
    return context.exitCode()
  } catch (error) {
    // Commander has said what it had to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    context.say(`k8s-costs: ${explain(error)}`)
    return error instanceof NamedError && error.code === 'USAGE' ? EXIT.usage : EXIT.failed
  }
}

function buildProgram(context: CommandContext): Command {
  // Settings that commands inherit have to be there before the commands are.
  const program = new Command('k8s-costs')
    .description('Kubernetes cost warehouse: loads cost from Thanos into PostgreSQL and serves it.')
    .version(version())
    .exitOverride()
    .showHelpAfterError('Add --help to see how the command is used.')
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'k8s-costs: ')),
    })
    .addHelpText('after', OVERVIEW)
  for (const register of FAMILIES) register(program, context)
  return program
}

function version(): string {
  const file = packageFile('package.json')
  if (file === undefined) return 'unknown'
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const isPackage = typeof content === 'object' && content !== null && 'version' in content
  return isPackage ? String(content.version) : 'unknown'
}
