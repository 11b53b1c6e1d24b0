import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type AppOptions, buildApp } from '../../src/api/app.js'
import type { ApiEvent } from '../../src/api/events.js'
import type { Api } from '../../src/api/routes/methods.js'
import { createPool } from '../../src/db/pool.js'
import {
  type DashboardFiles,
  FILES,
  HIDDEN,
  makeDashboard,
  PICTURE,
  SCRIPT,
  STYLE,
} from './dashboard-files.js'
import { sendRaw } from './wire.js'
import { envelope } from './world.js'

const VIEWS = ['/overview', '/allocation', '/efficiency', '/rightsizing', '/infrastructure', '/pipeline']
const ALL = ['/', ...VIEWS, '/favicon.svg', SCRIPT, STYLE, PICTURE]
const PAGE = FILES['/index.html'] ?? ''
const CODE = FILES[SCRIPT] ?? ''

let files: DashboardFiles
let app: Api
let port: number
const opened: Api[] = []

beforeAll(async () => {
  files = await makeDashboard()
  app = open()
  await app.listen({ host: '127.0.0.1', port: 0 })
  port = (app.server.address() as AddressInfo).port
})
afterEach(async () => {
  for (const own of opened.splice(1)) await own.close()
})
afterAll(async () => {
  for (const own of opened) await own.close()
  await files.remove()
})

/** An API with the dashboard; nothing here asks the database. */
function open(options: Partial<AppOptions> = {}): Api {
  const pool = createPool('postgres://nobody@127.0.0.1:1/none', { applicationName: 'test' })
  const own = buildApp({ pool, dashboardDirectory: files.directory, ...options })
  opened.push(own)
  return own
}

const unpacked = { br: brotliDecompressSync, gzip: gunzipSync }
const CODINGS = ['br', 'gzip'] as const

describe('the page', () => {
  it('is at the path of each view, with a slash behind it and any query too', async () => {
    for (const url of [
      '/',
      ...VIEWS,
      ...VIEWS.map(view => `${view}/`),
      '/?account=1',
      '/overview?range=7d',
    ]) {
      const { statusCode, headers, body } = await app.inject(url)
      expect([url, statusCode, body]).toEqual([url, 200, PAGE])
      expect(headers['content-type']).toBe('text/html; charset=utf-8')
      expect(headers['cache-control']).toBe('no-cache')
    }
  })

  it('is not sent again to who has it, in any coding', async () => {
    const tags = new Set<unknown>()
    for (const coding of ['identity', ...CODINGS]) {
      const headers = { 'accept-encoding': coding }
      const first = await app.inject({ url: '/overview', headers })
      const tag = String(first.headers['etag'])
      tags.add(tag)
      expect(first.headers['vary']?.toString().toLowerCase()).toBe('accept-encoding')
      const held = await app.inject({ url: '/overview', headers: { ...headers, 'if-none-match': tag } })
      expect([held.statusCode, held.body, held.headers['etag']]).toEqual([304, '', tag])
      expect(held.headers['cache-control']).toBe('no-cache')
      expect(held.headers['content-security-policy']).toBe(first.headers['content-security-policy'])
    }
    expect(tags.size).toBe(3)
  })

  it('is sent again after a build, though its size and its time be the same', async () => {
    const own = await makeDashboard()
    const built = open({ dashboardDirectory: own.directory })
    const file = join(own.directory, 'index.html')
    const { mtime } = await stat(file)
    const first = await built.inject('/')
    await own.write('index.html', PAGE.replace('cost', 'COST'))
    await utimes(file, mtime, mtime)
    const again = await built.inject({
      url: '/',
      headers: { 'if-none-match': String(first.headers['etag']) },
    })
    expect([again.statusCode, again.body]).toEqual([200, PAGE.replace('cost', 'COST')])
    await rm(file)
    expect((await built.inject('/')).json()).toEqual(envelope('OE0257', 404, []))
    await own.remove()
  })
})

describe('what the page is made of', () => {
  it.each([
    [SCRIPT, 'application/javascript; charset=utf-8'],
    [STYLE, 'text/css; charset=utf-8'],
    [PICTURE, 'image/png'],
  ])('is kept for good, as its name changes with it (%s)', async (url, type) => {
    const { statusCode, headers, body } = await app.inject(url)
    expect([statusCode, body]).toEqual([200, FILES[url]])
    expect(headers).toMatchObject({
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      'content-length': String(body.length),
      vary: 'Accept-Encoding',
    })
    const held = await app.inject({ url, headers: { 'if-none-match': String(headers['etag']) } })
    expect([held.statusCode, held.body]).toEqual([304, ''])
  })

  it('has an icon', async () => {
    const { headers, body } = await app.inject('/favicon.svg')
    expect([headers['content-type'], body]).toEqual(['image/svg+xml', FILES['/favicon.svg']])
    expect(headers['cache-control']).toBe('public, max-age=86400')
  })

  it.each(CODINGS)('comes as the build compressed it, once (%s)', async coding => {
    const { headers, rawPayload } = await app.inject({ url: SCRIPT, headers: { 'accept-encoding': coding } })
    const twin = await readFile(join(files.directory, `${SCRIPT}.${coding === 'br' ? 'br' : 'gz'}`))
    expect(rawPayload).toEqual(twin)
    expect(unpacked[coding](rawPayload).toString()).toBe(CODE)
    expect(headers).toMatchObject({
      'content-encoding': coding,
      'content-type': 'application/javascript; charset=utf-8',
      'content-length': String(twin.length),
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    })
  })

  it('comes in the best coding that is accepted, and as it is where it has no other', async () => {
    const codingOf = async (url: string, accepted: string) =>
      (await app.inject({ url, headers: { 'accept-encoding': accepted } })).headers['content-encoding']
    expect(await codingOf(SCRIPT, 'gzip, deflate, br, zstd')).toBe('br')
    expect(await codingOf(SCRIPT, 'gzip;q=1, br;q=0.1')).toBe('gzip')
    expect(await codingOf(SCRIPT, 'br;q=0, identity')).toBeUndefined()
    expect(await codingOf(SCRIPT, 'deflate')).toBeUndefined()
    for (const url of [STYLE, PICTURE]) {
      const { statusCode, headers, body } = await app.inject({
        url,
        headers: { 'accept-encoding': 'br, gzip' },
      })
      expect([statusCode, headers['content-encoding'], body]).toEqual([200, undefined, FILES[url]])
    }
  })

  it('is compressed where that is worth it only', async () => {
    const made = (await readdir(join(files.directory, 'assets'))).filter(name => /\.(br|gz)$/.test(name))
    const name = SCRIPT.slice('/assets/'.length)
    expect(made.sort()).toEqual([`${name}.br`, `${name}.gz`])
  })
})

describe('every answer of it', () => {
  it('forbids whatever it has no need of', async () => {
    for (const url of [...ALL, '/assets/none-00000000.js']) {
      const { headers } = await app.inject(url)
      expect(headers, url).toMatchObject({
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
          "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
          "require-trusted-types-for 'script'; trusted-types 'none'",
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'permissions-policy': expect.stringMatching(/^([a-z-]+=\(\), )+[a-z-]+=\(\)$/),
      })
    }
  })

  it('is no business of the limits of callers', async () => {
    const own = open({ limits: { requestsPerMinute: 1 } })
    for (const url of [...ALL, ...ALL]) {
      const { statusCode, headers } = await own.inject(url)
      expect([url, statusCode, headers['ratelimit']]).toEqual([url, 200, undefined])
    }
  })

  it('is told with the route, never with what was asked for', async () => {
    const events: ApiEvent[] = []
    const own = open({ observe: event => events.push(event) })
    for (const url of ['/?account=canary', SCRIPT, '/assets/canary-00000000.js']) await own.inject(url)
    const seconds = expect.any(Number)
    expect(events).toEqual([
      { kind: 'answered', route: '/', status: 200, seconds },
      { kind: 'answered', route: '/assets/:file', status: 200, seconds },
      { kind: 'answered', route: 'none', status: 404, seconds },
    ])
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)('refuses %s', async method => {
    for (const url of [...ALL, '/overview/']) {
      const refused = await app.inject({ method, url })
      expect(refused.json(), url).toEqual(envelope('OE0245', 405, [method]))
      expect(refused.headers['allow']).toBe('GET, HEAD')
    }
  })
})

describe('nothing else', () => {
  const paths = [
    ...Object.keys(HIDDEN),
    '/index.html',
    '/assets',
    '/assets/',
    `${SCRIPT}.br`,
    `${SCRIPT}.gz`,
    `${SCRIPT}/`,
    '/assets/../secret-0a1b2c3d.js',
    '/assets/../../secret-0a1b2c3d.js',
    '/assets/..%2fsecret-0a1b2c3d.js',
    '/assets/..%2f..%2fsecret-0a1b2c3d.js',
    '/assets/%2e%2e%2f%2e%2e%2fsecret-0a1b2c3d.js',
    '/assets/..%252f..%252fsecret-0a1b2c3d.js',
    '/assets/..%5c..%5csecret-0a1b2c3d.js',
    '/assets/more%2findex-0a1b2c3d.js',
    '/assets/.%2findex-0a1b2c3d.css',
    '/assets/%2findex-0a1b2c3d.css',
    '/assets//index-0a1b2c3d.css',
    '/assets/index-0a1b2c3d.css%00',
    '/assets/index-0a1b2c3d.css%00.js',
    '/assets/%2ehidden-0a1b2c3d.js',
    '/%2e%2e/secret-0a1b2c3d.js',
    '/overview/more',
    '/overviews',
    '/Overview',
    '//overview',
    '/nothing',
  ]

  // As bytes: clients mend paths before they send them.
  it('is served of the folder or of what is around it', async () => {
    for (const path of paths) {
      for (const accepted of ['identity', 'br']) {
        const request = `GET ${path} HTTP/1.0\r\naccept-encoding: ${accepted}\r\n\r\n`
        const { status, body } = await sendRaw(port, Buffer.from(request))
        expect([path, status, JSON.parse(body)]).toEqual([path, 404, envelope('OE0257', 404, [])])
      }
    }
  })

  it('is there without a folder', async () => {
    const own = open({ dashboardDirectory: undefined })
    for (const url of ALL) expect((await own.inject(url)).json(), url).toEqual(envelope('OE0257', 404, []))
  })
})

describe('HEAD', () => {
  it('tells of each file, in each coding, what GET tells, without the file', async () => {
    // How an answer is framed, and how long one is that is compressed as it is sent, is not told by HEAD.
    const own = ['date', 'x-request-id', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']
    for (const url of ALL) {
      for (const coding of ['identity', ...CODINGS]) {
        const [get, head] = await Promise.all(
          ['GET', 'HEAD'].map(method =>
            sendRaw(port, Buffer.from(`${method} ${url} HTTP/1.0\r\naccept-encoding: ${coding}\r\n\r\n`)),
          ),
        )
        expect([url, head?.status, head?.body]).toEqual([url, 200, ''])
        expect(get?.body).toBe(FILES[url] ?? PAGE)
        const about = (headers: ReadonlyMap<string, string> = new Map()) =>
          [...headers].filter(([name]) => !own.includes(name))
        expect(about(head?.headers)).toEqual(about(get?.headers))
        if (url.startsWith('/assets/'))
          expect(head?.headers.get('content-length')).toBe(get?.headers.get('content-length'))
      }
    }
  })
})
