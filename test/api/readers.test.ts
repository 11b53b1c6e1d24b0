import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/api/app.js'
import type { Api } from '../../src/api/routes/methods.js'
import { createPool } from '../../src/db/pool.js'
import { toMoney } from '../../src/domain/money.js'
import { rollUpDay } from '../../src/load/rollup.js'
import { seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js'
import { waitFor } from '../support/wait.js'
import { ROUTES, type RouteCase } from './routes.js'
import {
  DAY,
  encode,
  FIRST,
  HOUR,
  MONDAY,
  openWorld,
  type Question,
  SECRET,
  urlOf,
  type World,
} from './world.js'

const NOW = MONDAY + 4 * HOUR
const VERSIONS = [1, 2, 3, 4, 5, 6]

let world: World
beforeAll(async () => {
  world = await openWorld(NOW)
  const { pool } = world.database
  await seedAccount(pool, FIRST)
  await seedCluster(pool, { account: FIRST, cluster: 'one' }, MONDAY, MONDAY + HOUR)
  await publish(3, MONDAY + HOUR)
})
afterAll(() => world.close())

/** In version v there are v containers, each of which costs v: any mix of versions has other sums. */
function publish(version: number, window = MONDAY): Promise<void> {
  const containers = Array.from({ length: version }, (_, index) => ({
    ...{
      namespace: `ns-${index}`,
      pod: 'p',
      container: 'c',
      node: 'n',
      controller: 'w',
      controllerKind: 'job',
    },
    ...{ cpuCost: toMoney(version), ramCost: toMoney(version), cpuRequest: version, cpuUsed: 1 },
  }))
  const nodes = [{ node: 'n', cpuCost: toMoney(100), ramCost: toMoney(100) }]
  return seedWindow(world.database.pool, { account: FIRST, cluster: 'one' }, window, {
    ...{ containers, nodes, coverage: version / 10 },
    remainders: [{ kind: 'unmounted', part: 'pv', name: 'lost', cost: toMoney(version) }],
    warnings: Array.from({ length: version }, (_, index) => ({ code: `code_${index}`, detail: 'x' })),
  })
}

const rollUp = () => rollUpDay(world.database.pool, { cloudAccountId: FIRST, clusterId: 'one', day: MONDAY })

/** What is asked of each route: as it comes, and, where that can be, so that only hours know or idle is shared. */
const QUESTIONS: readonly (readonly [RouteCase, Question])[] = ROUTES.flatMap(route =>
  [
    {},
    { breakdown_by: 'pod', step: 'hour' },
    { breakdown_by: 'namespace', idle: 'share', step: 'day' },
    { format: 'csv' },
  ]
    .filter(question => Object.keys(question).every(name => route.parameters.includes(name)))
    .map(question => [route, { ...route.needs, ...DAY, ...question }] as const),
)

async function read([route, question]: (typeof QUESTIONS)[number]): Promise<string> {
  const url = `${urlOf(FIRST, route.name)}?${encode(question)}`
  const { statusCode, body } = await world.app.inject({ url, headers: { secret: SECRET } })
  if (statusCode !== 200) throw new Error(`${url}: ${statusCode} ${body}`)
  return question.format === 'csv' ? withoutToday(body) : comparable(body)
}

/** A table but for moments that are not of the time that it is about: when windows were loaded. */
function withoutToday(body: string): string {
  return body.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, text => (text.startsWith('2026-03-0') ? text : 'today'))
}

/** An answer but for the number of the version, when it was loaded, and for how floating point numbers were added up. */
function comparable(body: string): string {
  return JSON.stringify(JSON.parse(body), (key, value) => {
    if (key === 'data_version' || key === 'last_import_at') return undefined
    return typeof value === 'number' ? Number(value.toPrecision(12)) : value
  })
}

describe('readers', () => {
  it('of every route see one version of a window while it is replaced and its day is summed', async () => {
    const known = QUESTIONS.map(() => new Set<string>())
    for (const version of VERSIONS) {
      await publish(version)
      for (const [index, question] of QUESTIONS.entries()) known[index]?.add(await read(question))
    }
    const seen = QUESTIONS.map(() => new Set<string>())
    let isPublishing = true
    const keepReading = async (start: number) => {
      for (let index = start; isPublishing; index = (index + 1) % QUESTIONS.length) {
        const question = QUESTIONS[index]
        if (question !== undefined) seen[index]?.add(await read(question))
      }
    }
    const keepRolling = async () => {
      while (isPublishing) await rollUp()
    }
    const others = [keepReading(0), keepReading(QUESTIONS.length >> 1), keepReading(3), keepRolling()]
    try {
      const isEnough = () => seen.filter(({ size }) => size > 1).length >= QUESTIONS.length - fixed(known)
      for (let round = 0; round < 40 || (!isEnough() && round < 400); round++) {
        await publish(VERSIONS[round % VERSIONS.length] ?? 1)
      }
      expect(isEnough()).toBe(true)
    } finally {
      isPublishing = false
    }
    await Promise.all(others)
    for (const [index, question] of QUESTIONS.entries()) {
      const strange = [...(seen[index] ?? [])].filter(answer => !known[index]?.has(answer))
      expect(strange, JSON.stringify(question)).toEqual([])
    }
  })
})

/** How many of the answers no publish changes. */
const fixed = (known: readonly ReadonlySet<string>[]) => known.filter(({ size }) => size === 1).length

describe('a database that goes away', () => {
  let proxy: TcpProxy
  let app: Api
  let end: () => Promise<void>
  beforeEach(async () => {
    proxy = await startTcpProxy(world.database.url)
    const pool = createPool(proxy.url, { max: ROUTES.length })
    app = buildApp({ pool, clusterSecret: SECRET, now: () => NOW })
    end = async () => {
      await app.close()
      await proxy.close()
      await pool.end()
    }
    await publish(2)
  })
  afterEach(() => end())

  const askAll = (headers: Record<string, string> = { secret: SECRET }) =>
    Promise.all(
      ROUTES.map(({ name, needs }) =>
        app.inject({ url: `${urlOf(FIRST, name)}?${encode({ ...needs, ...DAY })}`, headers }),
      ),
    )
  const statuses = async (headers?: Record<string, string>) =>
    (await askAll(headers)).map(({ statusCode }) => statusCode)
  const health = async () => [
    (await app.inject({ url: '/healthz' })).statusCode,
    (await app.inject({ url: '/readyz' })).statusCode,
  ]
  const all = (status: number) => ROUTES.map(() => status)

  async function expectRefused(answers: ReturnType<typeof askAll>): Promise<void> {
    for (const answer of await answers) {
      expect(answer.json().error).toMatchObject({ status_code: 503, error_code: 'OE0003' })
      expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5'])
      expect([answer.headers.etag, answer.headers['cache-control']]).toEqual([undefined, 'no-store'])
    }
  }

  it('while it answers is told on every route and by health, and heals without a restart', async () => {
    expect(await statuses()).toEqual(all(200))
    const { pool } = world.database
    const holder = await pool.connect()
    await holder.query('begin; lock table warehouse.cloud_account in access exclusive mode')
    const answers = askAll()
    await waitFor('all answers to be under way', async () => {
      const { rows } = await pool.query<{ waiting: number }>(
        `select count(*)::int as waiting from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      )
      return rows[0]?.waiting === ROUTES.length
    })
    await proxy.cut()
    await expectRefused(answers)
    await holder.query('rollback')
    holder.release()
    await expectRefused(askAll())
    await expectRefused(askAll({ authorization: `Bearer ${await world.token(FIRST)}` }))
    expect(await health()).toEqual([200, 503])
    await proxy.heal()
    await waitFor('it to be ready', async () => (await health())[1] === 200)
    expect(await statuses()).toEqual(all(200))
  })

  it('without a word is given up on every route, and heals without a restart', async () => {
    expect(await statuses()).toEqual(all(200))
    proxy.silence()
    await expectRefused(askAll())
    expect(await health()).toEqual([200, 503])
    await proxy.heal()
    await waitFor('it to be ready', async () => (await health())[1] === 200)
    expect(await statuses()).toEqual(all(200))
  })
})

it('has a connection for nobody while others keep them, says so, and has one afterwards', async () => {
  const pool = world.database.newPool({ max: 2 })
  const app = buildApp({ pool, clusterSecret: SECRET, now: () => NOW })
  const ask = () => app.inject({ url: `${urlOf(FIRST)}?${encode(DAY)}`, headers: { secret: SECRET } })
  const holders = [await pool.connect(), await pool.connect()]
  for (const answer of await Promise.all(Array.from({ length: 30 }, ask))) {
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5'])
  }
  for (const holder of holders) holder.release()
  const answers = await Promise.all(Array.from({ length: 30 }, ask))
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(30).fill(200))
  expect([pool.totalCount, pool.waitingCount]).toEqual([2, 0])
  await app.close()
})
