import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DIMENSIONS, type Dimension, MISSING_ID, STEPS, type Step } from '../../src/api/parameters.js'
import type { CostAllocationBody, CostAllocationRow } from '../../src/api/schemas/cost-allocation.js'
import { toMoney } from '../../src/domain/money.js'
import { type SeedContainer, type SeedNode, seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { FIRST, HOUR, MONDAY, openWorld, type World } from './world.js'

interface Fact {
  readonly cluster: string
  readonly window: number
  readonly coverage: number
  readonly containers: SeedContainer[]
  readonly nodes: SeedNode[]
}

// From Saturday evening to Monday noon over the end of a month: every step has an edge inside.
const FROM = MONDAY - 30 * HOUR
const TO = MONDAY + 12 * HOUR
const RANGE = { start_date: FROM, end_date: TO }

const SPECIAL = ["o'brien", '"quoted"', '__proto__', '😀-pod', 'a\\b', '__idle__', 'tab\there', '%', 'ünï']

let world: World
let facts: Fact[]

beforeAll(async () => {
  world = await openWorld(TO + 2 * HOUR)
  facts = inventFacts()
  const { pool } = world.database
  await seedAccount(pool, FIRST, 'EUR')
  for (const cluster of ['one', 'two']) {
    await seedCluster(pool, { account: FIRST, cluster }, FROM, TO - HOUR)
  }
  for (const fact of facts)
    await seedWindow(pool, { account: FIRST, cluster: fact.cluster }, fact.window, fact)
})
afterAll(() => world.close())

describe('totals', () => {
  const cases = DIMENSIONS.flatMap(breakdown_by =>
    STEPS.flatMap(step => (['separate', 'hide'] as const).map(idle => ({ breakdown_by, step, idle }))),
  )
  it.each(cases)('equal the sum of the rows for $breakdown_by by $step, idle $idle', async query => {
    const body = await world.body(FIRST, { ...RANGE, ...query, limit: 1000 })
    const pages = await allRows({ ...RANGE, ...query, limit: 1000 })
    expect(body.total_count).toBe(pages.length)
    expect(sum(pages, row => row.total_cost)).toBeCloseTo(body.total_cost, 9)
    expect(body.total_cost).toBeCloseTo(expectedTotal(query.idle), 9)
    for (const row of pages) expect(row.total_cost).toBeCloseTo(row.cpu_cost + row.ram_cost, 9)
    expect(pages.map(keyOf).sort()).toEqual(
      [...expectedKeys(query.breakdown_by, query.step, query.idle)].sort(),
    )
    expect(new Set(pages.map(row => `${row.id} ${row.start_date}`)).size).toBe(pages.length)
  })

  it('include idle exactly, so that with it they are what the nodes cost', async () => {
    const body = await world.body(FIRST, RANGE)
    const nodes = facts
      .flatMap(({ nodes }) => nodes)
      .reduce((all, node) => all + node.cpuCost + node.ramCost, 0n)
    expect(body.total_cost).toBe(Number(nodes) / 1e12)
  })
})

describe('a row', () => {
  it('has every field of the contract and nothing else', async () => {
    const response = await world.ask(FIRST, RANGE)
    const [row] = response.json<CostAllocationBody>().cost_allocation
    expect(Object.keys(row ?? {}).sort()).toEqual(
      `id name kind cluster namespace node controller_kind controller pod container labels start_date end_date minutes
       first_seen last_seen cpu_core_hours cpu_core_request_hours cpu_core_used_hours cpu_cost ram_gib_hours
       ram_gib_request_hours ram_gib_used_hours ram_cost gpu_hours gpu_cost pv_gib_hours pv_cost network_zone_cost
       network_region_cost network_internet_cost network_cost load_balancer_cost management_cost shared_cost idle_cost
       total_cost cpu_efficiency ram_efficiency total_efficiency coverage`
        .split(/\s+/)
        .sort(),
    )
    expect(Object.keys(response.json())).toEqual([
      ...['start_date', 'end_date', 'breakdown_by', 'step', 'total_cost', 'total_count', 'previous_total'],
      ...['previous_range_start', 'cost_allocation', 'meta', 'page'],
    ])
  })

  it('has null for every part that is not computed, with a reason each', async () => {
    const { cost_allocation, meta } = await world.body(FIRST, RANGE)
    for (const row of cost_allocation) {
      expect(row).toMatchObject({
        labels: null,
        gpu_hours: null,
        gpu_cost: null,
        pv_gib_hours: null,
        pv_cost: null,
      })
      expect(row).toMatchObject({ network_cost: null, load_balancer_cost: null, management_cost: null })
      expect(row).toMatchObject({ network_zone_cost: null, shared_cost: null })
    }
    expect(meta.warnings.map(({ code }) => code)).toEqual([
      ...['gpu_not_computed', 'pv_not_computed', 'network_not_computed', 'load_balancer_not_computed'],
      ...['management_not_computed', 'shared_not_computed'],
    ])
    expect(meta.partial).toBe(true)
    expect(meta.currency).toBe('EUR')
  })

  it.each(DIMENSIONS)('fixes only %s in that breakdown', async breakdown_by => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, breakdown_by })
    for (const row of cost_allocation.filter(({ kind }) => kind === 'workload')) {
      for (const dimension of DIMENSIONS)
        expect(row[dimension]).toBe(dimension === breakdown_by ? row.name : null)
    }
  })

  it('merges one name of two clusters', async () => {
    const { cost_allocation } = await world.body(FIRST, RANGE)
    const shop = cost_allocation.find(({ name }) => name === 'shop')
    const own = ownContainers(container => container.namespace === 'shop')
    expect(new Set(own.map(({ cluster }) => cluster)).size).toBe(2)
    expect(shop?.total_cost).toBeCloseTo(sum(own, cost), 10)
    expect(shop?.minutes).toBeCloseTo(
      sum(own, ({ container }) => container.minutes ?? 60),
      6,
    )
    expect(shop?.cpu_core_hours).toBeCloseTo(
      sum(own, ({ container }) => container.cpuHours ?? 1),
      6,
    )
    const first = Math.min(...own.map(({ window }) => window))
    const last = Math.max(...own.map(({ window }) => window))
    expect([shop?.first_seen, shop?.last_seen]).toEqual([first, last + HOUR])
    const windows = new Map(own.map(({ cluster, window, coverage }) => [`${cluster} ${window}`, coverage]))
    expect(shop?.coverage).toBeCloseTo(sum([...windows.values()], value => value) / windows.size, 10)
  })

  it('keeps names as they are', async () => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, breakdown_by: 'pod', limit: 1000 })
    const names = cost_allocation.filter(({ kind }) => kind === 'workload').map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(SPECIAL))
    // A pod that is called like a special row is still a workload with an id of its own.
    const twins = cost_allocation.filter(({ name }) => name === '__idle__')
    expect(twins.map(({ kind }) => kind).sort()).toEqual(['idle', 'workload'])
    expect(new Set(twins.map(({ id }) => id)).size).toBe(2)
  })

  it('has one id in every answer', async () => {
    const once = await world.body(FIRST, { ...RANGE, step: 'day' })
    const again = await world.body(FIRST, { ...RANGE, step: 'day', sort: 'name', order: 'asc', idle: 'hide' })
    for (const row of again.cost_allocation) {
      const twin = once.cost_allocation.find(
        one => one.kind === row.kind && one.name === row.name && one.start_date === row.start_date,
      )
      expect(twin?.id).toBe(row.id)
      expect(row.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    }
  })

  it('gathers what has no controller under the all-zero id', async () => {
    for (const breakdown_by of ['controller', 'controller_kind'] as const) {
      const { cost_allocation } = await world.body(FIRST, { ...RANGE, breakdown_by, limit: 1000 })
      const rest = cost_allocation.filter(({ kind }) => kind === 'unallocated')
      expect(rest).toHaveLength(1)
      expect(rest[0]).toMatchObject({
        id: MISSING_ID,
        name: '__unallocated__',
        controller: null,
        controller_kind: null,
      })
      const own = ownContainers(container => (container.controller ?? null) === null)
      expect(rest[0]?.total_cost).toBeCloseTo(sum(own, cost), 10)
    }
  })
})

describe('idle', () => {
  it.each([
    ['cluster', ['one', 'two']],
    ['node', ['busy', 'empty', 'same']],
    ['namespace', [null]],
    ['container', [null]],
  ] as const)('is one row per entity it belongs to, by %s', async (breakdown_by, entities) => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, breakdown_by, limit: 1000 })
    const idle = cost_allocation.filter(({ kind }) => kind === 'idle')
    expect(idle.map(row => row[breakdown_by]).sort()).toEqual([...entities])
    for (const row of idle) {
      expect(row).toMatchObject({ name: '__idle__', minutes: null, cpu_efficiency: null, idle_cost: null })
    }
    expect(sum(idle, row => row.total_cost)).toBeCloseTo(expectedTotal('separate') - expectedTotal('hide'), 9)
  })

  it('keeps its sign and includes nodes without containers', async () => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, breakdown_by: 'node' })
    const idle = (node: string) => cost_allocation.find(row => row.kind === 'idle' && row.node === node)
    expect(idle('busy')?.cpu_cost).toBeLessThan(0)
    const empty = facts.flatMap(({ nodes }) => nodes).filter(({ node }) => node === 'empty')
    expect(idle('empty')?.total_cost).toBeCloseTo(
      sum(empty, node => Number(node.cpuCost + node.ramCost) / 1e12),
      9,
    )
  })
})

describe('efficiency', () => {
  it('is the ratio of the sums, 1 for usage with no request, null for neither', async () => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, breakdown_by: 'pod', limit: 1000 })
    const byName = new Map(cost_allocation.map(row => [row.name, row]))
    const web = ownContainers(container => container.pod === 'web')
    const used = sum(web, ({ container }) => container.cpuUsed ?? 0)
    expect(byName.get('web')?.cpu_efficiency).toBeCloseTo(
      used / sum(web, ({ container }) => container.cpuRequest ?? 0),
      10,
    )
    expect(byName.get('bursty')?.ram_efficiency).toBeCloseTo(2, 10)
    expect(byName.get('unrequested')).toMatchObject({ cpu_efficiency: 1, ram_efficiency: null })
    expect(byName.get('unmeasured')).toMatchObject({ cpu_efficiency: null, cpu_core_used_hours: null })
    const bursty = byName.get('bursty')
    const weighted = 0.25 * (bursty?.cpu_cost ?? 0) + 2 * (bursty?.ram_cost ?? 0)
    expect(bursty?.total_efficiency).toBeCloseTo(weighted / (bursty?.total_cost ?? 0), 10)
  })

  it('does not count a request whose usage was not measured as unused', async () => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, breakdown_by: 'namespace' })
    expect(cost_allocation.find(({ name }) => name === 'mixed')?.cpu_efficiency).toBeCloseTo(0.5, 10)
  })
})

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
  it.each(['total_cost', 'name', 'cpu_efficiency', 'start_date', 'minutes'])(
    'by %s gives every row once',
    async sort => {
      for (const order of ['asc', 'desc']) {
        const query = { ...RANGE, breakdown_by: 'pod', step: 'day', sort, order }
        const whole = await world.body(FIRST, { ...query, limit: 1000 })
        const pages = await allRows({ ...query, limit: 7 })
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

function inventFacts(): Fact[] {
  const random = randomNumbers(20_260_302)
  const money = () => toMoney(random() * 0.05)
  const invented: Fact[] = []
  for (const cluster of ['one', 'two']) {
    for (let window = FROM; window < TO; window += HOUR) {
      const containers: SeedContainer[] = [
        {
          ...ids('shop', 'web', 'busy', 'web-set'),
          cpuRequest: 1,
          cpuUsed: random(),
          cpuCost: money(),
          ramCost: money(),
        },
        {
          ...ids('shop', `${cluster}-own`, 'same'),
          minutes: 30 * random(),
          cpuCost: money(),
          ramCost: money(),
        },
        {
          ...ids('load', 'bursty', 'same', 'burst'),
          ...{ cpuRequest: 2, cpuUsed: 0.5, ramRequest: 1, ramUsed: 2 },
          cpuCost: money(),
          ramCost: money(),
        },
        {
          ...ids('load', 'unrequested', 'same'),
          cpuUsed: 0.1,
          ramUsed: 0,
          cpuCost: money(),
          ramCost: money(),
        },
        { ...ids('mixed', 'unmeasured', 'same'), cpuRequest: 9, cpuCost: money(), ramCost: money() },
        {
          ...ids('mixed', 'measured', 'same'),
          cpuRequest: 1,
          cpuUsed: 0.5,
          cpuCost: money(),
          ramCost: money(),
        },
      ]
      if (window === MONDAY && cluster === 'one') {
        for (const pod of SPECIAL)
          containers.push({ ...ids(pod, pod, 'same', pod), cpuCost: money(), ramCost: money() })
      }
      const nodes: SeedNode[] = [
        { node: 'busy', cpuCost: toMoney(0.001), ramCost: toMoney(0.1) },
        { node: 'same', cpuCost: toMoney(0.5), ramCost: toMoney(0.4) },
      ]
      if (cluster === 'two') nodes.push({ node: 'empty', cpuCost: money(), ramCost: money() })
      invented.push({ cluster, window, coverage: 0.5 + random() / 2, containers, nodes })
    }
  }
  return invented
}

function ids(namespace: string, pod: string, node: string, controller: string | null = null) {
  return { namespace, pod, container: 'main', node, controller, controllerKind: controller && 'deployment' }
}

/** A small generator (mulberry32), so that a failure can be repeated. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

function ownContainers(isOwn: (container: SeedContainer) => boolean) {
  return facts.flatMap(({ cluster, window, coverage, containers }) =>
    containers.filter(isOwn).map(container => ({ cluster, window, coverage, container })),
  )
}

function cost({ container }: { container: SeedContainer }): number {
  return Number(container.cpuCost + container.ramCost) / 1e12
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}

function expectedTotal(idle: 'separate' | 'hide'): number {
  const money = facts.flatMap(({ containers, nodes }) => (idle === 'hide' ? containers : nodes))
  return Number(money.reduce((all, { cpuCost, ramCost }) => all + cpuCost + ramCost, 0n)) / 1e12
}

/** Kind, entity and start of every row that there should be, worked out from the invented facts alone. */
function expectedKeys(dimension: Dimension, step: Step, idle: 'separate' | 'hide'): Set<string> {
  const keys = new Set<string>()
  for (const { cluster, window, containers, nodes } of facts) {
    const start = startOf(step, window)
    for (const container of containers) {
      const value = entityOf(dimension, cluster, container)
      keys.add(JSON.stringify([value === null ? 'unallocated' : 'workload', value, start]))
    }
    if (idle === 'hide') continue
    for (const { node } of nodes) {
      const value = dimension === 'cluster' ? cluster : dimension === 'node' ? node : null
      keys.add(JSON.stringify(['idle', value, start]))
    }
  }
  return keys
}

function keyOf(row: CostAllocationRow): string {
  const value = DIMENSIONS.map(dimension => row[dimension]).find(one => one !== null) ?? null
  return JSON.stringify([row.kind, value, row.start_date])
}

function entityOf(dimension: Dimension, cluster: string, container: SeedContainer): string | null {
  if (dimension === 'cluster') return cluster
  if (dimension === 'controller_kind') return container.controllerKind ?? null
  return container[dimension] ?? null
}

function startOf(step: Step, window: number): number {
  const date = new Date(window * 1000)
  const midnight = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) / 1000
  if (step === 'all') return FROM
  if (step === 'hour') return window
  if (step === 'day') return midnight
  if (step === 'week') return midnight - ((date.getUTCDay() + 6) % 7) * 24 * HOUR
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / 1000
}

async function allRows(query: Record<string, string | number>): Promise<CostAllocationRow[]> {
  const rows: CostAllocationRow[] = []
  let next: string | null = null
  do {
    const body: CostAllocationBody = await world.body(
      FIRST,
      next === null ? query : { ...query, cursor: next },
    )
    rows.push(...body.cost_allocation)
    next = body.page.next
  } while (next !== null)
  return rows
}
