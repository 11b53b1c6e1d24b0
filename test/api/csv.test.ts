import { once } from 'node:events'
import { get } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/api/app.js'
import type { CostAllocationRow } from '../../src/api/schemas/cost-allocation.js'
import { toMoney } from '../../src/domain/money.js'
import { seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { waitFor } from '../support/wait.js'
import { readCsv } from './read-csv.js'
import { allRows, encode, FIRST, HOUR, MONDAY, openWorld, SECRET, urlOf, type World } from './world.js'

const RANGE = { start_date: MONDAY, end_date: MONDAY + 2 * HOUR }
/** What spreadsheets take for a formula, and what a careless writer of CSV trips over. */
const HOSTILE = [
  ...[
    '=1+2',
    '+cmd',
    '-2',
    '@sum(a1)',
    '\tx',
    '\rx',
    '＝1',
    'a,b',
    'say "hi"',
    'two\nlines',
    "it's",
    '😀',
    ' x ',
  ],
  ...['=HYPERLINK("http://x";"y")', '<script>alert(1)</script>', ';', "'"],
]

let world: World
beforeAll(async () => {
  world = await openWorld()
  const { pool } = world.database
  await seedAccount(pool, FIRST, 'EUR')
  await seedCluster(pool, { account: FIRST, cluster: 'one' }, MONDAY, MONDAY + HOUR)
  for (const window of [MONDAY, MONDAY + HOUR]) {
    await seedWindow(pool, { account: FIRST, cluster: 'one' }, window, {
      containers: HOSTILE.map((pod, index) => ({
        ...{ namespace: `ns${index % 3}`, pod, container: 'main', node: 'n' },
        ...{ cpuCost: toMoney(0.1 + index), ramCost: toMoney(0.01), labels: { team: pod } },
      })),
      // Less than the containers: idle is negative, and a negative number is no formula.
      nodes: [{ node: 'n', cpuCost: toMoney(1), ramCost: toMoney(1) }],
    })
  }
})
afterAll(() => world.close())

type Query = Record<string, string | number | string[]>
const fetchCsv = (query: Query, headers: Record<string, string> = {}) =>
  world.ask(FIRST, { ...RANGE, ...query }, { secret: SECRET, ...headers })

/** What a field of the JSON answer is in the table. */
function expected(name: string, value: unknown): string {
  if (value === null) return ''
  if (['start_date', 'end_date', 'first_seen', 'last_seen'].includes(name))
    return new Date(Number(value) * 1000).toISOString()
  if (typeof value === 'object') return JSON.stringify(value)
  const text = String(value)
  return typeof value === 'string' && /^[=+\-@\t\r＝]/.test(text) ? `'${text}` : text
}

describe('CSV', () => {
  it.each([
    { breakdown_by: 'pod' },
    { breakdown_by: ['namespace', 'pod'], step: 'hour', sort: 'name', order: 'asc' },
    { breakdown_by: 'label:team', idle: 'share' },
    { breakdown_by: 'pod', k8s_pod: 'nowhere' },
  ] as Query[])('has the rows of all pages of the same answer: %j', async query => {
    const response = await fetchCsv({ ...query, limit: 2, format: 'csv' })
    expect(response.statusCode).toBe(200)
    expect(response.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(response.headers['content-disposition']).toBe(
      'attachment; filename="cost_allocation_2026-03-02_2026-03-02.csv"',
    )
    const [header = [], ...records] = readCsv(response.body)
    const rows: CostAllocationRow[] = await allRows(world, { ...RANGE, ...query, limit: 7 })
    expect(header.at(-1)).toBe('currency')
    expect(records).toHaveLength(rows.length)
    rows.forEach((row, index) => {
      const fields = header.slice(0, -1).map(name => expected(name, row[name as keyof CostAllocationRow]))
      expect(records[index]).toEqual([...fields, 'EUR'])
    })
  })

  it('has negative amounts as numbers', async () => {
    const [header = [], ...records] = readCsv(
      (await fetchCsv({ format: 'csv', breakdown_by: 'cluster' })).body,
    )
    const idle = records.find(record => record[header.indexOf('kind')] === 'idle')
    expect(Number(idle?.[header.indexOf('total_cost')])).toBeLessThan(-100)
  })

  it.each([
    ['text/csv', true],
    ['text/csv, */*;q=0.1', true],
    ['application/json;q=0.5, text/csv;q=0.9', true],
    ['application/json, text/csv;q=0.5', false],
    ['text/html, */*', false],
    ['text/csv;q=0', false],
    ['', false],
  ])('is what Accept: %s asks for: %s', async (accept, isCsv) => {
    const response = await fetchCsv({}, { accept })
    expect(response.headers['content-type']).toMatch(isCsv ? /^text\/csv/ : /^application\/json/)
    expect(response.headers.vary).toContain('Accept')
  })

  it('is not what Accept asks for where format says otherwise', async () => {
    const response = await fetchCsv({ format: 'json' }, { accept: 'text/csv' })
    expect(response.headers['content-type']).toMatch(/^application\/json/)
  })

  it('has a version of its own, and is not sent to who has it', async () => {
    const json = await fetchCsv({})
    const csv = await fetchCsv({ format: 'csv' })
    expect(csv.headers.etag).not.toBe(json.headers.etag)
    const again = await fetchCsv({ format: 'csv' }, { 'if-none-match': String(csv.headers.etag) })
    expect([again.statusCode, again.body]).toEqual([304, ''])
  })

  it('fails with an error and no table', async () => {
    const response = await fetchCsv({ format: 'csv', step: 'year' })
    expect(response.statusCode).toBe(400)
    expect(response.headers['content-type']).toMatch(/^application\/json/)
    expect((await fetchCsv({ format: 'xlsx' })).json().error).toMatchObject({
      ...{ error_code: 'OE0473', params: ['xlsx'], status_code: 400 },
    })
  })

  it('may be long in coming', async () => {
    const { pool } = world.database
    const limits = { stillMs: 200 }
    const app = buildApp({ pool: world.database.newPool(), clusterSecret: SECRET, limits })
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const holder = await pool.connect()
    await holder.query('begin; lock table warehouse.allocation_hourly in access exclusive mode')
    const path = `${urlOf(FIRST)}?${encode({ ...RANGE, format: 'csv' })}`
    const answered = once(get({ port, path, headers: { secret: SECRET } }), 'response')
    await waitFor('the export to wait', async () => {
      const { rows } = await pool.query<{ waiting: boolean }>(
        `select exists (select from pg_locks where not granted and database =
           (select oid from pg_database where datname = current_database())) as waiting`,
      )
      return rows[0]?.waiting === true
    })
    // Others on which nothing moves are given up meanwhile, one after the other.
    for (let round = 0; round < 2; round++) await once(connect(port, '127.0.0.1').resume(), 'close')
    await holder.query('rollback')
    holder.release()
    const [response] = await answered
    expect(response.statusCode).toBe(200)
    response.resume()
    await once(response, 'end')
    await app.close()
  })

  it('gives its connection back where the reader goes away, and where there are many', async () => {
    const { app } = world
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const query = encode({ ...RANGE, breakdown_by: 'pod', step: 'hour', format: 'csv' })
    for (let round = 0; round < 12; round++) {
      const request = get({ port, path: `${urlOf(FIRST)}?${query}`, headers: { secret: SECRET } })
      const [response] = await once(request, 'response')
      expect(response.statusCode).toBe(200)
      if (round % 2 === 0) response.destroy()
      else response.resume()
      await once(response, 'close')
    }
    const { pool } = world.database
    await waitFor('all connections to be idle', () => pool.idleCount === pool.totalCount)
  })
})
