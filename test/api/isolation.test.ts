import type { LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/api/app.js'
import { MISSING_ID } from '../../src/api/query/parameters.js'
import { filtersOf, ROUTES, type RouteCase } from './routes.js'
import { seedTwin, TWIN_RANGE, TWINS } from './twins.js'
import {
  encode,
  FIRST,
  HOUR,
  MONDAY,
  openWorld,
  type Question,
  SECOND,
  SECRET,
  UNKNOWN,
  urlOf,
  type World,
} from './world.js'

type Headers = Record<string, string>

const NOW = MONDAY + 5 * HOUR
const [alpha, omega] = TWINS

/** A database with both accounts, and one for each of them alone. */
let both: World
let alone: Map<string, World>
const tokens = new Map<string, string>()

beforeAll(async () => {
  both = await openWorld(NOW)
  alone = new Map()
  for (const twin of TWINS) {
    const own = await openWorld(NOW)
    alone.set(twin.account, own)
    for (const { database } of [both, own]) await seedTwin(database.pool, twin)
    tokens.set(twin.account, await both.token(twin.account))
  }
})
afterAll(() => Promise.all([both, ...alone.values()].map(world => world.close())))

const bearer = (account: string) => ({ authorization: `Bearer ${tokens.get(account)}` })

function ask(
  route: RouteCase,
  account: string,
  question: Question = {},
  { world = both, headers = { secret: SECRET } }: { world?: World | undefined; headers?: Headers } = {},
): Promise<LightMyRequestResponse> {
  const url = `${urlOf(account, route.name)}?${encode({ ...route.needs, ...TWIN_RANGE, ...question })}`
  return world.app.inject({ url, headers })
}

/** All that a caller gets, but for what is another each time anyway. */
function told({ statusCode, headers, body }: LightMyRequestResponse): object {
  const { date: _date, 'x-request-id': _id, ...others } = headers
  return { statusCode, headers: others, body }
}

/** Values of a parameter that say something of either account. */
const VALUES: Record<string, readonly string[]> = {
  breakdown_by: ['cluster', 'node', 'namespace', 'controller', 'pod', 'label:team', 'label:omega_label'],
  dimension: ['cluster', 'node', 'namespace', 'controller_kind', 'pod', 'container', 'label', 'label:team'],
  step: ['hour', 'day'],
  idle: ['share'],
  share_namespaces: ['omega-own', 'shared'],
  q: ['omega', 'own'],
  sort: ['name', 'total_cost'],
  limit: ['1'],
  format: ['csv'],
}
const FILTER_VALUES = [
  'cluster-one',
  'shared',
  'alpha-own',
  'omega-own',
  'omega-node',
  '!omega-own',
  MISSING_ID,
]

function questionsOf(route: RouteCase): Question[] {
  const ofParameters = Object.entries(VALUES)
    .filter(([name]) => route.parameters.includes(name))
    .flatMap(([name, values]) => values.map(value => ({ [name]: value })))
  const ofFilters = filtersOf(route).flatMap(name => FILTER_VALUES.map(value => ({ [name]: value })))
  return [
    {},
    ...ofParameters,
    ...ofFilters,
    { end_date: MONDAY },
    { start_date: 'x' },
    { cloud_account_id: SECOND },
  ]
}

describe.each(ROUTES.map(route => [route.name, route] as const))('%s', (_name, route) => {
  it('answers to the byte what it would if there were no other account', async () => {
    for (const { account, mark, foreign } of TWINS) {
      const world = alone.get(account)
      let own = 0
      for (const question of questionsOf(route)) {
        const together = await ask(route, account, question, { headers: bearer(account) })
        expect(told(together), JSON.stringify(question)).toEqual(
          told(await ask(route, account, question, { world })),
        )
        if (together.statusCode === 200) {
          // A label that is asked for is named in the answer; a validator is random text.
          const echoed = question.breakdown_by === 'label:omega_label' ? /"breakdown_by":"[^"]*"/ : ''
          const { etag: _etag, ...headers } = together.headers
          expect(JSON.stringify(headers) + together.body.replace(echoed, '')).not.toMatch(foreign)
          if (together.body.includes(mark)) own++
        }
      }
      expect(own).toBeGreaterThan(3)
    }
  })

  it('gives other amounts and counts to each of two accounts with the same names', async () => {
    const [mine, other] = [await ask(route, FIRST), await ask(route, SECOND)]
    const rows = (response: LightMyRequestResponse) => response.json()[route.name].length
    expect([mine.statusCode, other.statusCode]).toEqual([200, 200])
    expect(rows(mine)).toBeGreaterThan(0)
    expect(mine.headers.etag).not.toBe(other.headers.etag)
    const idsOf = (response: LightMyRequestResponse) =>
      response.json()[route.name].flatMap(({ id }: { id?: string }) => id ?? [])
    expect(idsOf(mine).filter((id: string) => idsOf(other).includes(id))).toEqual([])
  })

  it('tells a token of another account what it tells of an id that is nobody’s, in every form', async () => {
    const forms: ((id: string) => string)[] = [
      id => id,
      id => id.toUpperCase(),
      id => id.replaceAll('-', ''),
      id => `%7B${id}%7D`,
      id => `urn:uuid:${id}`,
      id => `${id}%20`,
      id => `%20${id}`,
      id => `${id}%00`,
      id => `${id}%0a`,
      id => `${id},${FIRST}`,
      id => `${FIRST},${id}`,
      id => `${id};${FIRST}`,
      id => `${FIRST}/../${id}`,
      id => `${FIRST}%2f..%2f${id}`,
      id => id.replace(/^./, digit => `%3${digit}`),
      id => id.replace(/^./, digit => `%253${digit}`),
    ]
    // Of the same length and digits that percent-encoding treats alike.
    expect(UNKNOWN).toHaveLength(SECOND.length)
    for (const question of [{}, { k8s_cluster: 'cluster-one' }, { start_date: 'x' }, { format: 'csv' }]) {
      for (const form of forms) {
        const [foreign, unknown] = [
          await ask(route, form(SECOND), question, { headers: bearer(FIRST) }),
          await ask(route, form(UNKNOWN), question, { headers: bearer(FIRST) }),
        ]
        expect(foreign.statusCode).toBe(404)
        expect(JSON.stringify(told(foreign)).replaceAll(/2{8}-?2{4}-?4222-?8222-?2{12}/g, 'ID')).toBe(
          JSON.stringify(told(unknown)).replaceAll(/9{8}-?9{4}-?4999-?8999-?9{12}/g, 'ID'),
        )
      }
    }
  })

  it('heeds no other place where a caller might name an account', async () => {
    const mine = told(await ask(route, FIRST, {}, { headers: bearer(FIRST) }))
    for (const name of [
      'cloud-account-id',
      'x-cloud-account-id',
      'thanos-tenant',
      'x-original-url',
      'x-rewrite-url',
    ]) {
      for (const value of [SECOND, urlOf(SECOND, route.name)]) {
        expect(told(await ask(route, FIRST, {}, { headers: { ...bearer(FIRST), [name]: value } }))).toEqual(
          mine,
        )
      }
    }
  })

  it('takes no cursor of another account', async () => {
    for (const [mine, other] of [
      [alpha, omega],
      [omega, alpha],
    ] as const) {
      const question = { limit: 1, ...(route.parameters.includes('step') ? { step: 'hour' } : {}) }
      const cursorOf = async (account: string) => (await ask(route, account, question)).json().page.next
      const [own, foreign] = [await cursorOf(mine.account), await cursorOf(other.account)]
      expect((await ask(route, mine.account, { ...question, cursor: own })).statusCode).toBe(200)
      const refused = await ask(route, mine.account, { ...question, cursor: foreign })
      expect(refused.statusCode).toBe(400)
      expect(refused.json().error).toMatchObject({ error_code: 'OE0217', params: ['cursor'] })
    }
  })

  it('does not take an answer to another account for its own', async () => {
    for (const format of ['json', 'csv']) {
      const tagOf = async (account: string) => String((await ask(route, account, { format })).headers.etag)
      const [own, foreign] = [await tagOf(FIRST), await tagOf(SECOND)]
      const revalidate = (tag: string) =>
        ask(
          route,
          FIRST,
          { format },
          { headers: { ...bearer(FIRST), 'if-none-match': tag, 'accept-encoding': 'gzip' } },
        )
      expect((await revalidate(own)).statusCode).toBe(304)
      for (const tag of [foreign, `W/${foreign}`, `${foreign.slice(0, -1)}-gzip"`, `"a", ${foreign}`]) {
        const response = await revalidate(tag)
        expect(response.statusCode).toBe(200)
        expect(response.headers.etag).not.toContain(foreign.slice(1, -1))
      }
    }
  })
})

it('answers are right over one connection, however many ask at once and some fail', async () => {
  const app = buildApp({ pool: both.database.newPool({ max: 1 }), clusterSecret: SECRET, now: () => NOW })
  const expected = new Map<string, string>()
  for (const { account } of TWINS) {
    for (const route of ROUTES) expected.set(`${account} ${route.name}`, (await ask(route, account)).body)
  }
  // Not so many at once that the last would wait for longer than a request may.
  for (let round = 0; round < 6; round++) {
    await Promise.all(
      Array.from({ length: 12 }, async (_, place) => {
        const account = place % 2 === 0 ? FIRST : SECOND
        const route = ROUTES[(place + round) % ROUTES.length] as RouteCase
        const isBad = place % 5 === 0
        const query = encode({ ...route.needs, ...TWIN_RANGE, ...(isBad ? { sort: 'x' } : {}) })
        const url = `${urlOf(account, route.name)}?${query}`
        const response = await app.inject({ url, headers: { secret: SECRET } })
        expect(response.statusCode).toBe(isBad ? 400 : 200)
        if (!isBad) expect(response.body).toBe(expected.get(`${account} ${route.name}`))
      }),
    )
  }
})
