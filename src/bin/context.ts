import type pg from 'pg'
import { type Config, readConfig } from '../config.js'
import { requireSchema } from '../db/migrate.js'
import { checkServer, connectionProblem, createPool } from '../db/pool.js'
import { describeError, NamedError } from '../errors.js'

/** What every command promises its caller. */
export const EXIT = { ok: 0, failed: 1, usage: 2, partial: 3 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** What a command is given to work with. */
export interface CommandContext {
  /** The configuration; throws CONFIG_INVALID with every problem. */
  config(need?: readonly ('database' | 'thanos')[]): Config
  /** Runs `work` on a checked database, migrated unless told otherwise, and closes the connections after it. */
  withDatabase<T>(
    work: (pool: pg.Pool, config: Config) => Promise<T>,
    options?: { readonly mayBeUnmigrated?: boolean },
  ): Promise<T>
  /** Data: a line on stdout. */
  print(line: string): void
  /** Talk: a line on stderr. */
  say(line: string): void
  /** The code to exit with once the command is done; 0 unless told. */
  exitWith(code: ExitCode): void
  exitCode(): ExitCode
}

/** The context of a real process. */
export function createContext(env: Readonly<Record<string, string | undefined>>): CommandContext {
  let exitCode: ExitCode = EXIT.ok
  const config = (need: readonly ('database' | 'thanos')[] = []) => readConfig(env, { need })
  return {
    config,
    withDatabase: (work, options = {}) =>
      onDatabase(config(['database']), work, options.mayBeUnmigrated === true),
    print: line => void process.stdout.write(`${line}\n`),
    say: line => void process.stderr.write(`${line}\n`),
    exitWith: code => {
      exitCode = code
    },
    exitCode: () => exitCode,
  }
}

async function onDatabase<T>(
  config: Config,
  work: (pool: pg.Pool, config: Config) => Promise<T>,
  mayBeUnmigrated: boolean,
): Promise<T> {
  const databaseUrl = config.databaseUrl
  if (databaseUrl === undefined) throw new NamedError('CONFIG_INVALID', 'DATABASE_URL is not set.')
  const pool = createPool(databaseUrl, { max: 4 })
  try {
    await checkServer(pool, databaseUrl)
    if (!mayBeUnmigrated) await requireSchema(pool)
    return await work(pool, config)
  } catch (error) {
    throw connectionProblem(error, databaseUrl) ?? error
  } finally {
    await pool.end()
  }
}

/** An error as a person at a terminal is told of it. */
export function explain(error: unknown): string {
  if (error instanceof NamedError) return error.message
  const { message } = describeError(error)
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
  return `${message}${code}`
}
