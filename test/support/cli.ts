import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The compiled program, as an operator runs it; `npm run build` makes it. */
export const PROGRAM = fileURLToPath(new URL('../../dist/src/bin/k8s-costs.js', import.meta.url))

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the program with nothing but the given environment. */
export function runCli(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return runNode([PROGRAM, ...args], env)
}

/** Runs Node with nothing but the given environment. */
function runNode(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', chunk => {
      stdout += String(chunk)
    })
    child.stderr.on('data', chunk => {
      stderr += String(chunk)
    })
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}
