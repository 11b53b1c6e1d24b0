import { spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createToken } from '../../src/db/tokens.js'
import { recordSets } from '../../src/load/stores.js'
import { type Outcome, PROGRAM, runCli } from '../support/cli.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'

const shop = '7d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f'
const bank = '8d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

const run = (...args: string[]) => runCli(args, { DATABASE_URL: database.url })
const json = async (...args: string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await run(...args, '--json')
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}
const done: Partial<Outcome> = { code: 0 }

describe('accounts', () => {
  it('are added with their defaults, changed, listed and removed', async () => {
    const added = await run('accounts', 'add', shop.toUpperCase(), '--name', 'shop 店')
    expect(added).toMatchObject(done)
    expect(added.stdout).toContain(shop)
    expect(
      await run('accounts', 'add', bank, '--name', 'bank', '--tenant-id', 't-bank', '--currency', 'EUR'),
    ).toMatchObject(done)
    const defaults = { kubernetes_id: null, retention_hourly_days: null, retention_daily_days: null }
    expect(await json('accounts', 'list')).toEqual([
      { cloud_account_id: bank, name: 'bank', tenant_id: 't-bank', currency: 'EUR', ...defaults },
      { cloud_account_id: shop, name: 'shop 店', tenant_id: shop, currency: 'USD', ...defaults },
    ])
    const { stdout } = await run('accounts', 'list')
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(/^ACCOUNT +NAME +CURRENCY +TENANT +KUBERNETES +HOURS KEPT +DAYS KEPT$/)

    const removed = await run('accounts', 'remove', bank)
    expect(removed).toMatchObject({ code: 0, stdout: '' })
    const again = await run('accounts', 'remove', bank)
    expect(again).toMatchObject({ code: 1, stdout: '' })
    expect(again.stderr).toContain(`There is no account ${bank}`)
  })

  it('keep their facts as long as they are told, until they are told otherwise', async () => {
    const kept = async () => {
      const [account] = (await json('accounts', 'list')) as Record<string, unknown>[]
      return [account?.retention_hourly_days, account?.retention_daily_days]
    }
    const add = ['accounts', 'add', shop, '--name', 'shop 店']
    expect(await run(...add, '--retention-hourly-days', '90')).toMatchObject(done)
    expect(await kept()).toEqual([90, null])
    expect(await run(...add, '--retention-daily-days', '0')).toMatchObject(done)
    expect(await kept()).toEqual([90, 0])
    expect(await run('accounts', 'set', shop, '--retention-hourly-days', 'default')).toMatchObject(done)
    expect(await kept()).toEqual([null, 0])
    expect(await run('accounts', 'set', shop, '--retention-daily-days', '30')).toMatchObject(done)
    expect((await run('accounts', 'list')).stdout).toMatch(/default +30 days$/m)

    expect(await run('accounts', 'set', shop)).toMatchObject({ code: 2 })
    expect(await run('accounts', 'set', shop, '--retention-hourly-days', '0')).toMatchObject({ code: 2 })
    expect(await run('accounts', 'set', bank, '--retention-hourly-days', '9')).toMatchObject({ code: 1 })
    expect(await run('accounts', 'set', shop, '--retention-daily-days', 'default')).toMatchObject(done)
    expect(await kept()).toEqual([null, null])
  })

  it('keep a tenant for themselves: a second account of it is refused as wrong usage', async () => {
    const taken = await run('accounts', 'add', bank, '--name', 'bank', '--tenant-id', shop)
    expect(taken.code).toBe(2)
    expect(taken.stderr).toContain('already belongs to another account')
  })
})

describe('tokens', () => {
  it('are shown once, alone on stdout, listed by id without their text, and revoked', async () => {
    const created = await run('tokens', 'create', '--account', shop, '--expires', '2099-01-01')
    expect(created).toMatchObject(done)
    expect(created.stdout).toMatch(/^kc_[0-9a-f]{16}_[\w-]{43}\n$/)
    const id = created.stdout.slice(3, 19)

    const listed = await run('tokens', 'list')
    const line = listed.stdout.split('\n').find(text => text.startsWith(id))
    expect(line).toMatch(new RegExp(`^${id} +${shop} +read +active `))
    expect(line).toContain('2099-01-01 00:00Z')
    expect(listed.stdout + listed.stderr).not.toContain(created.stdout.trim())
    expect(
      listed.stdout
        .trimEnd()
        .split('\n')
        .every(text => /^[0-9a-f]{16} /.test(text)),
    ).toBe(true)

    expect(await run('tokens', 'revoke', id)).toMatchObject({ code: 0, stdout: '' })
    expect(await json('tokens', 'list', '--account', shop)).toMatchObject([
      { token_id: id, state: 'revoked' },
    ])
    expect(await run('tokens', 'revoke', 'nosuchtoken')).toMatchObject({ code: 1 })
  })

  it('are not made for an account that is not there, nor for the past', async () => {
    expect(await run('tokens', 'create', '--account', bank)).toMatchObject({ code: 1, stdout: '' })
    const past = await run('tokens', 'create', '--account', shop, '--expires', '2020-01-01')
    expect(past).toMatchObject({ code: 2, stdout: '' })
    expect(past.stderr).toContain('--expires is 2020-01-01 00:00Z, which has passed')
  })

  it('can be read by a program that closes the pipe early', async () => {
    for (let count = 0; count < 3; count++) await createToken(database.pool, { cloudAccountId: shop })
    const child = spawn(process.execPath, [PROGRAM, 'tokens', 'list'], {
      env: { PATH: process.env.PATH, DATABASE_URL: database.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.destroy()
    let stderr = ''
    child.stderr.on('data', chunk => {
      stderr += String(chunk)
    })
    const code = await new Promise(resolve => child.once('close', resolve))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe('status and runs', () => {
  it('tell how far every cluster is', async () => {
    await database.pool.query(
      `insert into warehouse.cluster (cloud_account_id, cluster_id, first_window, last_window, watermark)
       values ($1, 'cluster-one', '2026-10-01T00:00Z', '2026-10-01T05:00Z', '2026-10-01T00:00Z')`,
      [shop],
    )
    await database.pool.query(
      `insert into warehouse.window_ledger (cloud_account_id, cluster_id, window_start, next_read_at, error_code, error_message)
       values ($1, 'cluster-one', '2026-10-01T00:00Z', now(), 'THANOS_TIMEOUT', 'It took too long.')`,
      [shop],
    )
    await database.pool.query(
      `insert into warehouse.usage_window (cloud_account_id, cluster_id, window_start, error_code, error_message)
       values ($1, 'cluster-one', '2026-10-01T01:00Z', 'THANOS_OVERLOADED', 'Too much at once.')`,
      [shop],
    )
    expect(await json('status')).toMatchObject([
      {
        cloud_account_id: shop,
        cluster: 'cluster-one',
        newest_loaded: null,
        open: 1,
        failed: 1,
        quarantined: 0,
        last_error: { code: 'THANOS_TIMEOUT', message: 'It took too long.' },
        usage_waiting: 0,
        usage_newest: null,
        usage_last_error: { code: 'THANOS_OVERLOADED', message: 'Too much at once.' },
      },
    ])
    const { stdout } = await run('status')
    expect(stdout).toContain('THANOS_TIMEOUT at 2026-10-01 00:00Z: It took too long.')
    expect(stdout).toContain('THANOS_OVERLOADED at 2026-10-01 01:00Z: Too much at once.')
  })

  it('list attempts, by account and state', async () => {
    await database.pool.query(
      `insert into warehouse.load_run (cloud_account_id, run_id, cluster_id, first_window, windows, worker, state, stage,
         started_at, finished_at, loaded_rows, rejects, error_code, error_message)
       values ($1, gen_random_uuid(), e'one\\nDONE', '2026-10-01T00:00Z', 24, 'w', 'failed', 'extract',
         '2026-10-02T00:00Z', '2026-10-02T00:01:30Z', 7, 2, 'THANOS_TIMEOUT', 'It took too long.')`,
      [shop],
    )
    expect(await json('runs', 'list', '--state', 'done')).toEqual([])
    expect(await json('runs', 'list', '--account', shop, '--state', 'failed')).toMatchObject([
      { cluster: 'one\nDONE', stage: 'extract', loaded_rows: 7, rejects: 2, error_code: 'THANOS_TIMEOUT' },
    ])
    const { stdout } = await run('runs', 'list')
    // A cluster's name cannot forge a line of its own.
    expect(stdout.trimEnd().split('\n')).toHaveLength(2)
    expect(stdout).toContain('1 min 30 s')
  })
})

describe('stores', () => {
  const gone = JSON.stringify([['replica', 'a']])
  const there = JSON.stringify([['replica', 'b']])

  it('show which of them no longer announce an account, until that is accepted', async () => {
    await recordSets(database.pool, shop, [
      { labelSet: gone, component: 'store', minTime: 0 },
      { labelSet: there, component: 'sidecar', minTime: 0 },
    ])
    await database.pool.query(
      `update warehouse.thanos_store set last_seen = now() - interval '1 day' where label_set = $1`,
      [gone],
    )
    const states = async () =>
      ((await json('stores', '--account', shop)) as { label_set: string; state: string }[]).map(store => [
        store.label_set,
        store.state,
      ])
    expect(await states()).toEqual([
      [gone, 'missing'],
      [there, 'present'],
    ])
    expect(await run('stores', 'forget', shop, gone)).toMatchObject({ code: 0, stdout: '' })
    expect(await states()).toEqual([
      [gone, 'forgotten'],
      [there, 'present'],
    ])
    const unknown = await run('stores', 'forget', shop, '[["replica","z"]]')
    expect(unknown.code).toBe(1)
    expect(unknown.stderr).toContain(there)
  })
})

describe('migrate', () => {
  it('brings an empty database up to date, the queue too, and may be raced', async () => {
    const empty = await testDatabase({ empty: true })
    const env = { DATABASE_URL: empty.url }
    const before = await runCli(['status'], env)
    expect(before.code).toBe(1)
    expect(before.stderr).toContain('Run: k8s-costs migrate')
    const outcomes = await Promise.all([runCli(['migrate'], env), runCli(['migrate'], env)])
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0])
    const applied = outcomes.flatMap(({ stdout }) => stdout.split('\n').filter(line => line !== ''))
    expect(applied).toEqual([...new Set(applied)])
    expect(applied).toContain('0001_accounts_and_tokens')
    expect((await runCli(['status'], env)).code).toBe(0)
    const { rows } = await empty.pool.query(`select to_regclass('bullmq.job') is not null as there`)
    expect(rows).toEqual([{ there: true }])
    await empty.drop()
  })
})

describe('recompute', () => {
  const range = ['--account', shop, '--from', '2026-10-01', '--to', '2026-10-02']

  it('says what became of the windows, and leaves those without readings', async () => {
    await database.pool.query(
      `update warehouse.window_ledger set state = 'loaded', revision = 1, loaded_at = now() where cloud_account_id = $1`,
      [shop],
    )
    const { code, stdout } = await run('recompute', ...range)
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '1 windows: 0 changed, 0 unchanged, 1 without kept readings, 0 open\n',
    })
  })

  it('is partly done where readings cannot be used, and changes nothing in a dry run', async () => {
    await database.pool.query(
      `create table warehouse.window_source_p20261001 partition of warehouse.window_source
       for values from ('2026-10-01 00:00:00+00') to ('2026-11-01 00:00:00+00')`,
    )
    await database.pool.query(
      `insert into warehouse.window_source (cloud_account_id, cluster_id, window_start, format, readings)
       values ($1, 'cluster-one', '2026-10-01T00:00Z', 1, 'damaged')`,
      [shop],
    )
    const { code, stdout, stderr } = await run('recompute', ...range, '--dry-run')
    expect({ code, stdout }).toEqual({
      code: 3,
      stdout: '1 windows: 0 would change, 0 unchanged, 0 without kept readings, 1 open\n',
    })
    expect(stderr).toContain('2026-10-01T00:00Z are damaged')
  })

  it('is wrong usage with a range that ends before it begins', async () => {
    expect(
      await run('recompute', '--account', shop, '--from', '2026-10-02', '--to', '2026-10-01'),
    ).toMatchObject({ code: 2 })
  })
})
