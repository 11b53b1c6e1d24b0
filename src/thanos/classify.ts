import { type ErrorCode, NamedError } from '../errors.js'

/**
 * Turns what went wrong on the way to Thanos into a named error. The texts of the other side are read to tell causes
 * apart and then forgotten: they name other accounts and inner addresses.
 */

/** What came back over HTTP; `text` may be any part of the body, or empty. */
export interface FailedExchange {
  readonly status: number
  readonly text: string
  readonly retryAfter: string | undefined
}

interface Judgement {
  readonly code: ErrorCode
  readonly saw: string
}

const ADVICE: Partial<Record<ErrorCode, string>> = {
  THANOS_UNREACHABLE: 'check that Thanos Query runs and that THANOS_URL names it',
  THANOS_TIMEOUT: 'it is asked again; if this stays, raise THANOS_TIMEOUT_MS or look at the load of Thanos',
  THANOS_OVERLOADED: 'it is asked again later; lower THANOS_CONCURRENCY if this stays',
  THANOS_UNAVAILABLE: 'it is asked again; look at /api/v1/stores and the log of Thanos if this stays',
  THANOS_PARTIAL: 'nothing of it was used, it is asked again; look at /api/v1/stores if this stays',
  THANOS_CONTRACT: 'nothing of it was used; look at the version of Thanos and at what rewrites its answers',
  THANOS_BAD_BODY: 'it is asked again; look at the proxies between here and Thanos if this stays',
  THANOS_TOO_MUCH: 'fewer hours or fewer series are asked for',
  THANOS_RESPONSE_TOO_LARGE: 'fewer hours or fewer series are asked for',
  THANOS_BAD_QUERY: 'this is a fault of the query, asking again changes nothing',
  THANOS_UNAUTHORIZED: 'check THANOS_USERNAME and THANOS_PASSWORD or THANOS_BEARER_TOKEN',
  THANOS_MISCONFIGURED:
    'check THANOS_URL (its path prefix too), THANOS_CA_FILE and what stands in front of Thanos',
  CANCELLED: 'it was stopped from here',
}

/** A named error whose message says what was seen, for what (`about`: the account and its hours) and what to do. */
export function failure(
  code: ErrorCode,
  saw: string,
  about: string,
  options: { status?: number; retryAfterSeconds?: number } = {},
): NamedError {
  const advice = ADVICE[code]
  return new NamedError(code, `${saw} (${about})${advice === undefined ? '' : `: ${advice}`}`, options)
}

/** The answer is not what the API promises; asking again would bring the same. */
export function contract(saw: string, about: string): NamedError {
  return failure('THANOS_CONTRACT', saw, about, { status: 200 })
}

// A limit also arrives wrapped in `rpc error`, so what calls for a smaller question is looked for first.
const TOO_MUCH =
  /too many samples|exceeded maximum resolution|exceeded [a-z ]{1,30}limit|limit \d+ violated|violated \(got|larger than max/i
// InvalidArgument comes wrapped in `rpc error` too, and no repetition mends it.
const PERMANENT =
  /no matchers specified|same labelset|many-to-many|duplicate series for the match group|parse error/i
const DEADLINE = /deadline|timed out|timeout/i
const STORES =
  /cancell?ed|rpc error|proxy Series|StoreAPIs|wait for turn|fetch series for|receive series from|failed to receive any data/i
const QUEUE_FULL = /timed out in query queue/i

/** True where a body is a web page: a login form or an error page of a proxy. */
export function isHtml(text: string): boolean {
  return /^\s*<(?:!doctype|html|head|body|\?xml)/i.test(text)
}

/** The named error for an HTTP answer that is not a success. `now` in milliseconds dates a Retry-After. */
export function classifyStatus(exchange: FailedExchange, about: string, now = Date.now()): NamedError {
  const { code, saw } = judgeStatus(exchange.status, errorText(exchange.text), isHtml(exchange.text))
  const retryAfterSeconds = parseRetryAfter(exchange.retryAfter, now)
  return failure(code, `${saw}, HTTP ${exchange.status}`, about, {
    status: exchange.status,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}

function judgeStatus(status: number, text: string, html: boolean): Judgement {
  if (status >= 300 && status < 400)
    return { code: 'THANOS_MISCONFIGURED', saw: 'Thanos answered with a redirect' }
  if (status === 401 || status === 403)
    return { code: 'THANOS_UNAUTHORIZED', saw: 'Thanos refused the credentials' }
  if (status === 429) return { code: 'THANOS_OVERLOADED', saw: 'Thanos asked to slow down' }
  if (TOO_MUCH.test(text)) return { code: 'THANOS_TOO_MUCH', saw: 'Thanos refused a question as too large' }
  if (status === 422) return judgeExecution(text)
  if (status === 400) {
    if (html) return { code: 'THANOS_MISCONFIGURED', saw: 'a web page came instead of an answer of Thanos' }
    return { code: 'THANOS_BAD_QUERY', saw: 'Thanos refused the query' }
  }
  if (status === 408 || status === 504)
    return { code: 'THANOS_TIMEOUT', saw: 'Thanos did not answer in time' }
  if (status === 425 || status === 499 || status >= 500) return judgeServer(status, text)
  return { code: 'THANOS_MISCONFIGURED', saw: 'Thanos does not serve this path or method' }
}

function judgeExecution(text: string): Judgement {
  if (PERMANENT.test(text)) return { code: 'THANOS_BAD_QUERY', saw: 'Thanos could not execute the query' }
  if (DEADLINE.test(text)) return { code: 'THANOS_TIMEOUT', saw: 'Thanos ran out of time' }
  if (STORES.test(text)) return { code: 'THANOS_UNAVAILABLE', saw: 'a store behind Thanos did not answer' }
  return { code: 'THANOS_BAD_QUERY', saw: 'Thanos could not execute the query' }
}

function judgeServer(status: number, text: string): Judgement {
  if (QUEUE_FULL.test(text)) return { code: 'THANOS_OVERLOADED', saw: 'the query queue of Thanos is full' }
  if (status !== 499 && DEADLINE.test(text)) return { code: 'THANOS_TIMEOUT', saw: 'Thanos ran out of time' }
  return { code: 'THANOS_UNAVAILABLE', saw: 'Thanos is not available' }
}

const STATUS_OF_TYPE: Record<string, number> = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  canceled: 503,
  unavailable: 503,
  internal: 500,
}

/** The named error for an error envelope that came with a status of success. */
export function classifyEnvelope(
  errorType: unknown,
  text: string,
  status: number,
  about: string,
): NamedError {
  const meant = typeof errorType === 'string' ? STATUS_OF_TYPE[errorType] : undefined
  const judged: Judgement =
    meant === undefined
      ? { code: 'THANOS_BAD_BODY', saw: 'Thanos answered with an error of no known type' }
      : judgeStatus(meant, text, false)
  return failure(judged.code, `${judged.saw}, HTTP ${status}`, about, { status })
}

/** The text of an error: the member `error` of a JSON body whatever its content type, else the body itself. */
function errorText(body: string): string {
  if (!/^\s*\{/.test(body)) return body
  try {
    const parsed: unknown = JSON.parse(body)
    if (
      typeof parsed === 'object' &&
      parsed !== null &&
      'error' in parsed &&
      typeof parsed.error === 'string'
    ) {
      return parsed.error
    }
  } catch {
    // A cut error body is still text to look into.
  }
  return body
}

/** Retry-After in seconds: a number of them or an HTTP date, never negative. Undefined where it is neither. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  if (/^\s*\d+\s*$/.test(value)) return Number(value)
  // Date.parse takes much that is no HTTP date, such as "-1".
  const at = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000))
}

const TRANSPORT: Record<string, Judgement> = {
  UND_ERR_HEADERS_TIMEOUT: { code: 'THANOS_TIMEOUT', saw: 'no answer of Thanos began in time' },
  UND_ERR_BODY_TIMEOUT: { code: 'THANOS_TIMEOUT', saw: 'an answer of Thanos stopped midway' },
  UND_ERR_RES_EXCEEDED_MAX_SIZE: {
    code: 'THANOS_RESPONSE_TOO_LARGE',
    saw: 'an answer of Thanos was too large',
  },
  ERR_BUFFER_TOO_LARGE: { code: 'THANOS_RESPONSE_TOO_LARGE', saw: 'an answer of Thanos was too large' },
  UND_ERR_HEADERS_OVERFLOW: { code: 'THANOS_MISCONFIGURED', saw: 'Thanos sent too many header bytes' },
  UND_ERR_INVALID_ARG: { code: 'THANOS_BAD_QUERY', saw: 'the request could not be put into HTTP' },
  EADDRFORBIDDEN: {
    code: 'THANOS_MISCONFIGURED',
    saw: 'the host of THANOS_URL resolves to a link-local or metadata address',
  },
  UND_ERR_DESTROYED: { code: 'CANCELLED', saw: 'the connection to Thanos was closed' },
  UND_ERR_CLOSED: { code: 'CANCELLED', saw: 'the connection to Thanos was closed' },
  UND_ERR_ABORTED: { code: 'CANCELLED', saw: 'the request was aborted' },
  ECONNRESET: { code: 'THANOS_UNREACHABLE', saw: 'the connection to Thanos was reset' },
  UND_ERR_SOCKET: { code: 'THANOS_UNREACHABLE', saw: 'the connection to Thanos was closed midway' },
}

const NOT_HTTP = 'what answered does not speak HTTP'

/** The named error for a failure below HTTP. Only its code enters the message, never its text. */
export function classifyTransport(error: unknown, about: string): NamedError {
  if (error instanceof NamedError) return error
  const code = transportCode(error)
  // The one failure of undici that may come without a code.
  if (error instanceof Error && error.name === 'HTTPParserError')
    return failure('THANOS_BAD_BODY', NOT_HTTP, about)
  const { code: named, saw } = judgeTransport(code)
  return failure(named, code === undefined ? saw : `${saw}, ${code}`, about)
}

function judgeTransport(code: string | undefined): Judgement {
  if (code === undefined) return { code: 'THANOS_UNREACHABLE', saw: 'the request to Thanos failed' }
  const known = TRANSPORT[code]
  if (known !== undefined) return known
  if (code.startsWith('HPE_')) return { code: 'THANOS_BAD_BODY', saw: NOT_HTTP }
  if (code.startsWith('Z_')) return { code: 'THANOS_BAD_BODY', saw: 'an answer of Thanos was not whole gzip' }
  if (/CERT|SELF_SIGNED|ISSUER|SIGNATURE|^ERR_(?:SSL|TLS)_|^EPROTO$|^CRL_|^HOSTNAME_/.test(code)) {
    return { code: 'THANOS_MISCONFIGURED', saw: 'no trusted TLS connection to Thanos' }
  }
  return { code: 'THANOS_UNREACHABLE', saw: 'Thanos cannot be reached' }
}

/** The machine-readable code of a failure, looked for in what it wraps as well. */
function transportCode(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > 3) return undefined
  const code: unknown = 'code' in error ? error.code : undefined
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return code
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause
  return transportCode(inner, depth + 1)
}
