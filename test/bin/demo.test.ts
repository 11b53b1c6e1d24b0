import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningCli, startCli } from '../support/child.js'
import { waitFor } from '../support/wait.js'

const run = promisify(execFile)

/** A place of its own, through which another user can get to the server's folder. */
let place: string
const children: RunningCli[] = []

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'k8s-costs-demo-test-'))
  await chmod(place, 0o755)
})
afterAll(async () => {
  await Promise.all(children.map(child => child.end('SIGKILL')))
  // Only a test that failed leaves a server.
  const pid = Number.parseInt(
    await readFile(join(await folder(), 'data', 'postmaster.pid'), 'utf8').catch(() => ''),
    10,
  )
  if (pid > 1 && (await processes()).length > 0) process.kill(pid, 'SIGINT')
  await rm(place, { recursive: true, force: true, maxRetries: 5 })
})

function demo(...args: string[]): RunningCli {
  const child = startCli(['demo', '--days', '1', ...args], { TMPDIR: place, API_PORT: '0' })
  children.push(child)
  return child
}

/** Processes that name the place, such as a server on a folder of it. */
async function processes(): Promise<string[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'args'])
  return stdout.split('\n').filter(line => line.includes(place))
}

async function folder(): Promise<string> {
  const [name] = await readdir(place)
  return join(place, name ?? '')
}

async function query(text: string): Promise<Record<string, unknown>[]> {
  const password = await readFile(join(await folder(), 'password'), 'utf8')
  const port = (await readFile(join(await folder(), 'data', 'postmaster.pid'), 'utf8')).split('\n')[3]
  const client = new pg.Client(`postgres://postgres:${password}@127.0.0.1:${port}/k8s_costs`)
  await client.connect()
  return client
    .query(text)
    .then(({ rows }) => rows)
    .finally(() => client.end())
}

const TRUTH = /^The estate knows its own cost: .* from it is 0\.000\d %\.$/m

describe('the demo', () => {
  test('that is interrupted while it loads ends in order', async () => {
    const interrupted = demo()
    await waitFor('the loading', () => interrupted.stderr().includes('Loading two accounts'))
    expect(interrupted.stderr()).toContain('Making an embedded PostgreSQL')
    expect(await interrupted.end('SIGINT')).toEqual({ code: 0, signal: null })
    expect(await processes()).toEqual([])
  })

  test('with --once loads two accounts, prints what they cost and how true that is, and leaves nothing running', async () => {
    const once = demo('--once')
    expect(await once.ended).toEqual({ code: 0, signal: null })
    const lines = once.stdout().split('\n')
    expect(lines[0]).toMatch(/^ACCOUNT +CLUSTER +NAMESPACE +CPU +RAM +GPU +DISK +NETWORK +LB +TOTAL/)
    expect(lines.filter(line => line.includes('all of it'))).toHaveLength(3)
    expect(lines.filter(line => line.includes('__idle__'))).toHaveLength(3)
    expect(once.stdout()).toMatch(/^Aurora Shop /m)
    expect(once.stdout()).toMatch(/^Nordlicht GmbH .* EUR$/m)
    expect(once.stdout()).toMatch(
      /^Aurora Shop +cluster-one +lab +hog +sleeper +2000m > \d\dm +6144Mi > \d{3}Mi +\d+\.\d\d +USD +low$/m,
    )
    expect(once.stdout()).toMatch(TRUTH)
    expect(once.stderr()).toMatch(/windows \(100%\)/)
    expect(await processes()).toEqual([])
  }, 120_000)

  test('goes on where it stopped, serves what it loaded, keeps a second one away and ends with Ctrl-C', async () => {
    const begun = new Date()
    const serving = demo()
    await waitFor('how to ask', () => serving.stdout().includes('curl ') || serving.hasEnded())
    expect(serving.stdout()).toMatch(TRUTH)
    expect(serving.stderr()).not.toContain('Making an embedded PostgreSQL')

    // Nothing is read but what became due since: the newest hour, and those three and twenty-six hours old.
    const [again] = await query(
      `select (select count(*) from warehouse.window_ledger)::int as windows, coalesce(sum(windows), 0)::int as again
       from warehouse.load_run where started_at >= '${begun.toISOString()}'`,
    )
    expect(again?.windows).toBeGreaterThanOrEqual(69)
    expect(again?.again).toBeLessThanOrEqual(6)

    const [, token, url] = /Authorization: Bearer ([^']+)' '([^']+)'/.exec(serving.stdout()) ?? []
    const response = await fetch(url ?? '', { headers: { authorization: `Bearer ${token}` } })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ breakdown_by: 'namespace', meta: { currency: 'USD' } })

    const page = /^The dashboard: (\S+)\?account=(\S+)$/m.exec(serving.stdout())
    expect(serving.stdout()).toContain(`\n  Cloud account  ${page?.[2]}\n  Token          ${token}\n`)
    expect(url).toContain(`/${page?.[2]}/`)
    expect((await fetch(page?.[1] ?? '')).headers.get('content-type')).toBe('text/html; charset=utf-8')

    const second = demo('--once')
    expect(await second.ended).toEqual({ code: 2, signal: null })
    expect(second.stderr()).toContain(`The demo already runs on this machine (process ${serving.pid})`)
    expect(second.stdout()).toBe('')
    expect(serving.hasEnded()).toBe(false)

    expect(await serving.end('SIGINT')).toEqual({ code: 0, signal: null })
    expect(await processes()).toEqual([])
    expect(await readdir(await folder())).not.toContain('demo.pid')
  })

  test('that was killed is taken over by the next one, server and all', async () => {
    const killed = demo()
    await waitFor('the server', async () => (await processes()).length > 0)
    await waitFor('the start', () => killed.stderr().includes('Loading two accounts'))
    await killed.end('SIGKILL')
    expect((await processes()).length).toBeGreaterThan(0)

    const once = demo('--once')
    expect(await once.ended).toEqual({ code: 0, signal: null })
    expect(once.stdout()).toMatch(TRUTH)
    expect(await processes()).toEqual([])
  })
})
