/**
 * How long it takes until the dashboard's first view can be read, on 5,000 workloads: from signing in to the first
 * amount, and to the last panel. Prints both, and beside them how long the API alone takes for what they need, asked
 * in the same way in the same run.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { buildApp } from '../../src/api/app.js'
import { startDemoDatabase } from '../../src/bin/demo-database.js'

import { migrate } from '../../src/db/migrate.js'
import { createPool } from '../../src/db/pool.js'
import { createToken } from '../../src/db/tokens.js'
import { ACCOUNT, END, seedReaders, WORKLOADS } from './reader-estate.js'

const ROUNDS = 7
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

const say = (line: string) => void process.stdout.write(`${line}\n`)
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

interface Round {
  readonly first: number
  readonly whole: number
  readonly api: number
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'k8s-costs-bench-'))
  await chmod(folder, 0o755)
  const database = await startDemoDatabase(folder, () => undefined)
  const pool = createPool(database.url, { max: 8, statementTimeoutMs: 600_000 })
  const app = buildApp({
    pool,
    now: () => END,
    dashboardDirectory: fileURLToPath(new URL('../../../dist/dashboard', import.meta.url)),
  })
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  try {
    say(
      `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}, Chromium ${browser.version()}`,
    )
    await migrate(pool)
    await seedReaders(pool)
    const { token } = await createToken(pool, { cloudAccountId: ACCOUNT })
    await app.listen({ host: '127.0.0.1', port: 0 })
    const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    const rounds: Round[] = []
    for (let round = 0; round < ROUNDS; round++) rounds.push(await look(browser, origin, token))
    const [first, whole, api] = (['first', 'whole', 'api'] as const).map(key =>
      median(rounds.map(it => it[key])),
    )
    say(
      `${WORKLOADS} workloads, medians of ${ROUNDS}: first amounts after ${first?.toFixed(0)} ms, all panels after ${whole?.toFixed(0)} ms; what the first amounts need takes ${api?.toFixed(0)} ms by fetch alone; ratio ${((first ?? 0) / (api ?? 1)).toFixed(2)}`,
    )
  } finally {
    await browser.close()
    await app.close()
    await pool.end()
    await database.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** One look at the overview with nothing cached. */
async function look(browser: Browser, origin: string, token: string): Promise<Round> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.clock.setFixedTime(END * 1000 - 1)
    const asked: string[] = []
    page.on('request', request => void (request.url().includes('/k8s/') && asked.push(request.url())))
    await page.goto(`${origin}/overview?account=${ACCOUNT}`)
    await page.getByLabel('Token').fill(token)
    const began = performance.now()
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByText('Wasted', { exact: true }).waitFor()
    const first = performance.now() - began
    await allPanels(page)
    const whole = performance.now() - began
    return { first, whole, api: await fetchTime(asked.filter(isFirst), token) }
  } finally {
    await context.close()
  }
}

async function allPanels(page: Page): Promise<void> {
  await page.getByRole('table', { name: 'What costs most' }).waitFor()
  await page.getByRole('table', { name: 'What could be saved' }).waitFor()
  await page.getByRole('table', { name: 'Clusters' }).waitFor()
}

const isFirst = (url: string): boolean => /\/k8s\/(status|clusters|efficiency)\b/.test(url)

async function fetchTime(urls: readonly string[], token: string): Promise<number> {
  const began = performance.now()
  const headers = { authorization: `Bearer ${token}` }
  await Promise.all(urls.map(async url => (await fetch(url, { headers })).arrayBuffer()))
  return performance.now() - began
}

await main()
