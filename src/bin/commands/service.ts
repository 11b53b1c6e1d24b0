import type { Command } from 'commander'
import type pg from 'pg'
import { migrate } from '../../db/migrate.js'
import { ensureRoles } from '../../db/roles.js'
import { createLogger } from '../../observe/logger.js'
import type { CommandContext } from '../context.js'
import { runUntilStopped } from '../lifecycle.js'
import type { Role, Service } from '../service.js'

interface ServiceCommand {
  readonly name: string
  readonly roles: readonly Role[]
  readonly does: string
  readonly need: readonly ('database' | 'thanos')[]
}

const COMMANDS: readonly ServiceCommand[] = [
  {
    name: 'start',
    roles: ['scheduler', 'worker', 'api'],
    does: 'scheduler, worker and API in one process; brings the database up to date first',
    need: ['database', 'thanos'],
  },
  {
    name: 'scheduler',
    roles: ['scheduler'],
    does: 'plans windows and wakes workers; any number at once is safe',
    need: ['database', 'thanos'],
  },
  {
    name: 'worker',
    roles: ['worker'],
    does: 'loads windows; any number at once is safe',
    need: ['database', 'thanos'],
  },
  {
    name: 'api',
    roles: ['api'],
    does: 'serves the reader API and the dashboard; any number at once is safe',
    need: ['database'],
  },
]

export function register(program: Command, context: CommandContext): void {
  for (const command of COMMANDS) {
    program
      .command(command.name)
      .description(command.does)
      .addHelpText(
        'after',
        `\nExample:\n  $ k8s-costs ${command.name}\n\nSIGTERM and Ctrl-C finish or release the work in hand.`,
      )
      .action(() => serve(command, context))
  }
}

async function prepare(pool: pg.Pool, context: CommandContext): Promise<void> {
  await migrate(pool)
  const problem = await ensureRoles(pool)
  if (problem !== null) context.say(problem)
}

async function serve({ name, roles, need }: ServiceCommand, context: CommandContext): Promise<void> {
  const config = context.config(need)
  if (name === 'start') await context.withDatabase(pool => prepare(pool, context), { mayBeUnmigrated: true })
  const logger = createLogger({ level: config.logLevel, role: name })
  const code = await runUntilStopped(
    async () => {
      // Loaded when needed: it brings queue, HTTP and Thanos along, which no --help should wait for.
      const { startService } = await import('../service.js')
      const service = await startService(config, roles, logger)
      context.say(`k8s-costs ${name} is running${whereToFind(service)}`)
      return service
    },
    { say: context.say },
  )
  context.exitWith(code)
}

function whereToFind({ apiUrl, dashboardUrl }: Service): string {
  if (apiUrl === undefined) return ''
  return `; the API listens on ${apiUrl}${dashboardUrl === undefined ? '' : ' and has the dashboard at /'}`
}
