import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Generated, hostileRequests } from './hostile.js'
import { openMeasuredWorld } from './measured.js'
import { readCsv } from './read-csv.js'
import { sendRaw, type WireAnswer } from './wire.js'
import { FIRST, type World } from './world.js'

const MOST_DELAY_MS = 200

let world: World
let port: number
let token: string
beforeAll(async () => {
  world = await openMeasuredWorld()
  token = await world.token(FIRST)
  await world.app.listen({ host: '127.0.0.1', port: 0 })
  port = (world.app.server.address() as AddressInfo).port
})
afterAll(() => world.close())

/** What is documented; neither a failure (500) nor a database that is away (503) belongs here. */
const STATUSES = [200, 304, 400, 401, 403, 404, 405, 413, 414, 415, 417, 431]

function check({ method }: Generated, { status, headers, body }: WireAnswer): void {
  expect(STATUSES).toContain(status)
  expect([...headers.keys()]).toContain('cache-control')
  // What the parser could not read never became a request, of whatever method: no date is told with that.
  const isRequest = headers.has('date')
  if ((method === 'HEAD' && isRequest) || status === 304) {
    expect(body).toBe('')
    return
  }
  const type = headers.get('content-type') ?? ''
  if (status === 200 && type.startsWith('text/csv')) readCsv(body)
  else if (status === 200) {
    expect(type).toBe('application/json; charset="utf-8"')
    expect(JSON.parse(body).meta.currency).toBe('USD')
  } else checkError(status, type, JSON.parse(body))
}

function checkError(status: number, type: string, told: unknown): void {
  const facts = { error_code: expect.stringMatching(/^(OE\d{4}|U0\d{3})$/), params: expect.any(Array) }
  if (type.startsWith('application/problem+json')) {
    const words = {
      type: 'about:blank',
      title: expect.any(String),
      detail: expect.any(String),
      instance: expect.any(String),
    }
    expect(told).toEqual({ ...facts, ...words, status })
  } else {
    expect(type).toBe('application/json; charset="utf-8"')
    expect(told).toEqual({ error: { ...facts, status_code: status, reason: expect.any(String) } })
  }
}

/** Sends what is generated, the same for the same seed; gives the longest delay of the event loop, in ms, and what came. */
async function fuzz(seed: number, numRuns: number): Promise<{ delayMs: number; seen: Map<number, number> }> {
  const seen = new Map<number, number>()
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  await fc.assert(
    fc.asyncProperty(hostileRequests(token), async generated => {
      const answer = await sendRaw(port, Buffer.from(generated.text, 'utf8'))
      check(generated, answer)
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1)
    }),
    { numRuns, seed },
  )
  delay.disable()
  return { delayMs: delay.max / 1e6, seen }
}

describe('whatever is sent', () => {
  it('is answered in a documented way, well formed, and without holding up others', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    let { delayMs, seen } = await fuzz(seed, 800)
    for (const status of [200, 400, 401, 404, 405])
      expect(seen.get(status), String(status)).toBeGreaterThan(3)
    // Once more on a machine that is busy with something else.
    if (delayMs >= MOST_DELAY_MS) ({ delayMs } = await fuzz(seed, 800))
    expect(delayMs, `seed ${seed}`).toBeLessThan(MOST_DELAY_MS)
    const { rows } = await world.database.pool.query('select from warehouse.cluster')
    expect(rows).toHaveLength(2)
    expect(Object.keys({})).toEqual([])
  })
})
