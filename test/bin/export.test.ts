import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningCli, startCli } from '../support/child.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { seedAccount, seedCluster } from '../support/seed.js'
import { ensureMonth } from '../support/seed-partitions.js'
import { waitFor } from '../support/wait.js'

const ACCOUNT = '11111111-1111-4111-8111-111111111111'
const SECRET = 'cluster-secret-of-the-tests'
const HOUR = 3600
/** 2026-03-02T00:00Z. */
const START = Date.UTC(2026, 2, 2) / 1000
const HOURS = 500
/** Rows of the export: pods by hours. A million takes a minute or two, which is for whoever asks for it. */
const ROWS = Number(process.env.EXPORT_ROWS ?? 200_000)
const PODS = Math.ceil(ROWS / HOURS)
const MIB = 2 ** 20
const MOST_HEAP_GROWTH = 150 * MIB

let database: TestDatabase
let child: RunningCli
let api: string
let metricsUrl: string

beforeAll(async () => {
  database = await testDatabase()
  await seed()
  const port = await freePort()
  metricsUrl = `http://127.0.0.1:${port}/metrics`
  const env = {
    DATABASE_URL: database.url,
    CLUSTER_SECRET: SECRET,
    API_PORT: '0',
    METRICS_PORT: String(port),
  }
  child = startCli(['api'], env)
  await waitFor('the start', () => child.stderr().includes('api is running') || child.hasEnded())
  api = /listens on (http:\S+)/.exec(child.stderr())?.[1] ?? ''
}, 300_000)
afterAll(async () => {
  await child.end('SIGTERM')
  await database.drop()
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A pod that costs 0.001 and 0.002 an hour in every hour, so many times. */
async function seed(): Promise<void> {
  const { pool } = database
  await seedAccount(pool, ACCOUNT)
  await seedCluster(pool, { account: ACCOUNT, cluster: 'one' }, START, START + (HOURS - 1) * HOUR)
  await ensureMonth(pool, START)
  await pool.query(
    `insert into warehouse.container (cloud_account_id, cluster_id, namespace, pod, container, node, container_key)
     select $1, 'one', 'ns-' || n % 10, 'pod-' || n, 'main', 'node-' || n % 50, n from generate_series(1, $2::int) n`,
    [ACCOUNT, PODS],
  )
  await pool.query(
    `insert into warehouse.allocation_hourly (cloud_account_id, cluster_id, window_start, container_key, minutes,
       cpu_core_hours, ram_gib_hours, cpu_cost, ram_cost, price_source)
     select $1, 'one', to_timestamp($2::float8 + 3600 * h), n, 60, 0.5, 1, 0.001, 0.002, 'measured'
     from generate_series(0, $3::int - 1) h, generate_series(1, $4::int) n`,
    [ACCOUNT, START, HOURS, PODS],
  )
  await pool.query(
    `insert into warehouse.window_ledger (cloud_account_id, cluster_id, window_start, state, revision, loaded_at, coverage)
     select $1, 'one', to_timestamp($2::float8 + 3600 * h), 'loaded', 1, now(), 1 from generate_series(0, $3::int - 1) h`,
    [ACCOUNT, START, HOURS],
  )
  await pool.query('analyze')
}

async function exportOf(hours: number): Promise<IncomingMessage> {
  const range = `start_date=${START}&end_date=${START + hours * HOUR}`
  const path = `/restapi/v2/cloud_accounts/${ACCOUNT}/k8s/cost_allocation?${range}&breakdown_by=pod&step=hour&format=csv`
  const [response] = await once(get(`${api}${path}`, { headers: { secret: SECRET } }), 'response')
  expect(response.statusCode).toBe(200)
  return response
}

/** Heap in use and resident memory of the service, in bytes. */
async function memory(): Promise<{ heap: number; resident: number }> {
  const text = await (await fetch(metricsUrl)).text()
  const value = (name: string) => Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'm').exec(text)?.[1])
  return { heap: value('nodejs_heap_size_used_bytes'), resident: value('process_resident_memory_bytes') }
}

/** Reads a table to its end, and asks after each mebibyte how the service is: it never reads ahead of that. */
async function readSlowly(response: IncomingMessage) {
  const peak = await memory()
  const hoursOf = new Map<string, number>()
  const [columns, records] = [new Map<string, number>(), { count: 0, cost: 0, last: '' }]
  let [rest, unseen] = ['', 0]
  const take = (line: string) => {
    const fields = line.split(',')
    if (columns.size === 0) for (const [index, name] of fields.entries()) columns.set(name, index)
    else {
      const pod = fields[columns.get('pod') ?? -1] ?? ''
      hoursOf.set(pod, (hoursOf.get(pod) ?? 0) + 1)
      records.count++
      records.cost += Number(fields[columns.get('total_cost') ?? -1])
    }
  }
  for await (const chunk of response) {
    const lines = (rest + String(chunk)).split('\r\n')
    rest = lines.pop() ?? ''
    lines.forEach(take)
    unseen += chunk.length
    if (unseen < MIB) continue
    unseen = 0
    const now = await memory()
    peak.heap = Math.max(peak.heap, now.heap)
    peak.resident = Math.max(peak.resident, now.resident)
  }
  return { ...records, rest, hoursOf, peak }
}

it(`an export of ${ROWS} rows arrives whole, and never lies in the memory of the service`, async () => {
  // What the first of its kind brings into memory stays there.
  expect((await readSlowly(await exportOf(1))).count).toBe(PODS)
  const before = await memory()
  const { count, cost, rest, hoursOf, peak } = await readSlowly(await exportOf(HOURS))
  const growth = { heap: peak.heap - before.heap, resident: peak.resident - before.resident }
  expect([count, rest, hoursOf.size]).toEqual([PODS * HOURS, '', PODS])
  expect(new Set(hoursOf.values())).toEqual(new Set([HOURS]))
  expect(cost).toBeCloseTo(PODS * HOURS * 0.003, 3)
  process.stderr.write(`EXPORT ${JSON.stringify([before, peak, growth])}\n`)
  expect(growth.heap, JSON.stringify(growth)).toBeLessThan(MOST_HEAP_GROWTH)
}, 300_000)
