import { describe, expect, it } from 'vitest'
import {
  createThanosStub,
  loginPage,
  matrix,
  readRecordings,
  type StubReply,
  success,
} from '../support/thanos-stub.js'
import { ACCOUNT, ASK, CANARY, failureOf, ONE, RANGE, useThanos } from './client-harness.js'

const thanos = useThanos()

describe('a slow Thanos', () => {
  it.each<[string, StubReply]>([
    ['never answers', { fault: { kind: 'silence' } }],
    ['answers a byte at a time', { body: ' '.repeat(9999), fault: { kind: 'trickle', everyMs: 50 } }],
  ])('that %s is left at the deadline, without harm to others', async (_how, reply) => {
    thanos.stub.on(request => request.form.get('query') === 'slow', reply)
    thanos.stub.on(request => request.form.get('query') === 'fast', matrix(ONE))
    const client = thanos.clientOf({ timeoutMs: 400, concurrency: 2 })
    const slow = failureOf(client.queryRange({ ...ASK, expression: 'slow' }))
    await expect(client.queryRange({ ...ASK, expression: 'fast' })).resolves.toMatchObject({ series: [{}] })
    expect((await slow).code).toBe('THANOS_TIMEOUT')
  })

  it('is waited for when it is only late', async () => {
    let ready = () => {}
    const fault = { kind: 'after', ready: new Promise<void>(resolve => (ready = resolve)) } as const
    thanos.stub.on(RANGE, () => {
      setImmediate(ready)
      return { ...matrix(ONE), fault }
    })
    await expect(thanos.clientOf().queryRange(ASK)).resolves.toMatchObject({ series: [{}] })
  })
})

describe('retries', () => {
  it('repeat what may pass, tell of it, and succeed', async () => {
    thanos.stub.on(RANGE, [
      { status: 503 },
      { fault: { kind: 'reset' } },
      matrix(ONE, ['receive series from acme']),
      matrix(ONE),
    ])
    const seen: string[] = []
    const lines: string[] = []
    const client = thanos.clientOf(
      {},
      {
        retry: { tries: 4 },
        onRetry: (operation, { attempt, error }) => seen.push(`${operation} ${attempt} ${error.code}`),
        onAttempt: ({ outcome, bytes }) => seen.push(`${outcome} ${bytes > 0}`),
        logger: { warn: (fields, message) => lines.push(JSON.stringify(fields) + message) },
      },
    )
    await expect(client.queryRange(ASK)).resolves.toMatchObject({ series: [{}] })
    expect(seen).toEqual([
      'THANOS_UNAVAILABLE false',
      'query_range 1 THANOS_UNAVAILABLE',
      'THANOS_UNREACHABLE false',
      'query_range 2 THANOS_UNREACHABLE',
      'THANOS_PARTIAL false',
      'query_range 3 THANOS_PARTIAL',
      'ok true',
    ])
    expect(lines).toHaveLength(3)
    expect(lines.join()).toContain(ACCOUNT.cloudAccountId)
    expect(lines.join()).not.toMatch(/acme|c4n4ry/)
  })

  it('are not made for what stays wrong, nor for what is too much', async () => {
    const client = thanos.clientOf({}, { retry: { tries: 4 } })
    for (const [status, text] of [
      [400, 'parse error'],
      [401, ''],
      [422, 'limit 1 violated (got 2)'],
    ] as const) {
      thanos.stub.reset()
      thanos.stub.on(RANGE, { status, body: text })
      await failureOf(client.queryRange(ASK))
      expect(thanos.stub.requests).toHaveLength(1)
    }
  })

  it('hand on what a throttling server asked for', async () => {
    thanos.stub.on(RANGE, { status: 429, headers: { 'retry-after': '17' } })
    expect(await failureOf(thanos.clientOf().queryRange(ASK))).toMatchObject({
      code: 'THANOS_OVERLOADED',
      retryAfterSeconds: 17,
    })
  })
})

describe('concurrency and cancelling', () => {
  it('never has more requests in flight than configured', async () => {
    let inFlight = 0
    let most = 0
    thanos.stub.on(RANGE, async () => {
      most = Math.max(most, ++inFlight)
      await new Promise(resolve => setImmediate(resolve))
      inFlight--
      return matrix(ONE)
    })
    const client = thanos.clientOf({ concurrency: 3 })
    await Promise.all(Array.from({ length: 20 }, () => client.queryRange(ASK)))
    expect(most).toBeLessThanOrEqual(3)
    expect(thanos.stub.connections).toBeLessThanOrEqual(3)
  })

  it('keeps a place while it waits for its next try, so that others do not press on', async () => {
    const answers: StubReply[] = [{ status: 503 }, matrix(ONE)]
    thanos.stub.on(RANGE, answers)
    const client = thanos.clientOf({ concurrency: 1 }, { retry: { tries: 2 } })
    await Promise.all(['first', 'second'].map(expression => client.queryRange({ ...ASK, expression })))
    const order = thanos.stub.requests.map(({ form }) => form.get('query'))
    expect(order).toEqual(['first', 'first', 'second'])
  })

  it('stops the request in flight and the one that waits', async () => {
    let arrived = () => {}
    const request = new Promise<void>(resolve => (arrived = resolve))
    thanos.stub.on(RANGE, () => {
      arrived()
      return { fault: { kind: 'silence' } }
    })
    const client = thanos.clientOf({ concurrency: 1 }, { retry: { tries: 4 } })
    const controller = new AbortController()
    const both = [1, 2].map(() => failureOf(client.queryRange({ ...ASK, signal: controller.signal })))
    await request
    controller.abort(new Error(`stop ${CANARY}`))
    expect((await Promise.all(both)).map(error => error.code)).toEqual(['CANCELLED', 'CANCELLED'])
    expect((await failureOf(client.queryRange({ ...ASK, signal: controller.signal }))).code).toBe('CANCELLED')
    expect(thanos.stub.requests).toHaveLength(1)
  })

  it('ends everything when it is closed', async () => {
    thanos.stub.on(RANGE, { fault: { kind: 'silence' } })
    const client = thanos.clientOf()
    const hanging = failureOf(client.queryRange(ASK))
    await client.close()
    expect((await hanging).code).toBe('CANCELLED')
    expect((await failureOf(client.queryRange(ASK))).code).toBe('CANCELLED')
  })
})

describe('an origin', () => {
  it('that refuses the connection is unreachable', async () => {
    const gone = await createThanosStub()
    await gone.close()
    const error = await failureOf(thanos.clientOf({ url: gone.url }).queryRange(ASK))
    expect(error.code).toBe('THANOS_UNREACHABLE')
    expect(error.message).toMatch(/ECONNREFUSED.*THANOS_URL/)
  })

  it('that redirects elsewhere gets no follower, and elsewhere no credentials', async () => {
    const elsewhere = await createThanosStub()
    thanos.stub.on(RANGE, { status: 307, headers: { location: `${elsewhere.url}${RANGE}` } })
    expect((await failureOf(thanos.clientOf().queryRange(ASK))).code).toBe('THANOS_MISCONFIGURED')
    expect(elsewhere.connections).toBe(0)
    await elsewhere.close()
  })
})

describe('the pages beside the queries', () => {
  it('say unsupported for the stores of a plain Prometheus, and fail for all else', async () => {
    expect(await thanos.clientOf().stores()).toEqual({ kind: 'unsupported' })
    thanos.stub.on('/api/v1/stores', { status: 503 })
    expect((await failureOf(thanos.clientOf().stores())).code).toBe('THANOS_UNAVAILABLE')
    thanos.stub.on('/api/v1/stores', loginPage())
    expect((await failureOf(thanos.clientOf().stores())).code).toBe('THANOS_MISCONFIGURED')
  })

  it('are read as recorded, a version being empty in a build without release flags', async () => {
    thanos.stub.replay(readRecordings('answers').filter(one => one.request.path.includes('/status/')))
    expect(await thanos.clientOf().buildInfo()).toEqual({ version: '' })
    const flags = await thanos.clientOf().flags()
    expect(flags?.get('query.partial-response')).toBe('true')
  })

  it.each<[string, StubReply]>([
    ['404', { status: 404 }],
    ['403', { status: 403 }],
    ['a web page', loginPage()],
  ])('are undefined where a proxy answers %s', async (_what, reply) => {
    thanos.stub.on(() => true, reply)
    expect(await thanos.clientOf().buildInfo()).toBeUndefined()
    expect(await thanos.clientOf().flags()).toBeUndefined()
  })

  it('fail where the server does', async () => {
    thanos.stub.on(() => true, { status: 500 })
    expect((await failureOf(thanos.clientOf().flags())).code).toBe('THANOS_UNAVAILABLE')
    thanos.stub.on(() => true, success('text'))
    expect((await failureOf(thanos.clientOf().flags())).code).toBe('THANOS_CONTRACT')
  })
})
