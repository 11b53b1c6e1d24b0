import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RightsizingBody, RightsizingRow } from '../../src/api/schemas/rightsizing.js'
import { seedUsageHours } from '../support/seed-usage.js'
import { askRoute, bodyOf, errorOf, rowsOfPages } from './ask-route.js'
import { COLLECTED, END, HOSTILE, NOW, START, seedUsageEstate, usageOf, WORKLOADS } from './usage-estate.js'
import { FIRST, HOUR, openWorld, SECOND, SECRET, type World } from './world.js'

const DAY = 24 * HOUR
type Query = Record<string, string | number | string[]>

let world: World

beforeAll(async () => {
  world = await openWorld(NOW)
  await seedUsageEstate(world.database.pool)
})
afterAll(() => world.close())

const ask = (query: Query = {}, account = FIRST) =>
  bodyOf<RightsizingBody>(world, 'rightsizing', query, account)
const RANGE = { start_date: START, end_date: END }
const named = ({ rightsizing }: RightsizingBody, name: string) => {
  const row = rightsizing.find(one => one.controller === name)
  if (row === undefined) throw new Error(`no row of ${name}`)
  return row
}
const actions = (body: RightsizingBody) =>
  Object.fromEntries(body.rightsizing.map(row => [row.controller, row.cpu_action]))

describe('an answer of a range', () => {
  it('is computed from its use where nothing was computed in advance', async () => {
    const body = await ask()
    expect(body).toMatchObject({
      ...{ source: 'live', start_date: NOW - 14 * DAY, end_date: NOW, computed_at: NOW, total_count: 7 },
      ...{ excluded: { system: 1, ownerless: 0, ignored: 0 }, history_days: 14 },
    })
    expect(actions(body)).toEqual({
      ...{ hog: 'decrease', greedy: 'increase', free: 'set', fitting: 'keep', small: 'decrease' },
      ...{ scaled: 'suppressed', [HOSTILE]: 'decrease' },
    })
    expect(named(body, 'hog')).toMatchObject({
      ...{
        cpu_request: 2000,
        cpu_source: 'counter',
        step_seconds: 300,
        confidence: 1,
        samples: COLLECTED * 12,
      },
      ...{
        ignored: false,
        namespace: 'shop',
        cluster: 'one',
        controller_kind: 'Deployment',
        container: 'app',
      },
    })
  })

  it('looks at the hours of the range and at no other', async () => {
    const samples = async (from: number, to: number) => {
      const body = await ask({ start_date: START + from, end_date: START + to })
      expect([body.history_start, body.history_end].map(moment => moment % HOUR)).toEqual([0, 0])
      return [named(body, 'hog').samples / 12, body.history_days * 24]
    }
    expect(await samples(0, 10 * HOUR)).toEqual([10, 10])
    expect(await samples(5 * HOUR, 29 * HOUR)).toEqual([24, 24])
    // A range that cuts an hour has it whole.
    expect(await samples(5 * HOUR - 1, 29 * HOUR + 1)).toEqual([26, 26])
    expect(await samples(3 * DAY + HOUR, 5 * DAY - HOUR)).toEqual([46, 46])
    expect((await ask({ start_date: START - 300 * DAY, end_date: START + HOUR })).total_count).toBe(7)
    expect((await ask({ start_date: END, end_date: END + HOUR })).rightsizing).toEqual([])
  })

  it('tells how many published hours wait for their use', async () => {
    const waiting = async (query: Query) => {
      const { meta } = await ask(query)
      return meta.warnings.find(({ code }) => code === 'usage_incomplete')?.detail ?? ''
    }
    expect(await waiting(RANGE)).toContain('(windows: 4)')
    expect(await waiting({ ...RANGE, k8s_cluster: 'one' })).toContain('(windows: 2)')
    expect(await waiting({ ...RANGE, end_date: END - 2 * HOUR })).toBe('')
  })

  it('has whole days of which only sums are kept, and tells of hours that it can not look at', async () => {
    const { pool } = world.database
    const whole = await ask(RANGE)
    const first = [START, START + DAY]
    const isFirst = 'window_start >= to_timestamp($1) and window_start < to_timestamp($2)'
    const { rows } = await pool.query(
      `with gone as (delete from warehouse.usage_hourly where ${isFirst} returning *) select to_jsonb(gone) as row from gone`,
      first,
    )
    await pool.query(`update warehouse.usage_window set hours_expired = true where ${isFirst}`, first)
    const codes = ({ meta }: RightsizingBody) => meta.warnings.map(({ code }) => code)
    expect((await ask(RANGE)).rightsizing).toEqual(whole.rightsizing)
    expect(codes(await ask(RANGE))).not.toContain('usage_hours_expired')
    // The costs of the day may be gone as well.
    await pool.query(`delete from warehouse.window_ledger where ${isFirst}`, first)
    const cut = await ask({ ...RANGE, start_date: START + 5 * HOUR, k8s_cluster: 'one' })
    expect(named(cut, 'hog').samples).toBe((COLLECTED - 24) * 12)
    expect(cut.meta.warnings.find(({ code }) => code === 'usage_hours_expired')?.detail).toContain(
      '(windows: 19)',
    )
    expect(codes(await ask({ ...RANGE, start_date: START + DAY }))).not.toContain('usage_hours_expired')
    await pool.query(`update warehouse.usage_window set hours_expired = false where ${isFirst}`, first)
    await pool.query(
      `insert into warehouse.usage_hourly select * from jsonb_populate_recordset(null::warehouse.usage_hourly, $1)`,
      [JSON.stringify(rows.map(({ row }) => row))],
    )
  })

  it('adds up over all pages, each row once', async () => {
    const rows = await rowsOfPages<RightsizingRow>(world, 'rightsizing', { ...RANGE, include_system: 'true' })
    const whole = await ask({ ...RANGE, include_system: 'true', limit: 1000 })
    expect(rows).toEqual(whole.rightsizing)
    expect(new Set(rows.map(row => row.cluster + row.controller)).size).toBe(WORKLOADS.length)
    const net = rows.reduce((sum, row) => sum + (row.cpu_saving ?? 0) + (row.ram_saving ?? 0), 0)
    expect(net).toBeCloseTo(whole.net, 9)
    expect(whole.gross_decrease + whole.gross_increase).toBeCloseTo(whole.net, 9)
    expect(whole.gross_decrease).toBeGreaterThan(0)
    expect(whole.gross_increase).toBeLessThan(0)
    const levels = whole.confidence_levels
    expect(levels.map(({ count }) => count)).toEqual([WORKLOADS.length, 0, 0, 0])
    expect(levels[0]?.net).toBe(whole.net)
  })

  it('is filtered and found by hostile names, and is of one account', async () => {
    expect(Object.keys(actions(await ask({ ...RANGE, created_by_name: HOSTILE })))).toEqual([HOSTILE])
    expect(Object.keys(actions(await ask({ ...RANGE, k8s_namespace: `!${HOSTILE}` })))).not.toContain(HOSTILE)
    expect(Object.keys(actions(await ask(RANGE, SECOND)))).toEqual(['hog'])
  })

  it('saves no more than it costs, and nothing where a request is kept', async () => {
    for (const profile of ['cost', 'balanced', 'safe', 'krr', 'kubecost']) {
      const { rightsizing } = await ask({ ...RANGE, profile, include_system: 'true' })
      expect(rightsizing).toHaveLength(WORKLOADS.length)
      for (const row of rightsizing) {
        expect(row.saving_month ?? 0, row.controller).toBeLessThanOrEqual(row.cost_month ?? 0)
        if (row.cpu_action === 'keep') expect(row.cpu_saving, row.controller).toBe(0)
      }
    }
  })
})

describe('a changed profile', () => {
  const steps: [string, keyof RightsizingRow, number[]][] = [
    ['cpu_quantile', 'cpu_recommended', [0.01, 0.2, 0.5, 0.9, 0.99, 1]],
    ['cpu_margin', 'cpu_recommended', [0, 0.1, 0.15, 1, 2]],
    ['ram_margin', 'ram_recommended', [0, 0.1, 0.15, 1, 2]],
    ['cpu_floor', 'cpu_recommended', [1, 25, 40, 500]],
    ['ram_floor', 'ram_recommended', [4 * 2 ** 20, 2 ** 28, 2 ** 29, 2 ** 32]],
  ]
  it.each(steps)(
    'never recommends less for a higher %s, and other amounts for some',
    async (knob, field, values) => {
      const found: Record<string, unknown>[] = []
      for (const value of values) {
        const body = await ask({ ...RANGE, [knob]: value })
        expect(body.source).toBe('live')
        found.push(Object.fromEntries(body.rightsizing.map(row => [row.controller, row[field]])))
      }
      const names = Object.keys(found[0] ?? {})
      expect(names).toHaveLength(7)
      for (const name of names) {
        const amounts = found.map(one => Number(one[name]))
        expect(amounts, name).toEqual(amounts.toSorted((a, b) => a - b))
      }
      expect(found.at(-1)).not.toEqual(found[0])
    },
  )

  it('keeps more with a wider gate', async () => {
    const kept = async (change_gate: number) =>
      (await ask({ ...RANGE, change_gate })).rightsizing.filter(row => row.ram_action === 'keep').length
    const counts = await Promise.all([0, 0.1, 0.5].map(kept))
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
    expect(counts.at(-1)).toBeGreaterThan(counts[0] ?? 0)
  })

  it('advises on what an autoscaler drives where that is asked for', async () => {
    const withheld = await ask(RANGE)
    const told = await ask({ ...RANGE, include_hpa: 'true' })
    expect(named(withheld, 'scaled')).toMatchObject({ cpu_action: 'suppressed', hpa: true })
    expect(named(told, 'scaled').cpu_action).toBe('decrease')
    expect(named(told, 'scaled').cpu_recommended).toBe(named(withheld, 'scaled').cpu_recommended)
    expect(told.net).toBeGreaterThan(withheld.net)
  })

  it('keeps of the profile what is not changed', async () => {
    const [balanced, safe] = [await ask({ ...RANGE }), await ask({ ...RANGE, profile: 'safe' })]
    const changes = { cpu_quantile: 0.99, cpu_margin: 0.3, ram_margin: 0.3, cpu_floor: 25 }
    expect((await ask({ ...RANGE, ...changes })).rightsizing).toEqual(safe.rightsizing)
    expect(safe.rightsizing).not.toEqual(balanced.rightsizing)
    expect((await ask({ ...RANGE, cpu_quantile: 0.95 })).rightsizing).toEqual(balanced.rightsizing)
  })

  it.each<[string, string | number, [string, unknown[]]]>([
    ['cpu_quantile', 0, ['OE0224', ['cpu_quantile', 0, 1]]],
    ['cpu_quantile', 1.01, ['OE0224', ['cpu_quantile', 0, 1]]],
    ['cpu_quantile', 'p95', ['OE0217', ['cpu_quantile']]],
    ['cpu_margin', -0.1, ['OE0224', ['cpu_margin', 0, 2]]],
    ['cpu_margin', 2.1, ['OE0224', ['cpu_margin', 0, 2]]],
    ['ram_margin', '1e309', ['OE0224', ['ram_margin', 0, 2]]],
    ['cpu_floor', 0.5, ['OE0224', ['cpu_floor', 1, 1_000_000]]],
    ['ram_floor', 4 * 2 ** 20 - 1, ['OE0224', ['ram_floor', 4 * 2 ** 20, 2 ** 50]]],
    ['change_gate', 0.51, ['OE0224', ['change_gate', 0, 0.5]]],
    ['include_hpa', 'perhaps', ['OE0217', ['include_hpa']]],
    ['include_ignored', 'x', ['OE0217', ['include_ignored']]],
    ['mem_margin', 1, ['OE0212', ['mem_margin']]],
  ])('is refused with %s=%s', async (name, value, error) => {
    expect(await errorOf(world, 'rightsizing', { ...RANGE, [name]: value })).toEqual(error)
  })
})

// Last, as it collects.
it('is sent again, and cursors end, when use has been collected', async () => {
  const query = { ...RANGE, limit: 1 }
  const first = await askRoute(world, 'rightsizing', query)
  const cursor = first.json<RightsizingBody>().page.next ?? ''
  const headers = { secret: SECRET, 'if-none-match': String(first.headers.etag) }
  const again = async () => (await askRoute(world, 'rightsizing', query, { headers })).statusCode
  expect(await again()).toBe(304)
  expect((await askRoute(world, 'rightsizing', { ...query, cursor })).statusCode).toBe(200)
  const [hog] = WORKLOADS
  if (hog === undefined) throw new Error('no workload')
  const window = START + COLLECTED * HOUR
  const home = { cloudAccountId: FIRST, clusterId: 'one' }
  await seedUsageHours(world.database.pool, home, [usageOf(hog, window, Math.random)])
  expect(await again()).toBe(200)
  expect(await errorOf(world, 'rightsizing', { ...query, cursor })).toEqual(['OE0217', ['cursor']])
})
