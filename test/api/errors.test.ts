import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/api/app.js'
import { removeAccount } from '../../src/db/accounts.js'
import { createPool } from '../../src/db/pool.js'
import { revokeToken } from '../../src/db/tokens.js'
import { seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { FIRST, HOUR, MONDAY, openWorld, SECOND, SECRET, UNKNOWN, urlOf, type World } from './world.js'

const EMPTY = '33333333-3333-4333-8333-333333333333'
const REMOVED = '44444444-4444-4444-8444-444444444444'
const RANGE = { start_date: MONDAY, end_date: MONDAY + 24 * HOUR }
const ROUTE = '/restapi/v2/cloud_accounts/:id/k8s/cost_allocation'

let world: World
let token: string

beforeAll(async () => {
  world = await openWorld()
  const { pool } = world.database
  for (const account of [FIRST, SECOND, EMPTY, REMOVED]) await seedAccount(pool, account)
  await removeAccount(pool, REMOVED)
  for (const account of [FIRST, SECOND]) {
    await seedCluster(pool, { account, cluster: 'one' }, MONDAY, MONDAY)
    await seedWindow(pool, { account, cluster: 'one' }, MONDAY, { containers: [], nodes: [] })
  }
  token = await world.token(FIRST)
})
afterAll(() => world.close())

function error(code: string, status: number, params: unknown[]) {
  return { error: { status_code: status, error_code: code, reason: expect.any(String), params } }
}

describe('credentials', () => {
  it('are asked for where neither header is sent', async () => {
    const response = await world.ask(FIRST, RANGE, {})
    expect(response.statusCode).toBe(401)
    expect(response.json()).toEqual(error('OE0237', 401, []))
    expect(response.headers['www-authenticate']).toBe('Bearer')
  })

  it.each([
    ['of another scheme', () => `Basic ${token}`],
    ['without a scheme', () => token],
    ['that is empty', () => 'Bearer '],
    ['of the wrong form', () => 'Bearer kc_123'],
    ['whose secret part is wrong', () => `Bearer ${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`],
    ['that is unknown', () => `Bearer kc_0123456789abcdef_${'A'.repeat(43)}`],
  ])('are refused where they are a token %s', async (_what, authorization) => {
    const response = await world.ask(FIRST, RANGE, { authorization: authorization() })
    expect(response.json()).toEqual(error('OE0235', 401, []))
  })

  it('are refused at once where the token was revoked', async () => {
    const revoked = await world.token(FIRST)
    const headers = { authorization: `Bearer ${revoked}` }
    expect((await world.ask(FIRST, RANGE, headers)).statusCode).toBe(200)
    await revokeToken(world.database.pool, revoked.split('_')[1] ?? '')
    expect((await world.ask(FIRST, RANGE, headers)).json()).toEqual(error('OE0235', 401, []))
  })

  it.each(['wrong', `${SECRET}x`, SECRET.slice(1)])('are refused where the secret is %s', async secret => {
    expect((await world.ask(FIRST, RANGE, { secret })).json()).toEqual(error('OE0236', 403, []))
  })

  it('are refused where the secret is wrong, also beside a good token', async () => {
    const headers = { secret: 'wrong', authorization: `Bearer ${token}` }
    expect((await world.ask(FIRST, RANGE, headers)).statusCode).toBe(403)
  })

  it('never match a secret that is not configured', async () => {
    for (const clusterSecret of [undefined, '']) {
      const app = buildApp({ pool: world.database.pool, clusterSecret })
      const headers = { secret: clusterSecret ?? 'undefined' }
      const response = await app.inject({ url: urlOf(FIRST), headers })
      expect(response.statusCode).toBe(clusterSecret === '' ? 401 : 403)
    }
  })

  it('open the account by token and every account by secret', async () => {
    expect((await world.ask(FIRST, RANGE, { authorization: `bearer ${token}` })).statusCode).toBe(200)
    expect((await world.ask(FIRST, RANGE)).statusCode).toBe(200)
    expect((await world.ask(SECOND, RANGE)).statusCode).toBe(200)
    expect((await world.ask(FIRST.toUpperCase(), RANGE)).statusCode).toBe(200)
  })
})

describe('an account', () => {
  it.each([
    ['unknown', UNKNOWN],
    ['malformed', 'no-uuid'],
    ['removed', REMOVED],
    ['padded', `%20${FIRST}`],
  ])('that is %s is not found', async (_what, id) => {
    const response = await world.ask(id, RANGE)
    expect(response.statusCode).toBe(404)
    expect(response.json()).toEqual(error('OE0002', 404, ['CloudAccount', decodeURIComponent(id)]))
  })

  it('of somebody else looks exactly like an unknown one', async () => {
    const headers = { authorization: `Bearer ${token}`, 'x-request-id': 'same' }
    const foreign = await world.ask(SECOND, RANGE, headers)
    const unknown = await world.ask(UNKNOWN, RANGE, headers)
    expect(foreign.statusCode).toBe(404)
    expect(foreign.body.replaceAll(SECOND, '?')).toBe(unknown.body.replaceAll(UNKNOWN, '?'))
    expect(Object.keys(foreign.headers)).toEqual(Object.keys(unknown.headers))
  })

  it('is not opened by a header that names it', async () => {
    const headers = { authorization: `Bearer ${token}`, 'cloud-account-id': SECOND }
    expect((await world.ask(SECOND, RANGE, headers)).statusCode).toBe(404)
  })

  it('for which nothing was ever loaded is answered with 503 and a time to come back', async () => {
    const response = await world.ask(EMPTY, RANGE)
    expect(response.statusCode).toBe(503)
    expect(response.json().error.error_code).toBe('OE0003')
    expect(response.json().error.reason).toContain('loaded yet')
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0)
  })
})

describe('the order of the checks', () => {
  it('is header, permission, object, arguments, data', async () => {
    expect((await world.ask(UNKNOWN, { bad: '1' }, {})).json().error.error_code).toBe('OE0237')
    expect((await world.ask(UNKNOWN, { bad: '1' }, { secret: 'x' })).json().error.error_code).toBe('OE0236')
    expect((await world.ask(UNKNOWN, { bad: '1' })).json().error.error_code).toBe('OE0002')
    expect((await world.ask(EMPTY, { bad: '1' })).json().error.error_code).toBe('OE0216')
    expect((await world.ask(EMPTY, RANGE)).json().error.error_code).toBe('OE0003')
  })
})

describe('arguments', () => {
  const { start_date, end_date } = RANGE
  it.each([
    ['no dates', {}, 'OE0216', ['start_date']],
    ['no end', { start_date }, 'OE0216', ['end_date']],
    ['an empty start', { ...RANGE, start_date: '' }, 'OE0216', ['start_date']],
    ['a missing date before all else', { end_date, step: 'x', bad: 1 }, 'OE0216', ['start_date']],
    ['a date that is no number', { ...RANGE, start_date: 'yesterday' }, 'OE0217', ['start_date']],
    ['a hexadecimal date', { ...RANGE, start_date: '0x10' }, 'OE0217', ['start_date']],
    ['a date given twice', { ...RANGE, start_date: ['1', '2'] }, 'OE0217', ['start_date']],
    ['a fractional date', { ...RANGE, start_date: '1.5' }, 'OE0223', ['start_date']],
    ['an exponent', { ...RANGE, end_date: '1e9' }, 'OE0223', ['end_date']],
    ['a negative date', { ...RANGE, start_date: -1 }, 'OE0224', ['start_date', 0, 253402300799]],
    ['the year 10000', { ...RANGE, end_date: 253402300800 }, 'OE0224', ['end_date', 0, 253402300799]],
    [
      'an end before the start',
      { start_date: end_date, end_date: start_date },
      'OE0446',
      ['end_date', 'start_date'],
    ],
    ['more than 400 days', { start_date, end_date: start_date + 400 * 86_400 + 1 }, 'OE0515', []],
    ['an unknown breakdown', { ...RANGE, breakdown_by: 'planet' }, 'OE0217', ['breakdown_by']],
    ['two breakdowns', { ...RANGE, breakdown_by: ['node', 'pod'] }, 'OE0217', ['breakdown_by']],
    ['an unknown step', { ...RANGE, step: 'year' }, 'OE0217', ['step']],
    ['an empty step', { ...RANGE, step: '' }, 'OE0217', ['step']],
    ['an unknown idle', { ...RANGE, idle: 'share' }, 'OE0217', ['idle']],
    ['an unknown sort', { ...RANGE, sort: 'total_cost; drop table x' }, 'OE0217', ['sort']],
    ['an unknown order', { ...RANGE, order: 'up' }, 'OE0217', ['order']],
    ['no limit at all', { ...RANGE, limit: 0 }, 'OE0224', ['limit', 1, 1000]],
    ['a limit too high', { ...RANGE, limit: 1e9 }, 'OE0224', ['limit', 1, 1000]],
    ['a limit that is no number', { ...RANGE, limit: 'all' }, 'OE0217', ['limit']],
    ['a garbage cursor', { ...RANGE, cursor: 'AAAA' }, 'OE0217', ['cursor']],
    ['an empty cursor', { ...RANGE, cursor: '' }, 'OE0217', ['cursor']],
    ['a null character', { ...RANGE, k8s_namespace: 'a\0b' }, 'OE0217', ['k8s_namespace']],
    ['an empty filter', { ...RANGE, k8s_node: '' }, 'OE0217', ['k8s_node']],
    ['unknown names', { ...RANGE, b: 1, a: 2 }, 'OE0212', ['b, a']],
    ['a parameter that comes later', { ...RANGE, share_namespaces: 'x' }, 'OE0212', ['share_namespaces']],
    [
      'prototype pollution',
      { ...RANGE, constructor: 1, 'a[__proto__]': 1 },
      'OE0212',
      ['constructor, a[__proto__]'],
    ],
  ])('are refused for %s', async (_what, query, code, params) => {
    const response = await world.ask(FIRST, query as Record<string, string>)
    expect(response.json()).toEqual(error(code, 400, params))
    expect(response.statusCode).toBe(400)
  })

  it('may name __proto__ and change nothing', async () => {
    const response = await world.app.inject({
      url: `${urlOf(FIRST)}?start_date=${start_date}&end_date=${end_date}&__proto__=1`,
      headers: { secret: SECRET },
    })
    expect(response.json()).toEqual(error('OE0212', 400, ['__proto__']))
    expect(({} as Record<string, unknown>)['1']).toBeUndefined()
  })

  it('may have an end equal to the start and 400 days', async () => {
    expect((await world.ask(FIRST, { start_date, end_date: start_date })).statusCode).toBe(200)
    expect((await world.ask(FIRST, { start_date, end_date: start_date + 400 * 86_400 })).statusCode).toBe(200)
  })

  it('are named with what was seen and what is allowed', async () => {
    const { reason } = (await world.ask(FIRST, { ...RANGE, step: 'year' })).json().error
    expect(reason).toBe('Invalid step: "year" is not one of all, hour, day, week, month')
    const missing = (await world.ask(FIRST, {})).json().error.reason
    expect(missing).toBe('start_date is not provided')
  })

  const hostile = [
    "' or 1=1 --",
    '"; drop table warehouse.cluster; --',
    '%',
    '\\',
    "$1'",
    '/*',
    '😀',
    '\u202e',
    '`',
    '\n',
  ]
  it.each(['breakdown_by', 'step', 'idle', 'sort', 'order', 'limit', 'cursor', 'start_date', 'end_date'])(
    'cannot smuggle SQL through %s',
    async name => {
      for (const value of hostile) {
        expect((await world.ask(FIRST, { ...RANGE, [name]: value })).statusCode).toBe(400)
      }
    },
  )
  it.each(['k8s_cluster', 'k8s_namespace', 'k8s_node'])('are only ever compared in %s', async name => {
    for (const value of [...hostile, ...hostile.map(text => `!${text}`)]) {
      const response = await world.ask(FIRST, { ...RANGE, [name]: value })
      expect(response.statusCode).toBe(200)
    }
    const { rows } = await world.database.pool.query('select from warehouse.cluster')
    expect(rows).toHaveLength(2)
  })
})

describe('the envelope', () => {
  it('is used for unknown paths, wrong methods and broken URLs', async () => {
    const unknown = await world.app.inject({ url: '/restapi/v2/nothing' })
    expect(unknown.json()).toEqual(error('OE0257', 404, []))
    expect((await world.app.inject({ url: `${urlOf(FIRST)}/` })).json()).toEqual(error('OE0257', 404, []))
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
      const payload = method === 'OPTIONS' ? undefined : { body: 'x' }
      const response = await world.app.inject({ method, url: urlOf(FIRST), ...(payload ? { payload } : {}) })
      expect(response.json()).toEqual(error('OE0245', 405, [method]))
      expect(response.headers.allow).toBe('GET, HEAD')
    }
    const broken = await world.app.inject({ url: '/restapi/v2/%zz' })
    expect(broken.json()).toEqual(error('U0400', 400, []))
    const long = await world.app.inject({ url: urlOf('x'.repeat(2000)), headers: { secret: SECRET } })
    expect(long.statusCode).toBeGreaterThanOrEqual(400)
    expect(long.json().error.status_code).toBe(long.statusCode)
  })

  it('gives the same facts as a problem of RFC 9457 on request', async () => {
    const headers = { secret: SECRET, accept: 'text/html;q=0.5, application/problem+json' }
    const response = await world.ask(FIRST, { ...RANGE, step: 'year' }, headers)
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

  it('carries a request id, the caller’s where it is harmless, and is never stored', async () => {
    const own = await world.ask(FIRST, RANGE, { secret: SECRET, 'x-request-id': 'abc-1' })
    expect(own.headers['x-request-id']).toBe('abc-1')
    const forged = await world.ask(FIRST, {}, { secret: SECRET, 'x-request-id': 'a b {"x":1}' })
    expect(forged.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    for (const response of [own, forged]) {
      expect(response.headers['cache-control']).toBe('no-store')
      expect(response.headers['x-content-type-options']).toBe('nosniff')
      expect(response.headers['content-type']).toBe('application/json; charset="utf-8"')
    }
  })

  it('says nothing of the inside when something unexpected fails', async () => {
    const other = await openWorld()
    await seedAccount(other.database.pool, FIRST)
    await other.database.pool.query('alter table warehouse.window_ledger rename to window_ledger_canary')
    const response = await other.ask(FIRST, RANGE)
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
    const { createServer } = await import('node:net')
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
    await seedCluster(own.database.pool, { account: FIRST, cluster: 'one' }, MONDAY, MONDAY)
    await seedWindow(own.database.pool, { account: FIRST, cluster: 'one' }, MONDAY, {
      containers: [],
      nodes: [],
    })
    expect((await own.ask(FIRST, RANGE)).statusCode).toBe(200)
    await world.database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`,
      [new URL(own.database.url).pathname.slice(1)],
    )
    const statuses: number[] = []
    for (let i = 0; i < 20 && statuses.at(-1) !== 200; i++)
      statuses.push((await own.ask(FIRST, RANGE)).statusCode)
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
    const { testDatabase } = await import('../support/postgres.js')
    const empty = await testDatabase({ empty: true })
    const app = buildApp({ pool: empty.pool })
    expect((await app.inject({ url: '/readyz' })).statusCode).toBe(503)
    await empty.drop()
  })
})

it('lets nobody read any route but health without credentials', async () => {
  await world.app.ready()
  const printed = world.app.printRoutes({ commonPrefix: false })
  const routes = [...printed.matchAll(/ (\/\S*) \([^)]*\bGET\b/g)].map(match => match[1] ?? '')
  expect(routes).toContain(ROUTE)
  for (const route of routes) {
    const { statusCode } = await world.app.inject({ url: route.replace(':id', FIRST) })
    expect([route, statusCode]).toEqual([route, /^\/(healthz|readyz)$/.test(route) ? 200 : 401])
  }
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
