import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addAnalyst, listAnalysts, removeAnalyst } from '../../src/db/analysts.js'
import { ensureRoles } from '../../src/db/roles.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { BANK, SHOP, seedEstate } from './estate.js'
import { connectAs, dropRoles, roleName } from './seeding.js'

const MIRA = roleName()
const ODD = `${roleName()} "o'dd; --`
const STRANGER = roleName()

let database: TestDatabase
let mira: pg.Client
const clients: pg.Client[] = []
const made = [MIRA, ODD, STRANGER]

const connect = async (login: string, password: string | undefined) => {
  const client = await connectAs(database, login, password)
  clients.push(client)
  return client
}
const addTo = (login: string, ...cloudAccountIds: string[]) =>
  addAnalyst(database.pool, { login, cloudAccountIds, create: true })

beforeAll(async () => {
  database = await testDatabase()
  await seedEstate(database)
  expect(await ensureRoles(database.pool)).toBeNull()
  const { password } = await addTo(MIRA, SHOP)
  mira = await connect(MIRA, password)
})
afterAll(async () => {
  for (const client of clients) await client.end()
  await database.drop()
  await dropRoles(database, made)
})

const ACCOUNT = (view: string) =>
  view === 'focus_cost_and_usage' ? '"x_CloudAccountId"' : 'cloud_account_id'
const accountsIn = async (client: pg.ClientBase | pg.Pool, relation: string, column = 'cloud_account_id') => {
  const { rows } = await client.query<{ account: string }>(
    `select distinct ${column}::text as account from ${relation} order by 1`,
  )
  return rows.map(({ account }) => account)
}
const refused = (client: pg.ClientBase, sql: string) =>
  client.query(sql).then(
    () => 'done',
    (error: { code?: string; message?: string; detail?: string }) => {
      expect(`${error.message} ${error.detail ?? ''}`).not.toMatch(/vault|9000/)
      return error.code
    },
  )
const viewNames = async () => {
  const { rows } = await database.pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'analytics'::regnamespace order by 1`,
  )
  return rows.map(({ name }) => name)
}

/** The tables that the views are made of. */
const READABLE = [
  ...['allocation_daily', 'allocation_hourly', 'asset_daily', 'asset_hourly', 'cloud_account', 'container'],
  ...['day_ledger', 'idle_daily', 'idle_hourly', 'label_pair', 'label_set', 'metric_hourly'],
  ...['metric_series', 'node_hourly', 'quality_result', 'remainder_hourly', 'rightsizing'],
  ...['window_audit', 'window_ledger'],
]

describe('an analyst', () => {
  it('sees rows of its accounts in every view, and none of others, though they are there', async () => {
    const views = await viewNames()
    expect(views.length).toBeGreaterThanOrEqual(13)
    for (const view of views) {
      expect([view, await accountsIn(database.pool, `analytics.${view}`, ACCOUNT(view))]).toEqual([
        view,
        [SHOP, BANK],
      ])
      expect([view, await accountsIn(mira, `analytics.${view}`, ACCOUNT(view))]).toEqual([view, [SHOP]])
    }
  })

  it('sees no more in the tables themselves, and only those columns that the views are made of', async () => {
    const { rows } = await database.pool.query<{ name: string; readable: string[] | null; secured: boolean }>(
      `select c.relname as name, c.relrowsecurity as secured,
         array_agg(a.attname::text order by a.attnum) filter (where has_column_privilege('${MIRA}', c.oid, a.attnum, 'select')) as readable
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       where c.relnamespace = 'warehouse'::regnamespace and c.relkind in ('r', 'p') group by 1, 2 order by 1`,
    )
    const readable = rows.filter(row => row.readable !== null)
    expect(readable.map(({ name }) => name)).toEqual(READABLE)
    for (const { name, secured } of readable) {
      expect([name, secured]).toEqual([name, true])
      expect([name, await accountsIn(mira, `warehouse.${name}`)]).toEqual([name, [SHOP]])
    }
    const columns = (table: string) => readable.find(({ name }) => name === table)?.readable
    expect(columns('cloud_account')).toEqual(['cloud_account_id', 'name', 'currency'])
    expect(columns('window_ledger')).not.toContain('store_sets')
    expect(await refused(mira, 'select tenant_id from warehouse.cloud_account')).toBe('42501')
  })

  it('reads no token, no list of analysts, no partition and nothing of the migrations', async () => {
    for (const table of [
      ...['warehouse.api_token', 'warehouse.analyst_login', 'warehouse.load_run', 'warehouse.window_source'],
      ...['warehouse.allocation_hourly_p20260301', 'warehouse_meta.kysely_migration'],
    ]) {
      expect([table, await refused(mira, `select * from ${table}`)]).toEqual([table, '42501'])
    }
  })

  it('gets round it by no setting and by no other role', async () => {
    await mira.query(`set app.account = '${BANK}'`)
    expect(await refused(mira, 'set row_security = off')).toBe('done')
    expect(await refused(mira, 'select count(*) from warehouse.container')).toBe('42501')
    await mira.query('set row_security = on')
    expect(await accountsIn(mira, 'analytics.allocation_hourly')).toEqual([SHOP])
    for (const role of ['postgres', 'k8s_costs_owner', 'k8s_costs_writer', 'k8s_costs_reader']) {
      expect([role, await refused(mira, `set role ${role}`)]).toEqual([role, '42501'])
    }
    expect(await refused(mira, 'set session authorization postgres')).toBe('42501')
    await mira.query('set role analyst')
    expect(await accountsIn(mira, 'analytics.allocation_hourly')).toEqual([])
    await mira.query('reset all; reset role')
  })

  it('gets round it by no view, function or prepared statement of its own, nor by copy or explain', async () => {
    await mira.query('begin read write')
    await mira.query(`create temp view mine as select cloud_account_id, pod from warehouse.container`)
    expect(await accountsIn(mira, 'mine')).toEqual([SHOP])
    await mira.query(`
      create function pg_temp.leak(text) returns boolean language plpgsql cost 0.0000001 as
      'begin raise notice ''%'', $1; return true; end'`)
    const notices: string[] = []
    mira.on('notice', ({ message }) => notices.push(message ?? ''))
    await mira.query('select * from analytics.allocation_hourly where pg_temp.leak(pod)')
    expect(notices.length).toBeGreaterThan(0)
    expect(notices.filter(text => text.includes('vault'))).toEqual([])
    await mira.query('rollback')
    await mira.query('prepare pods (text) as select pod from warehouse.container where pod = $1')
    for (let count = 0; count < 7; count++) {
      expect((await mira.query(`execute pods ('vault-1')`)).rows).toEqual([])
    }
    const { rows: plan } = await mira.query(
      `explain (analyze, verbose, timing off) select pod from warehouse.container where pod = 'vault-1'`,
    )
    expect(JSON.stringify(plan)).toContain('rows=0')
    expect(await refused(mira, `copy warehouse.container (pod) to '/tmp/pods'`)).toBe('42501')
    expect(await refused(mira, `copy (select 1) to program 'id'`)).toBe('42501')
  })

  it('learns nothing of other accounts from errors and statistics', async () => {
    await refused(mira, `select 1 / (length(pod) - 7) from warehouse.container`)
    await refused(mira, `select pod::int from warehouse.container where pod = 'vault-1'`)
    await database.pool.query('analyze warehouse.container')
    const { rows } = await mira.query(
      `select * from pg_stats where schemaname = 'warehouse' and tablename = 'container'`,
    )
    expect(rows).toEqual([])
  })

  it('writes nothing, not even where it turns read-only off', async () => {
    expect(await refused(mira, 'create temp table t (x int)')).toBe('25006')
    await mira.query('set default_transaction_read_only = off')
    for (const sql of [
      `update warehouse.container set pod = 'x'`,
      'delete from warehouse.window_ledger',
      `insert into warehouse.label_pair values ('${SHOP}', 'a', 'b', 1)`,
      'insert into analytics.label select * from analytics.label',
      'truncate warehouse.container',
      'create table warehouse.mine (x int)',
      'create view analytics.mine as select 1',
      'drop view analytics.label',
      `create policy mine on warehouse.container using (true)`,
      `alter table warehouse.container disable row level security`,
      `insert into warehouse.analyst_login values ('${BANK}', '${MIRA}')`,
      'grant analyst to current_user',
    ]) {
      expect([sql, await refused(mira, sql)]).toEqual([sql, '42501'])
    }
    await mira.query('reset all')
  })

  it('begins with limits of time, read-only, in this database', async () => {
    const { rows } = await mira.query(
      `select name, setting from pg_settings
       where name in ('statement_timeout', 'idle_in_transaction_session_timeout', 'default_transaction_read_only')
       order by name`,
    )
    expect(rows).toEqual([
      { name: 'default_transaction_read_only', setting: 'on' },
      { name: 'idle_in_transaction_session_timeout', setting: '60000' },
      { name: 'statement_timeout', setting: '300000' },
    ])
    await mira.query('set statement_timeout = 50')
    expect(await refused(mira, 'select pg_sleep(20)')).toBe('57014')
    await mira.query('reset statement_timeout')
  })
})

describe('analysts', () => {
  it('are added, listed and removed account by account, however odd their names', async () => {
    const { password } = await addTo(ODD, SHOP, BANK)
    const odd = await connect(ODD, password)
    expect(await accountsIn(odd, 'analytics.cloud_account')).toEqual([SHOP, BANK])
    const mine = async () => (await listAnalysts(database.pool)).filter(row => row.login === ODD)
    expect(await mine()).toMatchObject([
      { cloudAccountId: SHOP, accountName: 'account 1111', isActive: true },
      { cloudAccountId: BANK, accountName: 'account 2222', isActive: true },
    ])
    expect(await removeAnalyst(database.pool, ODD, [SHOP])).toEqual({ left: 1 })
    expect(await accountsIn(odd, 'analytics.allocation_hourly')).toEqual([BANK])
    expect(await removeAnalyst(database.pool, ODD)).toEqual({ left: 0 })
    expect(await refused(odd, 'select * from analytics.label')).toBe('42501')
    expect(await mine()).toEqual([])
    const { rows: settings } = await database.pool.query(
      'select s.setconfig from pg_db_role_setting s join pg_roles r on r.oid = s.setrole where r.rolname = $1',
      [ODD],
    )
    expect(settings).toEqual([])
    const { rows } = await database.pool.query('select from pg_policies where policyname = $1', [
      `analyst ${ODD}`,
    ])
    expect(rows).toEqual([])
    await expect(removeAnalyst(database.pool, ODD)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('see nothing without an account of their own, unless all analysts were given it', async () => {
    const client = await connect(STRANGER, (await addTo(STRANGER, BANK)).password)
    await removeAnalyst(database.pool, STRANGER)
    await database.pool.query(`grant analyst to ${STRANGER}`)
    expect(await accountsIn(client, 'analytics.allocation_hourly')).toEqual([])
    await addAnalyst(database.pool, { login: 'analyst', cloudAccountIds: [SHOP] })
    expect(await accountsIn(client, 'analytics.allocation_hourly')).toEqual([SHOP])
    await removeAnalyst(database.pool, 'analyst')
    expect(await accountsIn(client, 'analytics.allocation_hourly')).toEqual([])
  })

  it('are refused where row level security would not hold them, or the name or account is none', async () => {
    const add = (login: string, account = SHOP) =>
      addAnalyst(database.pool, { login, cloudAccountIds: [account] })
    await expect(add('postgres')).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('superuser'),
    })
    await database.pool.query(`grant k8s_costs_writer to ${STRANGER}`)
    await expect(add(STRANGER)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('k8s_costs_writer'),
    })
    await database.pool.query(`revoke k8s_costs_writer from ${STRANGER}`)
    await expect(add('k8s_costs_owner')).rejects.toMatchObject({ code: 'USAGE' })
    await expect(add('x'.repeat(60))).rejects.toMatchObject({ code: 'USAGE' })
    await expect(add(roleName('unknown'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(add(STRANGER, '99999999-9999-4999-8999-999999999999')).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await expect(addTo(MIRA, BANK)).rejects.toMatchObject({ code: 'USAGE' })
    expect(await accountsIn(mira, 'analytics.allocation_hourly')).toEqual([SHOP])
  })

  it('get the tables of later releases too, at the next look', async () => {
    await database.pool.query(`
      create table warehouse.later (cloud_account_id uuid, window_start timestamptz, secret text, shown text);
      create view analytics.later with (security_invoker = true) as select cloud_account_id, shown from warehouse.later;
      insert into warehouse.later (cloud_account_id) values ('${SHOP}'), ('${BANK}')`)
    expect(await refused(mira, 'select * from analytics.later')).toBe('42501')
    expect(await ensureRoles(database.pool)).toBeNull()
    expect(await accountsIn(mira, 'analytics.later')).toEqual([SHOP])
    expect(await refused(mira, 'select secret from warehouse.later')).toBe('42501')
    await database.pool.query('drop view analytics.later; drop table warehouse.later')
  })
})

describe('a reader', () => {
  it('sees the account that its session names and nothing without one', async () => {
    const login = roleName('reader')
    made.push(login)
    await database.pool.query(`create role ${login} login password 'of-a-test' in role k8s_costs_reader`)
    const reader = await connect(login, 'of-a-test')
    const seen = () => accountsIn(reader, 'analytics.allocation_hourly')
    expect(await seen()).toEqual([])
    await reader.query(`set app.account = ''`)
    expect(await seen()).toEqual([])
    await reader.query(`begin; set local app.account = '${BANK}'`)
    expect(await seen()).toEqual([BANK])
    await reader.query('commit')
    expect(await seen()).toEqual([])
    await reader.query(`set app.account = '${SHOP}'`)
    expect(await seen()).toEqual([SHOP])
    expect(await refused(reader, 'delete from warehouse.container')).toBe('42501')
    expect(await refused(reader, 'select * from warehouse.api_token')).toBe('42501')
  })
})
