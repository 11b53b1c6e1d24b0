import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Service, startService } from '../../src/bin/service.js'
import { readConfig } from '../../src/config.js'
import { createToken } from '../../src/db/tokens.js'
import { type DashboardFiles, FILES, makeDashboard } from '../api/dashboard-files.js'
import { recordingLogger } from '../support/log.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { seedAccount, seedCluster, seedWindow } from '../support/seed.js'

const ACCOUNT = '11111111-1111-4111-8111-111111111111'
const HOUR = 3600

let database: TestDatabase
let dashboard: DashboardFiles
let service: Service
let metricsUrl: string

beforeAll(async () => {
  database = await testDatabase()
  dashboard = await makeDashboard()
  const metricsPort = await freePort()
  metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`
  const config = readConfig({
    DATABASE_URL: database.url,
    API_PORT: '0',
    METRICS_PORT: String(metricsPort),
    API_RATE_LIMIT: '3',
    RETENTION_HOURLY_DAYS: '2',
    RETENTION_DAILY_DAYS: '2',
  })
  service = await startService(config, ['api'], recordingLogger().logger, dashboard.directory)
})
afterAll(async () => {
  await service.close()
  await dashboard.remove()
  await database.drop()
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

it('the API of a process keeps the configured limits, and Prometheus is told of its answers', async () => {
  const start = Math.floor(Date.now() / 1000 / HOUR) * HOUR - 3 * HOUR
  const key = { account: ACCOUNT, cluster: 'one' }
  await seedAccount(database.pool, ACCOUNT)
  await seedCluster(database.pool, key, start, start)
  await seedWindow(database.pool, key, start, { containers: [], nodes: [] })
  const { token } = await createToken(database.pool, { cloudAccountId: ACCOUNT })
  const ask = (from: number, more: Record<string, string> = {}) =>
    fetch(
      `${service.apiUrl}/restapi/v2/cloud_accounts/${ACCOUNT}/k8s/cost_allocation?start_date=${from}&end_date=${from + HOUR}`,
      { headers: { authorization: `Bearer ${token}`, ...more } },
    )

  const first = await ask(start)
  expect(first.status).toBe(200)
  expect(first.headers.get('ratelimit-policy')).toBe('"token";q=3;w=60')
  expect((await ask(start, { 'if-none-match': first.headers.get('etag') ?? '' })).status).toBe(304)
  // Older than the configured retention.
  expect((await ask(start - 10 * 24 * HOUR)).status).toBe(400)
  expect((await ask(start)).status).toBe(429)

  const told = async () => (await fetch(metricsUrl)).text()
  // An answer is counted once it is sent, which its reader may notice first.
  await expect.poll(told).toContain('k8s_costs_http_rate_limited_total 1')
  const text = await told()
  const route = 'route="/restapi/v2/cloud_accounts/:id/k8s/cost_allocation"'
  for (const status of [200, 304, 400, 429]) {
    expect(text).toContain(`k8s_costs_http_request_duration_seconds_count{${route},status="${status}"} 1`)
  }
  expect(text).toContain('k8s_costs_http_cache_hits_total 1')
  expect(text).toContain('# TYPE k8s_costs_http_shed_total counter')
})

it('the API of a process has the dashboard that was built', async () => {
  expect(service.dashboardUrl).toBe(`${service.apiUrl}/`)
  const page = await fetch(service.dashboardUrl ?? '')
  expect([page.status, await page.text()]).toEqual([200, FILES['/index.html']])
})

it('the API of a process is served without a dashboard that was not built, and says so once', async () => {
  const { logger, lines } = recordingLogger()
  const config = readConfig({ DATABASE_URL: database.url, API_PORT: '0', METRICS_PORT: '0' })
  const missing = join(dashboard.directory, 'not-built')
  const own = await startService(config, ['api'], logger, missing)
  try {
    expect(own.dashboardUrl).toBeUndefined()
    expect((await fetch(`${own.apiUrl}/`)).status).toBe(404)
    expect((await fetch(`${own.apiUrl}/readyz`)).status).toBe(200)
    const told = lines.map(line => JSON.parse(line)).filter(({ msg }) => String(msg).includes('dashboard'))
    expect(told).toMatchObject([{ level: 40, folder: missing }])
  } finally {
    await own.close()
  }
})
