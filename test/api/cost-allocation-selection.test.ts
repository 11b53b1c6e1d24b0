import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MISSING_ID } from '../../src/api/query/parameters.js'
import { FROM, openInventedWorld, RANGE, TO } from './invented.js'
import { allRows, FIRST, HOUR, MONDAY, type World } from './world.js'

let world: World

beforeAll(async () => {
  world = await openInventedWorld()
})
afterAll(() => world.close())

describe('steps', () => {
  it.each([
    ['day', [-48, -24, 0], 24],
    ['week', [-168, 0], 168],
  ] as const)('of a %s start at UTC midnight', async (step, starts, hours) => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, step, limit: 1000 })
    const bounds = new Set(cost_allocation.map(({ start_date, end_date }) => `${start_date} ${end_date}`))
    const expected = starts.map(hour => `${MONDAY + hour * HOUR} ${MONDAY + (hour + hours) * HOUR}`)
    expect([...bounds].sort()).toEqual(expected)
  })

  it('of a month are calendar months', async () => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, step: 'month', limit: 1000 })
    const starts = new Set(cost_allocation.map(({ start_date, end_date }) => `${start_date} ${end_date}`))
    const month = (index: number) => Date.UTC(2026, index, 1) / 1000
    expect([...starts].sort()).toEqual([`${month(1)} ${month(2)}`, `${month(2)} ${month(3)}`])
  })

  it('of all is the range of the windows', async () => {
    const { cost_allocation } = await world.body(FIRST, { start_date: FROM + 1, end_date: TO - 1 })
    for (const row of cost_allocation) expect([row.start_date, row.end_date]).toEqual([FROM, TO])
  })
})

describe('the range', () => {
  it('holds every window that starts before its end and ends after its start', async () => {
    const total = async (start_date: number, end_date: number) =>
      (await world.body(FIRST, { start_date, end_date })).total_cost
    const hour = await total(MONDAY, MONDAY + HOUR)
    expect(hour).toBeGreaterThan(0)
    expect(await total(MONDAY + 10, MONDAY + 20)).toBe(hour)
    expect(await total(MONDAY + 10, MONDAY + 10)).toBe(hour)
    expect(await total(MONDAY, MONDAY)).toBe(0)
    const next = await total(MONDAY + HOUR, MONDAY + 2 * HOUR)
    expect(await total(MONDAY + HOUR - 1, MONDAY + HOUR + 1)).toBeCloseTo(hour + next, 10)
  })

  it('gives an empty list where nothing ran', async () => {
    const body = await world.body(FIRST, { start_date: 0, end_date: HOUR })
    expect(body).toMatchObject({ total_cost: 0, total_count: 0, cost_allocation: [], previous_total: null })
    expect(body.page).toEqual({ limit: 100, next: null })
    expect(body.meta.coverage).toBeNull()
  })

  it('is echoed with the breakdown and the step', async () => {
    const body = await world.body(FIRST, {
      start_date: FROM + 5,
      end_date: TO,
      breakdown_by: 'pod',
      step: 'week',
    })
    expect(body).toMatchObject({ start_date: FROM + 5, end_date: TO, breakdown_by: 'pod', step: 'week' })
  })
})

describe('filters', () => {
  const whole = () => world.body(FIRST, { ...RANGE, limit: 1000 }).then(body => body.total_cost)
  const part = async (name: string, values: string[]) =>
    (await world.body(FIRST, { ...RANGE, [name]: values, limit: 1000 })).total_cost

  it.each([
    ['k8s_cluster', ['one'], ['!one']],
    ['k8s_namespace', ['shop'], ['!shop']],
    ['k8s_namespace', ['shop', 'mixed'], ['!shop', '!mixed']],
    ['k8s_namespace', [MISSING_ID], [`!${MISSING_ID}`]],
    ['k8s_namespace', [MISSING_ID, 'shop'], [`!${MISSING_ID}`, '!shop']],
    ['k8s_node', ['same', 'nowhere'], ['!same', '!nowhere']],
  ])('of %s=%j and the opposite add up to the whole', async (name, some, others) => {
    const [chosen, rest] = [await part(name, some), await part(name, others)]
    expect(chosen + rest).toBeCloseTo(await whole(), 9)
    expect(chosen).not.toBe(0)
  })

  it('by node keep the idle of the node', async () => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, breakdown_by: 'node', k8s_node: 'empty' })
    expect(cost_allocation.map(({ kind, node }) => [kind, node])).toEqual([['idle', 'empty']])
  })

  it('by namespace leave idle out, as it is in none', async () => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, k8s_namespace: 'shop' })
    expect(cost_allocation.map(({ name }) => name)).toEqual(['shop'])
  })
})

describe('sorting and paging', () => {
  it.each(['total_cost', 'name', 'cpu_efficiency', 'start_date', 'minutes', 'gpu_cost', 'network_cost'])(
    'by %s gives every row once',
    async sort => {
      for (const order of ['asc', 'desc']) {
        const query = { ...RANGE, breakdown_by: 'pod', step: 'day', sort, order }
        const whole = await world.body(FIRST, { ...query, limit: 1000 })
        const pages = await allRows(world, { ...query, limit: 7 })
        expect(pages).toEqual(whole.cost_allocation)
        expect(pages).toHaveLength(whole.total_count)
      }
    },
  )

  it('is by total cost, the dearest first, unless told, with nulls last', async () => {
    const costs = (await world.body(FIRST, { ...RANGE, breakdown_by: 'pod' })).cost_allocation.map(
      r => r.total_cost,
    )
    expect(costs).toEqual([...costs].sort((a, b) => b - a))
    for (const order of ['asc', 'desc']) {
      const rows = (await world.body(FIRST, { ...RANGE, breakdown_by: 'pod', sort: 'cpu_efficiency', order }))
        .cost_allocation
      const firstNull = rows.findIndex(row => row.cpu_efficiency === null)
      expect(rows.slice(firstNull).every(row => row.cpu_efficiency === null)).toBe(true)
    }
  })

  it('tells the totals of the whole set on every page', async () => {
    const whole = await world.body(FIRST, { ...RANGE, breakdown_by: 'pod', limit: 1000 })
    const first = await world.body(FIRST, { ...RANGE, breakdown_by: 'pod', limit: 2 })
    const second = await world.body(FIRST, {
      ...RANGE,
      breakdown_by: 'pod',
      limit: 3,
      cursor: first.page.next ?? '',
    })
    for (const page of [first, second]) {
      expect([page.total_cost, page.total_count]).toEqual([whole.total_cost, whole.total_count])
    }
    expect(second.cost_allocation).toEqual(whole.cost_allocation.slice(2, 5))
  })
})
