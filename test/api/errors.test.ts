import { connect, createServer } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/api/app.js'
import { DASHBOARD_URLS } from '../../src/api/plugins/dashboard.js'
import { DOCUMENT_URL, UI_REDIRECTS, UI_URL } from '../../src/api/plugins/openapi.js'
import { createPool } from '../../src/db/pool.js'
import { testDatabase } from '../support/postgres.js'
import { seedAccount } from '../support/seed.js'
import { makeDashboard } from './dashboard-files.js'
import { DAY, envelope, FIRST, openWorld, SECRET, seedEmptyWindow, urlOf, type World } from './world.js'

const ROUTE = '/restapi/v2/cloud_accounts/:id/k8s/cost_allocation'

let world: World
let token: string

beforeAll(async () => {
  world = await openWorld()
  await seedAccount(world.database.pool, FIRST)
  await seedEmptyWindow(world, FIRST)
  token = await world.token(FIRST)
})
afterAll(() => world.close())

describe('the envelope', () => {
  it('is used for unknown paths, wrong methods and broken URLs', async () => {
    const unknown = await world.app.inject({ url: '/restapi/v2/nothing' })
    expect(unknown.json()).toEqual(envelope('OE0257', 404, []))
    expect((await world.app.inject({ url: `${urlOf(FIRST)}/` })).json()).toEqual(envelope('OE0257', 404, []))
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
      const payload = method === 'OPTIONS' ? undefined : { body: 'x' }
      const response = await world.app.inject({ method, url: urlOf(FIRST), ...(payload ? { payload } : {}) })
      expect(response.json()).toEqual(envelope('OE0245', 405, [method]))
      expect(response.headers.allow).toBe('GET, HEAD')
    }
    const broken = await world.app.inject({ url: '/restapi/v2/%zz' })
    expect(broken.json()).toEqual(envelope('U0400', 400, []))
    const long = await world.app.inject({ url: urlOf('x'.repeat(2000)), headers: { secret: SECRET } })
    expect(long.statusCode).toBeGreaterThanOrEqual(400)
    expect(long.json().error.status_code).toBe(long.statusCode)
  })

  it('is used for what is no HTTP at all and for a request that is too large', async () => {
    const own = buildApp({ pool: world.database.pool, clusterSecret: SECRET })
    const port = Number(new URL(await own.listen({ host: '127.0.0.1', port: 0 })).port)
    const answerTo = (text: string) =>
      new Promise<string>((resolve, reject) => {
        let answer = ''
        const socket = connect(port, '127.0.0.1', () => socket.write(text))
        socket.on('data', data => {
          answer += data
        })
        socket.on('error', reject).on('close', () => resolve(answer))
      })
    const garbled = await answerTo('GARBAGE\r\n\r\n')
    expect(garbled).toMatch(/^HTTP\/1.1 400 .*"error_code":"U0400"/s)
    expect(garbled).toMatch(/x-request-id: [0-9a-f-]{36}\r\n/)
    const long = `GET ${urlOf(FIRST)}?k8s_node=${'x'.repeat(100_000)} HTTP/1.1\r\nhost: a\r\n\r\n`
    expect(await answerTo(long)).toMatch(/^HTTP\/1.1 431 .*"error_code":"U0431"/s)
    // Its path is refused before the body is looked at, of which nobody can tell where it ends.
    const endless = `GET ${urlOf('x'.repeat(600))} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: x\r\n\r\n`
    const answers = [...(await answerTo(endless)).matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status)
    expect(answers).toEqual(['414'])
    await own.close()
  })

  it('gives the same facts as a problem of RFC 9457 on request', async () => {
    const headers = { secret: SECRET, accept: 'text/html;q=0.5, application/problem+json' }
    const response = await world.ask(FIRST, { ...DAY, step: 'year' }, headers)
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(response.json()).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: 'Invalid step: "year" is not one of all, hour, day, week, month',
      instance: urlOf(FIRST),
      error_code: 'OE0217',
      params: ['step'],
    })
  })

  it('carries a request id, the caller’s where it is harmless, and is for one reader alone', async () => {
    const own = await world.ask(FIRST, DAY, { secret: SECRET, 'x-request-id': 'abc-1' })
    expect(own.headers['x-request-id']).toBe('abc-1')
    const forged = await world.ask(FIRST, {}, { secret: SECRET, 'x-request-id': 'a b {"x":1}' })
    expect(forged.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(own.headers['cache-control']).toBe('private, max-age=0, must-revalidate')
    expect(forged.headers['cache-control']).toBe('no-store')
    for (const response of [own, forged]) {
      expect(response.headers['x-content-type-options']).toBe('nosniff')
      expect(response.headers['content-type']).toBe('application/json; charset="utf-8"')
    }
  })

  it('says nothing of the inside when something unexpected fails', async () => {
    const other = await openWorld()
    await seedAccount(other.database.pool, FIRST)
    await other.database.pool.query('alter table warehouse.window_ledger rename to window_ledger_canary')
    const response = await other.ask(FIRST, DAY)
    expect(response.statusCode).toBe(500)
    expect(response.json()).toEqual({
      error: { status_code: 500, error_code: 'U0500', reason: 'Internal Server Error', params: [] },
    })
    await other.close()
  })
})

describe('without a database', () => {
  it('answers 503 with Retry-After within seconds, and is alive but not ready', async () => {
    const pool = createPool('postgres://nobody:canary-password@127.0.0.1:1/none')
    const app = buildApp({ pool, clusterSecret: SECRET })
    for (const headers of [{ secret: SECRET }, { authorization: `Bearer ${token}` }]) {
      const response = await app.inject({ url: urlOf(FIRST), headers })
      expect(response.statusCode).toBe(503)
      expect(response.json().error.error_code).toBe('OE0003')
      expect(response.headers['retry-after']).toBe('5')
      expect(response.body).not.toMatch(/canary|127\.0\.0\.1|ECONN/)
    }
    expect((await app.inject({ url: '/healthz' })).statusCode).toBe(200)
    const ready = await app.inject({ url: '/readyz' })
    expect([ready.statusCode, ready.body]).toEqual([503, ''])
    await pool.end()
  })

  it('gives up on one that accepts connections and says nothing', async () => {
    const silent = createServer(socket => socket.on('error', () => {}))
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const pool = createPool(`postgres://a:b@127.0.0.1:${port}/none`, { connectTimeoutMs: 5_000 })
    const response = await buildApp({ pool, clusterSecret: SECRET }).inject({
      url: urlOf(FIRST),
      headers: { secret: SECRET },
    })
    expect(response.statusCode).toBe(503)
    await pool.end()
    silent.close()
  })

  it('recovers by itself when connections break', async () => {
    const own = await openWorld()
    await seedAccount(own.database.pool, FIRST)
    await seedEmptyWindow(own, FIRST)
    expect((await own.ask(FIRST, DAY)).statusCode).toBe(200)
    await world.database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`,
      [new URL(own.database.url).pathname.slice(1)],
    )
    const statuses: number[] = []
    for (let i = 0; i < 20 && statuses.at(-1) !== 200; i++)
      statuses.push((await own.ask(FIRST, DAY)).statusCode)
    expect(statuses.at(-1)).toBe(200)
    expect(statuses.every(status => status === 200 || status === 503)).toBe(true)
    await own.close()
  })
})

describe('health', () => {
  it('is public and wordless', async () => {
    for (const url of ['/healthz', '/readyz']) {
      const response = await world.app.inject({ url })
      expect([response.statusCode, response.body]).toEqual([200, ''])
    }
  })

  it('is not ready on a schema that is not current', async () => {
    const empty = await testDatabase({ empty: true })
    const app = buildApp({ pool: empty.pool })
    expect((await app.inject({ url: '/readyz' })).statusCode).toBe(503)
    await empty.drop()
  })
})

it('lets nobody read any route but health, the document and the files of the dashboard without credentials', async () => {
  const dashboard = await makeDashboard()
  const own = buildApp({
    ...{ pool: world.database.pool, clusterSecret: SECRET },
    dashboardDirectory: dashboard.directory,
  })
  const routes: string[] = []
  own.addHook('onRoute', ({ method, url }) => {
    if ([method].flat().includes('GET')) routes.push(url)
  })
  await own.ready()
  expect(routes).toContain(ROUTE)
  const isPublic = (url: string) =>
    ['/healthz', '/readyz', DOCUMENT_URL, ...UI_REDIRECTS, ...DASHBOARD_URLS].includes(url) ||
    url.startsWith(UI_URL)
  for (const route of routes.filter(url => !isPublic(url))) {
    const { statusCode } = await own.inject({ url: route.replace(':id', FIRST) })
    expect([route, statusCode]).toEqual([route, 401])
  }
  await own.close()
  await dashboard.remove()
})

it('logs one line per answer, without credentials, queries or texts of the database', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: line => lines.push(line) })
  const pool = world.database.newPool()
  const app = buildApp({ pool, clusterSecret: SECRET, logger })
  const url = `${urlOf(FIRST)}?start_date=0&end_date=1&k8s_node=canary-query`
  await app.inject({ url, headers: { secret: SECRET } })
  await app.inject({ url, headers: { authorization: `Bearer ${token}` } })
  await app.inject({ url, headers: { secret: 'canary-secret' } })
  await pool.end()
  await app.inject({ url, headers: { secret: SECRET } })
  const text = lines.join('')
  expect(lines.filter(line => line.includes('"answered"'))).toHaveLength(4)
  expect(text).toContain('"status":503')
  for (const secret of [SECRET, token, 'canary', 'select ']) expect(text).not.toContain(secret)
})
