import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { seedAccount } from '../support/seed.js'

const shop = '7d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f'
const bank = '8d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f'
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n$/
const HOSTILE = `o'brien "; drop table x -- \n\u001b[31m 😀 %`

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  await seedAccount(database.pool, shop)
  await seedAccount(database.pool, bank)
})
afterAll(() => database.drop())

const run = (...args: string[]) => runCli(args, { DATABASE_URL: database.url })
const add = (...args: string[]) => run('ignore', 'add', '--account', shop, ...args)
const json = async (...args: string[]): Promise<Record<string, unknown>[]> => {
  const { code, stdout } = await run('ignore', 'list', '--json', ...args)
  expect(code).toBe(0)
  return JSON.parse(stdout)
}

describe('rules of what to ignore', () => {
  it('are added with all that they apply to, listed by id, and removed', async () => {
    const added = await add(
      ...['--cluster', 'one', '--namespace', 'shop', '--kind', 'Deployment', '--workload', 'web'],
      ...['--container', 'app', '--label', 'team=a=b', '--expires', '2099-01-01', '--reason', 'sale'],
    )
    expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(ID) })
    const id = added.stdout.trim()
    expect(added.stderr).toBe(`Rule ${id} holds until 2099-01-01 00:00Z.\n`)
    const whole = await json()
    expect(whole).toEqual([
      {
        ...{ ignore_id: id, cloud_account_id: shop, state: 'active', cluster: 'one', namespace: 'shop' },
        ...{ controller_kind: 'Deployment', controller: 'web', container: 'app' },
        ...{ label: { name: 'team', value: 'a=b' }, reason: 'sale', created_at: expect.any(String) },
        expires_at: '2099-01-01T00:00:00.000Z',
      },
    ])
    const { stdout } = await run('ignore', 'list')
    expect(stdout).toBe(
      `${id}  ${shop}  active  2099-01-01 00:00Z  cluster=one namespace=shop kind=Deployment workload=web container=app label.team="a=b"  sale\n`,
    )
    expect(await run('ignore', 'remove', id.toUpperCase())).toMatchObject({ code: 0, stdout: '' })
    expect(await json()).toEqual([])
    expect(await run('ignore', 'remove', id)).toMatchObject({ code: 1, stdout: '' })
    expect((await run('ignore', 'remove', HOSTILE)).stderr).toContain('k8s-costs ignore list')
  })

  it('hold for so many days, and are marked once they are over', async () => {
    const before = Date.now()
    const { stdout } = await add('--namespace', 'lab', '--expires', '30d')
    const [rule] = await json()
    const seconds = (Date.parse(String(rule?.['expires_at'])) - before) / 1000
    expect(seconds).toBeGreaterThanOrEqual(30 * 86_400 - 1)
    expect(seconds).toBeLessThan(30 * 86_400 + 60)
    await database.pool.query(`update warehouse.rightsizing_ignore set expires_at = now()`)
    expect(await json()).toMatchObject([{ ignore_id: stdout.trim(), state: 'expired' }])
    expect((await run('ignore', 'list')).stdout).toContain(`${stdout.trim()}  ${shop}  expired  `)
    await run('ignore', 'remove', stdout.trim())
  })

  it('of one account are listed alone, and an empty list says so on stderr', async () => {
    const { stdout } = await run('ignore', 'add', '--account', bank, '--container', 'app')
    expect(await json('--account', bank)).toMatchObject([
      { cloud_account_id: bank, state: 'active', expires_at: null },
    ])
    expect(await run('ignore', 'list', '--account', shop)).toEqual({
      ...{ code: 0, stdout: '', stderr: 'Nothing is ignored.\n' },
    })
    await run('ignore', 'remove', stdout.trim())
  })

  it('take any name as it is, and show none that could forge a line or a part', async () => {
    await add('--workload', HOSTILE, '--namespace', 'a kind=Job', '--reason', HOSTILE)
    expect(await json()).toMatchObject([{ controller: HOSTILE, namespace: 'a kind=Job', reason: HOSTILE }])
    const { stdout } = await run('ignore', 'list')
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(stdout).toContain('namespace="a kind=Job"')
    expect(stdout).not.toContain('\u001b')
  })

  it('are not made for an account that is not there', async () => {
    const unknown = '9d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f'
    const { code, stdout, stderr } = await run('ignore', 'add', '--account', unknown, '--namespace', 'x')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`There is no account ${unknown}`)
  })

  it.each<[string[], string]>([
    [[], 'The rule says too little of what to ignore'],
    [['--kind', 'Job'], 'The rule says too little of what to ignore'],
    [['--namespace', ''], 'It must not be empty'],
    [['--label', 'team'], 'It is not name=value'],
    [['--label', 'team='], 'It is not name=value'],
    [['--label', 'app.kubernetes.io/name=x'], 'It is not name=value'],
    [['--namespace', 'x', '--expires', '30'], 'It is no UTC day such as'],
    [['--namespace', 'x', '--expires', '2020-01-01'], '--expires is 2020-01-01 00:00Z, which has passed'],
    [['--namespace', 'x', '--expires', '0d'], 'which has passed'],
  ])('%j is wrong usage', async (args, text) => {
    const { code, stdout, stderr } = await add(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(text)
  })
})
