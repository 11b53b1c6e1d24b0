import { describe, expect, it } from 'vitest'
import { type Outcome, runCli } from '../support/cli.js'

const account = '7d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f'

interface Help extends Outcome {
  readonly path: readonly string[]
}

/** The help of a command and of every command below it, which it names. */
async function helpFrom(path: readonly string[]): Promise<Help[]> {
  const help = await runCli([...path, '--help'])
  const section = help.stdout.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? ''
  const names = [...section.matchAll(/^ {2}([a-z][a-z-]*)/gm)].flatMap(([, name]) =>
    name === undefined ? [] : [name],
  )
  const below = names.filter(name => name !== 'help').map(name => helpFrom([...path, name]))
  return [{ ...help, path }, ...(await Promise.all(below)).flat()]
}

describe('help', () => {
  it('stands behind --help of every command, with an example, on stdout', async () => {
    const helps = await helpFrom([])
    expect(helps.map(({ path }) => path.join(' '))).toEqual(
      expect.arrayContaining([
        'migrate',
        'accounts add',
        'tokens create',
        'status',
        'runs list',
        'stores forget',
        'ignore add',
      ]),
    )
    for (const { path, code, stdout, stderr } of helps) {
      expect({ path, code, stderr }).toEqual({ path, code: 0, stderr: '' })
      expect(stdout, path.join(' ')).toMatch(/Examples?:\n {2}\$ /)
    }
  })

  it('is given on stderr where a command is missing', async () => {
    for (const path of [[], ['accounts'], ['tokens'], ['runs']]) {
      const { code, stdout, stderr } = await runCli(path)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain('Usage: k8s-costs')
    }
  })

  it('is not needed for the version', async () => {
    expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: '0.1.0\n' })
  })
})

describe('wrong usage', () => {
  it.each<[string[], string]>([
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['acounts', 'list'], 'Did you mean accounts?'],
    [['accounts', 'ad'], 'Did you mean add?'],
    [['status', '--jsn'], 'Did you mean --json?'],
    [['status', 'now'], "too many arguments for 'status'"],
    [['accounts', 'add', account], "required option '--name <name>' not specified"],
    [['accounts', 'add', 'shop', '--name', 'x'], "'shop' is invalid for argument 'uuid'. It is not a UUID"],
    [['accounts', 'add', account, '--name', ' '], 'It must not be empty'],
    [
      ['accounts', 'add', account, '--name', 'x', '--currency', 'usd'],
      "'usd' is invalid. It is not an ISO 4217 code",
    ],
    [['accounts', 'add', account, '--name', 'x', '--currency', 'UDS'], 'It is not an ISO 4217 code'],
    [['tokens', 'create'], "required option '--account <uuid>' not specified"],
    [['tokens', 'create', '--account', account, '--scope', 'write'], 'Allowed choices are read'],
    [['tokens', 'create', '--account', account, '--expires', '2026-02-31'], 'It is no UTC day such as'],
    [['runs', 'list', '--state', 'lost'], 'Allowed choices are running, done'],
    [['runs', 'list', '--limit', '0'], 'a whole number from 1 to 10000'],
    [['stores', 'forget', account], "missing required argument 'label-set'"],
  ])('%j ends with code 2 and says what is wrong', async (args, text) => {
    const { code, stdout, stderr } = await runCli(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^k8s-costs: /)
    expect(stderr).toContain(text)
    expect(stderr).toContain('--help')
  })
})

describe('a failure', () => {
  it('of the configuration lists every problem and no secret, with code 1', async () => {
    const { code, stdout, stderr } = await runCli(['status'], {
      DATABASE_URL: 'canary-81',
      API_PORT: 'x',
      LOG_LEVEL: 'loud',
    })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('3 problems')
    expect(stderr).not.toContain('canary-81')
  })

  it('to reach the database names its address and not its password, with code 1', async () => {
    const { code, stderr } = await runCli(['accounts', 'list'], {
      DATABASE_URL: 'postgres://u:canary-82@127.0.0.1:1/costs',
    })
    expect(code).toBe(1)
    expect(stderr).toContain('127.0.0.1:1')
    expect(stderr).not.toContain('canary-82')
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})
