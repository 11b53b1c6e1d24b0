import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/api/app.js'
import { removeAccount } from '../../src/db/accounts.js'
import { revokeToken } from '../../src/db/tokens.js'
import { seedAccount } from '../support/seed.js'
import {
  DAY,
  envelope,
  FIRST,
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
