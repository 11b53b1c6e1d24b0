import { STATUS_CODES } from 'node:http'
import { codesOf } from '../errors.js'
import { type Json, reference } from './schema.js'

const REQUEST_ID = { 'X-Request-Id': reference('headers', 'XRequestId') }
const RATE = {
  RateLimit: reference('headers', 'RateLimit'),
  'RateLimit-Policy': reference('headers', 'RateLimitPolicy'),
}
const CACHING = {
  ETag: reference('headers', 'ETag'),
  'Cache-Control': reference('headers', 'CacheControl'),
  Vary: reference('headers', 'Vary'),
}

/** Headers of an answer, and of one that the caller has already. */
export const ANSWER_HEADERS = { ...CACHING, ...RATE, ...REQUEST_ID }
export const PUBLIC_HEADERS = { ...CACHING, ...REQUEST_ID }

export const HEADERS: Record<string, Json> = {
  ETag: text(
    'Strong validator: the same as long as data and question are; another one for each content coding.',
    '"Zt0pQ8mJr3yR0yV5Jm0f2bqFvT9xk1aB"',
  ),
  CacheControl: text('How long the answer may be kept.', 'private, max-age=0, must-revalidate'),
  Vary: text(
    'Request headers on which the answer depends.',
    'Accept, Accept-Encoding, Authorization, Secret',
  ),
  XRequestId: text(
    "Names the request in the logs; the caller's own where it sent one of 64 harmless characters at most.",
    'd6a1c3a0-5c0a-4a52-9c43-0e6f0f3f1c55',
  ),
  RateLimit: text(
    'Requests that are left (r) and seconds until there are all again (t). Absent where no limit is set.',
    '"token";r=5980;t=42',
  ),
  RateLimitPolicy: text('Requests (q) in so many seconds (w).', '"token";q=6000;w=60'),
  RetryAfter: {
    description: 'Seconds after which to try again.',
    schema: { type: 'integer', examples: [5] },
  },
  WWWAuthenticate: text('How to authenticate.', 'Bearer'),
}

export const ERROR_SCHEMAS: Record<string, Json> = {
  Error: {
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['status_code', 'error_code', 'reason', 'params'],
        properties: {
          status_code: { type: 'integer', description: 'The status once more.' },
          error_code: { type: 'string', description: 'Tells errors apart; never renamed.' },
          reason: { type: 'string', description: 'A sentence for people; may change.' },
          params: params(),
        },
      },
    },
  },
  Problem: {
    type: 'object',
    description: 'The same facts as RFC 9457 has them, with Accept: application/problem+json.',
    required: ['type', 'title', 'status', 'detail', 'instance', 'error_code', 'params'],
    properties: {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      instance: { type: 'string', description: 'Path of the request.' },
      error_code: { type: 'string' },
      params: params(),
    },
  },
}

interface Refusal {
  readonly name: string
  readonly means: string
  readonly headers?: Json
  /** Refused before it was a request: told in the envelope alone. */
  readonly isBare?: true
}

/** What can come instead of an answer, by status. */
const REFUSALS: Readonly<Record<number, Refusal>> = {
  400: {
    name: 'BadRequest',
    means: 'A parameter is missing, unknown or wrong; which codes can come depends on the parameters.',
    headers: RATE,
  },
  401: {
    name: 'Unauthorized',
    means: 'No credentials were sent, or the token is unknown, expired or revoked.',
    headers: { 'WWW-Authenticate': reference('headers', 'WWWAuthenticate') },
  },
  403: { name: 'Forbidden', means: 'The credentials do not allow this.' },
  404: {
    name: 'NotFound',
    means: 'There is no such account, or the caller may not know of it, which looks the same.',
  },
  408: { name: 'RequestTimeout', means: 'The request did not arrive in time.', isBare: true },
  414: { name: 'UriTooLong', means: 'A part of the path is too long.' },
  429: {
    name: 'TooManyRequests',
    means: 'The caller asked too often, or its address sent too many requests that were refused.',
    headers: { ...RATE, 'Retry-After': reference('headers', 'RetryAfter') },
  },
  431: { name: 'HeadersTooLarge', means: 'URL and headers have more than 16 KiB.', isBare: true },
  500: {
    name: 'InternalServerError',
    means: 'A failure that nobody foresaw; the logs have it by X-Request-Id.',
  },
  503: {
    name: 'ServiceUnavailable',
    means: 'Not at this time.',
    headers: { 'Retry-After': reference('headers', 'RetryAfter') },
  },
}

export const ERROR_RESPONSES: Record<string, Json> = Object.fromEntries(
  Object.entries(REFUSALS).map(([status, refusal]) => [refusal.name, errorResponse(Number(status), refusal)]),
)

/** References to the responses of these statuses, or of all. */
export function refusals(statuses = Object.keys(REFUSALS).map(Number)): Json {
  return Object.fromEntries(
    statuses.flatMap(status => {
      const name = REFUSALS[status]?.name
      return name === undefined ? [] : [[status, reference('responses', name)]]
    }),
  )
}

function errorResponse(status: number, { means, headers = {}, isBare }: Refusal): Json {
  const known = codesOf(status)
  const title = STATUS_CODES[status] ?? 'Error'
  const own = { code: `U0${status}`, meaning: title }
  const codes = [...known, ...(known.some(({ code }) => code === own.code) ? [] : [own])]
  const { code, meaning } = codes[0] ?? own
  const facts = { error_code: code, params: [] }
  const envelope = { error: { status_code: status, ...facts, reason: meaning } }
  const problem = { type: 'about:blank', title, status, detail: meaning, instance: '/', ...facts }
  return {
    description: [means, '', ...codes.map(one => `- \`${one.code}\`: ${one.meaning}`)].join('\n'),
    ...(isBare ? {} : { headers: { ...headers, ...REQUEST_ID } }),
    content: {
      'application/json': { schema: reference('schemas', 'Error'), example: envelope },
      ...(isBare
        ? {}
        : { 'application/problem+json': { schema: reference('schemas', 'Problem'), example: problem } }),
    },
  }
}

function params(): Json {
  return {
    type: 'array',
    items: { type: ['string', 'number'] },
    description: 'What the sentence is filled with, in order: names of parameters, bounds, ids.',
  }
}

function text(description: string, example: string): Json {
  return { description, schema: { type: 'string', examples: [example] } }
}
