import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AuthService, type AuthServiceOptions, createAuthService } from '../../src/api/auth-service.js'
import { waitFor } from '../support/wait.js'
import { type AuthStub, startAuthStub, status } from './auth-stub.js'
import { FIRST, SECOND } from './world.js'

const TOKEN = 'b4f1c0de.canary-token'

let stub: AuthStub
let opened: AuthService[]

beforeEach(async () => {
  stub = await startAuthStub()
  opened = []
})
afterEach(async () => {
  for (const service of opened) await service.close()
  await stub.close()
})

function serviceAt(url: string, options: AuthServiceOptions = {}): AuthService {
  const service = createAuthService(url, options)
  opened.push(service)
  return service
}

/** The refusal to decide, which has to hold neither the token nor an address. */
async function expectUndecided(decision: Promise<unknown>): Promise<void> {
  const error = await decision.then(
    value => expect.fail(`it decided: ${String(value)}`),
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ code: 'OE0003', status: 503, headers: { 'retry-after': '5' } })
  expect(error).toMatchObject({ cause: { code: 'AUTH_UNREACHABLE' } })
  const texts = error instanceof Error ? [error.message, String(error.cause)] : []
  expect(texts.join()).not.toMatch(/canary|127\.0\.0\.1/)
}

describe('the question', () => {
  it.each(['', '/', '/platform', '/platform//'])(
    'goes to the path of CloudTuner behind a base that ends in %j',
    async base => {
      await serviceAt(`${stub.url}${base}`).decide(TOKEN, FIRST)
      const [request] = stub.requests
      const prefix = base.replace(/\/+$/, '')
      expect(request).toMatchObject({ method: 'POST', path: `${prefix}/auth/v2/authorize` })
      expect(request?.headers).toMatchObject({
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
      })
      expect(JSON.parse(request?.body ?? '')).toEqual({
        action: 'INFO_ORGANIZATION',
        resource_type: 'cloud_account',
        uuid: FIRST,
      })
    },
  )

  it('is asked over kept connections', async () => {
    const service = serviceAt(stub.url)
    const used = new Set<unknown>()
    stub.answer((response, socket) => {
      used.add(socket)
      response.end()
    })
    for (let index = 0; index < 12; index++) await service.decide(`${TOKEN}${index}`, FIRST)
    expect(stub.requests).toHaveLength(12)
    // A question may come before the connection of the last one is free again.
    expect(used.size).toBeLessThanOrEqual(2)
  })
})

describe('the answer', () => {
  it.each([
    [200, 'allowed'],
    [201, 'allowed'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not_found'],
  ])('%i means %s, whatever the body says', async (code, decision) => {
    const service = serviceAt(stub.url)
    for (const [index, body] of ['', 'no JSON', '{"status":"ok","allowed":true}', '{"error":1}'].entries()) {
      stub.answer(status(code, {}, body))
      expect(await service.decide(`${TOKEN}${index}`, FIRST)).toBe(decision)
    }
  })

  it.each([202, 204, 206, 304, 400, 402, 405, 409, 429, 500, 502, 503, 504])(
    '%i decides nothing',
    async code => {
      stub.answer(response => response.writeHead(code).end())
      await expectUndecided(serviceAt(stub.url).decide(TOKEN, FIRST))
    },
  )

  it.each([301, 302, 303, 307, 308])('%i is not followed and decides nothing', async code => {
    const elsewhere = await startAuthStub()
    stub.answer(status(code, { location: `${elsewhere.url}/auth/v2/authorize` }))
    await expectUndecided(serviceAt(stub.url).decide(TOKEN, FIRST))
    stub.answer(status(code, { location: '/auth/v2/authorize' }))
    await expectUndecided(serviceAt(stub.url).decide(TOKEN, FIRST))
    expect(elsewhere.requests).toEqual([])
    expect(stub.requests).toHaveLength(2)
    await elsewhere.close()
  })

  it.each<[string, Parameters<AuthStub['answer']>[0]]>([
    ['never begins', () => {}],
    ['begins and never ends', response => response.writeHead(200).write('{')],
    ['is no answer but an end', (_response, socket) => socket.destroy()],
    [
      'is cut short',
      (response, socket) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"a":', () => socket.destroy())
      },
    ],
    ['is no HTTP', (_response, socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
    ['is only on its way', (_response, socket) => socket.write('HTTP/1.1 102 Processing\r\n\r\n')],
  ])('that %s decides nothing', async (_what, how) => {
    stub.answer(how)
    await expectUndecided(serviceAt(stub.url, { timeoutMs: 300 }).decide(TOKEN, FIRST))
  })

  it('of a service that is not there decides nothing', async () => {
    const gone = await startAuthStub()
    await gone.close()
    await expectUndecided(serviceAt(gone.url).decide(TOKEN, FIRST))
  })

  it('of a server that lets connect and says nothing decides nothing', async () => {
    const silent = createServer(socket => socket.on('error', () => {}))
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const service = serviceAt(`https://127.0.0.1:${port}`, { timeoutMs: 300 })
    await expectUndecided(service.decide(TOKEN, FIRST))
    await service.close()
    silent.close()
  })

  it('is not read beyond a few KiB', async () => {
    for (const [code, decision] of [
      [200, 'allowed'],
      [403, 'forbidden'],
    ] as const) {
      let written = 0
      let isOver = false
      stub.answer((response, socket) => {
        socket.on('close', () => {
          isOver = true
        })
        response.writeHead(code).on('error', () => {})
        const pour = () => {
          while (!response.destroyed && response.write('x'.repeat(65_536))) written += 65_536
          written += 65_536
        }
        response.on('drain', pour)
        pour()
      })
      expect(await serviceAt(stub.url).decide(TOKEN, FIRST)).toBe(decision)
      await waitFor('the end of the connection', () => isOver)
      // What the buffers of both sides take in before the reader leaves.
      expect(written).toBeLessThan(32 * 1024 * 1024)
    }
  })
})

describe('a decision', () => {
  it.each([
    [200, 30_000],
    [201, 30_000],
    [401, 5_000],
    [403, 5_000],
    [404, 5_000],
  ])('by status %i is remembered for %i ms and no longer', async (code, milliseconds) => {
    let time = 1_000
    const service = serviceAt(stub.url, { now: () => time })
    stub.answer(status(code))
    const first = await service.decide(TOKEN, FIRST)
    // The opposite from now on: what is remembered differs from what is asked anew.
    stub.answer(status(code < 300 ? 403 : 200))
    time += milliseconds - 1
    expect(await service.decide(TOKEN, FIRST)).toBe(first)
    expect(stub.requests).toHaveLength(1)
    time += 1
    expect(await service.decide(TOKEN, FIRST)).not.toBe(first)
    expect(stub.requests).toHaveLength(2)
  })

  it('is not prolonged by being used', async () => {
    let time = 0
    const service = serviceAt(stub.url, { now: () => time })
    for (; time < 60_000; time += 1_000) await service.decide(TOKEN, FIRST)
    expect(stub.requests).toHaveLength(2)
  })

  it('counts from when it was asked for, not from when the answer came', async () => {
    let time = 0
    const service = serviceAt(stub.url, { now: () => time })
    stub.answer(response => {
      time = 2_000
      response.end()
    })
    await service.decide(TOKEN, FIRST)
    time = 30_000
    await service.decide(TOKEN, FIRST)
    expect(stub.requests).toHaveLength(2)
  })

  it('holds for its token and its account alone', async () => {
    const service = serviceAt(stub.url)
    await service.decide(TOKEN, FIRST)
    stub.answer(status(403))
    expect(await service.decide(TOKEN, SECOND)).toBe('forbidden')
    expect(await service.decide(`${TOKEN}x`, FIRST)).toBe('forbidden')
    expect(await service.decide(TOKEN, FIRST)).toBe('allowed')
  })

  it('that could not be had is not remembered', async () => {
    const service = serviceAt(stub.url)
    stub.answer(status(503))
    await expectUndecided(service.decide(TOKEN, FIRST))
    stub.answer(status(200))
    expect(await service.decide(TOKEN, FIRST)).toBe('allowed')
  })

  it('makes room for others once there are too many, the least recently used first', async () => {
    const service = serviceAt(stub.url, { capacity: 2 })
    for (const token of ['a', 'b', 'a', 'c']) await service.decide(token, FIRST)
    const askedFor = (token: string) =>
      stub.requests.filter(({ headers }) => headers.authorization === `Bearer ${token}`).length
    await service.decide('a', FIRST)
    expect([askedFor('a'), askedFor('b'), askedFor('c')]).toEqual([1, 1, 1])
    await service.decide('b', FIRST)
    expect([askedFor('a'), askedFor('b'), askedFor('c')]).toEqual([1, 2, 1])
  })
})

describe('equal questions at once', () => {
  it('are one, and what is answered holds for all', async () => {
    const service = serviceAt(stub.url)
    stub.answer(status(403))
    const ask = (account: string) => Array.from({ length: 25 }, () => service.decide(TOKEN, account))
    const decisions = await Promise.all([...ask(FIRST), ...ask(SECOND)])
    expect(new Set(decisions)).toEqual(new Set(['forbidden']))
    expect(stub.requests.map(({ body }) => JSON.parse(body).uuid).sort()).toEqual([FIRST, SECOND])
  })

  it('all go without an answer where there is none, and later ones ask anew', async () => {
    const service = serviceAt(stub.url)
    stub.answer((_response, socket) => socket.destroy())
    await Promise.all(Array.from({ length: 10 }, () => expectUndecided(service.decide(TOKEN, FIRST))))
    expect(stub.requests).toHaveLength(1)
    stub.answer(status(200))
    expect(await service.decide(TOKEN, FIRST)).toBe('allowed')
  })
})

it('leaves no connection behind when it is closed, and lets in nobody who still waits', async () => {
  const service = serviceAt(stub.url)
  stub.answer(() => {})
  const waiting = expectUndecided(service.decide(TOKEN, FIRST))
  await waitFor('the question', () => stub.requests.length === 1)
  await service.close()
  await waiting
  await waitFor('the end of the connection', () => stub.connections.size === 0)
})
