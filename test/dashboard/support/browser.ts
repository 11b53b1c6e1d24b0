import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import about from 'playwright-core/package.json' with { type: 'json' }

/** A real browser for one test file. */
export interface TestBrowser {
  readonly browser: Browser
  stop(): Promise<void>
}

export type FoundBrowser = TestBrowser | { readonly reason: string }

const PROGRAMS = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']
const PORT = 3000

/**
 * Looks for a Chromium: BROWSER_URL of the environment (the WebSocket address of a Playwright server of the same
 * version), Docker, a browser on the PATH. Without any it tells why, so that the tests are skipped by name; with
 * REQUIRE_SERVICES=1 that is a failure.
 */
export async function findBrowser(): Promise<FoundBrowser> {
  const given = process.env['BROWSER_URL']
  if (given !== undefined && given !== '') return connected(given, async () => {})
  const reasons: string[] = ['BROWSER_URL is not set']
  for (const start of [startContainer, startBinary]) {
    try {
      return await start()
    } catch (error) {
      reasons.push(error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error))
    }
  }
  const reason = `no browser: ${reasons.join('; ')}`
  if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(reason)
  return { reason }
}

// Wherever the browser runs, what it asks of 127.0.0.1 is asked of this machine.
async function connected(url: string, stop: () => Promise<void>): Promise<TestBrowser> {
  const browser = await chromium.connect(url, { exposeNetwork: '<loopback>' })
  return {
    browser,
    stop: async () => {
      await browser.close()
      await stop()
    },
  }
}

async function startContainer(): Promise<TestBrowser> {
  // Much code, for those who have Docker.
  const { GenericContainer, Wait } = await import('testcontainers')
  const { version } = about
  const server = `npx -y playwright-core@${version} run-server --port ${PORT} --host 0.0.0.0`
  const container = await new GenericContainer(`mcr.microsoft.com/playwright:v${version}-noble`)
    .withExposedPorts(PORT)
    .withCommand(['/bin/sh', '-c', server])
    .withWaitStrategy(Wait.forLogMessage(/Listening on/))
    .start()
  const stop = async () => {
    await container.stop({ timeout: 0 })
  }
  return connected(`ws://${container.getHost()}:${container.getMappedPort(PORT)}/`, stop).catch(
    async error => {
      await stop()
      throw error
    },
  )
}

async function startBinary(): Promise<TestBrowser> {
  const executablePath = programOnPath()
  if (executablePath === undefined) throw new Error(`none of ${PROGRAMS.join(', ')} is on the PATH`)
  // Its sandbox refuses to be set up by root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const browser = await chromium.launch({ executablePath, args })
  return { browser, stop: () => browser.close() }
}

function programOnPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return PROGRAMS.flatMap(name => folders.map(folder => join(folder, name))).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
