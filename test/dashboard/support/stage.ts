import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { buildApp } from '../../../src/api/app.js'
import { createToken } from '../../../src/db/tokens.js'
import type { TestDatabase } from '../../support/postgres.js'
import { findBrowser, type TestBrowser } from './browser.js'
import { NOW, SHOP, sampleDatabase } from './sample.js'
import { type Watch, watch } from './watch.js'

/** The built dashboard, as the program serves it. */
export const BUILT = fileURLToPath(new URL('../../../dist/dashboard', import.meta.url))

const WAIT_MS = 20_000

/** Where the dashboard is looked at: a browser, an API on a database of the file's own, and tokens. */
export interface Stage {
  readonly database: TestDatabase
  readonly origin: string
  /** A token of the account, the same each time. */
  token(account?: string): Promise<string>
  /** A page of a context of its own, watched: unless `watched` is emptied, the test fails for what went wrong in it. */
  page(options?: BrowserContextOptions): Promise<Page>
  /** What is watched of the newest page. */
  readonly watched: Watch
  /** The API's own answer to a question, asked with the account's token. Fails unless the status is 200. */
  answer<Body>(route: string, query?: Question, account?: string): Promise<Body>
}

/** Arguments of a route by name; a list is repeated. */
export type Question = Readonly<Record<string, string | number | readonly string[]>>

interface Opened {
  readonly database: TestDatabase
  readonly origin: string
  close(): Promise<void>
}

/** Tests in a browser; skipped by name, each of them, with the reason, where there is none. */
export async function describeInBrowser(name: string, define: (stage: Stage) => void): Promise<void> {
  const found = await findBrowser()
  const title = 'reason' in found ? `${name} (skipped: ${found.reason})` : name
  const inBrowser = (): TestBrowser => {
    if ('reason' in found) throw new Error(found.reason)
    return found
  }
  describe.skipIf('reason' in found)(title, () => define(stageOn(inBrowser)))
}

/** Asks for the browser only where a test runs, so that tests can be told of without one. */
function stageOn(inBrowser: () => TestBrowser): Stage {
  let opened: Opened | undefined
  const watches: Watch[] = []
  const tokens = new Map<string, Promise<string>>()
  const there = (): Opened => {
    if (opened === undefined) throw new Error('the stage is not open')
    return opened
  }
  const token = (account = SHOP) => {
    const made =
      tokens.get(account) ??
      createToken(there().database.pool, { cloudAccountId: account }).then(it => it.token)
    tokens.set(account, made)
    return made
  }

  beforeAll(async () => {
    opened = await open()
  })
  afterEach(async () => {
    const complaints = watches.flatMap(it => it.complaints)
    const requests = watches.flatMap(it => it.requests)
    watches.length = 0
    await Promise.all(
      inBrowser()
        .browser.contexts()
        .map(context => context.close()),
    )
    expect(complaints).toEqual([])
    for (const made of await Promise.all(tokens.values())) expect(requests.join('\n')).not.toContain(made)
  })
  afterAll(async () => {
    await inBrowser().stop()
    await opened?.close()
  })
  return {
    get database() {
      return there().database
    },
    get origin() {
      return there().origin
    },
    get watched() {
      const newest = watches.at(-1)
      if (newest === undefined) throw new Error('no page was opened')
      return newest
    },
    token,
    page: async options => {
      const context = await inBrowser().browser.newContext({
        timezoneId: 'America/New_York',
        locale: 'de-DE',
        reducedMotion: 'reduce',
        ...options,
      })
      context.setDefaultTimeout(WAIT_MS)
      watches.push(await watch(context, there().origin))
      const page = await context.newPage()
      await page.clock.setFixedTime(NOW * 1000)
      return page
    },
    answer: async <Body>(route: string, query: Question = {}, account = SHOP) => {
      const url = `${there().origin}/restapi/v2/cloud_accounts/${account}/k8s/${route}?${searchOf(query)}`
      const response = await fetch(url, { headers: { authorization: `Bearer ${await token(account)}` } })
      expect(response.status, url).toBe(200)
      return (await response.json()) as Body
    },
  }
}

async function open(): Promise<Opened> {
  if (!existsSync(join(BUILT, 'index.html'))) throw new Error(`no dashboard in ${BUILT}: npm run build`)
  const database = await sampleDatabase()
  const app = buildApp({ pool: database.pool, now: () => NOW, dashboardDirectory: BUILT })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return {
    database,
    origin: `http://127.0.0.1:${port}`,
    close: async () => {
      await app.close()
      await database.drop()
    },
  }
}

function searchOf(query: Question): string {
  const search = new URLSearchParams()
  for (const [name, values] of Object.entries(query)) {
    for (const value of [values].flat()) search.append(name, String(value))
  }
  return search.toString()
}
