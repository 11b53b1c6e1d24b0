import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addAnalyst } from '../../src/db/analysts.js'
import { ensureRoles } from '../../src/db/roles.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { FEBRUARY, MARCH, SHOP, seedEstate } from './estate.js'
import { analystsGuide, questionsOf } from './questions.js'
import { connectAs, dropRoles, roleName } from './seeding.js'

const LOGIN = roleName()
let database: TestDatabase
let analyst: pg.Client
let text: string
let questions: ReadonlyMap<string, string>

beforeAll(async () => {
  text = await analystsGuide()
  questions = questionsOf(text)
  database = await testDatabase()
  await seedEstate(database)
  await ensureRoles(database.pool)
  const { password } = await addAnalyst(database.pool, {
    login: LOGIN,
    cloudAccountIds: [SHOP],
    create: true,
  })
  analyst = await connectAs(database, LOGIN, password)
})
afterAll(async () => {
  await analyst.end()
  await database.drop()
  await dropRoles(database, [LOGIN])
})

const march = (hour: 0 | 1) => new Date(MARCH[hour])
// A date arrives as the midnight of whoever asks.
const FEBRUARY_DAY = new Date(2026, 1, 23)
const MARCH_DAY = new Date(2026, 2, 2)

/** What the estate answers, by the number of the question; amounts as numbers. */
const ANSWERS: Record<string, Record<string, unknown>[]> = {
  1: [
    { team: 'alpha', cost: 3.29 },
    { team: 'beta', cost: 0.72 },
    { team: '(none)', cost: 0.5 },
  ],
  2: [
    { node_pool: 'gpu', idle_cost: 2.2 },
    { node_pool: 'general', idle_cost: 1.2 },
    { node_pool: 'spot', idle_cost: 0.4 },
    { node_pool: null, idle_cost: -0.1 },
  ],
  3: [
    {
      ...{ cluster: 'one', namespace: 'shop', controller_kind: 'deployment', controller: 'web' },
      ...{ before: 1.05, after: 1.85, growth: 0.8 },
    },
  ],
  4: [{ cpu_saving: 0.2, ram_saving: 0.066667 }],
  5: [{ cluster: 'one', name: 'vol-2', gib: 200, cost: 0.08 }],
  6: [
    { day: MARCH_DAY, namespace: 'lab', cost: 2.8 },
    { day: MARCH_DAY, namespace: 'shop', cost: 2.66 },
    { day: MARCH_DAY, namespace: null, cost: 0.28 },
  ],
  7: [
    { class: 'internet', gib: 1.4, cost: 0.14 },
    { class: 'zone', gib: 2, cost: 0.02 },
    { class: 'region', gib: null, cost: null },
  ],
  8: [
    {
      ...{ namespace: 'shop', controller: 'batch' },
      ...{ cpu_efficiency: 0.25, ram_efficiency: 0.25, total_efficiency: 0.25 },
    },
    {
      ...{ namespace: 'shop', controller: 'web' },
      ...{ cpu_efficiency: 0.5, ram_efficiency: 0.25, total_efficiency: expect.closeTo(0.85 / 1.8, 12) },
    },
  ],
  9: [{ cluster: 'one', namespace: 'shop', service: 'old', hours: 2, cost: 0.05 }],
  10: [{ cluster: 'one', node: 'n3', gpu_cost: 3.6, idle_cost: 1.8, idle_share: 0.5 }],
  11: [{ window_start: march(1), cluster: 'one', name: 'n1', cpu_price_min: 0.25, cpu_price_max: 0.5 }],
  12: [
    {
      ...{ cluster: 'one', window_start: new Date(FEBRUARY[1]), state: 'loaded', violations: [] },
      partial_reasons: ['source_silent', 'price_carried'],
    },
    {
      ...{ cluster: 'one', window_start: march(1), state: 'loaded', partial_reasons: [] },
      violations: ['I2', 'I3'],
    },
    {
      ...{
        cluster: 'one',
        window_start: new Date('2026-03-02T02:00Z'),
        state: 'quarantined',
        violations: [],
      },
      partial_reasons: ['quarantined'],
    },
  ],
  13: [
    {
      ...{ cluster: 'one', window_start: march(1), revision: 2, asset_difference: 0.64 },
      replaced_at: new Date('2026-03-04T05:00Z'),
    },
  ],
  14: [{ cluster: 'one', first: new Date(FEBRUARY[0]), last: march(1), hours: 4, revised: 1 }],
  15: [
    { ServiceCategory: 'Compute', BillingCurrency: 'EUR', effective_cost: 9 },
    { ServiceCategory: 'Networking', BillingCurrency: 'EUR', effective_cost: 0.26 },
    { ServiceCategory: 'Storage', BillingCurrency: 'EUR', effective_cost: 0.18 },
  ],
  17: [
    { cluster: 'one', namespace: 'lab', controller: 'train', own_cost: 2.24, idle_cost: 2.2 },
    { cluster: 'one', namespace: 'shop', controller: 'web', own_cost: 1.85, idle_cost: 1.2 },
    { cluster: 'one', namespace: 'shop', controller: 'batch', own_cost: 0.72, idle_cost: 0.4 },
    { cluster: 'one', namespace: 'lab', controller: null, own_cost: 0.5, idle_cost: -0.1 },
  ],
  18: [
    { cluster: 'one', namespace: 'lab', controller: 'train', own_cost: 2.24, idle_cost: 2.156 },
    { cluster: 'one', namespace: 'shop', controller: 'web', own_cost: 1.85, idle_cost: 0.748 },
    { cluster: 'one', namespace: 'shop', controller: 'batch', own_cost: 0.72, idle_cost: 0.412 },
    { cluster: 'one', namespace: 'lab', controller: null, own_cost: 0.5, idle_cost: 0.384 },
  ],
  19: [
    { cluster: 'one', namespace: 'lab', own_cost: 2.74, weighted: 2.74, even: 2.74 },
    { cluster: 'one', namespace: 'shop', own_cost: 2.57, weighted: 2.57, even: 2.57 },
  ],
  20: [
    {
      ...{ cluster: 'one', namespace: 'shop', controller_kind: 'deployment', controller: 'web' },
      ...{ container: 'app', replicas: 0.5, request: 2, of_greatest: 1 },
      ...{ of_p95: expect.closeTo(0.8 / 0.7, 12), saving_month: expect.closeTo(146, 9) },
    },
  ],
  21: [
    {
      ...{ cluster: 'one', day: MARCH_DAY, check_id: 'completeness', severity: 'E', observed: 2 },
      ...{ expected: 24, detail: null, failing_since: new Date('2026-03-03T03:30Z') },
    },
  ],
  22: [
    { cluster: 'one', day: FEBRUARY_DAY, hours: 2, parts: null },
    { cluster: 'one', day: MARCH_DAY, hours: 2, parts: ['gpu_cost', 'gpu_hours'] },
  ],
  23: [
    { namespace: 'web', changes: 2, less: 8, more: -2.5, saving: 5.5, share: 0.055, doubtful: 7 },
    { namespace: 'lab', changes: 1, less: null, more: -1, saving: -1, share: -0.05, doubtful: null },
  ],
}

// Amounts arrive as text so that they stay exact; here they are looked at.
const plain = (row: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value,
    ]),
  )

describe('the questions of docs/analysts.md', () => {
  it('are all looked at here: those with an answer, and a file', () => {
    expect([...questions.keys()].sort()).toEqual([...Object.keys(ANSWERS), '16'].sort())
  })

  it.each(Object.keys(ANSWERS))('%s is answered right, to an analyst', async number => {
    const { rows } = await analyst.query<Record<string, unknown>>(questions.get(number) ?? '')
    expect(rows.map(plain)).toEqual(ANSWERS[number])
  })

  it('16 is a FOCUS file with every column and the instants of the specification', async () => {
    const { rows, fields } = await analyst.query<Record<string, unknown>>(questions.get('16') ?? '')
    const { fields: all } = await analyst.query('select * from analytics.focus_cost_and_usage limit 0')
    expect(fields.map(({ name }) => name)).toEqual(all.map(({ name }) => name))
    expect(rows.length).toBeGreaterThan(20)
    for (const row of rows) {
      for (const name of ['BillingPeriodEnd', 'BillingPeriodStart', 'ChargePeriodEnd', 'ChargePeriodStart']) {
        expect(row[name]).toMatch(/^2026-0[34]-0\dT0\d:00:00Z$/)
      }
    }
  })
})

describe('the dictionary of docs/analysts.md', () => {
  it('has every view with its meaning and its columns in their order', async () => {
    const { rows } = await database.pool.query<{ view: string; comment: string; columns: string[] }>(`
      select c.relname as view, obj_description(c.oid, 'pg_class') as comment,
        array_agg(a.attname::text order by a.attnum) as columns
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
      where c.relnamespace = 'analytics'::regnamespace
      group by 1, 2 order by 1`)
    const documented = [...text.matchAll(/^### `(\w+)`\n\n(.*?)\n\n(.*?)\n*(?=^### |(?![\s\S]))/gms)]
    const found = documented.map(([, view, comment, columns]) => ({
      view,
      comment,
      columns: [...(columns ?? '').matchAll(/`(\w+)`/g)].map(([, column]) => column),
    }))
    expect(found).toEqual(rows)
  })
})
