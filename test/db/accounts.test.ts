import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addAccount, findAccount, getAccount, listAccounts, removeAccount } from '../../src/db/accounts.js'
import { createToken, listTokens, noteTokenUse, revokeToken, verifyToken } from '../../src/db/tokens.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'

const FIRST = '11111111-1111-4111-8111-111111111111'
const SECOND = '22222222-2222-4222-8222-222222222222'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

describe('accounts', () => {
  it('take their own id as tenant and US dollars unless told', async () => {
    const account = await addAccount(database.pool, { cloudAccountId: FIRST.toUpperCase(), name: ' Shop ' })
    expect(account).toEqual({
      cloudAccountId: FIRST,
      name: 'Shop',
      tenantId: FIRST,
      currency: 'USD',
      kubernetesId: null,
    })
    expect(await listAccounts(database.pool)).toEqual([account])
    expect(await getAccount(database.pool, FIRST)).toEqual(account)
  })

  it('refuse a tenant that belongs to another account', async () => {
    await expect(
      addAccount(database.pool, { cloudAccountId: SECOND, name: 'Copy', tenantId: FIRST }),
    ).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining(SECOND) })
  })

  it('refuse a bad id, name and currency with what was seen', async () => {
    const add = (account: object) =>
      addAccount(database.pool, { cloudAccountId: SECOND, name: 'Second', ...account })
    await expect(add({ cloudAccountId: 'shop' })).rejects.toMatchObject({
      message: expect.stringContaining(`'shop'`),
    })
    await expect(add({ name: '  ' })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(add({ currency: 'usd' })).rejects.toMatchObject({
      message: expect.stringContaining(`'usd'`),
    })
  })

  it('refuse another currency once there are amounts', async () => {
    await addAccount(database.pool, { cloudAccountId: SECOND, name: 'Second', currency: 'CHF' })
    await addAccount(database.pool, { cloudAccountId: SECOND, name: 'Second', currency: 'EUR' })
    await database.pool.query(
      `insert into warehouse.window_ledger (cloud_account_id, cluster_id, window_start, state, revision, loaded_at)
       values ($1, 'c', '2026-10-31 13:00Z', 'loaded', 1, now())`,
      [SECOND],
    )
    await expect(
      addAccount(database.pool, { cloudAccountId: SECOND, name: 'Second', currency: 'CHF' }),
    ).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('EUR') })
  })

  it('leave with their tokens when removed, and come back when added again', async () => {
    const { token } = await createToken(database.pool, { cloudAccountId: SECOND })
    expect(await verifyToken(database.pool, token)).toMatchObject({ cloudAccountId: SECOND, scope: 'read' })
    await removeAccount(database.pool, SECOND)
    expect(await findAccount(database.pool, SECOND)).toBeUndefined()
    await expect(getAccount(database.pool, SECOND)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(removeAccount(database.pool, SECOND)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await verifyToken(database.pool, token)).toBeUndefined()
    await addAccount(database.pool, { cloudAccountId: SECOND, name: 'Again', currency: 'EUR' })
    expect(await findAccount(database.pool, SECOND)).toMatchObject({ name: 'Again' })
    expect(await verifyToken(database.pool, token)).toBeUndefined()
  })
})

describe('tokens', () => {
  it('are stored as a digest only', async () => {
    const { token, tokenId } = await createToken(database.pool, { cloudAccountId: FIRST })
    expect(token).toMatch(new RegExp(`^kc_${tokenId}_[A-Za-z0-9_-]{43}$`))
    const { rows } = await database.pool.query('select t::text as line from warehouse.api_token t')
    const lines = rows.map(row => row.line).join('\n')
    expect(lines).not.toContain(token.slice(-43))
    expect(lines).not.toContain(Buffer.from(token.slice(-43)).toString('hex'))
  })

  it('are refused when malformed, unknown, altered, expired or revoked', async () => {
    const { token, tokenId } = await createToken(database.pool, { cloudAccountId: FIRST })
    const expired = await createToken(database.pool, {
      cloudAccountId: FIRST,
      expiresAt: new Date(Date.now() - 1000),
    })
    const altered = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A')
    const unknown = token.replace(tokenId, '0'.repeat(16))
    for (const refused of ['', 'kc_', 'x'.repeat(10_000), altered, unknown, expired.token, `${token}\n`]) {
      expect(await verifyToken(database.pool, refused)).toBeUndefined()
    }
    expect(await verifyToken(database.pool, token)).toEqual({ tokenId, cloudAccountId: FIRST, scope: 'read' })
    await revokeToken(database.pool, tokenId)
    await revokeToken(database.pool, tokenId)
    expect(await verifyToken(database.pool, token)).toBeUndefined()
    await expect(revokeToken(database.pool, 'nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('are listed with their last use and never with their text', async () => {
    const { token, tokenId } = await createToken(database.pool, { cloudAccountId: FIRST })
    const identity = await verifyToken(database.pool, token)
    if (identity !== undefined) await noteTokenUse(database.pool, identity)
    const listed = await listTokens(database.pool, FIRST)
    expect(listed[0]).toMatchObject({ tokenId, scope: 'read', revokedAt: null, lastUsedAt: expect.any(Date) })
    expect(JSON.stringify(listed)).not.toContain(token.slice(-43))
  })

  it('are not made for an account that is not there', async () => {
    await expect(
      createToken(database.pool, { cloudAccountId: '99999999-9999-4999-8999-999999999999' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
