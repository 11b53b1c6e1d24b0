import { spawn } from 'node:child_process'
import { PROGRAM } from './cli.js'

/** The compiled program, running. */
export interface RunningCli {
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Settles when it has ended and said all. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  hasEnded(): boolean
  /** Sends a signal and waits for the end. */
  end(
    signal: NodeJS.Signals,
  ): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

/** Starts the program with nothing but the given environment, as a process of its own. */
export function startCli(args: readonly string[], env: Record<string, string> = {}): RunningCli {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error('the program could not be started')
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', chunk => {
    said.stdout += String(chunk)
  })
  child.stderr.on('data', chunk => {
    said.stderr += String(chunk)
  })
  let hasEnded = false
  const ended: RunningCli['ended'] = new Promise(resolve =>
    child.once('close', (code, signal) => {
      hasEnded = true
      resolve({ code, signal })
    }),
  )
  return {
    pid,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    ended,
    hasEnded: () => hasEnded,
    end: signal => {
      if (!hasEnded) child.kill(signal)
      return ended
    },
  }
}
