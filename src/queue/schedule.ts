import { createTask } from 'node-cron'
import type { Logger } from '../observe/logger.js'

export interface Scheduled {
  /** Starts no more runs and waits for the one under way. */
  stop(): Promise<void>
}

/**
 * Runs `run` at the times of a cron expression in UTC, never twice at once: a tick that falls into a run is skipped.
 * A failure is logged, and the next tick comes all the same.
 */
export function schedule(
  expression: string,
  name: string,
  run: (signal: AbortSignal) => Promise<void>,
  logger: Logger,
): Scheduled {
  const stop = new AbortController()
  let running: Promise<void> | undefined
  const task = createTask(
    expression,
    () => {
      if (running !== undefined) {
        logger.info({ task: name }, 'still running, so this tick is skipped')
        return
      }
      running = run(stop.signal)
        .catch((error: unknown) => logger.error({ err: error, task: name }, 'a scheduled task failed'))
        .finally(() => {
          running = undefined
        })
    },
    { name, timezone: 'UTC', suppressMissedWarning: true, logger: cronLogger(name, logger) },
  )
  void task.start()
  return {
    stop: async () => {
      stop.abort()
      await task.destroy()
      await running
    },
  }
}

// The library would otherwise write to the console.
function cronLogger(name: string, logger: Logger) {
  return {
    info: (message: string) => logger.debug({ task: name }, message),
    warn: (message: string) => logger.warn({ task: name }, message),
    error: (message: string | Error) =>
      logger.error({ task: name, err: message }, 'the scheduler had a problem'),
    debug: () => {},
  }
}
