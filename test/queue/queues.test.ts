import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openQueue, type WakeUpQueue } from '../../src/queue/queues.js'
import { jobIdOf, type WakeUp } from '../../src/queue/wake-up.js'
import { recordingLogger } from '../support/log.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { findRedis } from '../support/redis.js'

const found = await findRedis()
const account = '0b9c8f3e-1111-4a5b-9c3d-2f0e8a7b6c5d'
const midnight = Date.UTC(2026, 9, 31) / 1000
const DAY = 86_400
// Generous, as they only bound a failing test.
const soon = { timeout: 20_000, interval: 20 }
const quick = { concurrency: 1, lockMs: 1_000, stalledCheckMs: 300, retryMs: 200, probeMs: 200 }

function wakeUp(days = 0, clusterId = 'cluster-one'): WakeUp {
  return { version: 1, cloudAccountId: account, clusterId, day: midnight - days * DAY }
}

interface Place {
  options(): { redisUrl?: string; databaseUrl?: string }
  /** Loses everything the queue knows. */
  empty(): Promise<void>
  /** Puts a job there past `enqueue`, as another program could. */
  forge(data: unknown): Promise<void>
  stop(): Promise<void>
}

function onPostgres(database: TestDatabase): Place {
  const query = async (text: string, values: unknown[] = []) => {
    const client = new pg.Client(database.url)
    await client.connect()
    await client.query(text, values).finally(() => client.end())
  }
  return {
    options: () => ({ databaseUrl: database.url }),
    empty: () => query('drop schema if exists bullmq cascade'),
    forge: async data => {
      const queue = await openQueue({ databaseUrl: database.url, logger: recordingLogger().logger })
      await queue.enqueue(wakeUp(400, 'forged'))
      await query('update bullmq.job set data = $1 where id = $2', [
        JSON.stringify(data),
        jobIdOf(wakeUp(400, 'forged')),
      ])
      await queue.close()
    },
    stop: () => database.drop(),
  }
}

function onRedis(redis: Extract<typeof found, { redis: unknown }>['redis']): Place {
  return {
    options: () => ({ redisUrl: redis.url }),
    empty: () => redis.flush(),
    forge: async data => {
      const connection = new Redis(redis.url, { maxRetriesPerRequest: null })
      const queue = new Queue('wake-up', { connection, prefix: 'k8s-costs' })
      await queue.add('wake-up', data)
      await queue.close()
      connection.disconnect()
    },
    stop: async () => {},
  }
}

const places: [name: string, isThere: boolean, open: () => Promise<Place>][] = [
  ['PostgreSQL', true, async () => onPostgres(await testDatabase({ empty: true }))],
  [
    'redis' in found ? 'Redis' : `Redis (${found.reason})`,
    'redis' in found,
    async () => {
      if (!('redis' in found)) throw new Error(found.reason)
      return onRedis(found.redis)
    },
  ],
]

afterAll(async () => {
  if ('redis' in found) await found.redis.stop()
})

describe.each(places)('the queue on %s', (_name, isThere, open) => {
  describe.skipIf(!isThere)('with real servers', () => {
    let place: Place
    let queues: WakeUpQueue[]
    let log: ReturnType<typeof recordingLogger>

    beforeAll(async () => {
      place = await open()
    })
    afterAll(() => place.stop())
    beforeEach(async () => {
      await place.empty()
      queues = []
      log = recordingLogger()
    })
    afterEach(() => Promise.all(queues.map(queue => queue.close())))

    const openOne = async (name: 'wake-up' | 'usage' = 'wake-up') => {
      const queue = await openQueue({ databaseUrl: undefined, ...place.options(), logger: log.logger, name })
      queues.push(queue)
      return queue
    }

    it('hands a queued day to a worker once and forgets it', async () => {
      const queue = await openOne()
      const seen: WakeUp[] = []
      queue.work(async job => void seen.push(job), quick)
      await queue.enqueue(wakeUp())
      await vi.waitFor(() => expect(seen).toEqual([wakeUp()]), soon)
      await vi.waitFor(async () => expect(await queue.check()).toEqual({ waiting: 0, active: 0 }), soon)
      await queue.enqueue(wakeUp())
      await vi.waitFor(() => expect(seen).toEqual([wakeUp(), wakeUp()]), soon)
    })

    it('folds a day that already waits, whoever queues it, and keeps clusters and accounts apart', async () => {
      const [one, two] = [await openOne(), await openOne()]
      await Promise.all(Array.from({ length: 50 }, (_, index) => (index % 2 ? one : two).enqueue(wakeUp())))
      await one.enqueue(wakeUp(0, 'cluster-two'))
      await one.enqueue({ ...wakeUp(), cloudAccountId: account.replace(/^0b/, '0c') })
      expect(await two.check()).toEqual({ waiting: 3, active: 0 })
    })

    it('keeps days whose usage is to be collected apart from those whose costs are to be loaded', async () => {
      const [costs, usage] = [await openOne(), await openOne('usage')]
      await Promise.all([costs.enqueue(wakeUp()), usage.enqueue(wakeUp()), usage.enqueue(wakeUp(1))])
      expect([await costs.check(), await usage.check()]).toMatchObject([{ waiting: 1 }, { waiting: 2 }])
      const seen: number[] = []
      usage.work(async job => void seen.push((midnight - job.day) / DAY), quick)
      await vi.waitFor(() => expect(seen).toEqual([0, 1]), soon)
      expect(await costs.check()).toEqual({ waiting: 1, active: 0 })
    })

    it('hands out the newest day first', async () => {
      const queue = await openOne()
      for (const days of [3, 0, 700, 1]) await queue.enqueue(wakeUp(days))
      const seen: number[] = []
      queue.work(async job => void seen.push((midnight - job.day) / DAY), quick)
      await vi.waitFor(() => expect(seen).toEqual([0, 1, 3, 700]), soon)
    })

    it('gives the job of a worker that died to another', async () => {
      const dying = await openOne()
      const begun: WakeUp[] = []
      const worker = dying.work(job => {
        begun.push(job)
        return new Promise(() => {})
      }, quick)
      await dying.enqueue(wakeUp())
      await vi.waitFor(() => expect(begun).toHaveLength(1), soon)
      await worker.abandon()

      const survivor = await openOne()
      const seen: WakeUp[] = []
      survivor.work(async job => void seen.push(job), quick)
      await vi.waitFor(() => expect(seen).toEqual([wakeUp()]), soon)
    })

    it('tells the handler to stop on close and waits for it', async () => {
      const queue = await openOne()
      const events: string[] = []
      queue.work(
        (_job, signal) =>
          new Promise(resolve => {
            events.push('begun')
            signal.addEventListener('abort', () => {
              setImmediate(() => {
                events.push('released')
                resolve()
              })
            })
          }),
        quick,
      )
      await queue.enqueue(wakeUp())
      await vi.waitFor(() => expect(events).toEqual(['begun']), soon)
      await queue.close()
      expect(events).toEqual(['begun', 'released'])
      await expect(queue.enqueue(wakeUp())).rejects.toMatchObject({ code: 'CANCELLED' })
    })

    it('goes on with new jobs after everything queued was lost', async () => {
      const queue = await openOne()
      const seen: number[] = []
      queue.work(async job => void seen.push((midnight - job.day) / DAY), quick)
      await queue.enqueue(wakeUp(1))
      await vi.waitFor(() => expect(seen).toEqual([1]), soon)
      await place.empty()
      await queue.enqueue(wakeUp(2))
      await vi.waitFor(() => expect(seen).toEqual([1, 2]), soon)
    })

    it('goes on when the queue is lost while a job is in hand', async () => {
      const queue = await openOne()
      const seen: number[] = []
      let finish = () => {}
      queue.work(async job => {
        seen.push((midnight - job.day) / DAY)
        if (seen.length === 1) await new Promise<void>(resolve => (finish = resolve))
      }, quick)
      await queue.enqueue(wakeUp(1))
      await vi.waitFor(() => expect(seen).toEqual([1]), soon)
      await place.empty()
      finish()
      await queue.enqueue(wakeUp(2))
      await vi.waitFor(() => expect(seen).toEqual([1, 2]), soon)
    })

    it('drops and logs a forged payload without repeating it, and goes on', async () => {
      await place.forge({
        version: 1,
        cloudAccountId: account,
        clusterId: 'canary-4711',
        day: 253_402_214_400,
      })
      const queue = await openOne()
      const seen: WakeUp[] = []
      queue.work(async job => void seen.push(job), quick)
      await queue.enqueue(wakeUp())
      await vi.waitFor(() => expect(seen).toEqual([wakeUp()]), soon)
      await vi.waitFor(async () => expect(await queue.check()).toEqual({ waiting: 0, active: 0 }), soon)
      expect(log.text()).toContain('its day lies outside 2015 to 2099')
      expect(log.text()).not.toContain('canary-4711')
    })

    it('survives a handler that fails, and does not store what it said', async () => {
      const queue = await openOne()
      let calls = 0
      queue.work(async () => {
        calls += 1
        throw new Error('canary-4712')
      }, quick)
      await queue.enqueue(wakeUp())
      await vi.waitFor(() => expect(calls).toBe(1), soon)
      await vi.waitFor(async () => expect(await queue.check()).toEqual({ waiting: 0, active: 0 }), soon)
      await queue.enqueue(wakeUp())
      await vi.waitFor(() => expect(calls).toBe(2), soon)
      expect(log.text()).not.toContain('canary-4712')
    })

    it('proves that it is alive while it idles', async () => {
      const queue = await openOne()
      let proofs = 0
      queue.work(async () => {}, { ...quick, onAlive: () => (proofs += 1) })
      await vi.waitFor(() => expect(proofs).toBeGreaterThan(2), soon)
    })
  })
})
