import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/api/app.js'
import { DIMENSIONS } from '../../src/api/query/parameters.js'
import type { CostAllocationBody } from '../../src/api/schemas/cost-allocation.js'
import { type Money, toMoney } from '../../src/domain/money.js'
import { seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { FIRST, HOUR, MONDAY, openWorld, SECOND, SECRET, urlOf, type World } from './world.js'

const RANGE = { start_date: MONDAY, end_date: MONDAY + 3 * HOUR }

let world: World

beforeAll(async () => {
  world = await openWorld(MONDAY + 5 * HOUR)
  const { pool } = world.database
  for (const [account, mark, price] of [
    [FIRST, 'alpha', 1],
    [SECOND, 'omega', 1000],
  ] as const) {
    await seedAccount(pool, account, account === FIRST ? 'USD' : 'JPY')
    // One cluster name and one pod of both accounts are the same on purpose.
    await seedCluster(pool, { account, cluster: 'cluster-one' }, MONDAY, MONDAY + 2 * HOUR)
    for (let hour = 0; hour < 3; hour++) {
      await seedWindow(pool, { account, cluster: 'cluster-one' }, MONDAY + hour * HOUR, {
        containers: ['shared', `${mark}-own`].map(name => ({
          ...{ namespace: name, pod: name, container: name, node: `${mark}-node` },
          ...{ controller: name, controllerKind: name, cpuCost: toMoney(price), ramCost: toMoney(price) },
        })),
        nodes: [{ node: `${mark}-node`, cpuCost: toMoney(3 * price), ramCost: toMoney(3 * price) }],
        warnings: [{ code: `${mark}_code`, detail: `${mark} detail` }],
      })
    }
  }
})
afterAll(() => world.close())

describe('two accounts', () => {
  it.each(DIMENSIONS)('see not a byte of each other by %s', async breakdown_by => {
    for (const [account, own, foreign, price] of [
      [FIRST, 'alpha', /omega|JPY/, 1],
      [SECOND, 'omega', /alpha|USD/, 1000],
    ] as const) {
      const headers = { authorization: `Bearer ${await world.token(account)}` }
      for (const step of ['all', 'hour']) {
        const response = await world.ask(account, { ...RANGE, breakdown_by, step }, headers)
        expect(response.statusCode).toBe(200)
        expect(response.body).toContain(own)
        expect(response.body).not.toMatch(foreign)
        const other = account === FIRST ? SECOND : FIRST
        expect(JSON.stringify(response.headers) + response.body).not.toContain(other)
        expect(response.json<CostAllocationBody>().total_cost).toBeCloseTo(18 * price, 6)
      }
    }
  })

  it('cannot reach each other by a filter', async () => {
    const body = await world.body(FIRST, { ...RANGE, k8s_namespace: 'omega-own' })
    expect(body).toMatchObject({ total_cost: 0, total_count: 0, previous_total: null })
  })

  it('have different ids for the same name', async () => {
    const ids = async (account: string) =>
      (await world.body(account, RANGE)).cost_allocation.map(({ id }) => id)
    const first = await ids(FIRST)
    for (const id of await ids(SECOND)) expect(first).not.toContain(id)
  })

  it('are answered rightly over one connection, however many ask at once and some fail', async () => {
    const pool = world.database.newPool({ max: 1 })
    const app = buildApp({ pool, clusterSecret: SECRET })
    const query = `start_date=${RANGE.start_date}&end_date=${RANGE.end_date}`
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const account = index % 2 === 0 ? FIRST : SECOND
        const isBad = index % 5 === 0
        const url = `${urlOf(account)}?${query}${isBad ? '&step=x' : ''}`
        const response = await app.inject({ url, headers: { secret: SECRET } })
        expect(response.statusCode).toBe(isBad ? 400 : 200)
        if (!isBad) {
          expect(response.json<CostAllocationBody>().total_cost).toBeCloseTo(
            account === FIRST ? 18 : 18_000,
            6,
          )
        }
      }),
    )
  })
})

describe('a reader', () => {
  it('sees one version of every window while they are replaced', async () => {
    const { pool } = world.database
    const key = { account: FIRST, cluster: 'cluster-one' }
    // In version v every container costs v and there are v of them: any mix has another total.
    const publish = (version: number) => {
      const money: Money = toMoney(version)
      return seedWindow(pool, key, MONDAY, {
        containers: Array.from({ length: version }, (_, index) => ({
          ...{
            namespace: `ns-${index}`,
            pod: 'p',
            container: 'c',
            node: 'n',
            cpuCost: money,
            ramCost: money,
          },
        })),
        nodes: [{ node: 'n', cpuCost: toMoney(100), ramCost: toMoney(100) }],
      })
    }
    await publish(1)
    let isPublishing = true
    const seen = new Set<number>()
    const read = async () => {
      while (isPublishing) {
        const body = await world.body(FIRST, { start_date: MONDAY, end_date: MONDAY + HOUR, limit: 1000 })
        const workloads = body.cost_allocation.filter(({ kind }) => kind === 'workload')
        const version = workloads.length
        seen.add(version)
        expect(workloads.every(({ cpu_cost }) => cpu_cost === version)).toBe(true)
        expect(body.total_cost).toBe(200)
        expect(body.total_count).toBe(version + 1)
        const idle = body.cost_allocation.find(({ kind }) => kind === 'idle')
        expect(idle?.total_cost).toBe(200 - 2 * version * version)
      }
    }
    const readers = [read(), read()]
    try {
      for (let round = 0; round < 30; round++) await publish(1 + (round % 8))
    } finally {
      isPublishing = false
    }
    await Promise.all(readers)
    expect(seen.size).toBeGreaterThan(1)
  })
})
