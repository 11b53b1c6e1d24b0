import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NamedError } from '../errors.js'

/** Keeps two demos from one folder. A process that was killed leaves a lock that means nothing. */
export async function lockDemo(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'demo.pid')
  const pid = Number(await readFile(file, 'utf8').catch(() => ''))
  if (pid > 0 && pid !== process.pid && isAlive(pid)) {
    throw new NamedError(
      'USAGE',
      `The demo already runs on this machine (process ${pid}). Stop it first, or use the one that runs.`,
    )
  }
  await mkdir(folder, { recursive: true, mode: 0o755 })
  await writeFile(file, String(process.pid))
  return () => rm(file, { force: true })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
