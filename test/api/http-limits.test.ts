import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type AppOptions, buildApp } from '../../src/api/app.js'
import type { ApiEvent } from '../../src/api/events.js'
import type { Api } from '../../src/api/routes/methods.js'
import { seedAccount } from '../support/seed.js'
import {
  DAY,
  envelope,
  FIRST,
  MONDAY,
  openWorld,
  SECOND,
  SECRET,
  seedEmptyWindow,
  UNKNOWN,
  urlOf,
  type World,
} from './world.js'

const QUERY = `start_date=${DAY.start_date}&end_date=${DAY.end_date}`

let world: World
let token: string
let other: string
const opened: Api[] = []

beforeAll(async () => {
  world = await openWorld()
  for (const account of [FIRST, SECOND]) {
    await seedAccount(world.database.pool, account)
    await seedEmptyWindow(world, account)
  }
  token = await world.token(FIRST)
  other = await world.token(SECOND)
})
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close()
})
afterAll(() => world.close())

/** An API with limits of its own, and what it told of itself. */
function open(options: Partial<AppOptions>) {
  const events: ApiEvent[] = []
  const app = buildApp({
    pool: world.database.pool,
    clusterSecret: SECRET,
    now: () => MONDAY + 48 * 3600,
    observe: event => events.push(event),
    ...options,
  })
  opened.push(app)
  const ask = async (headers: Record<string, string>, account = FIRST, remoteAddress = '192.0.2.1') =>
    app.inject({ url: `${urlOf(account)}?${QUERY}`, headers, remoteAddress })
  return { app, events, ask }
}

const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

describe('a caller', () => {
  it('may ask so often a minute, each token for itself, and is told how often still', async () => {
    const { ask, events } = open({ limits: { requestsPerMinute: 3 } })
    const answers = [await ask(bearer(token)), await ask(bearer(token)), await ask(bearer(token))]
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200])
    expect(answers.map(({ headers }) => headers['x-ratelimit-remaining'])).toEqual(['2', '1', '0'])
    expect(answers[0]?.headers['ratelimit-policy']).toBe('"token";q=3;w=60')
    expect(answers[0]?.headers['ratelimit']).toMatch(/^"token";r=2;t=\d+$/)

    const refused = await ask(bearer(token))
    expect(refused.statusCode).toBe(429)
    expect(refused.json()).toEqual(envelope('U0429', 429, []))
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(refused.headers['ratelimit']).toMatch(/^"token";r=0;t=\d+$/)
    expect(refused.headers['cache-control']).toBe('no-store')

    expect((await ask(bearer(other), SECOND)).statusCode).toBe(200)
    expect(events).toContainEqual({
      kind: 'answered',
      route: '/restapi/v2/cloud_accounts/:id/k8s/cost_allocation',
      status: 429,
      seconds: expect.any(Number),
    })
  })

  it('has used up a request also with a bad one', async () => {
    const { app } = open({ limits: { requestsPerMinute: 1 } })
    const ask = (step: string) =>
      app.inject({ url: `${urlOf(FIRST)}?${QUERY}&step=${step}`, headers: bearer(token) })
    expect((await ask('x')).statusCode).toBe(400)
    expect((await ask('day')).statusCode).toBe(429)
  })

  it('with the cluster secret may ask ten times as often', async () => {
    const { ask } = open({ limits: { requestsPerMinute: 1 } })
    for (let count = 1; count <= 10; count++) expect((await ask({ secret: SECRET })).statusCode).toBe(200)
    const refused = await ask({ secret: SECRET })
    expect(refused.statusCode).toBe(429)
    expect(refused.headers['ratelimit-policy']).toBe('"service";q=10;w=60')
    expect((await ask(bearer(token))).statusCode).toBe(200)
  })

  it('is told the same as a problem of RFC 9457 on request', async () => {
    const { ask } = open({ limits: { requestsPerMinute: 1 } })
    const headers = { ...bearer(token), accept: 'application/problem+json' }
    await ask(headers)
    expect((await ask(headers)).json()).toMatchObject({
      status: 429,
      error_code: 'U0429',
      title: 'Too Many Requests',
    })
  })

  it('is not limited where no limit is set', async () => {
    const { ask } = open({ limits: { requestsPerMinute: 0 } })
    const answer = await ask(bearer(token))
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['ratelimit']).toBeUndefined()
  })
})

describe('guessing', () => {
  const wrong = { authorization: 'Bearer kc_wrong' }

  it('is slowed for each address, whatever the caller says it is', async () => {
    const { ask } = open({ limits: { requestsPerMinute: 2 } })
    expect((await ask(wrong)).json()).toEqual(envelope('OE0235', 401, []))
    expect((await ask({ secret: 'wrong', 'x-forwarded-for': '198.51.100.1' })).statusCode).toBe(403)
    const refused = await ask({ ...wrong, 'x-forwarded-for': '198.51.100.2', forwarded: 'for=198.51.100.3' })
    expect(refused.json()).toEqual(envelope('U0429', 429, []))
    expect(refused.headers['ratelimit-policy']).toBe('"refused";q=2;w=60')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    // Right ones look like wrong ones meanwhile, unless they were known before.
    expect((await ask(bearer(token))).statusCode).toBe(429)
    expect((await ask(wrong, FIRST, '192.0.2.2')).statusCode).toBe(401)
  })

  it('does not stop whom the API knows already', async () => {
    const { ask } = open({ limits: { requestsPerMinute: 5 } })
    expect((await ask(bearer(token))).statusCode).toBe(200)
    for (let count = 0; count < 8; count++) await ask(wrong)
    expect((await ask(wrong)).statusCode).toBe(429)
    expect((await ask(bearer(token))).statusCode).toBe(200)
  })

  it('of accounts is slowed too, also with a good token, which still reads its own', async () => {
    const { ask } = open({ limits: { requestsPerMinute: 2 } })
    expect((await ask(bearer(token))).statusCode).toBe(200)
    const statuses: number[] = []
    for (const account of [UNKNOWN, SECOND, SECOND, UNKNOWN]) {
      statuses.push((await ask(bearer(token), account)).statusCode)
    }
    expect(statuses).toEqual([404, 404, 429, 429])
    expect((await ask(bearer(token))).statusCode).toBe(200)
  })

  it('is counted by refusals alone', async () => {
    const { ask } = open({ limits: { requestsPerMinute: 2 } })
    for (let count = 0; count < 5; count++) expect((await ask({ secret: SECRET })).statusCode).toBe(200)
    expect((await ask(wrong)).statusCode).toBe(401)
  })
})

describe('too much work', () => {
  const tooMuch = envelope('OE0003', 503, ['Too much is asked at once'])

  /** While `work` runs, nobody else reads what every answer needs. */
  async function whileLocked<T>(work: () => Promise<T>): Promise<T> {
    const client = await world.database.pool.connect()
    try {
      await client.query('begin; lock table warehouse.window_ledger')
      return await work()
    } finally {
      await client.query('rollback')
      client.release()
    }
  }

  it('is refused at once with a time to come back, and the rest is done', async () => {
    const { ask, app, events } = open({ limits: { inWork: 2 } })
    const waiting = await whileLocked(async () => {
      const asked = [ask({ secret: SECRET }), ask({ secret: SECRET })]
      const shed = await ask({ secret: SECRET })
      expect(shed.statusCode).toBe(503)
      expect(shed.json()).toEqual(tooMuch)
      expect(Number(shed.headers['retry-after'])).toBeGreaterThan(0)
      expect(events).toContainEqual({ kind: 'shed', reason: 'in_work' })
      expect((await app.inject('/healthz')).statusCode).toBe(200)
      return asked
    })
    for (const answer of await Promise.all(waiting)) expect(answer.statusCode).toBe(200)
    for (let count = 0; count < 5; count++) expect((await ask({ secret: SECRET })).statusCode).toBe(200)
  })

  it('is also what a caller left behind that went away, until it is done', async () => {
    const { app, ask } = open({ limits: { inWork: 1 } })
    const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
    await whileLocked(async () => {
      const gone = new Promise<void>(resolve => {
        app.server.once('request', (request, response) => {
          response.once('close', resolve)
          request.socket.destroy()
        })
      })
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`GET ${urlOf(FIRST)}?${QUERY} HTTP/1.1\r\nhost: a\r\nsecret: ${SECRET}\r\n\r\n`)
      })
      socket.on('error', () => {})
      await gone
      expect((await ask({ secret: SECRET })).json()).toEqual(tooMuch)
    })
    await expect.poll(async () => (await ask({ secret: SECRET })).statusCode, { timeout: 20_000 }).toBe(200)
  })

  it('shows in the event loop: then all but the health routes are refused', async () => {
    const { app, ask, events } = open({ limits: { eventLoopDelayMs: 20 } })
    await app.ready()
    while (!app.isUnderPressure()) {
      const until = performance.now() + 100
      while (performance.now() < until);
      await new Promise(resolve => setImmediate(resolve))
    }
    const shed = await ask({ secret: SECRET })
    expect(shed.json()).toEqual(tooMuch)
    expect(Number(shed.headers['retry-after'])).toBeGreaterThan(0)
    expect((await app.inject('/healthz')).statusCode).toBe(200)
    expect((await app.inject('/readyz')).statusCode).toBe(200)
    expect(events).toContainEqual({ kind: 'shed', reason: 'event_loop' })
  })
})

describe('the server', () => {
  /** What comes back for raw bytes until the connection is closed. */
  function answerTo(port: number, text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = ''
      const socket = connect(port, '127.0.0.1', () => socket.write(text))
      socket.on('data', data => {
        answer += data
      })
      socket.on('error', reject).on('close', () => resolve(answer))
    })
  }

  async function listen(limits: AppOptions['limits'] = {}): Promise<number> {
    const { app } = open({ limits })
    return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
  }

  it('ends headers that never end, and a body that never comes', async () => {
    const port = await listen({ headersMs: 200, requestMs: 400, checkConnectionsMs: 50 })
    const [headers, body] = await Promise.all([
      answerTo(port, `GET ${urlOf(FIRST)} HTTP/1.1\r\nhost: a\r\nx-slow: `),
      answerTo(port, `POST ${urlOf(FIRST)} HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n`),
    ])
    expect(headers).toMatch(/^HTTP\/1.1 408 .*"error_code":"U0408"/s)
    expect(body).toMatch(/^HTTP\/1.1 405 .*"error_code":"OE0245"/s)
  })

  it('refuses a URL, a part of it and headers that are too long, in the envelope', async () => {
    const port = await listen()
    const line = (url: string, more = '') =>
      `GET ${url} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${more}\r\n`
    const long = await answerTo(port, line(`${urlOf(FIRST)}?k8s_pod=${'x'.repeat(20_000)}`))
    expect(long).toMatch(/^HTTP\/1.1 431 .*"error_code":"U0431"/s)
    const headers = await answerTo(port, line(urlOf(FIRST), `x-long: ${'x'.repeat(20_000)}\r\n`))
    expect(headers).toMatch(/^HTTP\/1.1 431 .*"error_code":"U0431"/s)
    const part = await answerTo(port, line(urlOf('x'.repeat(1000))))
    expect(part).toMatch(/^HTTP\/1.1 414 .*"error_code":"U0414"/s)
  })
})

it('everything answered is told with its route, its status and its duration', async () => {
  const { app, ask, events } = open({})
  const first = await ask({ secret: SECRET })
  await ask({ secret: SECRET, 'if-none-match': String(first.headers['etag']) })
  await app.inject('/nowhere/at/all')
  const route = '/restapi/v2/cloud_accounts/:id/k8s/cost_allocation'
  const seconds = expect.any(Number)
  expect(events).toEqual([
    { kind: 'answered', route, status: 200, seconds },
    { kind: 'answered', route, status: 304, seconds },
    { kind: 'answered', route: 'none', status: 404, seconds },
  ])
})
