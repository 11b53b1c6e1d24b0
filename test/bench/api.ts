/**
 * How much the reader API adds to its own SQL. An account of 5,000 workloads has 90 days of daily sums and a week of
 * hours. Each question is asked over HTTP for some seconds, and its statements are then run through `pg` alone, as
 * often as they can be, over as many connections. Prints requests a second, latencies, how long the event loop was held
 * up, and the ratio of both.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import autocannon from 'autocannon'
import pg from 'pg'
import { buildApp } from '../../src/api/app.js'
import { startDemoDatabase } from '../../src/bin/demo-database.js'
import { migrate } from '../../src/db/migrate.js'
import { createPool } from '../../src/db/pool.js'
import { ACCOUNT, DAYS, END, seedReaders, WORKLOADS } from './reader-estate.js'

const SECONDS = Number(process.env.SECONDS ?? 10)
const CONNECTIONS = 8
const SECRET = 'of-the-bench'
const DAY_SECONDS = 86_400

const say = (line: string) => void process.stdout.write(`${line}\n`)

const QUESTIONS = [
  { name: 'cost_allocation by namespace, 30 days', path: pathOf('cost_allocation', 30, 'namespace') },
  { name: 'cost_allocation by controller, 7 days', path: pathOf('cost_allocation', 7, 'controller') },
  { name: 'cost_allocation by pod, 1 day', path: pathOf('cost_allocation', 1, 'pod') },
  { name: 'efficiency by namespace, 30 days', path: pathOf('efficiency', 30, 'namespace') },
  { name: 'findings, 14 days', path: rangeOf('findings', 14) },
  { name: 'the first, revalidated (304)', path: pathOf('cost_allocation', 30, 'namespace'), isHeld: true },
]

function pathOf(route: string, days: number, by: string): string {
  return `${rangeOf(route, days)}&breakdown_by=${by}`
}

function rangeOf(route: string, days: number): string {
  const range = `start_date=${END - days * DAY_SECONDS}&end_date=${END}`
  return `/restapi/v2/cloud_accounts/${ACCOUNT}/k8s/${route}?${range}`
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'k8s-costs-bench-'))
  await chmod(folder, 0o755)
  const database = await startDemoDatabase(folder, () => undefined)
  const pool = createPool(database.url, { max: CONNECTIONS, statementTimeoutMs: 600_000 })
  const app = buildApp({ pool, clusterSecret: SECRET, now: () => END })
  try {
    say(`${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}`)
    await migrate(pool)
    const began = performance.now()
    await seedReaders(pool)
    say(`${WORKLOADS} workloads, ${DAYS} days, seeded in ${Math.round((performance.now() - began) / 1000)} s`)
    await app.listen({ host: '127.0.0.1', port: 0 })
    const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    for (const question of QUESTIONS) await measure(origin, database.url, question)
  } finally {
    await app.close()
    await pool.end()
    await database.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(
  origin: string,
  databaseUrl: string,
  question: (typeof QUESTIONS)[number],
): Promise<void> {
  const { name, path, isHeld } = question
  // The first answers warm up; the last of them tells which statements there are.
  const ask = (more: Record<string, string> = {}) =>
    fetch(origin + path, { headers: { secret: SECRET, 'accept-encoding': 'identity', ...more } })
  for (let i = 0; i < 5; i++) await (await ask()).arrayBuffer()
  const tag = (await ask()).headers.get('etag') ?? ''
  const held: Record<string, string> = isHeld ? { 'if-none-match': tag } : {}
  const statements = await recorded(async () => {
    await (await ask(held)).arrayBuffer()
  })
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const http = await autocannon({
    url: origin + path,
    connections: CONNECTIONS,
    duration: SECONDS,
    workers: 1,
    headers: { secret: SECRET, ...held },
  })
  delay.disable()
  const expected = isHeld ? http['3xx'] : http['2xx']
  if (expected === 0 || http.non2xx > (isHeld ? expected : 0))
    throw new Error(`${name}: ${http.non2xx} other answers`)
  const sql = await runAlone(databaseUrl, statements)
  const rate = expected / http.duration
  say(
    `${name}: ${rate.toFixed(1)} req/s, p50 ${http.latency.p50} ms, p99 ${http.latency.p99} ms; SQL alone ${sql.rate.toFixed(1)}/s, p50 ${sql.p50.toFixed(0)} ms (${statements.length} statements); HTTP/SQL ${(rate / sql.rate).toFixed(2)}; event loop p99 ${(delay.percentile(99) / 1e6).toFixed(0)} ms, max ${(delay.max / 1e6).toFixed(0)} ms`,
  )
}

interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** What is sent to the database meanwhile, in order. */
async function recorded(work: () => Promise<void>): Promise<Statement[]> {
  const statements: Statement[] = []
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
    const [text, values] = given
    if (typeof text === 'string') statements.push({ text, values: Array.isArray(values) ? values : [] })
    return Reflect.apply(query, this, given)
  } as typeof query
  try {
    await work()
  } finally {
    pg.Client.prototype.query = query
  }
  return statements
}

/** The same statements over as many connections for as long, with nothing done to what they give. */
async function runAlone(
  databaseUrl: string,
  statements: readonly Statement[],
): Promise<{ rate: number; p50: number }> {
  const until = performance.now() + SECONDS * 1000
  const times: number[] = []
  const began = performance.now()
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const client = new pg.Client(databaseUrl)
      await client.connect()
      while (performance.now() < until) {
        const start = performance.now()
        for (const { text, values } of statements) {
          await (values.length === 0 ? client.query(text) : client.query(text, [...values]))
        }
        times.push(performance.now() - start)
      }
      await client.end()
    }),
  )
  const seconds = (performance.now() - began) / 1000
  const sorted = times.toSorted((a, b) => a - b)
  return { rate: times.length / seconds, p50: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN }
}

await main()
