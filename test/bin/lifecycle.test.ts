import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'

const lifecycle = new URL('../../dist/src/bin/lifecycle.js', import.meta.url).href
const errors = new URL('../../dist/src/errors.js', import.meta.url).href

/** Runs `body` as a program, sends the signals one after another as it says READY, and gives how it ended. */
function runUnder(
  body: string,
  signals: NodeJS.Signals[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const source = `import { runUntilStopped } from '${lifecycle}'
    import { NamedError } from '${errors}'
    const say = line => process.stderr.write(line + '\\n')
    const ready = () => process.stdout.write('READY\\n')
    const idle = setInterval(() => {}, 1000)
    ${body}
    clearInterval(idle)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  let sent = 0
  child.stdout.on('data', chunk => {
    stdout += String(chunk)
    const asked = stdout.split('READY').length - 1
    for (; sent < Math.min(asked, signals.length); sent++) child.kill(signals[sent])
  })
  child.stderr.on('data', chunk => {
    stderr += String(chunk)
  })
  return new Promise(resolve => child.once('close', code => resolve({ code, stdout, stderr })))
}

describe('a process that is asked to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('by %s closes in order and ends with 0', async signal => {
    const { code, stdout, stderr } = await runUnder(
      `process.exitCode = await runUntilStopped(async () => {
        ready()
        return { close: async () => void process.stdout.write('closed\\n') }
      }, { say })`,
      [signal],
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'READY\nclosed\n' })
    expect(stderr).toContain(`${signal}, stopping`)
  })

  it('while it starts stops starting and ends with 0', async () => {
    const { code } = await runUnder(
      `process.exitCode = await runUntilStopped(signal => new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        ready()
      }), { say })`,
      ['SIGTERM'],
    )
    expect(code).toBe(0)
  })

  it('a second time ends at once with 1', async () => {
    const { code, stderr } = await runUnder(
      `await runUntilStopped(async () => {
        ready()
        return { close: () => { ready(); return new Promise(() => {}) } }
      }, { say })`,
      ['SIGTERM', 'SIGINT'],
    )
    expect(code).toBe(1)
    expect(stderr).toContain('SIGINT came a second time')
  })

  it('and takes longer than it may ends with 1', async () => {
    const { code, stderr } = await runUnder(
      `await runUntilStopped(async () => {
        ready()
        return { close: () => new Promise(() => {}) }
      }, { say, graceMs: 50 })`,
      ['SIGTERM'],
    )
    expect(code).toBe(1)
    expect(stderr).toContain('closing took more than 0.05 s')
  })

  it('waits for work that ends by itself and keeps its code', async () => {
    const { code, stdout } = await runUnder(
      `process.exitCode = await runUntilStopped(async signal => ({
        finished: new Promise(resolve => { signal.addEventListener('abort', () => resolve(3)); ready() }),
        close: async () => void process.stdout.write('closed\\n'),
      }), { say })`,
      ['SIGTERM'],
    )
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'READY\nclosed\n' })
  })
})

describe('a process that is done by itself', () => {
  it('closes and ends with the code of its work', async () => {
    const { code, stdout } = await runUnder(
      `process.exitCode = await runUntilStopped(async () => ({
        finished: Promise.resolve(3),
        close: async () => void process.stdout.write('closed\\n'),
      }), { say })`,
      [],
    )
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'closed\n' })
  })

  it('passes a failure of its start on', async () => {
    const { stdout } = await runUnder(
      `await runUntilStopped(() => Promise.reject(new NamedError('CONFIG_INVALID', 'no')), { say })
        .catch(error => process.stdout.write(error.code))`,
      [],
    )
    expect(stdout).toBe('CONFIG_INVALID')
  })
})
