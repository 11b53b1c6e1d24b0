import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiError } from '../../src/api/errors.js'
import { type RunQuery, readSnapshot } from '../../src/api/snapshot.js'
import { readerAdvice, readerMode } from '../../src/db/reader-role.js'
import { ensureRoles } from '../../src/db/roles.js'
import { type Owned, ownedDatabase } from './owned-database.js'
import { insertRowOfEach, warehouseTables } from './row-of-each.js'
import { FIRST, SECOND, UNKNOWN } from './world.js'

const PRIVATE = ['analyst_login', 'api_token']

let owned: Owned
let tables: string[]

beforeAll(async () => {
  owned = await ownedDatabase({ mayGrant: true })
  expect(await ensureRoles(owned.newPool())).toBeNull()
  await insertRowOfEach(owned.database.pool, [FIRST, SECOND])
  tables = await warehouseTables(owned.database.pool)
})
afterAll(() => owned.drop())

describe('the owner of the tables', () => {
  it('takes the reader role without having its rights otherwise', async () => {
    const pool = owned.newPool()
    expect(await readerMode(pool)).toBe('role')
    expect(await readerAdvice(pool)).toBeNull()
    const { rows } = await pool.query(
      `select current_setting('server_version_num')::int >= 160000 as is_16,
         pg_has_role('k8s_costs_reader', 'usage') as inherits, rolsuper
       from pg_roles where rolname = current_user`,
    )
    expect(rows[0].rolsuper).toBe(false)
    if (rows[0].is_16) expect(rows[0].inherits).toBe(false)
  })

  it('sees all accounts, so that only what stands in a snapshot holds it', async () => {
    for (const table of tables) {
      const { rows } = await owned.newPool().query(`select count(*)::int as rows from warehouse.${table}`)
      expect([table, rows[0].rows]).toEqual([table, 2])
    }
  })
})

describe('a snapshot', () => {
  it('shows the rows of its account alone to a statement without any condition, in every table', async () => {
    const pool = owned.newPool({ max: 1 })
    // Over one connection, so that what one account leaves behind would reach the next.
    for (const account of [FIRST, SECOND, FIRST, UNKNOWN]) {
      const seen = await readSnapshot(pool, account, run => countsOf(run, account))
      const own = account === UNKNOWN ? 0 : 1
      expect(seen).toEqual(readable().map(table => ({ table, rows: own, foreign: 0 })))
    }
  })

  it('evaluates the policy once, not for every row, with and without a condition on the account', async () => {
    const planOf = (condition: string) =>
      readSnapshot(owned.newPool(), FIRST, async run => {
        await run(sql`set local enable_seqscan = off`)
        const plan = await run(sql<{ 'QUERY PLAN': string }>`
          explain (costs off) select sum(total_cost) from warehouse.allocation_hourly where ${sql.raw(condition)}`)
        return plan.map(line => line['QUERY PLAN']).filter(line => line.includes('app.account'))
      })
    const range = `window_start >= '2026-03-01' and window_start < '2026-03-08'`
    expect(await planOf(range)).toEqual([expect.stringMatching(/^ *Index Cond: .*window_start/)])
    const own = `cloud_account_id = '${FIRST}'`
    expect(await planOf(`${own} and ${range}`)).toEqual([expect.stringMatching(/^ *One-Time Filter: /)])
  })

  it('shows tokens and logins to nobody', async () => {
    for (const table of PRIVATE) {
      const reading = readSnapshot(owned.newPool(), FIRST, run =>
        run(sql`select from ${sql.table(`warehouse.${table}`)}`),
      )
      await expect(reading).rejects.toMatchObject({ code: '42501' })
    }
  })

  it('changes nothing', async () => {
    const writing = readSnapshot(owned.newPool(), FIRST, run => run(sql`delete from warehouse.load_run`))
    await expect(writing).rejects.toMatchObject({ code: expect.stringMatching(/^(25006|42501)$/) })
  })

  it.each([
    ['a statement', `${FIRST}'; reset role; --`],
    ['a quoted UUID', `'${FIRST}'`],
    ['another spelling', FIRST.toUpperCase().replace(/^1/, 'A')],
    ['white space', ` ${FIRST}`],
    ['a line more', `${FIRST}\n`],
    ['two', `${FIRST},${SECOND}`],
    ['nothing', ''],
    ['no UUID', 'default'],
  ])('is refused where the account is %s, before anything is asked', async (_what, account) => {
    const pool = owned.newPool()
    let isRead = false
    const reading = readSnapshot(pool, account, async () => {
      isRead = true
    })
    await expect(reading).rejects.toThrow(RangeError)
    expect([isRead, pool.totalCount]).toEqual([false, 0])
  })

  it.each([
    ['an answer', async () => {}, undefined],
    ['a refusal', () => Promise.reject(new ApiError('OE0257', [])), 'OE0257'],
    ['a failed statement', (run: RunQuery) => run(sql`select 1 / 0`), '22012'],
  ])('leaves a connection without role and account after %s', async (_what, work, code) => {
    const pool = owned.newPool({ max: 1 })
    const reading = readSnapshot<unknown>(pool, FIRST, work)
    if (code === undefined) await reading
    else await expect(reading).rejects.toMatchObject({ code })
    const { rows } = await pool.query(
      `select current_user::text as role, coalesce(current_setting('app.account', true), '') as account`,
    )
    expect(rows).toEqual([{ role: owned.login, account: '' }])
  })
})

describe('the reader role', () => {
  it('sees nothing where no account is named, also where one was named before', async () => {
    const client = await owned.newPool().connect()
    for (const account of [null, FIRST, null]) {
      await client.query('begin; set local role k8s_costs_reader')
      if (account !== null) await client.query(`set local app.account = '${account}'`)
      for (const table of readable()) {
        const { rows } = await client.query(`select count(*)::int as rows from warehouse.${table}`)
        expect([table, rows[0].rows]).toEqual([table, account === null ? 0 : 1])
      }
      await client.query('commit')
    }
    client.release()
  })

  it('that is taken away while the API runs costs one answer, and no more', async () => {
    const pool = owned.newPool()
    const { database, login } = owned
    const modeOf = () =>
      readSnapshot(pool, FIRST, run => run(sql<{ role: string }>`select current_user as role`))
    expect(await modeOf()).toEqual([{ role: 'k8s_costs_reader' }])
    await database.pool.query(`revoke select on warehouse.cluster from k8s_costs_reader`)
    const reading = readSnapshot(pool, FIRST, run => run(sql`select from warehouse.cluster`))
    await expect(reading).rejects.toMatchObject({ code: '42501' })
    expect(await modeOf()).toEqual([{ role: login }])
    await database.pool.query(`grant select on warehouse.cluster to k8s_costs_reader`)
  })
})

describe('on Citus', () => {
  it('the role is not taken, and the account is told to the workers', async () => {
    const { pool } = owned.database
    // All that tells a Citus from another server is the name of its extension.
    await pool.query(`
      set allow_system_table_mods = on;
      insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
      values (99999, 'citus', 10, 'public'::regnamespace, false, '13.2');
      reset allow_system_table_mods`)
    const own = owned.newPool()
    expect(await readerAdvice(own)).toBeNull()
    const seen = await readSnapshot(own, FIRST, run =>
      run(sql`select current_user::text as role, current_setting('app.account') as account,
        current_setting('citus.propagate_set_commands') as told`),
    )
    expect(seen).toEqual([{ role: owned.login, account: FIRST, told: 'local' }])
    await pool.query(`
      set allow_system_table_mods = on; delete from pg_extension where extname = 'citus';
      reset allow_system_table_mods`)
  })
})

function readable(): string[] {
  return tables.filter(table => !PRIVATE.includes(table))
}

async function countsOf(run: RunQuery, account: string) {
  const counts: { table: string; rows: number; foreign: number }[] = []
  for (const table of readable()) {
    const [row] = await run(sql<{ rows: number; foreign: number }>`
      select count(*)::int as rows, (count(*) filter (where cloud_account_id <> ${account}::uuid))::int as foreign
      from ${sql.table(`warehouse.${table}`)}`)
    counts.push({ table, rows: row?.rows ?? -1, foreign: row?.foreign ?? -1 })
  }
  return counts
}
