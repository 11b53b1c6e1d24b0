import type { Command } from 'commander'
import { migrate } from '../../db/migrate.js'
import { ensureRoles } from '../../db/roles.js'
import type { CommandContext } from '../context.js'

export function register(program: Command, context: CommandContext): void {
  program
    .command('migrate')
    .description('bring the database up to date; any number of processes may do so at once')
    .addHelpText('after', '\nExample:\n  $ DATABASE_URL=postgres://costs@db/costs k8s-costs migrate')
    .action(async () => {
      await context.withDatabase(
        async (pool, config) => {
          const applied = await migrate(pool)
          for (const name of applied) context.print(name)
          const problem = await ensureRoles(pool)
          if (problem !== null) context.say(problem)
          if (config.redisUrl === undefined && config.databaseUrl !== undefined) {
            // Loaded when needed: no --help should wait for the queue's library.
            const { migrateQueue } = await import('../../queue/postgres-backend.js')
            await migrateQueue(config.databaseUrl)
          }
          context.say(`The database is up to date; migrations applied: ${applied.length}.`)
        },
        { mayBeUnmigrated: true },
      )
    })
}
