/**
 * How much the product adds to what can't be avoided. On a real Prometheus that holds a dull large cluster for a day:
 * F = the same requests at the same concurrency with the bodies thrown away, L = the same rows by binary COPY into a
 * bare table, W = the backfill of the 24 windows. Prints W ÷ (F + L), measured in one run, and W's peak memory.
 */
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { Pool } from 'undici'
import { startDemoDatabase } from '../../src/bin/demo-database.js'
import { addAccount } from '../../src/db/accounts.js'
import { migrate } from '../../src/db/migrate.js'
import { createPool } from '../../src/db/pool.js'
import { dullEstate } from '../../src/sample/dull.js'
import type { Estate } from '../../src/sample/estate.js'
import { pushEstate } from '../../src/sample/remote-write.js'
import { findPrometheus } from '../support/prometheus.js'
import { type Recorded, startRecorder } from './recorder.js'

const run = promisify(execFile)
const HOURS = 24
const ROUNDS = Number(process.env.ROUNDS ?? 5)
const CONCURRENCY = 4
const START = Math.floor(Date.now() / 1000 / 86_400) * 86_400 - 3 * 86_400

const say = (line: string) => void process.stdout.write(`${line}\n`)
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

async function main(): Promise<void> {
  const found = await findPrometheus()
  if ('missing' in found) throw new Error(found.missing)
  const estate = dullEstate({ start: START, hours: HOURS, nodes: 60, pods: 1800, containersPerPod: 1.5 })
  const folder = await mkdtemp(join(tmpdir(), 'k8s-costs-bench-'))
  await chmod(folder, 0o755)
  const database = await startDemoDatabase(folder, () => undefined)
  const prometheus = await found.start()
  try {
    say(`${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}, Prometheus as ${found.kind}`)
    const began = performance.now()
    const { samples } = await pushEstate(`${prometheus.url}/api/v1/write`, estate, {
      tenantLabel: 'tenant_id',
    })
    say(`${samples} samples pushed in ${Math.round((performance.now() - began) / 1000)} s`)
    const requests = await recordRequests(database.url, prometheus.url, estate)
    say(
      `${requests.length} requests, ${requests.filter(one => one.path.endsWith('query_range')).length} of them range queries`,
    )
    await measure(database.url, prometheus.url, estate, requests)
  } finally {
    await prometheus.stop()
    await database.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(
  databaseUrl: string,
  prometheusUrl: string,
  estate: Estate,
  requests: readonly Recorded[],
): Promise<void> {
  const rounds: { f: number; l: number; w: number; ratio: number; mib: number }[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const f = await fetchAll(prometheusUrl, requests)
    const url = await freshDatabase(databaseUrl, `w${i}`, estate)
    const { seconds: w, maxRssMib: mib, published } = await backfillOnce(url, prometheusUrl, estate)
    const { seconds: l, rows } = await copyRowsBare(url)
    rounds.push({ f, l, w, ratio: w / (f + l), mib })
    say(
      `round ${i + 1}: F ${f.toFixed(2)} s, L ${l.toFixed(2)} s (${rows} rows), W ${w.toFixed(2)} s (${published} windows, ${mib.toFixed(0)} MiB), W/(F+L) ${(w / (f + l)).toFixed(2)}`,
    )
  }
  const of = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick)).toFixed(2)
  say(
    `median: F ${of(r => r.f)} s, L ${of(r => r.l)} s, W ${of(r => r.w)} s, W/(F+L) ${of(r => r.ratio)}, peak memory ${of(r => r.mib)} MiB`,
  )
}

/** What the backfill asks, by letting it ask through a recorder once. */
async function recordRequests(
  databaseUrl: string,
  prometheusUrl: string,
  estate: Estate,
): Promise<readonly Recorded[]> {
  const recorder = await startRecorder(prometheusUrl)
  try {
    await backfillOnce(await freshDatabase(databaseUrl, 'recorded', estate), recorder.url, estate)
    return recorder.requests
  } finally {
    await recorder.close()
  }
}

async function fetchAll(prometheusUrl: string, requests: readonly Recorded[]): Promise<number> {
  const pool = new Pool(prometheusUrl, { connections: CONCURRENCY })
  const waiting = [...requests]
  const began = performance.now()
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const { body } = await pool.request({
          method: next.method,
          path: next.path,
          headers: next.headers,
          body: next.body,
        })
        for await (const _chunk of body) {
          // Thrown away.
        }
      }
    }),
  )
  const seconds = (performance.now() - began) / 1000
  await pool.close()
  return seconds
}

async function freshDatabase(databaseUrl: string, name: string, estate: Estate): Promise<string> {
  const admin = new pg.Client(databaseUrl)
  await admin.connect()
  await admin.query(`create database bench_${name}`)
  await admin.end()
  const url = new URL(databaseUrl)
  url.pathname = `/bench_${name}`
  const pool = createPool(url.href)
  await migrate(pool)
  for (const { cloudAccountId, name: title } of estate.accounts)
    await addAccount(pool, { cloudAccountId, name: title })
  await pool.end()
  return url.href
}

async function backfillOnce(
  url: string,
  prometheusUrl: string,
  estate: Estate,
): Promise<{ seconds: number; maxRssMib: number; published: number }> {
  const script = new URL('./backfill-once.js', import.meta.url).pathname
  const account = estate.accounts[0]?.cloudAccountId ?? ''
  const env = {
    ...process.env,
    DATABASE_URL: url,
    THANOS_URL: prometheusUrl,
    THANOS_CONCURRENCY: String(CONCURRENCY),
    ACCOUNT: account,
    FROM: String(START),
    TO: String(START + HOURS * 3600),
  }
  const { stdout } = await run(process.execPath, [script], { env })
  return JSON.parse(stdout) as { seconds: number; maxRssMib: number; published: number }
}

/** The rows that were published, into a table without keys. */
async function copyRowsBare(url: string): Promise<{ seconds: number; rows: number }> {
  const client = new pg.Client(url)
  await client.connect()
  const columns =
    'cloud_account_id, cluster_id, window_start, container_key, minutes, cpu_core_hours, cpu_core_request_hours, cpu_core_used_hours, ram_gib_hours, ram_gib_request_hours, ram_gib_used_hours, cpu_cost, ram_cost, price_source'
  const chunks: Buffer[] = []
  for await (const chunk of client.query(
    copyTo(`copy (select ${columns} from warehouse.allocation_hourly) to stdout (format binary)`),
  ))
    chunks.push(chunk as Buffer)
  await client.query(`create table bare as select ${columns} from warehouse.allocation_hourly limit 0`)
  const began = performance.now()
  await new Promise<void>((resolve, reject) => {
    const stream = client.query(copyFrom(`copy bare (${columns}) from stdin (format binary)`))
    stream.once('error', reject).once('finish', resolve)
    for (const chunk of chunks) stream.write(chunk)
    stream.end()
  })
  const seconds = (performance.now() - began) / 1000
  const { rows } = await client.query<{ count: number }>('select count(*)::int as count from bare')
  await client.end()
  return { seconds, rows: rows[0]?.count ?? 0 }
}

await main()
