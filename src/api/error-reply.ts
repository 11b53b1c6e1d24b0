import { STATUS_CODES } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { connectionProblem } from '../db/pool.js'
import { describeError, NamedError } from '../errors.js'
import { ApiError, type ApiParam, unavailable } from './errors.js'

export const JSON_TYPE = 'application/json; charset="utf-8"'
const PROBLEM_TYPE = 'application/problem+json'

interface Facts {
  readonly status: number
  readonly errorCode: string
  readonly reason: string
  readonly params: readonly ApiParam[]
  readonly headers: Readonly<Record<string, string>>
}

/** Answers a request that failed, in the envelope or, where the caller accepts it, as an RFC 9457 problem. */
export function replyWithError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const facts = factsOf(error)
  if (facts.status >= 500) {
    request.log.error(
      { status: facts.status, failure: describeError(namedCause(error)), sqlState: codeOf(error) },
      'request failed',
    )
  } else if (facts.status === 401 || facts.status === 403) {
    request.log.warn({ status: facts.status, errorCode: facts.errorCode }, 'request refused')
  }
  const wantsProblem = acceptsProblem(request.headers.accept)
  // An answer that failed halfway may have named its version already.
  reply.removeHeader('etag')
  return reply
    .code(facts.status)
    .headers({ ...facts.headers, vary: 'Accept', 'cache-control': 'no-store' })
    .type(wantsProblem ? PROBLEM_TYPE : JSON_TYPE)
    .send(JSON.stringify(wantsProblem ? problemOf(facts, request) : envelopeOf(facts)))
}

function factsOf(error: unknown): Facts {
  const known = error instanceof ApiError ? error : databaseTrouble(error)
  if (known !== undefined) {
    const { status, code: errorCode, message: reason, params, headers } = known
    return { status, errorCode, reason, params, headers }
  }
  const status = refusalOf(error) ?? 500
  return {
    status,
    errorCode: `U0${status}`,
    reason: STATUS_CODES[status] ?? 'Error',
    params: [],
    headers: {},
  }
}

// A cancelled statement, a lock not got, a serialization failure: like a lost connection, worth another try.
const RETRYABLE = /^(40|53|55P03|57|58)/

function databaseTrouble(error: unknown): ApiError | undefined {
  if (connectionProblem(error) !== undefined)
    return unavailable('The database cannot be used at this time', 5, error)
  if (RETRYABLE.test(codeOf(error) ?? '')) return unavailable('The database did not answer in time', 5, error)
  return undefined
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** What is behind an answer that tells the caller less, where it has a name that is fit for a log. */
function namedCause(error: unknown): unknown {
  return error instanceof ApiError && error.cause instanceof NamedError ? error.cause : error
}

/** The 4xx of a request that the server itself refused (malformed URL, body too large). */
function refusalOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined
  const status = error.statusCode
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined
}

function envelopeOf(facts: Facts): object {
  const { status, errorCode, reason, params } = facts
  return { error: { status_code: status, error_code: errorCode, reason, params } }
}

function problemOf(facts: Facts, request: FastifyRequest): object {
  return {
    type: 'about:blank',
    title: STATUS_CODES[facts.status] ?? 'Error',
    status: facts.status,
    detail: facts.reason,
    // Without the query: it is the caller's text and may be long.
    instance: request.url.split('?', 1)[0],
    error_code: facts.errorCode,
    params: facts.params,
  }
}

function acceptsProblem(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some(part => part.split(';', 1)[0]?.trim().toLowerCase() === PROBLEM_TYPE)
}
