import type { JobContext } from '../../jobs/context.js'
import type { CloudAccount } from '../../src/domain/account.js'
import { HOUR_SECONDS } from '../../src/domain/window.js'
import type { Source } from '../../src/extract/ask.js'
import { assembleEstate, createEstate, type Estate, NORTH_ACCOUNT } from '../../src/sample/estate.js'
import type { AccountModel } from '../../src/sample/model.js'
import type { SeriesModel } from '../../src/sample/series.js'
import { type SampleThanos, startSampleThanos } from '../../src/sample/server.js'
import { createThanosClient } from '../../src/thanos/client.js'
import type { ThanosClientOptions } from '../../src/thanos/exchange.js'
import type { ThanosClient } from '../../src/thanos/types.js'
import { addAccounts, testContext } from './ingest.js'
import { recordingLogger } from './log.js'
import { OPEN_THANOS } from './open-thanos.js'
import { type TestDatabase, testDatabase } from './postgres.js'
import {
  createThanosStub,
  type Match,
  type StubReply,
  type StubRequest,
  type ThanosStub,
} from './thanos-stub.js'

/** The account that the recorded lists of stores announce on both Receivers. */
export const ACCOUNT = '5e1f0c1e-0000-4000-8000-00000000000a'
/** Another account of the same lists, whose name must never reach the first one. */
export const NEIGHBOUR = '5e1f0c1e-0000-4000-8000-00000000000b'
export const CLUSTER = 'cluster-one'
/** 2026-09-29T00:00Z, after the oldest time of the recorded stores. */
export const FIRST = Date.UTC(2026, 8, 29) / 1000
export const HOUR = HOUR_SECONDS

/** A few hours of one cluster of four nodes, of one account. */
export function smallEstate(options: { start?: number; hours?: number } = {}): Estate {
  const start = options.start ?? FIRST
  const bounds = { start, end: start + (options.hours ?? 3) * HOUR }
  const north = createEstate(bounds).accounts.find(account => account.cloudAccountId === NORTH_ACCOUNT)
  if (north === undefined) throw new Error('the sample estate has another shape')
  const account: AccountModel = { ...north, cloudAccountId: ACCOUNT, tenantId: ACCOUNT }
  return assembleEstate(bounds, [account])
}

/** The same estate with some of its series changed, or gone where `change` gives undefined. */
export function changed(
  estate: Estate,
  change: (series: SeriesModel, name: string) => SeriesModel | undefined,
): Estate {
  const list = (id: string) =>
    estate.series(id).flatMap(one => change(one, one.labels.get('__name__') ?? '') ?? [])
  const made = new Map(estate.accounts.map(({ cloudAccountId }) => [cloudAccountId, list(cloudAccountId)]))
  return { ...estate, series: id => made.get(id) ?? [] }
}

/** What is left of an estate when the store that held the series of half of its nodes is gone. */
export function halfOf(estate: Estate): Estate {
  return changed(estate, one => {
    const node = one.labels.get('node') ?? one.labels.get('instance') ?? ''
    return /pool-[cd]$/.test(node) ? undefined : one
  })
}

/** Series without their samples in `[from, to)`, Unix seconds. */
export function silenced(estate: Estate, from: number, to: number): Estate {
  return changed(estate, one => ({
    ...one,
    segments: one.segments
      .flatMap(segment => [
        { ...segment, to: Math.min(segment.to, from), endsUnmarked: true },
        { ...segment, from: Math.max(segment.from, to) },
      ])
      .filter(segment => segment.from < segment.to),
  }))
}

export type Alteration = (
  reply: StubReply,
  request: StubRequest,
  nth: number,
) => StubReply | Promise<StubReply>

/** A database, and a Thanos that holds an estate and answers through a stub which can alter each answer. */
export interface SampleWorld {
  readonly database: TestDatabase
  readonly stub: ThanosStub
  readonly thanos: ThanosClient
  /** Unix seconds, for the jobs and for Thanos. */
  now: number
  /** Everything that the jobs and the client logged. */
  readonly log: { text(): string; lines: string[] }
  context(overrides?: Partial<JobContext>): ReturnType<typeof testContext>
  /** Thanos holds this from now on. */
  hold(estate: Estate): Promise<void>
  /** Changes the answers of the requests that match. */
  alter(match: Match, change: Alteration): void
  /** Ends all alterations and forgets the requests. */
  restore(): void
  ledger(cluster?: string): Promise<LedgerEntry[]>
  close(): Promise<void>
}

export interface LedgerEntry {
  readonly window: number
  readonly state: string
  readonly reason: string | null
  readonly reason_detail: string | null
  readonly revision: number
  readonly attempt: number
  readonly failures: number
  readonly claimed_by: string | null
  readonly error_code: string | null
  readonly error_message: string | null
  readonly next_read: number | null
  readonly coverage: number | null
  readonly store_sets: string[] | null
  readonly rejects: number
}

export interface SampleWorldOptions {
  readonly estate?: Estate
  readonly accounts?: readonly CloudAccount[]
  readonly client?: ThanosClientOptions
  readonly concurrency?: number
}

/** A world at a quarter of an hour after the end of its estate. Transient failures are tried once more at once. */
export async function openSampleWorld(options: SampleWorldOptions = {}): Promise<SampleWorld> {
  const estate = options.estate ?? smallEstate()
  const [database, stub] = await Promise.all([testDatabase(), createThanosStub()])
  const { logger, lines, text } = recordingLogger()
  const thanos = createThanosClient(
    { ...OPEN_THANOS, url: stub.url, concurrency: options.concurrency ?? 4 },
    { logger, retry: { tries: 2, baseMs: 1, capMs: 1, retryAfterCapMs: 1 }, ...options.client },
  )
  let sample: SampleThanos
  const world: SampleWorld = {
    database,
    stub,
    thanos,
    now: estate.to + 900,
    log: { text, lines },
    context: overrides => testContext(database.pool, thanos, { now: () => world.now, logger, ...overrides }),
    hold: async held => {
      const before = sample
      sample = await startSampleThanos({ estate: held, now: () => world.now })
      await before?.close()
    },
    alter: (match, change) =>
      stub.on(match, async (request, nth) => change(await forward(sample.url, request), request, nth)),
    restore: () => {
      stub.reset()
      stub.on(
        () => true,
        request => forward(sample.url, request),
      )
    },
    ledger: cluster => readLedger(database, cluster ?? CLUSTER),
    close: async () => {
      await thanos.close()
      await stub.close()
      await sample.close()
      await database.drop()
    },
  }
  await world.hold(estate)
  world.restore()
  await addAccounts(database.pool, options.accounts ?? estate.accounts)
  return world
}

/** A Thanos that holds an estate, and the source that its only cluster is; without a database. */
export interface SampleSource {
  readonly stub: ThanosStub
  readonly source: Source
  alter(match: Match, change: Alteration): void
  close(): Promise<void>
}

export async function openSource(estate: Estate, options: ThanosClientOptions = {}): Promise<SampleSource> {
  const stub = await createThanosStub()
  const sample = await startSampleThanos({ estate, now: () => estate.to + 900 })
  const client = createThanosClient(
    { ...OPEN_THANOS, url: stub.url, concurrency: 4 },
    { retry: { tries: 2, baseMs: 1, capMs: 1, retryAfterCapMs: 1 }, ...options },
  )
  const [account] = estate.accounts
  if (account === undefined) throw new Error('an estate without an account')
  stub.on(
    () => true,
    request => forward(sample.url, request),
  )
  return {
    stub,
    source: { client, account, clusterId: CLUSTER, tenantLabel: 'tenant_id' },
    alter: (match, change) =>
      stub.on(match, async (request, nth) => change(await forward(sample.url, request), request, nth)),
    close: async () => {
      await client.close()
      await stub.close()
      await sample.close()
    },
  }
}

async function forward(url: string, { method, path, form }: StubRequest): Promise<StubReply> {
  const response = await fetch(`${url}${path}${method === 'GET' && form.size > 0 ? `?${form}` : ''}`, {
    method,
    headers: { 'accept-encoding': 'identity' },
    ...(method === 'POST' ? { body: form } : {}),
  })
  const type = response.headers.get('content-type') ?? 'application/json'
  return { status: response.status, headers: { 'content-type': type }, body: await response.text() }
}

async function readLedger({ pool }: TestDatabase, cluster: string): Promise<LedgerEntry[]> {
  const { rows } = await pool.query<LedgerEntry>(
    `select extract(epoch from window_start)::float8 as window, state, reason, reason_detail, revision, attempt, failures,
       claimed_by, error_code, error_message, extract(epoch from next_read_at)::float8 as next_read, coverage,
       store_sets, rejects::float8 as rejects
     from warehouse.window_ledger where cluster_id = $1 order by cloud_account_id, window_start`,
    [cluster],
  )
  return rows
}

export interface MatrixBody {
  data: { result: { metric: Record<string, string>; values: [number, string][] }[] }
  warnings?: string[]
}

/** An alteration of the series of a `query_range` answer. */
export function altered(change: (body: MatrixBody) => MatrixBody | undefined): Alteration {
  return reply => {
    const body = JSON.parse(String(reply.body)) as MatrixBody
    return { ...reply, body: JSON.stringify(change(body) ?? body) }
  }
}

/** Range queries whose expression holds the text. */
export function asks(text: string): (request: StubRequest) => boolean {
  return ({ path, form }) => path === '/api/v1/query_range' && (form.get('query') ?? '').includes(text)
}
