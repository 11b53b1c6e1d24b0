import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { seedAccount } from '../support/seed.js'
import { rollUp, SHOP } from './estate.js'
import { analystsGuide, questionsOf } from './questions.js'
import { type Container, type Hour, insertRows, makeMonth, publishHour } from './seeding.js'

/** Prices of the examples, per core-hour and GiB-hour. */
const CPU = 0.031611
const RAM = 0.004237
const NOON = '2026-03-02T12:00:00Z'

let database: TestDatabase
let questions: ReadonlyMap<string, string>

/** A container that a workload of the same name in a namespace of the same name has. */
function workload(name: string, node: string, facts: Record<string, number>): Container {
  return {
    ...{ namespace: name, pod: `${name}-0`, container: 'main', node, controller: name },
    controller_kind: 'deployment',
    facts: { cpu_cost: 0, ram_cost: 0, ...facts },
  }
}

function node(name: string, cpuCost: number, ramCost = 0): Record<string, unknown> {
  return { node: name, cpu_price: CPU, ram_price: RAM, cpu_cost: cpuCost, ram_cost: ramCost, gpu_cost: 0 }
}

/** Each example is a cluster of its own, by its number. */
const EXAMPLES: Record<string, Hour> = {
  1: {
    containers: [
      workload('a', 'n1', {
        ...{ cpu_core_hours: 1, cpu_core_request_hours: 1, cpu_core_used_hours: 0.25, cpu_cost: CPU },
        ...{ ram_gib_hours: 2, ram_gib_request_hours: 2, ram_gib_used_hours: 1, ram_cost: 2 * RAM },
      }),
      workload('b', 'n1', {
        ...{
          cpu_core_hours: 0.8,
          cpu_core_request_hours: 0.5,
          cpu_core_used_hours: 0.8,
          cpu_cost: 0.8 * CPU,
        },
        ...{ ram_gib_hours: 3, ram_gib_request_hours: 1, ram_gib_used_hours: 3, ram_cost: 3 * RAM },
      }),
    ],
    nodes: [node('n1', 4 * CPU, 16 * RAM)],
  },
  10: {
    containers: [
      workload('a', 'n1', { cpu_cost: 2 }),
      workload('b', 'n1', { cpu_cost: 2 }),
      workload('c', 'n2', { cpu_cost: 3 }),
    ],
    nodes: [node('n1', 8), node('n2', 4)],
  },
  empty: {
    containers: [workload('a', 'n1', { cpu_cost: 2 })],
    nodes: [node('n1', 3), node('n2', 4, 1)],
  },
  14: {
    containers: [
      workload('kube-system', 'n1', { cpu_cost: 2 }),
      workload('monitoring', 'n1', { cpu_cost: 1 }),
      workload('alpha', 'n1', { cpu_cost: 4, ram_cost: 2 }),
      workload('beta', 'n1', { cpu_cost: 3 }),
    ],
    nodes: [node('n1', 20, 2)],
    remainders: [{ kind: 'unmounted', part: 'pv', namespace: 'beta', name: 'vol', cost: 5 }],
  },
  15: {
    containers: [
      workload('a', 'n1', {
        ...{ cpu_core_hours: 2, cpu_core_request_hours: 2, cpu_core_used_hours: 0.5, cpu_cost: 20 },
        ...{ ram_gib_hours: 1, ram_gib_request_hours: 1, ram_gib_used_hours: 0.5, ram_cost: 1 },
      }),
    ],
    nodes: [node('n1', 20, 1)],
  },
}

/** Twenty hours of a container that asks for two cores: 0.2 at the peak in eighteen of them, then 0.5 and 1.2. */
const PEAKS = [...Array.from({ length: 18 }, () => 0.2), 0.5, 1.2]

async function seedPeaks({ pool }: TestDatabase): Promise<void> {
  const key = { cloud_account_id: SHOP, cluster_id: '16' }
  const hungry = workload('a', 'n1', { cpu_core_hours: 2, cpu_core_request_hours: 2, cpu_cost: 2 * CPU })
  await insertRows(pool, 'metric_series', [
    {
      ...{ ...key, series_key: 16, metric: 'kubecost_container_cpu_usage_irate' },
      labels: { namespace: 'a', pod: 'a-0', container: 'main' },
    },
  ])
  for (const [hour, max] of PEAKS.entries()) {
    const at = `2026-03-02T${String(hour).padStart(2, '0')}:00:00Z`
    const cluster = { account: SHOP, cluster: '16' }
    await publishHour(pool, cluster, at, { containers: [hungry], nodes: [node('n1', 4 * CPU)] })
    await insertRows(pool, 'metric_hourly', [
      { ...key, series_key: 16, window_start: at, samples: 60, avg: max / 2, min: 0, max, last: 0 },
    ])
  }
}

beforeAll(async () => {
  questions = questionsOf(await analystsGuide())
  database = await testDatabase()
  await makeMonth(database.pool, '2026-03')
  await seedAccount(database.pool, SHOP)
  for (const [cluster, hour] of Object.entries(EXAMPLES)) {
    await publishHour(database.pool, { account: SHOP, cluster }, NOON, hour)
  }
  await seedPeaks(database)
  await rollUp(database.pool, [SHOP])
})
afterAll(() => database.drop())

interface Shared {
  readonly cluster: string
  readonly namespace: string
  readonly own_cost: string
  readonly idle_cost: string
}

async function answer<T extends { cluster: string }>(question: string, cluster: string): Promise<T[]> {
  const { rows } = await database.pool.query<T>(questions.get(question) ?? '')
  return rows.filter(row => row.cluster === cluster)
}

/** What each namespace costs with its share of idle, by the question for the unit of sharing. */
async function withIdle(unit: 'node' | 'cluster', cluster: string): Promise<Record<string, number>> {
  const rows = await answer<Shared>(unit === 'node' ? '17' : '18', cluster)
  return Object.fromEntries(rows.map(row => [row.namespace, Number(row.own_cost) + Number(row.idle_cost)]))
}

function close(amounts: Record<string, number>, places: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => [name, expect.closeTo(amount, places)]),
  )
}

const total = (amounts: Record<string, number>) => Object.values(amounts).reduce((sum, one) => sum + one, 0)

describe('worked example 10, idle by node and by cluster', () => {
  it('is four of one node and one of the other', async () => {
    const { rows } = await database.pool.query(
      `select node, total_cost::float8 as idle from analytics.idle_hourly where cluster = '10' order by node`,
    )
    expect(rows).toEqual([
      { node: 'n1', idle: 4 },
      { node: 'n2', idle: 1 },
    ])
  })

  it('makes four of each container where nodes share it, and other amounts where the cluster does', async () => {
    const byNode = await withIdle('node', '10')
    expect(byNode).toEqual(close({ a: 4, b: 4, c: 4 }, 9))
    const byCluster = await withIdle('cluster', '10')
    expect(byCluster).toEqual(close({ a: 3.428571, b: 3.428571, c: 5.142857 }, 6))
    expect(total(byNode)).toBeCloseTo(12, 9)
    expect(total(byCluster)).toBeCloseTo(12, 9)
  })

  it('leaves idle what nobody was charged for, so that sharing neither makes nor loses anything', async () => {
    expect(await withIdle('node', 'empty')).toEqual(close({ a: 3, __idle__: 5 }, 9))
    expect(await withIdle('cluster', 'empty')).toEqual(close({ a: 7, __idle__: 1 }, 9))
  })
})

describe('worked example 11, idle shared per resource', () => {
  it.each(['node', 'cluster'] as const)(
    'adds to each container in proportion to its own, by %s',
    async unit => {
      const rows = await answer<Shared>(unit === 'node' ? '17' : '18', '1')
      const shares = Object.fromEntries(rows.map(row => [row.namespace, Number(row.idle_cost)]))
      expect(shares).toEqual(close({ a: 0.0572785, b: 0.0588727 }, 7))
      const whole = await withIdle(unit, '1')
      expect(whole).toEqual(close({ a: 0.0973635, b: 0.0968725 }, 7))
      expect(total(whole)).toBeCloseTo(0.194236, 9)
    },
  )
})

describe('worked example 14, a shared namespace that costs three', () => {
  it('makes eight and four by weight and seven and a half and four and a half evenly', async () => {
    const rows = await answer<{ cluster: string; namespace: string; weighted: string; even: string }>(
      '19',
      '14',
    )
    expect(rows.map(({ namespace, weighted, even }) => [namespace, Number(weighted), Number(even)])).toEqual([
      ['alpha', 8, 7.5],
      ['beta', 4, 4.5],
    ])
  })
})

describe('worked example 15, efficiency of all', () => {
  it('weighs CPU and memory by their cost, over a day as in a row', async () => {
    const { rows } = await database.pool.query<Record<string, number>>(
      `select cpu_efficiency, ram_efficiency, total_efficiency from analytics.allocation_hourly where cluster = '15'
       union all
       select cpu_efficiency, ram_efficiency, total_efficiency from analytics.allocation_daily where cluster = '15'`,
    )
    const expected = { ...close({ total_efficiency: 0.2619 }, 4), cpu_efficiency: 0.25, ram_efficiency: 0.5 }
    expect(rows).toEqual([expected, expected])
    expect(rows[0]?.total_efficiency).toBeCloseTo(5.5 / 21, 12)
  })

  it('is of example 1, in one namespace, the ratio of its sums', async () => {
    const { pool } = database
    const shared = EXAMPLES[1]?.containers.map(container => ({
      ...{ ...container, namespace: 'both', controller: 'both' },
    }))
    await publishHour(pool, { account: SHOP, cluster: '1-one' }, NOON, {
      ...{ containers: shared ?? [], nodes: EXAMPLES[1]?.nodes ?? [] },
    })
    await rollUp(pool, [SHOP])
    const { rows } = await pool.query<Record<string, unknown>>(questions.get('8') ?? '')
    const [both] = rows.filter(row => row.namespace === 'both')
    expect(both).toMatchObject(
      close({ cpu_efficiency: 0.7, ram_efficiency: 4 / 3, total_efficiency: 0.871828 }, 6),
    )
  })
})

describe('worked example 16, the request that fits', () => {
  it('is one and a half cores by the greatest peak, less by the percentile, and saves in a month', async () => {
    const [row] = await answer<{ cluster: string }>('20', '16')
    expect(row).toMatchObject({
      ...{ namespace: 'a', controller: 'a', container: 'main', replicas: 1, request: 2 },
      ...close({ of_greatest: 1.5 }, 12),
      ...close({ of_p95: 0.764286 }, 6),
      ...close({ saving_month: 11.54 }, 2),
    })
  })
})
