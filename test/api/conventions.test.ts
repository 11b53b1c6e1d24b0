import type { LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/api/app.js'
import type { Api } from '../../src/api/routes/methods.js'
import { seedAccount } from '../support/seed.js'
import { type AuthStub, startAuthStub, status } from './auth-stub.js'
import { readOpenApi } from './document.js'
import { ROUTES, type RouteCase } from './routes.js'
import {
  encode,
  envelope,
  FIRST,
  HOUR,
  MONDAY,
  openWorld,
  type Question,
  SECOND,
  SECRET,
  seedEmptyWindow,
  UNKNOWN,
  urlOf,
  type World,
} from './world.js'

const EMPTY = '33333333-3333-4333-8333-333333333333'
const RANGE = { start_date: MONDAY, end_date: MONDAY + 24 * HOUR }
const LAST = 253402300799

let world: World
let auth: AuthStub
let app: Api
let token: string
let origin: string

beforeAll(async () => {
  world = await openWorld()
  auth = await startAuthStub()
  auth.answer(status(403))
  app = buildApp({
    ...{ pool: world.database.pool, clusterSecret: SECRET, authUrl: auth.url },
    now: () => MONDAY + 48 * HOUR,
  })
  for (const account of [FIRST, SECOND, EMPTY]) await seedAccount(world.database.pool, account)
  for (const account of [FIRST, SECOND]) await seedEmptyWindow(world, account)
  token = await world.token(FIRST)
  origin = await app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await app.close()
  await auth.close()
  await world.close()
})

type Method = 'GET' | 'POST'

/** A request by its parts, each of which can be wrong for itself; an argument that is null is left out. */
interface Parts {
  readonly method?: Method
  readonly path?: string
  readonly account?: string
  readonly secret?: string
  readonly authorization?: string
  readonly query?: Readonly<Record<string, string | number | string[] | null>>
}

interface Fault {
  readonly what: string
  readonly status: number
  readonly code: string
  readonly params: readonly unknown[]
  readonly parts: Parts
}

/**
 * The rows of CloudTuner's table of errors that a reader of costs can meet, those first that win over what follows.
 * Rows that it can't: OE0436 (every account here is Kubernetes: no other can be added), OE0005 (no argument is an id:
 * a filter by what there is not finds nothing), OE0445 (no organisation is asked for), OE0433 (no cloud is asked).
 */
function faultsOf(route: RouteCase): Fault[] {
  const one = (what: string, [status, code, ...params]: [number, string, ...unknown[]], parts: Parts) => ({
    ...{ what, status, code, params, parts },
  })
  return [
    one('an unknown URL', [404, 'OE0257'], { path: 'nothing' }),
    one('a wrong method', [405, 'OE0245', 'POST'], { method: 'POST' }),
    one('no credentials', [401, 'OE0237'], { secret: '' }),
    one('a wrong secret', [403, 'OE0236'], { secret: 'wrong' }),
    one('an unknown token', [401, 'OE0235'], { secret: '', authorization: 'Bearer kc_0' }),
    // Nobody is asked about what can't be an account.
    one('a malformed account', [404, 'OE0002', 'CloudAccount', 'x'], { account: 'x' }),
    one('a token that lacks the permission', [403, 'OE0234'], {
      secret: '',
      authorization: 'Bearer cloudtuner',
    }),
    one('an account of another token', [404, 'OE0002', 'CloudAccount', SECOND], {
      ...{ secret: '', authorization: `Bearer ${token}`, account: SECOND },
    }),
    one('an unknown account', [404, 'OE0002', 'CloudAccount', UNKNOWN], { account: UNKNOWN }),
    ...route.required.map(name => one(`no ${name}`, [400, 'OE0216', name], { query: { [name]: null } })),
    one('a date that is no number', [400, 'OE0217', 'start_date'], { query: { start_date: 'x' } }),
    one('a value that is not allowed', [400, 'OE0217', 'order'], { query: { order: 'up' } }),
    one('no integer', [400, 'OE0223', 'limit'], { query: { limit: '1.5' } }),
    one('too late a date', [400, 'OE0224', 'end_date', 0, LAST], { query: { end_date: LAST + 1 } }),
    one('too low a limit', [400, 'OE0224', 'limit', 1, 1000], { query: { limit: 0 } }),
    one('an end before the start', [400, 'OE0446', 'end_date', 'start_date'], {
      query: { start_date: MONDAY, end_date: MONDAY - 1 },
    }),
    one('too long a range', [400, 'OE0515'], {
      query: { start_date: MONDAY, end_date: MONDAY + 401 * 24 * HOUR },
    }),
    one('an unknown format', [400, 'OE0473', 'xlsx'], { query: { format: 'xlsx' } }),
    one('unexpected arguments', [400, 'OE0212', 'b, a'], { query: { b: 1, a: 2 } }),
    ...(route.answersEmpty
      ? []
      : [
          one('an account without data', [503, 'OE0003', expect.stringContaining(EMPTY) as unknown], {
            account: EMPTY,
          }),
        ]),
    one('a cursor of something else', [400, 'OE0217', 'cursor'], { query: { cursor: 'AAAA' } }),
  ]
}

function requestOf(route: RouteCase, parts: Parts) {
  const { path = route.name, account = FIRST, secret = SECRET, authorization } = parts
  const asked = Object.entries({ ...route.needs, ...RANGE, ...parts.query }).filter(
    ([, value]) => value !== null,
  )
  return {
    url: `${urlOf(account, path)}?${encode(Object.fromEntries(asked) as Question)}`,
    headers: { secret, ...(authorization === undefined ? {} : { authorization }) },
  }
}

function ask(
  route: RouteCase,
  parts: Parts,
  headers: Record<string, string> = {},
): Promise<LightMyRequestResponse> {
  const request = requestOf(route, parts)
  return app.inject({
    method: parts.method ?? 'GET',
    ...request,
    headers: { ...headers, ...request.headers },
  })
}

/** Both at once; undefined where they are about the same part of the request. */
function together(one: Fault, other: Fault): Parts | undefined {
  const keys = ({ parts: { query = {}, ...parts } }: Fault) => [...Object.keys(parts), ...Object.keys(query)]
  if (keys(one).some(key => keys(other).includes(key))) return undefined
  return { ...one.parts, ...other.parts, query: { ...one.parts.query, ...other.parts.query } }
}

describe.each(ROUTES.map(route => [route.name, route] as const))('%s', (_name, route) => {
  it('answers each mistake with its code, in the envelope and as a problem', async () => {
    for (const { what, status, code, params, parts } of faultsOf(route)) {
      const response = await ask(route, parts)
      expect(response.json(), what).toEqual(envelope(code, status, [...params]))
      expect([response.statusCode, response.headers['content-type']], what).toEqual([
        status,
        'application/json; charset="utf-8"',
      ])
      const problem = await ask(route, parts, { accept: 'application/problem+json' })
      expect(problem.headers['content-type'], what).toMatch(/^application\/problem\+json/)
      expect(problem.json(), what).toEqual({
        ...{ type: 'about:blank', title: expect.any(String), status, error_code: code, params },
        detail: response.json().error.reason,
        instance: urlOf(parts.account ?? FIRST, parts.path ?? route.name),
      })
      expect(problem.statusCode, what).toBe(status)
    }
  })

  it('answers two mistakes with the one that comes first', async () => {
    const faults = faultsOf(route)
    let pairs = 0
    for (const [index, first] of faults.entries()) {
      for (const second of faults.slice(index + 1)) {
        const parts = together(first, second)
        if (parts === undefined) continue
        pairs++
        const { error } = (await ask(route, parts)).json()
        const expected = first.code === 'OE0245' && second.code === 'OE0257' ? second : first
        expect(
          [error.status_code, error.error_code, error.params],
          `${first.what} and ${second.what}`,
        ).toEqual([...[expected.status, expected.code, expected.params]])
      }
    }
    expect(pairs).toBeGreaterThan(60)
  })

  it('answers HEAD with the headers of GET and no body', async () => {
    const asked: Parts[] = [{}, { query: { format: 'csv' } }, ...faultsOf(route).map(({ parts }) => parts)]
    for (const parts of asked.filter(({ method }) => method === undefined)) {
      for (const headers of [{ accept: 'application/problem+json' }, { 'accept-encoding': 'gzip' }]) {
        const [get, head] = [
          await send('GET', route, parts, headers),
          await send('HEAD', route, parts, headers),
        ]
        expect([head.status, head.body]).toEqual([get.status, ''])
        expect(head.headers, JSON.stringify(parts)).toEqual(get.headers)
      }
    }
  })

  it('knows no other method and no other spelling of its path', async () => {
    for (const method of app.supportedMethods.filter(one => !['GET', 'HEAD'].includes(one))) {
      const response = await app.inject({ method: method as 'POST', url: urlOf(FIRST, route.name) })
      expect(response.json(), method).toEqual(envelope('OE0245', 405, [method]))
      expect(response.headers.allow).toBe('GET, HEAD')
    }
    const url = urlOf(FIRST, route.name)
    const others = [
      `${url}/`,
      `${url}/x`,
      url.toUpperCase(),
      `/${url}`,
      url.replace('/k8s', '//k8s'),
      `${url}%20`,
    ]
    for (const other of others) {
      for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS'] as const) {
        const response = await app.inject({ method, path: other, headers: { secret: SECRET } })
        expect(response.statusCode, `${method} ${other}`).toBe(404)
        if (method !== 'HEAD') expect(response.json()).toEqual(envelope('OE0257', 404, []))
      }
    }
  })
})

/** An answer as it comes over the wire, but for what is another each time and for how a body is framed. */
async function send(method: string, route: RouteCase, parts: Parts, headers: Record<string, string>) {
  const request = requestOf(route, parts)
  const response = await fetch(origin + request.url, { method, headers: { ...headers, ...request.headers } })
  const told = Object.fromEntries(response.headers)
  for (const name of ['date', 'x-request-id', 'transfer-encoding', 'connection', 'keep-alive'])
    delete told[name]
  return { status: response.status, headers: told, body: await response.text() }
}

it('every route that there is is walked over', async () => {
  const { operations } = await readOpenApi(app)
  const names = [...operations.keys()].flatMap(path => /\/k8s\/(\w+)$/.exec(path)?.[1] ?? [])
  expect(names.sort()).toEqual(ROUTES.map(({ name }) => name).sort())
})
