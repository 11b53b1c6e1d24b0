import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/api/app.js'
import { readSnapshot } from '../../src/api/snapshot.js'
import { type DemoDatabase, startDemoDatabase } from '../../src/bin/demo-database.js'
import { migrate } from '../../src/db/migrate.js'
import { createPool } from '../../src/db/pool.js'
import { readerAdvice, readerMode } from '../../src/db/reader-role.js'
import { ensureRoles } from '../../src/db/roles.js'
import { createToken } from '../../src/db/tokens.js'
import { toMoney } from '../../src/domain/money.js'
import { dropRoles, roleName } from '../analytics/seeding.js'
import { seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { type Owned, ownedDatabase } from './owned-database.js'
import { DAY, FIRST, HOUR, MONDAY, SECOND, SECRET, urlOf } from './world.js'

async function seedBoth(pool: pg.Pool): Promise<void> {
  for (const [account, price] of [
    [FIRST, 1],
    [SECOND, 1000],
  ] as const) {
    const key = { account, cluster: 'cluster-one' }
    await seedAccount(pool, account)
    await seedCluster(pool, key, MONDAY, MONDAY)
    await seedWindow(pool, key, MONDAY, {
      containers: ['web', 'db'].map(name => ({
        ...{ namespace: 'shop', pod: name, container: name, node: 'n', labels: { app: name } },
        ...{ cpuCost: toMoney(price), ramCost: toMoney(price) },
      })),
      nodes: [{ node: 'n', cpuCost: toMoney(3 * price), ramCost: toMoney(3 * price) }],
      warnings: [{ code: 'gpu_not_collected', detail: 'no GPU series' }],
    })
  }
}

/** What both accounts get by token and by secret. */
async function answers(pool: pg.Pool): Promise<string[]> {
  const app = buildApp({ pool, clusterSecret: SECRET, now: () => MONDAY + 48 * HOUR })
  const bodies: string[] = []
  for (const account of [FIRST, SECOND]) {
    const { token } = await createToken(pool, { cloudAccountId: account })
    for (const headers of [{ secret: SECRET }, { authorization: `Bearer ${token}` }]) {
      for (const breakdown of ['namespace', 'pod', 'label:app']) {
        const query = `start_date=${DAY.start_date}&end_date=${DAY.end_date}&breakdown_by=${breakdown}`
        const response = await app.inject({ url: `${urlOf(account)}?${query}`, headers })
        expect(response.statusCode).toBe(200)
        bodies.push(response.body)
      }
    }
  }
  await app.close()
  return bodies
}

describe('where the role may not be taken', () => {
  let owned: Owned

  beforeAll(async () => {
    owned = await ownedDatabase({ mayGrant: false })
    await seedBoth(owned.database.pool)
  })
  afterAll(() => owned.drop())

  it('the API answers the same as with it, and says what to do', async () => {
    const pool = owned.newPool()
    expect(await ensureRoles(pool)).toBeNull()
    expect(await readerMode(pool)).toBe('setting')
    expect(await readerAdvice(pool)).toMatch(/k8s-costs migrate.*CREATEROLE.*grant k8s_costs_reader to/)
    const superuser = owned.database.newPool()
    expect(await readerMode(superuser)).toBe('role')
    const bodies = await answers(pool)
    expect(await answers(superuser)).toEqual(bodies)
    expect(new Set(bodies).size).toBe(6)
  })

  it('the user who connected decides, whatever role the session begins with', async () => {
    const { database, login } = owned
    const service = roleName('service')
    await database.pool.query(`
      create role ${service} login password 'of-a-test' in role ${login}, k8s_costs_reader;
      alter role ${service} set role = '${login}'`)
    const url = new URL(database.url)
    ;[url.username, url.password] = [service, 'of-a-test']
    const pool = createPool(url.href, { max: 1 })
    expect(await readerMode(pool)).toBe('role')
    const user = sql<{ role: string }>`select current_user::text as role`
    expect(await readSnapshot(pool, FIRST, run => run(user))).toEqual([{ role: 'k8s_costs_reader' }])
    const { rows } = await pool.query('select current_user::text as role')
    expect(rows).toEqual([{ role: login }])
    await pool.end()
    await dropRoles(database, [service])
  })

  it('a grant is all that is missing', async () => {
    await owned.database.pool.query(`grant k8s_costs_reader to ${owned.login}`)
    const pool = owned.newPool()
    expect(await readerMode(pool)).toBe('role')
    expect(await readerAdvice(pool)).toBeNull()
  })

  it.each([
    ['a table without a grant', 'revoke select on warehouse.cluster from k8s_costs_reader'],
    ['a table without row level security', 'alter table warehouse.cluster disable row level security'],
    ['a table without its policy', 'drop policy k8s_costs_reader on warehouse.cluster'],
    ['a schema that is closed to it', 'revoke usage on schema warehouse from k8s_costs_reader'],
  ])('it is not taken into %s, until the roles are set up again', async (_what, statement) => {
    await owned.database.pool.query(statement)
    expect(await readerMode(owned.newPool())).toBe('setting')
    expect(await ensureRoles(owned.newPool())).toBeNull()
    expect(await readerMode(owned.newPool())).toBe('role')
  })
})

describe('on a server of its own', () => {
  let folder: string
  let server: DemoDatabase
  const pools: pg.Pool[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'k8s-costs-roles-'))
    // Under root the server runs as another user, who has to get through to its folder.
    await chmod(folder, 0o755)
    server = await startDemoDatabase(join(folder, 'server'), () => {})
  })
  afterAll(async () => {
    await Promise.all(pools.map(pool => pool.end()))
    await server.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  const poolOf = (login?: string) => {
    const url = new URL(server.url)
    if (login !== undefined) [url.username, url.password] = [login, 'of-a-test']
    const pool = createPool(url.href)
    pools.push(pool)
    return pool
  }

  it('a service that may make roles answers before it has made them and takes the reader after', async () => {
    await poolOf().query(`
      create role service login createrole password 'of-a-test'; grant create on database k8s_costs to service`)
    const before = poolOf('service')
    await migrate(before)
    await seedBoth(before)
    expect(await readerMode(before)).toBe('setting')
    expect(await readerAdvice(before)).toContain('k8s_costs_reader')
    const bodies = await answers(before)

    expect(await ensureRoles(before)).toBeNull()
    const after = poolOf('service')
    expect(await readerMode(after)).toBe('role')
    expect(await answers(after)).toEqual(bodies)
    // What the running process found out when it started still holds.
    expect(await answers(before)).toEqual(bodies)
  })

  it('setting up the roles again changes no membership', async () => {
    const members = async () =>
      (await poolOf().query('select xmin::text, * from pg_auth_members order by oid')).rows
    const before = await members()
    expect(await ensureRoles(poolOf('service'))).toBeNull()
    expect(await members()).toEqual(before)
  })
})

it('is found out again where the database was away', async () => {
  const owned = await ownedDatabase({ mayGrant: true })
  const name = new URL(owned.database.url).pathname.slice(1)
  const pool = owned.newPool({ connectTimeoutMs: 1_000 })
  await owned.database.pool.query(`alter database ${name} connection limit 0`)
  await expect(readerMode(pool)).rejects.toMatchObject({ code: '53300' })
  await owned.database.pool.query(`alter database ${name} connection limit -1`)
  expect(await readerMode(pool)).toBe('setting')
  await owned.drop()
})
