import { NamedError } from '../errors.js'
import { EXIT, type ExitCode } from './context.js'

/** Something that was started. */
export interface Running {
  /** Settles when it is done by itself, with the code to exit with; absent: it runs until it is stopped. */
  readonly finished?: Promise<ExitCode>
  /** Finishes or releases the work in hand and closes everything. */
  close(): Promise<void>
}

export interface LifecycleOptions {
  readonly say: (line: string) => void
  /** Milliseconds for an orderly close; 25,000 unless told, which fits the 30 s that Kubernetes gives. */
  readonly graceMs?: number
}

/**
 * Starts something and gives the code to exit with once it is done or was asked to stop (SIGTERM, SIGINT) and has
 * closed. `signal` fires when the stop is asked for. A second signal, or a close that takes too long, ends the process.
 */
export async function runUntilStopped(
  start: (signal: AbortSignal) => Promise<Running>,
  { say, graceMs = 25_000 }: LifecycleOptions,
): Promise<ExitCode> {
  const stop = new AbortController()
  const stopped = new Promise<'stopped'>(resolve =>
    stop.signal.addEventListener('abort', () => resolve('stopped')),
  )
  let timer: NodeJS.Timeout | undefined
  const giveUp = (why: string) => {
    say(
      `k8s-costs: ${why}, so the process ends at once; unfinished work is taken over when its lease expires`,
    )
    process.exit(EXIT.failed)
  }
  const onSignal = (name: NodeJS.Signals) => {
    if (stop.signal.aborted) giveUp(`${name} came a second time`)
    say(`k8s-costs: ${name}, stopping`)
    timer = setTimeout(() => giveUp(`closing took more than ${graceMs / 1000} s`), graceMs)
    stop.abort(new NamedError('CANCELLED', 'The process was asked to stop.'))
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  try {
    const running = await start(stop.signal)
    try {
      const end = await Promise.race([stopped, running.finished ?? stopped])
      return end === 'stopped' ? await endOf(running) : end
    } finally {
      await running.close()
    }
  } catch (error) {
    // A start that was interrupted has not failed.
    if (stop.signal.aborted && error instanceof NamedError && error.code === 'CANCELLED') return EXIT.ok
    throw error
  } finally {
    clearTimeout(timer)
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal)
  }
}

// What ends by itself is told to by the signal, and then says how far it came.
async function endOf(running: Running): Promise<ExitCode> {
  return running.finished === undefined ? EXIT.ok : running.finished
}

/** Lets a reader such as `head` close the pipe without an error message. */
export function quietPipes(): void {
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok)
    throw error
  }
  process.stdout.on('error', onError)
  process.stderr.on('error', onError)
}
