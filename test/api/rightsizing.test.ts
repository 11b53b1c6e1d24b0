import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RightsizingBody } from '../../src/api/schemas/rightsizing.js'
import { formatMoney, type Money, sumMoney, toMoney } from '../../src/domain/money.js'
import { seedAccount } from '../support/seed.js'
import { askRoute, bodyOf, errorOf, rowsOfPages } from './ask-route.js'
import { randomNumbers } from './invented.js'
import { COMPUTED, levelOf, type Recommended, seedRecommendation } from './recommended.js'
import { FIRST, HOUR, MONDAY, openWorld, SECOND, SECRET, seedEmptyWindow, type World } from './world.js'

const NOW = MONDAY + 48 * HOUR
const DAY = 24 * HOUR
const MISSING = '00000000-0000-0000-0000-000000000000'
const HOSTILE = `o'brien "; drop table x -- \\ 😀 %`

const random = randomNumbers(14)
const signed = () => toMoney((random() - 0.4) * 20)
const seeded: Recommended[] = [
  ...Array.from({ length: 20 }, (_, i) => ({
    ...{ cluster: i % 2 === 0 ? 'one' : 'two', namespace: `n${i % 3}`, kind: 'deployment', name: `w${i}` },
    ...{ container: 'main', cpuSaving: signed(), ramSaving: signed() },
    ...{ action: i % 4 === 0 ? 'increase' : 'decrease', confidence: (i % 10) / 10 },
  })),
  {
    ...{ cluster: 'one', namespace: 'kube-system', kind: 'daemonset', name: 'proxy', container: 'main' },
    ...{ cpuSaving: toMoney(100), ramSaving: toMoney(3), action: 'decrease', confidence: 1 },
  },
  {
    ...{ cluster: 'one', namespace: 'n0', kind: '', name: '', container: 'main' },
    ...{ cpuSaving: toMoney(50), ramSaving: toMoney(-7), action: 'decrease', confidence: 0.2 },
  },
  {
    ...{ cluster: 'one', namespace: 'n0', kind: 'CronJob', name: 'odd', container: HOSTILE },
    ...{ cpuSaving: null, ramSaving: null, action: 'none', confidence: 0.05 },
  },
]
const isShown = ({ namespace, name }: Recommended) => namespace !== 'kube-system' && name !== ''
const listed = seeded.filter(isShown)

let world: World

beforeAll(async () => {
  world = await openWorld(NOW)
  const { pool } = world.database
  for (const account of [FIRST, SECOND]) {
    await seedAccount(pool, account)
    await seedEmptyWindow(world, account)
  }
  for (const one of seeded) await seedRecommendation(pool, FIRST, one)
  const [first] = seeded
  if (first === undefined) throw new Error('nothing is seeded')
  await seedRecommendation(pool, FIRST, { ...first, name: 'careful' }, { profile: 'safe' })
  await seedRecommendation(pool, FIRST, { ...first, name: 'long' }, { historyDays: 30 })
  await seedRecommendation(pool, SECOND, { ...first, name: 'omega', cpuSaving: toMoney(1), ramSaving: 0n })
})
afterAll(() => world.close())

const ask = (query: Record<string, string | number | string[]> = {}) =>
  bodyOf<RightsizingBody>(world, 'rightsizing', query)
const number = (money: Money) => Number(formatMoney(money))

function totalsOf(rows: readonly Recommended[]) {
  const savings = rows.flatMap(({ cpuSaving, ramSaving }) => [cpuSaving ?? 0n, ramSaving ?? 0n])
  return {
    total_count: rows.length,
    gross_decrease: number(sumMoney(savings.filter(one => one > 0n))),
    gross_increase: number(sumMoney(savings.filter(one => one < 0n))),
    net: number(sumMoney(savings)),
  }
}

const levelsOf = (rows: readonly Recommended[]) =>
  ['high', 'medium', 'low', 'insufficient'].map(level => {
    const { total_count, ...amounts } = totalsOf(rows.filter(one => levelOf(one.confidence) === level))
    return { confidence_level: level, count: total_count, ...amounts }
  })

describe('totals', () => {
  const cases: [string, Record<string, string | number | string[]>, (one: Recommended) => boolean][] = [
    ['everything but the system', {}, () => true],
    ['a cluster', { k8s_cluster: 'one' }, one => one.cluster === 'one'],
    ['namespaces', { k8s_namespace: ['n0', 'n1'] }, one => ['n0', 'n1'].includes(one.namespace)],
    ['all but a namespace', { k8s_namespace: '!n0' }, one => one.namespace !== 'n0'],
    ['a workload', { created_by_name: 'w3', created_by_kind: 'deployment' }, one => one.name === 'w3'],
    ['what has no workload', { created_by_kind: MISSING, include_system: 'true' }, one => one.kind === ''],
    ['a hostile container', { k8s_container: HOSTILE }, one => one.container === HOSTILE],
    ['an action', { action: 'increase' }, one => one.action === 'increase'],
    ['a confidence', { min_confidence: 0.5 }, one => one.confidence >= 0.5],
    [
      'a saving',
      { min_saving: 2.5 },
      one => one.cpuSaving !== null && one.cpuSaving + (one.ramSaving ?? 0n) >= toMoney(2.5),
    ],
    ['nothing', { k8s_cluster: "'; drop table x --" }, () => false],
  ]
  it.each(cases)('are exact for %s', async (_, query, isAsked) => {
    const found = seeded.filter(isAsked)
    const expected = query['include_system'] === undefined ? found.filter(isShown) : found
    const body = await ask({ ...query, limit: 1 })
    expect(body).toMatchObject(totalsOf(expected))
    expect(body.confidence_levels).toEqual(levelsOf(expected))
    expect(body.total_count + body.excluded.system + body.excluded.ownerless).toBe(found.length)
    const all = await ask({ ...query, limit: 1000 })
    const names = expected.map(({ name }) => name)
    expect(all.rightsizing.map(({ controller }) => controller).sort()).toEqual(names.sort())
  })

  it('leave out what runs for Kubernetes itself and what nobody owns unless it is asked for, and say so', async () => {
    expect((await ask()).excluded).toEqual({ system: 1, ownerless: 1, ignored: 0 })
    const whole = await ask({ include_system: 'true' })
    expect(whole).toMatchObject(totalsOf(seeded))
    expect(whole.excluded).toEqual({ system: 0, ownerless: 0, ignored: 0 })
  })

  it.each(['cluster', 'namespace', 'controller', 'action'] as const)(
    'are the sum over each %s',
    async name => {
      const parameter = { cluster: 'k8s_cluster', namespace: 'k8s_namespace', controller: 'created_by_name' }
      const whole = await ask({ include_system: 'true', limit: 1000 })
      const values = [...new Set(whole.rightsizing.map(row => row[name]))]
      const parts = await Promise.all(
        values.map(value =>
          ask({
            include_system: 'true',
            [name === 'action' ? name : parameter[name]]: value === '' ? MISSING : value,
          }),
        ),
      )
      const sumOf = (field: 'total_count' | 'gross_decrease' | 'gross_increase' | 'net') =>
        parts.reduce((sum, part) => sum + part[field], 0)
      expect(parts.length).toBeGreaterThan(1)
      expect(sumOf('total_count')).toBe(whole.total_count)
      for (const field of ['gross_decrease', 'gross_increase', 'net'] as const) {
        expect(sumOf(field)).toBeCloseTo(whole[field], 9)
      }
    },
  )
})

describe('a row', () => {
  it('has the fields of the contract, as they were computed', async () => {
    const [row] = (await ask({ created_by_name: 'w1' })).rightsizing
    expect(row).toEqual({
      ...{
        cluster: 'two',
        namespace: 'n1',
        controller_kind: 'deployment',
        controller: 'w1',
        container: 'main',
      },
      ...{ replicas: 3, cpu_request: 1000, cpu_limit: null, cpu_mean: 150.5, cpu_p95: 200, cpu_p99: 210 },
      ...{
        cpu_max: 400,
        cpu_recommended: 230,
        cpu_action: 'decrease',
        cpu_saving: number(seeded[1]?.cpuSaving ?? 0n),
      },
      ...{
        ram_request: 2 ** 31,
        ram_limit: 2 ** 32,
        ram_mean: 1e8,
        ram_p95: null,
        ram_p99: null,
        ram_max: 7e8,
      },
      ...{ ram_recommended: 8e8, ram_action: 'decrease', ram_saving: number(seeded[1]?.ramSaving ?? 0n) },
      saving_month: number((seeded[1]?.cpuSaving ?? 0n) + (seeded[1]?.ramSaving ?? 0n)),
      ...{ action: 'decrease', reasons: ['cpu_floor', 'oom'], severity: 'WARNING', confidence: 0.1 },
      ...{ confidence_level: 'low', span_hours: 336, coverage: 0.9, samples: 12096, oom: null, hpa: false },
      ...{ cost_month: 1234.500000000001, step_seconds: 300, cpu_source: 'counter' },
      ...{ snippet: null, kubectl: null, ignored: false },
    })
  })

  it('comes where the largest saving comes first, those without any last, over all pages', async () => {
    const rows = await rowsOfPages<RightsizingBody['rightsizing'][number]>(world, 'rightsizing', {})
    const savings = rows.map(({ saving_month }) => saving_month)
    expect(savings).toHaveLength(listed.length)
    expect(savings.at(-1)).toBeNull()
    const known = savings.filter(saving => saving !== null)
    expect(known).toEqual(known.toSorted((a, b) => b - a))
    const named = await ask({ sort: 'controller', order: 'asc' })
    expect(named.rightsizing.map(({ controller }) => controller)).toEqual(
      listed.map(({ name }) => name).sort(),
    )
  })

  it('is of the profile, the history and the account that are asked for', async () => {
    const names = async (query: Record<string, string | number>, account = FIRST) =>
      (await bodyOf<RightsizingBody>(world, 'rightsizing', query, account)).rightsizing.map(
        one => one.controller,
      )
    expect(await names({ profile: 'safe' })).toEqual(['careful'])
    expect(await names({ start_date: NOW - 30 * DAY })).toEqual(['long'])
    expect(await names({}, SECOND)).toEqual(['omega'])
    expect(await names({ created_by_name: 'omega' })).toEqual([])
  })
})

describe('the range', () => {
  const codes = ({ meta }: RightsizingBody) => meta.warnings.map(({ code }) => code)

  it('is the last 14 days, which are computed in advance', async () => {
    const body = await ask()
    expect(body).toMatchObject({
      ...{ start_date: NOW - 14 * DAY, end_date: NOW, profile: 'balanced', source: 'precomputed' },
      ...{
        history_days: 14,
        history_start: COMPUTED - 14 * DAY,
        history_end: COMPUTED,
        computed_at: COMPUTED,
      },
    })
    // The hour that is published here, whose use nobody has collected, is looked at.
    expect(codes(body)).toEqual(['usage_incomplete'])
  })

  it('is answered from what was computed in advance for its length where it reaches up to now', async () => {
    const told = async (days: number, end: number) => {
      const { source, history_days } = await ask({ start_date: end - days * DAY, end_date: end })
      return [source, history_days]
    }
    expect(await told(14, NOW)).toEqual(['precomputed', 14])
    expect(await told(30, NOW - HOUR)).toEqual(['precomputed', 30])
    expect(await told(14, NOW - 2 * HOUR)).toEqual(['live', 14])
    // The very hours that were looked at.
    expect(await told(14, COMPUTED)).toEqual(['precomputed', 14])
    expect(await told(14, COMPUTED - HOUR)).toEqual(['live', 14])
    expect(await told(13, NOW)).toEqual(['live', 13])
    // Nothing was computed for these.
    expect(await told(7, NOW)).toEqual(['live', 7])
    expect((await ask({ profile: 'krr' })).source).toBe('live')
  })

  it('without any use collected is an empty answer that says so', async () => {
    const body = await ask({ start_date: NOW - 13 * DAY })
    expect(body).toMatchObject({ rightsizing: [], total_count: 0, net: 0, computed_at: null, source: 'live' })
    expect(codes(body)).toEqual(['rightsizing_not_computed', 'usage_incomplete'])
    expect(body.meta.warnings[1]?.detail).toContain('(windows: 1)')
  })

  it('is refused where it makes no sense', async () => {
    expect(await errorOf(world, 'rightsizing', { start_date: NOW + 1 })).toEqual([
      ...['OE0446', ['end_date', 'start_date']],
    ])
    expect(await errorOf(world, 'rightsizing', { start_date: 0 })).toEqual(['OE0515', []])
    expect(await errorOf(world, 'rightsizing', { min_confidence: 1.5 })).toEqual([
      ...['OE0224', ['min_confidence', 0, 1]],
    ])
    expect(await errorOf(world, 'rightsizing', { min_saving: 'much' })).toEqual(['OE0217', ['min_saving']])
    expect(await errorOf(world, 'rightsizing', { profile: 'bold' })).toEqual(['OE0217', ['profile']])
    expect(await errorOf(world, 'rightsizing', { action: 'x' })).toEqual(['OE0217', ['action']])
    expect(await errorOf(world, 'rightsizing', { include_system: 'x' })).toEqual([
      'OE0217',
      ['include_system'],
    ])
    expect(await errorOf(world, 'rightsizing', { k8s_pod: 'x' })).toEqual(['OE0212', ['k8s_pod']])
  })
})

// Last, as it computes anew.
it('is sent again, and cursors end, when recommendations have been computed anew', async () => {
  const first = await askRoute(world, 'rightsizing', { limit: 1 })
  const cursor = first.json<RightsizingBody>().page.next ?? ''
  const held = { secret: SECRET, 'if-none-match': String(first.headers.etag) }
  const again = async () => (await askRoute(world, 'rightsizing', { limit: 1 }, { headers: held })).statusCode
  expect(await again()).toBe(304)
  expect((await askRoute(world, 'rightsizing', { limit: 1, cursor })).statusCode).toBe(200)
  await world.database.pool.query(
    `update warehouse.rightsizing set computed_at = computed_at + interval '1 hour' where cloud_account_id = $1`,
    [FIRST],
  )
  expect(await again()).toBe(200)
  expect(await errorOf(world, 'rightsizing', { limit: 1, cursor })).toEqual(['OE0217', ['cursor']])
})
