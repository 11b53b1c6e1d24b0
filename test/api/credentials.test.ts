import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/api/app.js'
import { createAuthorizer } from '../../src/api/auth.js'
import { createAuthService } from '../../src/api/auth-service.js'
import { removeAccount } from '../../src/db/accounts.js'
import { revokeToken } from '../../src/db/tokens.js'
import { recordingLogger } from '../support/log.js'
import { seedAccount } from '../support/seed.js'
import { waitFor } from '../support/wait.js'
import { type AuthStub, startAuthStub, status } from './auth-stub.js'
import {
  DAY,
  envelope,
  FIRST,
  HOUR,
  MONDAY,
  openWorld,
  SECOND,
  SECRET,
  seedEmptyWindow,
  UNKNOWN,
  urlOf,
  type World,
} from './world.js'

const EMPTY = '33333333-3333-4333-8333-333333333333'
const REMOVED = '44444444-4444-4444-8444-444444444444'

let world: World
let token: string

beforeAll(async () => {
  world = await openWorld()
  const { pool } = world.database
  for (const account of [FIRST, SECOND, EMPTY, REMOVED]) await seedAccount(pool, account)
  await removeAccount(pool, REMOVED)
  for (const account of [FIRST, SECOND]) await seedEmptyWindow(world, account)
  token = await world.token(FIRST)
})
afterAll(() => world.close())

describe('credentials', () => {
  it('are asked for where neither header is sent', async () => {
    const response = await world.ask(FIRST, DAY, {})
    expect(response.statusCode).toBe(401)
    expect(response.json()).toEqual(envelope('OE0237', 401, []))
    expect(response.headers['www-authenticate']).toBe('Bearer')
  })

  it.each([
    ['of another scheme', () => `Basic ${token}`],
    ['without a scheme', () => token],
    ['with more than its scheme and itself', () => `Bearer ${token} ${token}`],
    ['with characters that no token has', () => 'Bearer t\xf6ken'],
    ['of another service, as none is configured', () => 'Bearer token-of-cloudtuner'],
    ['that is empty', () => 'Bearer '],
    ['of the wrong form', () => 'Bearer kc_123'],
    ['whose secret part is wrong', () => `Bearer ${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`],
    ['that is unknown', () => `Bearer kc_0123456789abcdef_${'A'.repeat(43)}`],
  ])('are refused where they are a token %s', async (_what, authorization) => {
    const response = await world.ask(FIRST, DAY, { authorization: authorization() })
    expect(response.json()).toEqual(envelope('OE0235', 401, []))
  })

  it('are refused at once where the token was revoked', async () => {
    const revoked = await world.token(FIRST)
    const headers = { authorization: `Bearer ${revoked}` }
    expect((await world.ask(FIRST, DAY, headers)).statusCode).toBe(200)
    await revokeToken(world.database.pool, revoked.split('_')[1] ?? '')
    expect((await world.ask(FIRST, DAY, headers)).json()).toEqual(envelope('OE0235', 401, []))
  })

  it.each(['wrong', `${SECRET}x`, SECRET.slice(1)])('are refused where the secret is %s', async secret => {
    expect((await world.ask(FIRST, DAY, { secret })).json()).toEqual(envelope('OE0236', 403, []))
  })

  it('are refused where the secret is wrong, also beside a good token', async () => {
    const headers = { secret: 'wrong', authorization: `Bearer ${token}` }
    expect((await world.ask(FIRST, DAY, headers)).statusCode).toBe(403)
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
    expect((await world.ask(FIRST, DAY, { authorization: `bearer ${token}` })).statusCode).toBe(200)
    expect((await world.ask(FIRST, DAY)).statusCode).toBe(200)
    expect((await world.ask(SECOND, DAY)).statusCode).toBe(200)
    expect((await world.ask(FIRST.toUpperCase(), DAY)).statusCode).toBe(200)
  })
})

describe('an account', () => {
  it.each([
    ['unknown', UNKNOWN],
    ['malformed', 'no-uuid'],
    ['removed', REMOVED],
    ['padded', `%20${FIRST}`],
  ])('that is %s is not found', async (_what, id) => {
    const response = await world.ask(id, DAY)
    expect(response.statusCode).toBe(404)
    expect(response.json()).toEqual(envelope('OE0002', 404, ['CloudAccount', decodeURIComponent(id)]))
  })

  it('of somebody else looks exactly like an unknown one', async () => {
    const headers = { authorization: `Bearer ${token}`, 'x-request-id': 'same' }
    const foreign = await world.ask(SECOND, DAY, headers)
    const unknown = await world.ask(UNKNOWN, DAY, headers)
    expect(foreign.statusCode).toBe(404)
    expect(foreign.body.replaceAll(SECOND, '?')).toBe(unknown.body.replaceAll(UNKNOWN, '?'))
    expect(Object.keys(foreign.headers)).toEqual(Object.keys(unknown.headers))
  })

  it('is not opened by a header that names it', async () => {
    const headers = { authorization: `Bearer ${token}`, 'cloud-account-id': SECOND }
    expect((await world.ask(SECOND, DAY, headers)).statusCode).toBe(404)
  })

  it('for which nothing was ever loaded is answered with 503 and a time to come back', async () => {
    const response = await world.ask(EMPTY, DAY)
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
    expect((await world.ask(EMPTY, DAY)).json().error.error_code).toBe('OE0003')
  })
})

describe('with an auth service', () => {
  const foreign = 'canary-of-cloudtuner'
  let auth: AuthStub
  let app: ReturnType<typeof buildApp>
  let log: ReturnType<typeof recordingLogger>

  beforeEach(async () => {
    auth = await startAuthStub()
    log = recordingLogger('trace')
    const { pool } = world.database
    const options = { pool, clusterSecret: SECRET, authUrl: `${auth.url}/`, logger: log.logger }
    app = buildApp({ ...options, now: () => MONDAY + 48 * HOUR })
  })
  afterEach(async () => {
    await app.close()
    await auth.close()
  })

  const ask = (
    id: string,
    headers: Record<string, string>,
    query = `start_date=${MONDAY}&end_date=${MONDAY + HOUR}`,
  ) => app.inject({ url: `${urlOf(id)}?${query}`, headers })
  const asForeign = (id: string, query?: string) => ask(id, { authorization: `Bearer ${foreign}` }, query)

  it('its tokens open the accounts that it allows', async () => {
    for (const account of [FIRST, SECOND]) expect((await asForeign(account)).statusCode).toBe(200)
    expect((await asForeign(FIRST.toUpperCase())).statusCode).toBe(200)
    expect(auth.requests.map(({ body }) => JSON.parse(body).uuid)).toEqual([FIRST, SECOND])
  })

  it.each([
    [401, envelope('OE0235', 401, [])],
    [403, envelope('OE0234', 403, [])],
    [404, envelope('OE0002', 404, ['CloudAccount', FIRST])],
    [500, envelope('OE0003', 503, [expect.any(String)])],
    [302, envelope('OE0003', 503, [expect.any(String)])],
  ])('a %i of it is told in the envelope, and tells nothing else', async (code, body) => {
    auth.answer(status(code, { location: '/', 'x-canary': 'canary' }, '{"reason":"canary"}'))
    const response = await asForeign(FIRST)
    expect(response.statusCode).toBe(body.error.status_code)
    expect(response.json()).toEqual(body)
    expect(response.headers['www-authenticate']).toBe(code === 401 ? 'Bearer' : undefined)
    expect(response.headers['retry-after']).toBe(response.statusCode === 503 ? '5' : undefined)
    expect(JSON.stringify(response.headers) + response.body).not.toMatch(/canary|127\.0\.0\.1/)
  })

  it('an account that it does not know looks like one that it allows and we do not know', async () => {
    const unknown = (await asForeign(UNKNOWN)).body
    auth.answer(status(404))
    expect((await asForeign(REMOVED)).body.replaceAll(REMOVED, '?')).toBe(unknown.replaceAll(UNKNOWN, '?'))
  })

  it('an account is looked up and arguments are read only after it has allowed', async () => {
    expect((await asForeign(REMOVED, 'bad=1')).json().error.error_code).toBe('OE0002')
    expect((await asForeign(FIRST, 'bad=1')).json().error.error_code).toBe('OE0216')
    auth.answer(status(403))
    expect((await asForeign(UNKNOWN, 'bad=1')).json().error.error_code).toBe('OE0234')
  })

  it('it is not asked about malformed accounts, our own tokens, other schemes or a secret', async () => {
    auth.answer(status(500))
    for (const id of ['no-uuid', `%20${FIRST}`, `${FIRST}x`]) {
      const response = await asForeign(id)
      expect(response.json()).toEqual(envelope('OE0002', 404, ['CloudAccount', decodeURIComponent(id)]))
    }
    const statusOf = async (headers: Record<string, string>, id = FIRST) =>
      (await ask(id, headers)).statusCode
    expect(await statusOf({ authorization: `Bearer ${token}` })).toBe(200)
    expect(await statusOf({ authorization: `Bearer ${token}` }, SECOND)).toBe(404)
    expect(await statusOf({ authorization: `Bearer ${token.slice(0, -1)}` })).toBe(401)
    expect(await statusOf({ authorization: `Basic ${foreign}` })).toBe(401)
    expect(await statusOf({ authorization: foreign })).toBe(401)
    expect(await statusOf({ secret: SECRET })).toBe(200)
    expect(await statusOf({ secret: 'wrong', authorization: `Bearer ${foreign}` })).toBe(403)
    expect(await statusOf({})).toBe(401)
    expect(auth.requests).toEqual([])
  })

  it('no token comes into a log, and a failure says whose it is', async () => {
    for (const code of [200, 403, 500]) {
      auth.answer(status(code, {}, foreign))
      await asForeign(code === 200 ? FIRST : code === 403 ? SECOND : UNKNOWN)
    }
    await ask(FIRST, { authorization: `Bearer ${token}` })
    expect(log.lines.filter(line => line.includes('"answered"'))).toHaveLength(4)
    expect(log.text()).toContain('AUTH_UNREACHABLE')
    expect(log.text()).toContain('status 500')
    for (const secret of [foreign, token, SECRET]) expect(log.text()).not.toContain(secret)
  })

  it('its connections are closed with the API', async () => {
    await asForeign(FIRST)
    expect(auth.connections.size).toBeGreaterThan(0)
    await app.close()
    await waitFor('the end of the connections', () => auth.connections.size === 0)
  })
})

describe('a caller', () => {
  it('is known by a key that is always the same, is no token, and differs between tokens', async () => {
    const auth = await startAuthStub()
    const authService = createAuthService(auth.url)
    const authorize = createAuthorizer({ pool: world.database.pool, clusterSecret: SECRET, authService })
    const callerOf = async (bearer: string) =>
      (await authorize({ authorization: `Bearer ${bearer}` }, FIRST)).caller
    const tokens = [token, await world.token(FIRST), 'token-of-one', 'token-of-two']
    const callers = await Promise.all(tokens.map(callerOf))
    expect(await Promise.all(tokens.map(callerOf))).toEqual(callers)
    expect(new Set(callers.map(caller => JSON.stringify(caller))).size).toBe(4)
    for (const [index, caller] of callers.entries()) {
      expect(caller).toEqual({ kind: 'token', key: expect.stringMatching(/^[a-z]+:[0-9a-f]{16}$/) })
      expect(JSON.stringify(caller)).not.toContain(tokens[index])
    }
    const service = await authorize({ secret: SECRET }, FIRST.toUpperCase())
    expect(service).toEqual({ cloudAccountId: FIRST, caller: { kind: 'service' } })
    await authService.close()
    await auth.close()
  })
})
