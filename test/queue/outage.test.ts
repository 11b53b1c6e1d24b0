import { createServer } from 'node:net'
import pg from 'pg'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { openQueue, type WakeUpQueue } from '../../src/queue/queues.js'
import type { WakeUp } from '../../src/queue/wake-up.js'
import { recordingLogger } from '../support/log.js'
import { testDatabase } from '../support/postgres.js'
import { findRedis } from '../support/redis.js'

const found = await findRedis()
const name = 'redis' in found ? 'Redis' : `Redis (${found.reason})`
const soon = { timeout: 30_000, interval: 20 }
const quick = { concurrency: 1, lockMs: 1_000, stalledCheckMs: 300, retryMs: 200, probeMs: 200 }
const day = Date.UTC(2026, 9, 31) / 1000
const job = (clusterId: string): WakeUp => ({
  version: 1,
  cloudAccountId: '0b9c8f3e-1111-4a5b-9c3d-2f0e8a7b6c5d',
  clusterId,
  day,
})

const queues: WakeUpQueue[] = []
async function open(options: { redisUrl?: string; databaseUrl?: string; commandMs?: number }) {
  const log = recordingLogger()
  const queue = await openQueue({ databaseUrl: undefined, ...options, logger: log.logger })
  queues.push(queue)
  return { queue, log }
}

afterEach(async () => {
  await Promise.all(queues.splice(0).map(queue => queue.close()))
})

describe.skipIf(!('redis' in found))(`an outage of ${name}`, () => {
  const redis = 'redis' in found ? found.redis : undefined
  const redisUrl = redis?.url ?? ''
  const faults = redis?.faults
  const notOurs = redis && !faults ? ' (skipped: the server of REDIS_URL is not ours to end)' : ''
  afterAll(() => redis?.stop())

  it.skipIf(faults === undefined)(
    `is survived by a worker that consumes again afterwards${notOurs}`,
    async () => {
      await redis?.flush()
      const { queue } = await open({ redisUrl, commandMs: 1_000 })
      const seen: string[] = []
      let proofs = 0
      queue.work(async ({ clusterId }) => void seen.push(clusterId), {
        ...quick,
        onAlive: () => (proofs += 1),
      })
      await queue.enqueue(job('before'))
      await vi.waitFor(() => expect(seen).toEqual(['before']), soon)

      await faults?.kill()
      await expect(queue.enqueue(job('during'))).rejects.toMatchObject({ code: 'QUEUE_UNREACHABLE' })
      // No job begins and no probe succeeds any more, so nothing vouches for the worker.
      proofs = 0
      await expect(queue.check()).rejects.toThrow(/nothing listens there|did not answer|reset|closed/)
      expect(proofs).toBe(0)

      await faults?.restart()
      await vi.waitFor(() => queue.enqueue(job('after')), soon)
      await vi.waitFor(() => expect(seen).toEqual(['before', 'after']), soon)
      await vi.waitFor(() => expect(proofs).toBeGreaterThan(0), soon)
    },
  )

  it.skipIf(faults === undefined)(
    `at the start does not stop the process, and work begins later${notOurs}`,
    async () => {
      await faults?.kill()
      const { queue, log } = await open({ redisUrl, commandMs: 300 })
      expect(log.text()).toContain('nothing listens there')
      const seen: string[] = []
      queue.work(async ({ clusterId }) => void seen.push(clusterId), quick)
      await expect(queue.enqueue(job('early'))).rejects.toMatchObject({ code: 'QUEUE_UNREACHABLE' })
      await faults?.restart()
      await vi.waitFor(() => queue.enqueue(job('later')), soon)
      await vi.waitFor(() => expect(seen).toEqual(['later']), soon)
    },
  )

  it.skipIf(faults === undefined)(
    `that only stops answering fails what is queued, and work resumes${notOurs}`,
    async () => {
      await redis?.flush()
      const { queue } = await open({ redisUrl, commandMs: 300 })
      const seen: string[] = []
      queue.work(async ({ clusterId }) => void seen.push(clusterId), quick)
      await queue.enqueue(job('before'))
      await vi.waitFor(() => expect(seen).toEqual(['before']), soon)
      await faults?.freeze()
      try {
        await expect(queue.enqueue(job('during'))).rejects.toMatchObject({ code: 'QUEUE_UNREACHABLE' })
        await expect(queue.check()).rejects.toMatchObject({ code: 'QUEUE_UNREACHABLE' })
      } finally {
        await faults?.thaw()
      }
      await vi.waitFor(() => queue.enqueue(job('after')), soon)
      await vi.waitFor(() => expect(seen).toContain('after'), soon)
    },
  )

  it.skipIf(faults === undefined)(`does not keep a closing process waiting${notOurs}`, async () => {
    const { queue } = await open({ redisUrl, commandMs: 300 })
    const seen: string[] = []
    queue.work(async ({ clusterId }) => void seen.push(clusterId), quick)
    await queue.enqueue(job('one'))
    await vi.waitFor(() => expect(seen).toEqual(['one']), soon)
    await faults?.kill()
    await queue.close()
    await faults?.restart()
  })

  it('is not risked by a Redis that may evict keys: it is refused', async () => {
    await redis?.config('maxmemory-policy', 'allkeys-lru')
    try {
      await expect(open({ redisUrl })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('Set maxmemory-policy to noeviction'),
      })
    } finally {
      await redis?.config('maxmemory-policy', 'noeviction')
    }
  })
})

describe('a Redis that accepts connections and never answers', () => {
  it('fails what is queued within the time given, naming the address and not the password', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { queue, log } = await open({ redisUrl: `redis://user:canary-1@127.0.0.1:${port}`, commandMs: 200 })
    await expect(queue.enqueue(job('x'))).rejects.toMatchObject({
      code: 'QUEUE_UNREACHABLE',
      message: expect.stringContaining(`127.0.0.1:${port} cannot be used: it did not answer in time`),
    })
    expect(log.text()).not.toContain('canary-1')
    await queues.pop()?.close()
    server.close()
  })
})

describe('an outage of PostgreSQL', () => {
  it('that ends every connection is survived by a worker that consumes again', async () => {
    const database = await testDatabase({ empty: true })
    const { queue } = await open({ databaseUrl: database.url })
    const seen: string[] = []
    queue.work(async ({ clusterId }) => void seen.push(clusterId), quick)
    await queue.enqueue(job('before'))
    await vi.waitFor(() => expect(seen).toEqual(['before']), soon)
    const client = new pg.Client(database.url)
    await client.connect()
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    )
    await client.end()
    await vi.waitFor(() => queue.enqueue(job('after')), soon)
    await vi.waitFor(() => expect(seen).toEqual(['before', 'after']), soon)
    await queues.pop()?.close()
    await database.drop()
  })

  it('at the start is a named error without the password', async () => {
    await expect(open({ databaseUrl: 'postgres://u:canary-2@127.0.0.1:1/db' })).rejects.toMatchObject({
      code: 'QUEUE_UNREACHABLE',
      message: expect.not.stringContaining('canary-2'),
    })
  })

  it('is no matter of guessing: without any address the queue is refused', async () => {
    await expect(open({})).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})
