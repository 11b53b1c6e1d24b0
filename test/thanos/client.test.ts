import { describe, expect, it } from 'vitest'
import type { RangeAsk } from '../../src/thanos/types.js'
import {
  gzipBomb,
  loginPage,
  matrix,
  readRecordings,
  refusal,
  type StubReply,
  vector,
} from '../support/thanos-stub.js'
import { ACCOUNT, ASK, CANARY, failureOf, ONE, RANGE, useThanos } from './client-harness.js'

const thanos = useThanos()
const ACCENTED = [{ labels: { tenant_id: 'acc-1', pod: 'é' }, points: [] }]

describe('a query', () => {
  it('is a form that leaves nothing to the defaults of the server', async () => {
    thanos.stub.on(RANGE, matrix(ONE))
    const { series } = await thanos.clientOf().queryRange(ASK)
    expect(series[0]?.values).toEqual([1])
    const [request] = thanos.stub.requests
    expect(Object.fromEntries(request?.form ?? [])).toEqual({
      query: ASK.expression,
      start: '3600',
      end: '7200',
      step: '3600',
      timeout: '18000ms',
      dedup: 'true',
      partial_response: 'false',
      max_source_resolution: '0.001',
    })
    expect(request).toMatchObject({
      method: 'POST',
      headers: {
        'thanos-tenant': 'acc-1',
        authorization: `Bearer ${CANARY}`,
        'accept-encoding': 'gzip',
        accept: 'application/json',
        'cache-control': 'no-store',
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    expect(request?.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('goes below the path prefix, with the tenant header of the configuration', async () => {
    thanos.stub.on('/prefix/api/v1/query', vector(ONE))
    const config = {
      url: `${thanos.stub.url}/prefix/`,
      bearerToken: undefined,
      username: 'u',
      tenantHeader: 'Cloud-Account-Id',
    }
    await thanos.clientOf(config).queryInstant({ account: ACCOUNT, expression: 'up', time: 3600 })
    expect(thanos.stub.requests[0]?.headers).toMatchObject({
      'cloud-account-id': 'acc-1',
      authorization: 'Basic dTo=',
    })
    expect(thanos.stub.requests[0]?.form.get('time')).toBe('3600')
  })

  it.each<[string, Partial<RangeAsk>, string]>([
    ['in milliseconds', { start: 1760054400000, end: 1760058000000 }, 'THANOS_BAD_QUERY'],
    ['off its grid', { start: 3660 }, 'THANOS_BAD_QUERY'],
    ['with an end off its grid', { end: 7201 }, 'THANOS_BAD_QUERY'],
    ['that runs backwards', { start: 10800 }, 'THANOS_BAD_QUERY'],
    ['without a step', { step: 0 }, 'THANOS_BAD_QUERY'],
    ['at no time', { start: Number.NaN }, 'THANOS_BAD_QUERY'],
    ['of too many points', { start: 0, end: 11_000 * 60, step: 60 }, 'THANOS_TOO_MUCH'],
    [
      'for a tenant that no header holds',
      { account: { ...ACCOUNT, tenantId: 'a\r\nx: y' } },
      'THANOS_BAD_QUERY',
    ],
  ])('%s is refused before anything is sent', async (_what, wrong, code) => {
    const error = await failureOf(thanos.clientOf().queryRange({ ...ASK, ...wrong }))
    expect(error.code).toBe(code)
    expect(error.message).toContain(ACCOUNT.cloudAccountId)
    expect(thanos.stub.requests).toHaveLength(0)
  })

  it('in milliseconds is refused as an instant too', async () => {
    const ask = { account: ACCOUNT, expression: 'up', time: 1760054400000 }
    expect((await failureOf(thanos.clientOf().queryInstant(ask))).code).toBe('THANOS_BAD_QUERY')
  })

  it('gets the recorded answers of a real Thanos', async () => {
    thanos.stub.replay(
      readRecordings('stores').filter(one => one.server === 'querier' && one.name.startsWith('both')),
    )
    const tenantId = '5e1f0c1e-0000-4000-8000-00000000000a'
    const expression = `sum_over_time(node_cpu_hourly_cost{tenant_id="${tenantId}"}[1h])`
    const account = { ...ACCOUNT, tenantId }
    const answer = await thanos.clientOf().queryRange({
      account,
      expression,
      start: 1790643600,
      end: 1790647200,
      step: 3600,
    })
    expect(answer.series.map(one => one.values)).toEqual([
      [2.4, 2.4],
      [2.4, 2.4],
      [4.8, 4.8],
      [4.8, 4.8],
    ])
    expect(await thanos.clientOf().stores()).toMatchObject({ kind: 'thanos', stores: [{}, {}] })
  })
})

describe('a body', () => {
  it('may be gzip, its size counted unpacked', async () => {
    thanos.stub.on(RANGE, { ...matrix(ONE), gzip: true })
    const { bytes } = await thanos.clientOf().queryRange(ASK)
    expect(bytes).toBe(`${matrix(ONE).body}`.length)
  })

  it.each<[string, StubReply, string]>([
    ['a gzip bomb', gzipBomb(64 * 1024 * 1024), 'THANOS_RESPONSE_TOO_LARGE'],
    ['a plain body over the bound', { body: ' '.repeat(1024 * 1024 + 1) }, 'THANOS_RESPONSE_TOO_LARGE'],
    [
      'cut gzip',
      { body: Buffer.from('1f8b0800', 'hex'), headers: { 'content-encoding': 'gzip' } },
      'THANOS_BAD_BODY',
    ],
    ['gzip that is none', { ...matrix(ONE), headers: { 'content-encoding': 'gzip' } }, 'THANOS_BAD_BODY'],
    ['another encoding', { ...matrix(ONE), headers: { 'content-encoding': 'br' } }, 'THANOS_MISCONFIGURED'],
    ['bad UTF-8', { body: Buffer.from(`${matrix(ACCENTED).body}`, 'latin1') }, 'THANOS_BAD_BODY'],
    ['nothing at all', { status: 204 }, 'THANOS_BAD_BODY'],
    ['a login page', loginPage(), 'THANOS_MISCONFIGURED'],
    [
      'a redirect to a login',
      { ...loginPage(302), headers: { location: 'http://acme.example' } },
      'THANOS_MISCONFIGURED',
    ],
    ['no HTTP', { fault: { kind: 'raw', bytes: 'SSH-2.0-acme\r\n' } }, 'THANOS_BAD_BODY'],
    ['a reset', { fault: { kind: 'reset' } }, 'THANOS_UNREACHABLE'],
    ['another account', matrix([{ labels: { tenant_id: 'acme' }, points: [] }]), 'FOREIGN_TENANT'],
    ['a warning', matrix(ONE, ['fetch series for {tenant_id="acme"}: 127.0.0.1']), 'THANOS_PARTIAL'],
    ['a refusal', refusal(422, 'execution', 'fetch series for {tenant_id="acme"}'), 'THANOS_UNAVAILABLE'],
    [
      'a refusal cut midway',
      { status: 503, body: 'acme', fault: { kind: 'cut', bytes: 2, how: 'rst' } },
      'THANOS_UNAVAILABLE',
    ],
    ['a vast refusal', { status: 503, body: 'acme'.repeat(400_000) }, 'THANOS_UNAVAILABLE'],
  ])('%s is refused by name', async (_what, reply, code) => {
    thanos.stub.on(RANGE, reply)
    const client = thanos.clientOf({}, { maxBodyBytes: 1024 * 1024 })
    expect((await failureOf(client.queryRange(ASK))).code).toBe(code)
  })

  it('cut anywhere and in any way is never taken for an answer', async () => {
    const whole = `${matrix(ONE).body}`
    const client = thanos.clientOf()
    for (const how of ['fin', 'rst', 'unframed'] as const) {
      for (let bytes = 0; bytes < whole.length; bytes += 12) {
        thanos.stub.on(RANGE, { body: whole, fault: { kind: 'cut', bytes, how } })
        const { code, remedy } = await failureOf(client.queryRange(ASK))
        expect([code, remedy]).toEqual([expect.stringMatching(/^THANOS_(UNREACHABLE|BAD_BODY)$/), 'retry'])
      }
    }
  })

  it('leaves its connection usable, whatever its fate', async () => {
    const replies: StubReply[] = [
      matrix(ONE),
      refusal(503, 'timeout', 'x'),
      loginPage(302),
      { body: '{' },
      matrix(ONE),
    ]
    thanos.stub.on(RANGE, replies)
    const client = thanos.clientOf({ concurrency: 1 })
    for (const _reply of replies) await client.queryRange(ASK).catch(() => undefined)
    expect(thanos.stub.requests).toHaveLength(5)
    expect(thanos.stub.connections).toBe(1)
  })
})
