import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startService } from '../../src/bin/service.js'
import { readConfig } from '../../src/config.js'
import { createLogger } from '../../src/observe/logger.js'
import { createEstate, type Estate } from '../../src/sample/estate.js'
import { addAccounts } from '../support/ingest.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { findPrometheus, type RunningPrometheus } from '../support/prometheus.js'
import { pushWhole } from '../support/push-whole.js'
import { findRedis, type TestRedis } from '../support/redis.js'
import { expectTruth, warehouseHash } from '../support/truth-check.js'
import { waitFor } from '../support/wait.js'

const DAY = 86_400
const START = Math.floor(Date.now() / 1000 / DAY) * DAY - 2 * DAY

const prometheus = await findPrometheus()
const redis = await findRedis()

interface Case {
  readonly name: string
  readonly queue: 'postgres' | 'redis'
  readonly intervalSeconds: number
  readonly offsetSeconds: number
  readonly hours: number
}

const cases: readonly Case[] = [
  {
    name: 'a day, every minute on the minute',
    queue: 'postgres',
    intervalSeconds: 60,
    offsetSeconds: 0,
    hours: 24,
  },
  {
    name: 'half a day, every 30 s and 7 s off the minute',
    queue: 'redis',
    intervalSeconds: 30,
    offsetSeconds: 7,
    hours: 10,
  },
  { name: 'some hours, every 15 s', queue: 'postgres', intervalSeconds: 15, offsetSeconds: 0, hours: 4 },
]

describe.each(cases)('scheduler and workers on a real Prometheus: $name, queue on $queue', sampled => {
  const lacking = [
    'missing' in prometheus ? prometheus.missing : '',
    sampled.queue === 'redis' && 'reason' in redis ? redis.reason : '',
  ].filter(reason => reason !== '')

  let database: TestDatabase
  let source: RunningPrometheus
  let estate: Estate

  beforeAll(async () => {
    if ('missing' in prometheus) return
    database = await testDatabase()
    source = await prometheus.start()
    estate = createEstate({ ...sampled, start: START, end: START + sampled.hours * 3600 })
    await pushWhole(source.url, estate)
    await addAccounts(database.pool, estate.accounts)
  }, 240_000)

  afterAll(async () => {
    await source?.stop()
    await database?.drop()
  })

  test.skipIf(lacking.length > 0)(
    `every figure equals the truth${lacking.map(reason => ` (skipped: ${reason})`).join('')}`,
    async () => {
      const end = START + sampled.hours * 3600
      await runUntilLoaded(database, source, queueUrl(sampled), end)
      const { exact, windows } = await expectTruth(database.pool, estate, START, end)
      expect(windows).toBe(3 * sampled.hours)
      expect(exact).toBeGreaterThan(windows * 30)

      const before = await warehouseHash(database.pool)
      await database.pool.query(
        'update warehouse.window_ledger set next_read_at = window_start, failures = 0',
      )
      await runUntilLoaded(database, source, queueUrl(sampled), end)
      expect(await warehouseHash(database.pool)).toBe(before)
    },
    240_000,
  )
})

function queueUrl(sampled: Case): string | undefined {
  return sampled.queue === 'redis' && 'redis' in redis ? redis.redis.url : undefined
}

/** Runs the product as an operator would, until everything that is due has been read. */
async function runUntilLoaded(
  database: TestDatabase,
  source: RunningPrometheus,
  redisUrl: string | undefined,
  end: number,
): Promise<void> {
  const config = readConfig({
    DATABASE_URL: database.url,
    THANOS_URL: source.url,
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    METRICS_PORT: '0',
  })
  const service = await startService(
    config,
    ['scheduler', 'worker'],
    createLogger({ level: 'silent', role: 'test' }),
  )
  try {
    await waitFor('every window to be read', async () => {
      const { rows } = await database.pool.query(
        `select count(*)::int as planned, count(*) filter (where read_at is null or next_read_at <= now())::int as open
         from warehouse.window_ledger where window_start < to_timestamp($1)`,
        [end],
      )
      return rows[0]?.planned > 0 && rows[0]?.open === 0
    })
  } finally {
    await service.close()
  }
}

afterAll(async () => {
  if ('redis' in redis) await (redis.redis as TestRedis).stop()
})
