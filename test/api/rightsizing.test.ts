import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RightsizingBody } from '../../src/api/schemas/rightsizing.js'
import { formatMoney, type Money, sumMoney, toMoney } from '../../src/domain/money.js'
import { seedAccount } from '../support/seed.js'
import { askRoute, bodyOf, errorOf, rowsOfPages } from './ask-route.js'
import { randomNumbers } from './invented.js'
import { FIRST, HOUR, MONDAY, openWorld, SECOND, SECRET, seedEmptyWindow, type World } from './world.js'

const NOW = MONDAY + 48 * HOUR
const DAY = 24 * HOUR
const COMPUTED = NOW - HOUR
const HOSTILE = `o'brien "; drop table x -- \\ 😀 %`

interface Seeded {
  readonly cluster: string
  readonly namespace: string
  readonly kind: string
  readonly name: string
  readonly container: string
  readonly cpuSaving: Money | null
  readonly ramSaving: Money | null
  readonly action: string
  readonly confidence: number
}

const random = randomNumbers(14)
const signed = () => toMoney((random() - 0.4) * 20)
const seeded: Seeded[] = [
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
    ...{ cluster: 'one', namespace: 'n0', kind: '', name: '', container: HOSTILE },
    ...{ cpuSaving: null, ramSaving: null, action: 'none', confidence: 0.05 },
  },
]
const listed = seeded.filter(({ namespace }) => namespace !== 'kube-system')

let world: World

beforeAll(async () => {
  world = await openWorld(NOW)
  const { pool } = world.database
  for (const account of [FIRST, SECOND]) {
    await seedAccount(pool, account)
    await seedEmptyWindow(world, account)
  }
  for (const one of seeded) await seed(pool, FIRST, one)
  const [first] = seeded
  if (first === undefined) throw new Error('nothing is seeded')
  await seed(pool, FIRST, { ...first, name: 'careful' }, { profile: 'safe' })
  await seed(pool, FIRST, { ...first, name: 'long' }, { historyDays: 30 })
  await seed(pool, SECOND, { ...first, name: 'omega', cpuSaving: toMoney(1), ramSaving: 0n })
})
afterAll(() => world.close())

async function seed(
  pool: pg.Pool,
  account: string,
  one: Seeded,
  { profile = 'balanced', historyDays = 14 } = {},
): Promise<void> {
  const isKnown = one.cpuSaving !== null && one.ramSaving !== null
  const text = (money: Money | null) => (money === null ? null : formatMoney(money))
  const row = {
    ...{ cloud_account_id: account, profile, history_days: historyDays, cluster_id: one.cluster },
    ...{
      namespace: one.namespace,
      controller_kind: one.kind,
      controller: one.name,
      container: one.container,
    },
    ...{
      computed_at: new Date(COMPUTED * 1000),
      replicas: 3,
      cpu_request: 1000,
      cpu_limit: null,
      cpu_mean: 150.5,
    },
    ...{ cpu_p95: 200, cpu_p99: 210, cpu_max: 400, cpu_recommended: 230, cpu_action: 'decrease' },
    ...{
      ram_request: 2 ** 31,
      ram_limit: 2 ** 32,
      ram_mean: 1e8,
      ram_p95: null,
      ram_p99: null,
      ram_max: 7e8,
    },
    ...{
      ram_recommended: 8e8,
      ram_action: 'decrease',
      cpu_saving: text(one.cpuSaving),
      ram_saving: text(one.ramSaving),
    },
    saving_month: isKnown ? text(sumMoney([one.cpuSaving ?? 0n, one.ramSaving ?? 0n])) : null,
    ...{ action: one.action, reasons: ['floor', 'oom'], severity: 'WARNING', confidence: one.confidence },
    ...{
      confidence_level: 'high',
      span_hours: 336,
      coverage: 0.9,
      samples: '12096',
      oom: null,
      hpa: false,
      snippet: null,
    },
  }
  await pool.query(
    `insert into warehouse.rightsizing (${Object.keys(row).join(', ')})
     values (${Object.keys(row)
       .map((_, i) => `$${i + 1}`)
       .join(', ')})`,
    Object.values(row),
  )
}

const ask = (query: Record<string, string | number | string[]> = {}) =>
  bodyOf<RightsizingBody>(world, 'rightsizing', query)
const number = (money: Money) => Number(formatMoney(money))

function totalsOf(rows: readonly Seeded[]) {
  const savings = rows.flatMap(({ cpuSaving, ramSaving }) => [cpuSaving ?? 0n, ramSaving ?? 0n])
  return {
    total_count: rows.length,
    gross_decrease: number(sumMoney(savings.filter(one => one > 0n))),
    gross_increase: number(sumMoney(savings.filter(one => one < 0n))),
    net: number(sumMoney(savings)),
  }
}

describe('totals', () => {
  const cases: [string, Record<string, string | number | string[]>, (one: Seeded) => boolean][] = [
    ['everything but the system', {}, () => true],
    ['a cluster', { k8s_cluster: 'one' }, one => one.cluster === 'one'],
    ['namespaces', { k8s_namespace: ['n0', 'n1'] }, one => ['n0', 'n1'].includes(one.namespace)],
    ['all but a namespace', { k8s_namespace: '!n0' }, one => one.namespace !== 'n0'],
    ['a workload', { created_by_name: 'w3', created_by_kind: 'deployment' }, one => one.name === 'w3'],
    [
      'what has no workload',
      { created_by_kind: '00000000-0000-0000-0000-000000000000' },
      one => one.kind === '',
    ],
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
    const body = await ask({ ...query, limit: 1 })
    expect(body).toMatchObject(totalsOf(listed.filter(isAsked)))
    const all = await ask({ ...query, limit: 1000 })
    expect(all.rightsizing.map(({ controller }) => controller).sort()).toEqual(
      listed
        .filter(isAsked)
        .map(({ name }) => name)
        .sort(),
    )
  })

  it('leave out what runs for Kubernetes itself unless it is asked for', async () => {
    expect(await ask({ include_system: 'true' })).toMatchObject(totalsOf(seeded))
  })
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
      ...{ action: 'decrease', reasons: ['floor', 'oom'], severity: 'WARNING', confidence: 0.1 },
      ...{ confidence_level: 'high', span_hours: 336, coverage: 0.9, samples: 12096, oom: null, hpa: false },
      snippet: null,
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
  it('is the last 14 days, and another one is told to be', async () => {
    const body = await ask()
    expect(body).toMatchObject({
      start_date: NOW - 14 * DAY,
      end_date: NOW,
      history_days: 14,
      profile: 'balanced',
    })
    expect(body.computed_at).toBe(COMPUTED)
    const codes = ({ meta }: RightsizingBody) => meta.warnings.map(({ code }) => code)
    expect(codes(body)).toEqual([])
    const history = async (days: number) =>
      (await ask({ start_date: NOW - days * DAY, end_date: NOW })).history_days
    expect(await Promise.all([1, 10, 11, 21, 23, 300].map(history))).toEqual([7, 7, 14, 14, 30, 30])
    expect(codes(await ask({ start_date: NOW - 13 * DAY }))).toEqual(['rightsizing_history_differs'])
    expect(codes(await ask({ end_date: NOW - 40 * DAY }))).toEqual(['rightsizing_history_differs'])
    expect(codes(await ask({ profile: 'krr' }))).toEqual(['rightsizing_not_computed'])
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
