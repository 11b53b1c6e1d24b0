import { describe, expect, it } from 'vitest'
import { type ErrorCode, NamedError } from '../../src/errors.js'
import { classifyStatus, classifyTransport, parseRetryAfter } from '../../src/thanos/classify.js'

const ABOUT = 'account 1, one hour'

function codeOf(status: number, text: string): ErrorCode {
  return classifyStatus({ status, text, retryAfter: undefined }, ABOUT).code
}

function envelope(errorType: string, error: string): string {
  return JSON.stringify({ status: 'error', errorType, error })
}

describe('an HTTP status that is no success', () => {
  const execution = (error: string) => envelope('execution', error)
  it.each<[number, string, ErrorCode]>([
    [400, envelope('bad_data', '1:5: parse error: unexpected end of input'), 'THANOS_BAD_QUERY'],
    [
      400,
      envelope('bad_data', 'exceeded maximum resolution of 11,000 points per timeseries.'),
      'THANOS_TOO_MUCH',
    ],
    [400, '<html><h1>400 The plain HTTP request was sent to HTTPS port</h1></html>', 'THANOS_MISCONFIGURED'],
    [401, 'Unauthorized', 'THANOS_UNAUTHORIZED'],
    [403, '<html>forbidden</html>', 'THANOS_UNAUTHORIZED'],
    [302, '', 'THANOS_MISCONFIGURED'],
    [404, '404 page not found', 'THANOS_MISCONFIGURED'],
    [405, 'Method Not Allowed', 'THANOS_MISCONFIGURED'],
    [413, 'Request Entity Too Large', 'THANOS_MISCONFIGURED'],
    [431, '', 'THANOS_MISCONFIGURED'],
    [408, '', 'THANOS_TIMEOUT'],
    [
      422,
      execution('query processing would load too many samples into memory in query execution'),
      'THANOS_TOO_MUCH',
    ],
    [
      422,
      execution('rpc error: code = Unknown desc = failed to send series: limit 1 violated (got 2)'),
      'THANOS_TOO_MUCH',
    ],
    [422, execution('rpc error: exceeded series limit: limit 10 violated (got 11)'), 'THANOS_TOO_MUCH'],
    [422, execution('rpc error: exceeded chunks limit'), 'THANOS_TOO_MUCH'],
    [422, execution('rpc error: exceeded bytes limit while fetching chunks'), 'THANOS_TOO_MUCH'],
    [422, execution('rpc error: grpc: received message larger than max (9 vs. 4)'), 'THANOS_TOO_MUCH'],
    [422, execution('vector cannot contain metrics with the same labelset'), 'THANOS_BAD_QUERY'],
    [422, execution('found duplicate series for the match group {pod="deadline"} …'), 'THANOS_BAD_QUERY'],
    [422, execution('x: many-to-many matching not allowed: …'), 'THANOS_BAD_QUERY'],
    [422, execution('rpc error: code = InvalidArgument desc = no matchers specified'), 'THANOS_BAD_QUERY'],
    [422, execution('something nobody has heard of'), 'THANOS_BAD_QUERY'],
    [422, execution('expanding series: context deadline exceeded'), 'THANOS_TIMEOUT'],
    [422, execution('expanding series: context canceled'), 'THANOS_UNAVAILABLE'],
    [422, execution('expanding series: proxy Series(): No StoreAPIs available'), 'THANOS_UNAVAILABLE'],
    [422, execution('fetch series for {tenant_id="b"}: connection refused'), 'THANOS_UNAVAILABLE'],
    [422, execution('failed to receive any data in 1m from x'), 'THANOS_UNAVAILABLE'],
    [429, 'slow down', 'THANOS_OVERLOADED'],
    [499, '', 'THANOS_UNAVAILABLE'],
    [500, '{"status": "error", "error": "x"}', 'THANOS_UNAVAILABLE'],
    [500, envelope('internal', 'rpc error: exceeded series limit'), 'THANOS_TOO_MUCH'],
    [502, '<html>502 Bad Gateway</html>', 'THANOS_UNAVAILABLE'],
    [503, 'Service Unavailable', 'THANOS_UNAVAILABLE'],
    [503, envelope('timeout', 'query timed out in query queue'), 'THANOS_OVERLOADED'],
    [503, envelope('timeout', 'query timed out in expression evaluation'), 'THANOS_TIMEOUT'],
    [504, '<html>504 Gateway Time-out</html>', 'THANOS_TIMEOUT'],
  ])('%i %s is %s', (status, text, code) => {
    expect(codeOf(status, text)).toBe(code)
  })

  it('is judged by the same words when the body is JSON called plain text, or text alone', () => {
    const words = 'expanding series: proxy Series(): limit 1 violated (got 2)'
    expect(codeOf(422, JSON.stringify({ status: 'error', error: words }))).toBe('THANOS_TOO_MUCH')
    expect(codeOf(422, words)).toBe('THANOS_TOO_MUCH')
    expect(codeOf(422, `{"status":"error","error":"${words}`)).toBe('THANOS_TOO_MUCH')
  })

  it('says what was seen, for whom, and what to do, and nothing that Thanos wrote', () => {
    const error = classifyStatus({ status: 503, text: 'store thanos-7 of acme', retryAfter: '7' }, ABOUT)
    expect(error).toMatchObject({ status: 503, retryAfterSeconds: 7, remedy: 'retry' })
    expect(error.message).toContain('HTTP 503 (account 1, one hour): ')
    expect(error.message).not.toContain('acme')
    expect(error.cause).toBeUndefined()
  })
})

describe('Retry-After', () => {
  const now = Date.UTC(2026, 9, 31, 13, 0, 0)
  it.each([
    ['7', 7],
    [' 120 ', 120],
    ['Sat, 31 Oct 2026 13:00:30 GMT', 30],
    ['Sat, 31 Oct 2026 12:00:00 GMT', 0],
    ['-1', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j means %j seconds', (header, seconds) => {
    expect(parseRetryAfter(header, now)).toBe(seconds)
  })
})

describe('a failure below HTTP', () => {
  const coded = (code: string) => Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:10902'), { code })
  it.each<[string, ErrorCode]>([
    ['ECONNREFUSED', 'THANOS_UNREACHABLE'],
    ['ENOTFOUND', 'THANOS_UNREACHABLE'],
    ['EAI_AGAIN', 'THANOS_UNREACHABLE'],
    ['ECONNRESET', 'THANOS_UNREACHABLE'],
    ['UND_ERR_SOCKET', 'THANOS_UNREACHABLE'],
    ['UND_ERR_CONNECT_TIMEOUT', 'THANOS_UNREACHABLE'],
    ['UND_ERR_HEADERS_TIMEOUT', 'THANOS_TIMEOUT'],
    ['UND_ERR_BODY_TIMEOUT', 'THANOS_TIMEOUT'],
    ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'THANOS_RESPONSE_TOO_LARGE'],
    ['ERR_BUFFER_TOO_LARGE', 'THANOS_RESPONSE_TOO_LARGE'],
    ['HPE_INVALID_CONSTANT', 'THANOS_BAD_BODY'],
    ['Z_BUF_ERROR', 'THANOS_BAD_BODY'],
    ['Z_DATA_ERROR', 'THANOS_BAD_BODY'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'THANOS_MISCONFIGURED'],
    ['CERT_HAS_EXPIRED', 'THANOS_MISCONFIGURED'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'THANOS_MISCONFIGURED'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'THANOS_MISCONFIGURED'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'THANOS_MISCONFIGURED'],
    ['EADDRFORBIDDEN', 'THANOS_MISCONFIGURED'],
  ])('%s is %s, named by its code without its text', (code, named) => {
    const error = classifyTransport(coded(code), ABOUT)
    expect(error.code).toBe(named)
    expect(error.message).toContain(code)
    expect(error.message).not.toContain('10.1.2.3')
  })

  it('is found inside what wraps it', () => {
    const wrapped = new Error('fetch failed', { cause: new AggregateError([coded('ECONNREFUSED')]) })
    expect(classifyTransport(wrapped, ABOUT).message).toContain('ECONNREFUSED')
  })

  it('without a code is still named', () => {
    expect(classifyTransport('what?', ABOUT).code).toBe('THANOS_UNREACHABLE')
    expect(classifyTransport(new Error('x'), ABOUT)).toBeInstanceOf(NamedError)
  })
})
