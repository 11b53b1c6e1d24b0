import { describe, expect, it } from 'vitest'
import { type ErrorCode, NamedError } from '../../src/errors.js'
import { createLimiter } from '../../src/thanos/limiter.js'
import { type Clock, type RetryPolicy, systemClock, withRetry } from '../../src/thanos/retry.js'

const POLICY: RetryPolicy = { tries: 4, baseMs: 100, capMs: 250, retryAfterCapMs: 5000, totalMs: 60_000 }
const never = new AbortController().signal

/** Time that passes by sleeping alone; `waits` are the sleeps so far, in milliseconds. */
function fakeClock(random = 0.5): Clock & { waits: number[] } {
  const waits: number[] = []
  let now = 1000
  return {
    waits,
    now: () => now,
    random: () => random,
    sleep: async milliseconds => {
      waits.push(milliseconds)
      now += milliseconds
    },
  }
}

/** Fails with each code in turn, then succeeds. */
function failing(codes: readonly ErrorCode[], retryAfterSeconds?: number) {
  const left = [...codes]
  return async () => {
    const code = left.shift()
    if (code === undefined) return 'done'
    throw new NamedError(code, code, retryAfterSeconds === undefined ? {} : { retryAfterSeconds })
  }
}

describe('a retry', () => {
  it('waits ever longer, by full jitter under a cap', async () => {
    const clock = fakeClock()
    const three = failing(['THANOS_TIMEOUT', 'THANOS_PARTIAL', 'THANOS_BAD_BODY'])
    await expect(withRetry(three, POLICY, { signal: never, clock })).resolves.toBe('done')
    expect(clock.waits).toEqual([50, 100, 125])
  })

  it('gives up with the last failure when the tries are spent', async () => {
    const clock = fakeClock()
    const codes: ErrorCode[] = ['THANOS_TIMEOUT', 'THANOS_TIMEOUT', 'THANOS_TIMEOUT', 'THANOS_UNAVAILABLE']
    const result = withRetry(failing(codes), POLICY, { signal: never, clock })
    await expect(result).rejects.toMatchObject({ code: 'THANOS_UNAVAILABLE' })
    expect(clock.waits).toHaveLength(3)
  })

  it.each<ErrorCode>([
    'THANOS_TOO_MUCH',
    'THANOS_BAD_QUERY',
    'FOREIGN_TENANT',
    'THANOS_UNAUTHORIZED',
    'CANCELLED',
  ])('is not made after %s', async code => {
    const clock = fakeClock()
    await expect(withRetry(failing([code]), POLICY, { signal: never, clock })).rejects.toMatchObject({ code })
    expect(clock.waits).toEqual([])
  })

  it('honours Retry-After up to a cap', async () => {
    const clock = fakeClock(0)
    await withRetry(failing(['THANOS_OVERLOADED'], 3), POLICY, { signal: never, clock })
    await withRetry(failing(['THANOS_OVERLOADED'], 99_999), POLICY, { signal: never, clock })
    expect(clock.waits).toEqual([3000, 5000])
  })

  it('is not waited for beyond the total deadline, and an attempt is told what is left', async () => {
    const clock = fakeClock(0)
    const left: number[] = []
    const attempt = async (remaining: number) => {
      left.push(remaining)
      throw new NamedError('THANOS_OVERLOADED', 'x', { retryAfterSeconds: 4 })
    }
    const result = withRetry(attempt, { ...POLICY, totalMs: 7000 }, { signal: never, clock })
    await expect(result).rejects.toMatchObject({ code: 'THANOS_OVERLOADED' })
    expect(left).toEqual([7000, 3000])
  })

  it('ends its wait when the signal fires', async () => {
    const controller = new AbortController()
    const reason = new NamedError('CANCELLED', 'stopped')
    const waiting = systemClock.sleep(3_600_000, controller.signal)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(systemClock.sleep(1, controller.signal)).rejects.toBe(reason)
    await expect(systemClock.sleep(1, never)).resolves.toBeUndefined()
  })
})

describe('the limiter', () => {
  it('lets no more in than it has places, and in the order of their coming', async () => {
    const limiter = createLimiter(2)
    const entered: number[] = []
    const leaves = await Promise.all([limiter.acquire(never), limiter.acquire(never)])
    const waiting = [1, 2, 3].map(async turn => {
      const leave = await limiter.acquire(never)
      entered.push(turn)
      return leave
    })
    await Promise.resolve()
    expect(entered).toEqual([])
    leaves[0]?.()
    // Giving a place back twice frees it once.
    leaves[0]?.()
    const first = await waiting[0]
    expect(entered).toEqual([1])
    first?.()
    leaves[1]?.()
    await Promise.all(waiting)
    expect(entered).toEqual([1, 2, 3])
  })

  it('forgets who stops waiting', async () => {
    const limiter = createLimiter(1)
    const leave = await limiter.acquire(never)
    const controller = new AbortController()
    const impatient = limiter.acquire(controller.signal)
    const patient = limiter.acquire(never)
    controller.abort(new NamedError('CANCELLED', 'gone'))
    await expect(impatient).rejects.toMatchObject({ code: 'CANCELLED' })
    leave()
    await expect(patient).resolves.toBeTypeOf('function')
    await expect(limiter.acquire(controller.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})
