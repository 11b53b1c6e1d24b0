import { createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type RunningCli, startCli } from '../support/child.js'
import { type Outcome, runCli } from '../support/cli.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { createThanosStub, loginPage, type ThanosStub } from '../support/thanos-stub.js'
import { waitFor } from '../support/wait.js'

const ACCOUNT = '7d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f'
const BACKFILL = ['backfill', '--account', ACCOUNT, '--from', '2026-10-01', '--to', '2026-10-02']
const SECRET = 'hunter2-hunter2'

let database: TestDatabase
let closedPort: number
beforeAll(async () => {
  database = await testDatabase()
  closedPort = await freePort()
})
afterAll(() => database.drop())

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

const nowhere = () => `http://127.0.0.1:${closedPort}`
const withThanos = (env: Record<string, string> = {}) => ({
  THANOS_URL: nowhere(),
  METRICS_PORT: '0',
  API_PORT: '0',
  ...env,
})

/** A failure told in a sentence or two, on stderr, without a stack or a secret. */
function expectSentence({ code, stdout, stderr }: Outcome, exit: number, said: RegExp): void {
  expect({ code, stdout }, stderr).toEqual({ code: exit, stdout: '' })
  expect(stderr).toMatch(said)
  expect(stderr).not.toMatch(/\n {2,}at |node:internal|\[object/)
  expect(stderr).not.toContain(SECRET)
}

const COMMANDS = [['start'], ['worker'], ['doctor'], BACKFILL]
const each = (commands: string[][], env: Record<string, string>) =>
  Promise.all(commands.map(args => runCli(args, withThanos(env))))

describe('start, worker, doctor and backfill', () => {
  test('say that nothing listens where PostgreSQL should be', async () => {
    const DATABASE_URL = `postgres://u:${SECRET}@127.0.0.1:${closedPort}/costs`
    const said = new RegExp(
      `Cannot use PostgreSQL at 127\\.0\\.0\\.1:${closedPort}/costs: nothing listens there`,
    )
    for (const outcome of await each(COMMANDS, { DATABASE_URL })) expectSentence(outcome, 1, said)
  })

  test('say that the database is not there', async () => {
    const url = new URL(database.url)
    url.pathname = '/no_such_database'
    for (const outcome of await each(COMMANDS, { DATABASE_URL: url.href }))
      expectSentence(outcome, 1, /no_such_database.*DATABASE_URL/s)
  })

  test('say that the password is wrong', async () => {
    const url = new URL(database.url)
    url.password = SECRET
    const [outcome] = await each([['worker']], { DATABASE_URL: url.href })
    if (outcome !== undefined) expectSentence(outcome, 1, /password|credentials/i)
  })

  test('list every problem of the environment at once', async () => {
    const env = {
      DATABASE_URL: `mysql://u:${SECRET}@h/d`,
      THANOS_URL: 'thanos:9090',
      SETTLE_MINUTES: '-1',
      LOG_LEVEL: 'loud',
      THANOS_TIMOUT_MS: '5',
    }
    for (const outcome of await each([['start'], BACKFILL], env)) {
      expectSentence(outcome, 1, /The configuration has 5 problems:/)
      for (const name of Object.keys(env)) expect(outcome.stderr).toMatch(new RegExp(`^ +${name}: `, 'm'))
    }
  })
})

describe('a database that was not migrated', () => {
  let empty: TestDatabase
  beforeAll(async () => {
    empty = await testDatabase({ empty: true })
  })
  afterAll(() => empty.drop())

  test('is told apart, with the command that mends it', async () => {
    const commands = [['worker'], ['api'], ['doctor'], BACKFILL]
    for (const outcome of await each(commands, { DATABASE_URL: empty.url }))
      expectSentence(outcome, 1, /k8s-costs migrate/)
  })
})

describe('a Thanos that cannot be used', () => {
  let stub: ThanosStub
  const children: RunningCli[] = []
  beforeAll(async () => {
    stub = await createThanosStub()
    await database.pool.query(
      `insert into warehouse.cloud_account (cloud_account_id, name, tenant_id, currency) values ($1, 'shop', $2, 'USD')`,
      [ACCOUNT, ACCOUNT],
    )
  })
  afterEach(() => Promise.all(children.map(child => child.end('SIGKILL'))))
  afterAll(() => stub.close())

  const doctor = (url: string) =>
    runCli(['doctor'], withThanos({ DATABASE_URL: database.url, THANOS_URL: url }))

  test('is no reason for start to end: it serves, says what is wrong in its log and goes on', async () => {
    const child = startCli(['start'], withThanos({ DATABASE_URL: database.url }))
    children.push(child)
    await waitFor('the start', () => child.stderr().includes('start is running') || child.hasEnded())
    const api = /listens on (http:\S+)/.exec(child.stderr())?.[1]
    expect((await fetch(`${api}/healthz`)).status).toBe(200)
    await waitFor('the complaint', () => child.stderr().includes('clusters could not be looked up'))
    expect(child.stderr()).toMatch(/Thanos cannot be reached.*THANOS_URL names it/)
    expect(child.stderr()).toContain('THANOS_UNREACHABLE')
    expect(child.hasEnded()).toBe(false)
    expect(await child.end('SIGTERM')).toEqual({ code: 0, signal: null })
  })

  test('is found by the doctor, who exits 1', async () => {
    const { code, stdout } = await doctor(nowhere())
    expect(code).toBe(1)
    expect(stdout).toMatch(/ok +database: PostgreSQL \d+/)
    expect(stdout).toMatch(/FAIL Thanos reachable: Thanos cannot be reached/)
  })

  test.each([
    ['nothing is served under its path', { status: 404, body: '404 page not found' }],
    ['a web page is served under its path', { ...loginPage(404) }],
    ['a login form stands in front', loginPage(200)],
  ])('is found by the doctor where %s', async (_, reply) => {
    stub.reset()
    stub.on(() => true, { headers: { 'content-type': 'text/plain' }, ...reply })
    const { code, stdout } = await doctor(`${stub.url}/wrong/prefix`)
    expect(code, stdout).toBe(1)
    expect(stdout).toMatch(/FAIL .*check THANOS_URL \(its path prefix too\)/)
    expect(stdout).toMatch(/(WARN|FAIL) Thanos reachable/)
    expect(stdout).not.toContain('Sign in')
  })

  test('leaves a backfill with open windows or none, never with an invented success', async () => {
    const outcome = await runCli(BACKFILL, withThanos({ DATABASE_URL: database.url }))
    expectSentence(outcome, 1, /Thanos cannot be reached/)
  })
})

describe('a range of days', () => {
  test('that cannot be meant is refused as wrong usage, before anything is asked', async () => {
    const ranges: [string, string, RegExp][] = [
      ['2026-10-02', '2026-10-01', /ends before it begins/],
      ['2026-10-02', '2026-10-02', /--to/],
      ['yesterday', '2026-10-02', /--from.*yesterday/s],
      ['2026-02-30', '2026-10-02', /2026-02-30/],
    ]
    const outcomes = await each(
      ranges.map(([from, to]) => ['backfill', '--account', ACCOUNT, '--from', from, '--to', to]),
      {},
    )
    outcomes.forEach((outcome, i) => {
      expectSentence(outcome, 2, ranges[i]?.[2] ?? /never/)
    })
  })
})
