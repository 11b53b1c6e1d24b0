import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DIMENSIONS, MISSING_ID } from '../../src/api/query/parameters.js'
import type { FiltersBody } from '../../src/api/schemas/filters.js'
import { formatMoney, sumMoney, toMoney } from '../../src/domain/money.js'
import { rollUpDay } from '../../src/load/rollup.js'
import { seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { askRoute, bodyOf, errorOf, rowsOfPages } from './ask-route.js'
import { FROM, measured, ODD, openMeasuredWorld, RANGE } from './measured.js'
import { FIRST, HOUR, MONDAY, SECOND, SECRET, type World } from './world.js'

let world: World

beforeAll(async () => {
  world = await openMeasuredWorld()
  const { pool } = world.database
  await seedAccount(pool, SECOND)
  await seedCluster(pool, { account: SECOND, cluster: 'omega' }, MONDAY, MONDAY)
  await seedWindow(pool, { account: SECOND, cluster: 'omega' }, MONDAY, {
    containers: [
      {
        ...{ namespace: 'omega', pod: 'p', container: 'c', node: 'n', labels: { secret: 'omega' } },
        ...{ cpuCost: toMoney(1), ramCost: 0n },
      },
    ],
    nodes: [],
  })
})
afterAll(() => world.close())

const ask = (query: Record<string, string | number | string[]>) =>
  bodyOf<FiltersBody>(world, 'filters', { ...RANGE, limit: 1000, ...query })

const PARAMETERS = {
  cluster: 'k8s_cluster',
  node: 'k8s_node',
  namespace: 'k8s_namespace',
  controller_kind: 'created_by_kind',
  controller: 'created_by_name',
  pod: 'k8s_pod',
  container: 'k8s_container',
  'label:team': 'label.team',
  'label:odd': 'label.odd',
} as const

async function checkEveryValue(): Promise<void> {
  for (const dimension of [...DIMENSIONS, 'label:team', 'label:odd'] as const) {
    const body = await ask({ dimension })
    const whole = await world.body(FIRST, { ...RANGE, idle: 'hide' })
    expect(body.total_cost).toBe(whole.total_cost)
    expect(body.total_count).toBe(body.filters.length)
    for (const { value, name, total_cost } of body.filters) {
      const filter = { [PARAMETERS[dimension]]: value }
      const filtered = await world.body(FIRST, { ...RANGE, idle: 'hide', ...filter })
      expect([dimension, value, total_cost]).toEqual([dimension, value, filtered.total_cost])
      expect(name).toBe(value === MISSING_ID ? '(not set)' : value)
    }
  }
}

describe('a value', () => {
  it('has exactly the cost that a filter by it leaves, whatever characters it has', checkEveryValue)

  it('comes dearest first, or by name', async () => {
    const { filters } = await ask({ dimension: 'pod' })
    const costs = filters.map(({ total_cost }) => total_cost)
    expect(costs).toEqual(costs.toSorted((a, b) => b - a))
    expect(filters.map(({ value }) => value)).toEqual(expect.arrayContaining(ODD))
    const named = await ask({ dimension: 'namespace', sort: 'name', order: 'asc' })
    expect(named.filters.map(({ value }) => value)).toEqual([
      MISSING_ID,
      'edge',
      'ghost',
      'load',
      'odd',
      'shop',
    ])
  })

  it('is found on pages whose sum is the total', async () => {
    const rows = await rowsOfPages<{ value: string }>(world, 'filters', { ...RANGE, dimension: 'pod' })
    expect(rows).toEqual((await ask({ dimension: 'pod' })).filters)
    expect(rows.length).toBeGreaterThan(10)
  })
})

describe('the search', () => {
  it.each([
    ['HO', ['ghost', 'shop']],
    ['(not', [MISSING_ID]],
    ['%', []],
    ['_', []],
    ['x', []],
  ])('for %s finds it literally, in any case', async (q, values) => {
    const { filters, total_count, total_cost } = await ask({
      dimension: 'namespace',
      q,
      sort: 'name',
      order: 'asc',
    })
    expect(filters.map(({ value }) => value)).toEqual(values)
    expect(total_count).toBe(values.length)
    expect(total_cost).toBeCloseTo(
      filters.reduce((sum, one) => sum + one.total_cost, 0),
      10,
    )
  })

  it.each(ODD)('finds the pod %s', async q => {
    expect((await ask({ dimension: 'pod', q })).filters.map(({ value }) => value)).toContain(q)
  })
})

describe('names of labels', () => {
  it('come with what has them, and count once in the total', async () => {
    const body = await ask({ dimension: 'label' })
    const having = (name: string) =>
      measured
        .flatMap(({ containers }) => containers)
        .filter(({ labels = {} }) => Object.hasOwn(labels, name) && labels[name] !== '')
    const costOf = (rows: ReturnType<typeof having>) =>
      Number(
        formatMoney(
          sumMoney(
            rows.flatMap(one => [
              ...[one.cpuCost, one.ramCost, one.gpuCost ?? 0n, one.pvCost ?? 0n, one.networkZoneCost ?? 0n],
              ...[one.networkRegionCost ?? 0n, one.networkInternetCost ?? 0n, one.loadBalancerCost ?? 0n],
            ]),
          ),
        ),
      )
    const expected = ['app', 'team', 'odd', '__proto__'].map(name => ({
      value: name,
      total_cost: costOf(having(name)),
    }))
    expect(body.filters.map(({ value, total_cost }) => ({ value, total_cost }))).toEqual(
      expect.arrayContaining(expected),
    )
    expect(body.filters).toHaveLength(4)
    expect(body.total_cost).toBe(costOf(measured.flatMap(({ containers }) => containers)))
    expect(await ask({ dimension: 'label', q: 'TEAM' })).toMatchObject({
      total_cost: costOf(having('team')),
      total_count: 1,
    })
    const shop = await ask({ dimension: 'label', k8s_namespace: 'odd' })
    expect(shop.filters.map(({ value }) => value).sort()).toEqual(['__proto__', 'odd'])
  })
})

describe('the range', () => {
  it('is the last seven days, or seven days from the date that is given', async () => {
    const week = 168 * HOUR
    // Now is two hours after the end of the range: its newest due hour ended an hour ago.
    const due = RANGE.end_date + HOUR
    const query = { dimension: 'namespace' }
    const body = await bodyOf<FiltersBody>(world, 'filters', query)
    expect(body).toMatchObject({ start_date: due - week, end_date: due })
    expect(body.total_cost).toBe((await ask(query)).total_cost)
    expect(await bodyOf(world, 'filters', { ...query, start_date: FROM + 5 })).toMatchObject({
      ...{ start_date: FROM + 5, end_date: FROM + 5 + week },
    })
    expect(await bodyOf(world, 'filters', { ...query, end_date: MONDAY })).toMatchObject({
      ...{ start_date: MONDAY - week, end_date: MONDAY },
    })
    expect(await bodyOf(world, 'filters', { ...query, end_date: 10 })).toMatchObject({
      start_date: 0,
      total_count: 0,
    })
  })

  it('has a range before it, of which the total is told with the same search', async () => {
    const late = { dimension: 'namespace', start_date: MONDAY, end_date: MONDAY + 5 * HOUR, q: 'shop' }
    const earlier = await ask({ ...late, start_date: FROM, end_date: MONDAY })
    expect(await ask(late)).toMatchObject({ previous_total: earlier.total_cost, previous_range_start: FROM })
    expect((await ask({ dimension: 'namespace' })).previous_total).toBeNull()
  })
})

describe('the route', () => {
  it('needs a dimension and refuses what it does not know', async () => {
    expect(await errorOf(world, 'filters', {})).toEqual(['OE0216', ['dimension']])
    expect(await errorOf(world, 'filters', { dimension: 'planet' })).toEqual(['OE0217', ['dimension']])
    expect(await errorOf(world, 'filters', { dimension: 'label:' })).toEqual(['OE0217', ['dimension']])
    expect(await errorOf(world, 'filters', { dimension: 'pod', q: '\0' })).toEqual(['OE0217', ['q']])
    expect(await errorOf(world, 'filters', { dimension: 'pod', q: 'x'.repeat(401) })).toEqual([
      'OE0217',
      ['q'],
    ])
    expect(await errorOf(world, 'filters', { dimension: 'pod', start_date: 5, end_date: 4 })).toEqual([
      ...['OE0446', ['end_date', 'start_date']],
    ])
    expect(await errorOf(world, 'filters', { dimension: 'pod', breakdown_by: 'pod' })).toEqual([
      ...['OE0212', ['breakdown_by']],
    ])
  })

  it('shows an account only its own values', async () => {
    for (const dimension of [...DIMENSIONS, 'label', 'label:secret']) {
      const response = await askRoute(world, 'filters', { ...RANGE, dimension })
      expect(response.body).not.toContain('omega')
    }
    const { filters } = await bodyOf<FiltersBody>(world, 'filters', { ...RANGE, dimension: 'label' }, SECOND)
    expect(filters).toEqual([{ value: 'secret', name: 'secret', total_cost: 1 }])
  })

  it('is not sent again to who holds it', async () => {
    const { headers } = await askRoute(world, 'filters', { dimension: 'pod' })
    const held = { secret: SECRET, 'if-none-match': String(headers.etag) }
    expect((await askRoute(world, 'filters', { dimension: 'pod' }, { headers: held })).statusCode).toBe(304)
  })
})

// Last, as it changes from where the others read.
it('daily sums give the same values', async () => {
  const before = await ask({ dimension: 'controller', q: '' })
  for (const clusterId of ['one', 'two'])
    for (const day of [MONDAY - 24 * HOUR, MONDAY])
      await rollUpDay(world.database.pool, { cloudAccountId: FIRST, clusterId, day })
  await checkEveryValue()
  expect((await ask({ dimension: 'controller', q: '' })).filters).toEqual(before.filters)
})
