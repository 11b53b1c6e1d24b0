import type { OutgoingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addCompression } from '../../src/api/plugins/compression.js'
import { openInventedWorld, RANGE } from './invented.js'
import { FIRST, SECRET, urlOf, type World } from './world.js'

let world: World
const query = `start_date=${RANGE.start_date}&end_date=${RANGE.end_date}&breakdown_by=pod`

beforeAll(async () => {
  world = await openInventedWorld()
})
afterAll(() => world.close())

function ask(headers: Record<string, string>, method: 'GET' | 'HEAD' = 'GET', more = '') {
  return world.app.inject({
    method,
    url: `${urlOf(FIRST)}?${query}${more}`,
    headers: { secret: SECRET, ...headers },
  })
}

const unpacked = { br: brotliDecompressSync, gzip: gunzipSync }

describe('an answer of more than a packet', () => {
  it.each(['br', 'gzip'] as const)('is compressed with %s where the caller accepts it', async coding => {
    const plain = await ask({})
    const packed = await ask({ 'accept-encoding': coding })
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(packed.headers['content-encoding']).toBe(coding)
    expect(packed.rawPayload.length).toBeLessThan(plain.rawPayload.length / 2)
    const { meta: _meta, ...rows } = JSON.parse(unpacked[coding](packed.rawPayload).toString())
    const { meta: _same, ...same } = plain.json()
    expect(rows).toEqual(same)
    for (const { headers } of [plain, packed]) {
      expect(headers['vary']).toBe('Accept, Accept-Encoding, Authorization, Secret')
    }
  })

  it('comes in the best coding of several, and as it is where none is known or all are refused', async () => {
    const codingOf = async (accepted: string) =>
      (await ask({ 'accept-encoding': accepted })).headers['content-encoding']
    expect(await codingOf('gzip, deflate, br')).toBe('br')
    expect(await codingOf('gzip;q=1, br;q=0.1')).toBe('gzip')
    expect(await codingOf('compress')).toBeUndefined()
    expect(await codingOf('identity')).toBeUndefined()
  })

  it('has a strong validator for each coding, and each is recognised', async () => {
    const tags = new Map<string, string>()
    for (const accepted of ['identity', 'gzip', 'br']) {
      const { headers } = await ask({ 'accept-encoding': accepted })
      tags.set(accepted, String(headers['etag']))
    }
    expect(new Set(tags.values()).size).toBe(3)
    expect(tags.get('gzip')).toBe(tags.get('identity')?.replace(/"$/, '-gzip"'))
    for (const [accepted, tag] of tags) {
      expect(tag).toMatch(/^"[^"]+"$/)
      const held = await ask({ 'accept-encoding': accepted, 'if-none-match': `"other", W/${tag}` })
      expect([held.statusCode, held.body, held.headers['etag']]).toEqual([304, '', tag])
    }
  })

  it('is sent again to who has it in a coding that is not accepted any more, or has another', async () => {
    const tag = String((await ask({ 'accept-encoding': 'gzip' })).headers['etag'])
    expect((await ask({ 'accept-encoding': 'br', 'if-none-match': tag })).statusCode).toBe(200)
    expect((await ask({ 'if-none-match': tag })).statusCode).toBe(200)
    const other = await ask({ 'accept-encoding': 'gzip', 'if-none-match': tag }, 'GET', '&limit=2')
    expect(other.statusCode).toBe(200)
    expect((await ask({ 'if-none-match': '*' })).statusCode).toBe(304)
  })

  it.each(['identity', 'gzip'])('has the same headers for HEAD, without a body (%s)', async accepted => {
    const about = (headers: OutgoingHttpHeaders) => {
      // How an answer is framed, and how long a compressed one is that names its second, is not told by HEAD.
      const framing = ['date', 'x-request-id', 'content-length', 'transfer-encoding']
      return Object.entries(headers).filter(([name]) => !framing.includes(name))
    }
    const get = await ask({ 'accept-encoding': accepted })
    const head = await ask({ 'accept-encoding': accepted }, 'HEAD')
    expect(head.statusCode).toBe(200)
    expect(head.body).toBe('')
    expect(about(head.headers)).toEqual(about(get.headers))
    if (accepted === 'identity') expect(head.headers['content-length']).toBe(get.headers['content-length'])
  })
})

it('small answers are not compressed', async () => {
  const refused = await world.ask(FIRST, { step: 'x' }, { secret: SECRET, 'accept-encoding': 'gzip' })
  expect(refused.headers['content-encoding']).toBeUndefined()
  expect(refused.json().error.status_code).toBe(400)
})

it('streams of CSV are compressed as they come', async () => {
  const app = Fastify()
  addCompression(app)
  const lines = Array.from({ length: 500 }, (_, index) => `row ${index},shop\n`)
  app.register((api, _options, done) => {
    api.get('/rows', async (_request, reply) =>
      reply.type('text/csv').header('etag', '"v1"').send(Readable.from(lines)),
    )
    done()
  })
  const packed = await app.inject({ url: '/rows', headers: { 'accept-encoding': 'gzip' } })
  expect(gunzipSync(packed.rawPayload).toString()).toBe(lines.join(''))
  expect(packed.headers).toMatchObject({
    etag: '"v1-gzip"',
    'content-encoding': 'gzip',
    vary: 'accept-encoding',
  })
  const head = await app.inject({ method: 'HEAD', url: '/rows', headers: { 'accept-encoding': 'gzip' } })
  expect(head.headers).toMatchObject({ etag: '"v1-gzip"', 'content-encoding': 'gzip' })
  expect(head.body).toBe('')
  await app.close()
})

it('a route that is not compressed has its own hooks in order, for HEAD too', async () => {
  const app = Fastify()
  addCompression(app)
  app.register((api, _options, done) => {
    const onSend = async (_request: unknown, _reply: unknown, payload: unknown) => `${payload} and more`
    api.get('/own', { compress: false, onSend }, async () => 'x'.repeat(2000))
    done()
  })
  const headers = { 'accept-encoding': 'gzip' }
  const get = await app.inject({ url: '/own', headers })
  const head = await app.inject({ method: 'HEAD', url: '/own', headers })
  expect(get.body).toBe(`${'x'.repeat(2000)} and more`)
  expect([head.body, head.headers['content-length']]).toEqual(['', get.headers['content-length']])
  await app.close()
})
