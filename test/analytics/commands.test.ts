import { afterAll, beforeAll, expect, it } from 'vitest'
import { addAccount } from '../../src/db/accounts.js'
import { runCli } from '../support/cli.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { BANK, SHOP } from './estate.js'
import { connectAs, dropRoles, roleName } from './seeding.js'

const LOGIN = roleName()
const OTHER = roleName()
let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
  await addAccount(database.pool, { cloudAccountId: SHOP, name: 'shop' })
  await addAccount(database.pool, { cloudAccountId: BANK, name: 'bank' })
})
afterAll(async () => {
  await database.drop()
  await dropRoles(database, [LOGIN, OTHER])
})

const run = (...args: string[]) => runCli(['analysts', ...args], { DATABASE_URL: database.url })

it('a login is made with a password that is shown once, alone on stdout, and works', async () => {
  const added = await run('add', LOGIN, '--account', SHOP, '--create')
  expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[\w-]{32}\n$/) })
  const client = await connectAs(database, LOGIN, added.stdout.trim())
  const { rows } = await client.query('select name from analytics.cloud_account')
  await client.end()
  expect(rows).toEqual([{ name: 'shop' }])
  const again = await run('add', LOGIN, '--account', SHOP, '--create')
  expect(again).toMatchObject({ code: 2, stdout: '' })
  expect(again.stderr).toContain('leave out --create')
  await expect(connectAs(database, LOGIN, 'wrong')).rejects.toMatchObject({ code: '28P01' })
})

it('a login that is there is given accounts, listed and taken them away', async () => {
  await database.pool.query(`create role ${OTHER} login`)
  expect(await run('add', OTHER, '--account', SHOP, '--account', BANK)).toMatchObject({ code: 0, stdout: '' })
  const listed = await run('list', '--json')
  expect(
    (JSON.parse(listed.stdout) as { login: string }[]).filter(({ login }) => login === OTHER),
  ).toMatchObject([
    { active: true, cloud_account_id: BANK, account_name: 'bank' },
    { active: true, cloud_account_id: SHOP, account_name: 'shop' },
  ])
  expect((await run('list')).stdout).toMatch(new RegExp(`^${OTHER} +active +${BANK} +bank `, 'm'))
  expect((await run('remove', OTHER, '--account', BANK)).stderr).toContain('may read 1 account(s)')
  expect((await run('remove', OTHER)).stderr).toContain('no analyst any more')
  expect(await run('remove', OTHER)).toMatchObject({ code: 1 })
  expect((await run('list')).stdout).not.toContain(OTHER)
})

it('what is wrong is said and changes nothing', async () => {
  expect(await run('add', roleName('unknown'), '--account', SHOP)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('add --create'),
  })
  expect(await run('add', LOGIN, '--account', 'shop')).toMatchObject({ code: 2 })
  expect(await run('add', LOGIN)).toMatchObject({ code: 2 })
  expect((await run('add', 'postgres', '--account', SHOP)).code).toBe(2)
})
