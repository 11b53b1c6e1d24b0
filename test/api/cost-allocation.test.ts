import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DIMENSIONS, MISSING_ID, STEPS } from '../../src/api/query/parameters.js'
import type { CostAllocationBody } from '../../src/api/schemas/cost-allocation.js'
import {
  cost,
  expectedKeys,
  expectedTotal,
  facts,
  keyOf,
  openInventedWorld,
  ownContainers,
  RANGE,
  SPECIAL,
  sum,
} from './invented.js'
import { allRows, FIRST, HOUR, type World } from './world.js'

let world: World

beforeAll(async () => {
  world = await openInventedWorld()
})
afterAll(() => world.close())

describe('totals', () => {
  const cases = DIMENSIONS.flatMap(breakdown_by =>
    STEPS.flatMap(step => (['separate', 'hide'] as const).map(idle => ({ breakdown_by, step, idle }))),
  )
  it.each(cases)('equal the sum of the rows for $breakdown_by by $step, idle $idle', async query => {
    const body = await world.body(FIRST, { ...RANGE, ...query, limit: 1000 })
    const pages = await allRows(world, { ...RANGE, ...query, limit: 1000 })
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

  it('has null for every part that was not measured, with a reason each', async () => {
    const { cost_allocation, meta } = await world.body(FIRST, RANGE)
    for (const row of cost_allocation) {
      const unmeasured = row.kind === 'idle' ? 0 : null
      expect(row).toMatchObject({ labels: null, gpu_hours: null, gpu_cost: null, pv_gib_hours: null })
      expect(row).toMatchObject({
        pv_cost: unmeasured,
        network_cost: unmeasured,
        network_zone_cost: unmeasured,
      })
      expect(row).toMatchObject({ load_balancer_cost: unmeasured, management_cost: 0, shared_cost: 0 })
    }
    expect(meta.warnings.map(({ code }) => code)).toEqual([
      ...['gpu_not_measured', 'load_balancer_not_measured', 'network_not_measured', 'pv_not_measured'],
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
