import { createHash } from 'node:crypto'
import rateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Authorize, Caller } from '../auth.js'
import { ApiError } from '../errors.js'
import type { Api } from '../routes/methods.js'

const WINDOW_SECONDS = 60
const SERVICE_TIMES = 10
const MOST_KNOWN = 1000

/** Lets a request to an account in, or throws why not; tells the caller in headers how much it may still ask. */
export type Admit = (request: FastifyRequest, reply: FastifyReply, id: string) => ReturnType<Authorize>

type Measure = ReturnType<Api['createRateLimit']>
type Measured = Extract<Awaited<ReturnType<Measure>>, { isAllowed: false }>

/** Makes limiters available to what is registered afterwards; nothing is limited by itself. */
export function addRateLimit(app: Api): void {
  app.register(rateLimit, { global: false })
}

/** As `authorize`, with any number of requests. */
export function admitAll(authorize: Authorize): Admit {
  return (request, _reply, id) => authorize(request.headers, id)
}

/**
 * Counts requests of each caller, and refused ones of each address: wrong credentials and accounts that the caller may
 * not know of. While an address has too many refused ones, credentials that were not accepted lately are not looked at,
 * so that guessing is slow, and others behind the same proxy go on; further refusals tell nothing but that.
 */
export function admitLimited(api: Api, perMinute: number, authorize: Authorize): Admit {
  const callers = new WeakMap<FastifyRequest, Caller>()
  const accepted = new RecentSet(MOST_KNOWN)
  const timeWindow = WINDOW_SECONDS * 1000
  const measureCaller = api.createRateLimit({
    timeWindow,
    max: (_request, key) => (key === 'service' ? SERVICE_TIMES * perMinute : perMinute),
    keyGenerator: request => bucketOf(callers.get(request)),
  })
  const measureRefused = api.createRateLimit({ timeWindow, max: perMinute })

  const authorizeSlowly: Admit = async (request, reply, id) => {
    const credentials = digestOf(request)
    const before = measured(await measureRefused(request, { increment: false }))
    if (before.remaining === 0 && !accepted.has(credentials)) refuse(reply, 'refused', before)
    try {
      const admitted = await authorize(request.headers, id)
      accepted.add(credentials)
      return admitted
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (error.status !== 404) accepted.delete(credentials)
      const after = measured(await measureRefused(request))
      if (after.isExceeded) refuse(reply, 'refused', after)
      throw error
    }
  }

  return async (request, reply, id) => {
    const admitted = await authorizeSlowly(request, reply, id)
    callers.set(request, admitted.caller)
    const use = measured(await measureCaller(request))
    if (use.isExceeded) refuse(reply, admitted.caller.kind, use)
    tell(reply, admitted.caller.kind, use)
    return admitted
  }
}

function bucketOf(caller: Caller | undefined): string {
  return caller?.kind === 'token' ? `token ${caller.key}` : 'service'
}

function measured(result: Awaited<ReturnType<Measure>>): Measured {
  if (result.isAllowed) throw new RangeError('no address and no caller is exempt from its limit')
  return result
}

function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && [401, 403, 404].includes(error.status)
}

function refuse(reply: FastifyReply, policy: string, use: Measured): never {
  tell(reply, policy, use)
  throw new ApiError('U0429', [], {
    detail: `${use.max} in ${WINDOW_SECONDS} seconds are the most; try again in ${use.ttlInSeconds} seconds`,
    headers: { 'retry-after': String(use.ttlInSeconds) },
  })
}

function tell(reply: FastifyReply, policy: string, { max, remaining, ttlInSeconds }: Measured): void {
  reply.headers({
    'ratelimit-policy': `"${policy}";q=${max};w=${WINDOW_SECONDS}`,
    ratelimit: `"${policy}";r=${remaining};t=${ttlInSeconds}`,
    'x-ratelimit-limit': max,
    'x-ratelimit-remaining': remaining,
    'x-ratelimit-reset': ttlInSeconds,
  })
}

function digestOf({ headers }: FastifyRequest): string {
  const text = JSON.stringify([headers.secret ?? '', headers.authorization ?? ''])
  return createHash('sha256').update(text).digest('base64')
}

/** Remembers so many texts; the one that was longest not added goes first. */
class RecentSet {
  readonly #texts = new Set<string>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  has(text: string): boolean {
    return this.#texts.has(text)
  }

  add(text: string): void {
    this.#texts.delete(text)
    this.#texts.add(text)
    const [oldest] = this.#texts
    if (this.#texts.size > this.#most && oldest !== undefined) this.#texts.delete(oldest)
  }

  delete(text: string): void {
    this.#texts.delete(text)
  }
}
