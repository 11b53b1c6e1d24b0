import { createHash } from 'node:crypto'
import { type Dispatcher, Pool } from 'undici'
import { NamedError } from '../errors.js'
import { unavailable } from './errors.js'

/** What CloudTuner's auth service says to a token that wants to read an account. */
export type Decision = 'allowed' | 'unauthorized' | 'forbidden' | 'not_found'

export interface AuthService {
  /**
   * Whether the holder of the token may read the account (UUID in lower case). Rejects with a 503 where the service
   * gives no whole answer in time or one that isn't known: what it didn't allow is never allowed.
   */
  decide(token: string, cloudAccountId: string): Promise<Decision>
  /** Ends every connection, the busy ones too. */
  close(): Promise<void>
}

export interface AuthServiceOptions {
  /** Milliseconds that only ever grow; since the start of the process unless told. */
  readonly now?: () => number
  /** Until the last byte of an answer; 3000 unless told. */
  readonly timeoutMs?: number
  /** Decisions that are remembered at most; 10,000 unless told. */
  readonly capacity?: number
}

const DECISIONS: Readonly<Record<number, Decision>> = {
  200: 'allowed',
  201: 'allowed',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
}
/** What was allowed may be taken away, and what was refused is soon asked for again by who was just let in. */
const ALLOWED_MS = 30_000
const REFUSED_MS = 5_000
const CONNECTIONS = 16
const LARGEST_ANSWER_BYTES = 4096

/** A client of the auth service at the base URL, with or without a path prefix. Opens no connection until it is asked. */
export function createAuthService(authUrl: string, options: AuthServiceOptions = {}): AuthService {
  const { now = () => performance.now(), timeoutMs = 3_000, capacity = 10_000 } = options
  const ask = createQuestion(authUrl, timeoutMs)
  const remembered = new Decisions(capacity, now)
  const underWay = new Map<string, Promise<Decision>>()

  const decideAnew = async (key: string, token: string, cloudAccountId: string): Promise<Decision> => {
    const askedAt = now()
    try {
      const decision = await ask.send(token, cloudAccountId)
      remembered.add(key, decision, askedAt)
      return decision
    } finally {
      underWay.delete(key)
    }
  }

  return {
    decide: async (token, cloudAccountId) => {
      const key = keyOf(token, cloudAccountId)
      const known = remembered.get(key) ?? underWay.get(key)
      if (known !== undefined) return known
      const asking = decideAnew(key, token, cloudAccountId)
      underWay.set(key, asking)
      return asking
    },
    close: () => ask.close(),
  }
}

/** Decisions that are still good, the least recently used given up for room. */
class Decisions {
  readonly #entries = new Map<string, { decision: Decision; until: number }>()
  readonly #capacity: number
  readonly #now: () => number

  constructor(capacity: number, now: () => number) {
    this.#capacity = capacity
    this.#now = now
  }

  get(key: string): Decision | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    // A Map keeps the order of insertion, so that the first one is the least recently used.
    this.#entries.delete(key)
    if (entry.until <= this.#now()) return undefined
    this.#entries.set(key, entry)
    return entry.decision
  }

  add(key: string, decision: Decision, askedAt: number): void {
    this.#entries.delete(key)
    this.#entries.set(key, {
      decision,
      until: askedAt + (decision === 'allowed' ? ALLOWED_MS : REFUSED_MS),
    })
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > this.#capacity && oldest !== undefined) this.#entries.delete(oldest)
  }
}

// Whoever reads the memory of the process finds no token in it.
function keyOf(token: string, cloudAccountId: string): string {
  return createHash('sha256').update(`${token}\n${cloudAccountId}`).digest('base64url')
}

function createQuestion(authUrl: string, timeoutMs: number) {
  const { origin, pathname } = new URL(authUrl)
  const path = `${pathname.replace(/\/+$/, '')}/auth/v2/authorize`
  // A pool is bound to its origin and follows no redirect, so a token cannot go anywhere else.
  const pool = new Pool(origin, {
    connections: CONNECTIONS,
    pipelining: 1,
    // Stated, because the environment (NODE_TLS_REJECT_UNAUTHORIZED=0) could turn the default off.
    connect: { timeout: timeoutMs, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
  })
  const send = async (token: string, cloudAccountId: string): Promise<Decision> => {
    const response = await pool
      .request({
        method: 'POST',
        path,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/json',
        },
        body: JSON.stringify({
          action: 'INFO_ORGANIZATION',
          resource_type: 'cloud_account',
          uuid: cloudAccountId,
        }),
        signal: AbortSignal.timeout(timeoutMs),
      })
      .then(readToTheEnd)
      .catch((error: unknown) => {
        throw undecided('gave no whole answer in time', error)
      })
    const decision = DECISIONS[response.statusCode]
    if (decision === undefined) throw undecided(`answered with status ${response.statusCode}`)
    return decision
  }
  return { send, close: () => pool.destroy() }
}

/** The status alone decides; the body is only read so that the connection can be used again. */
async function readToTheEnd(response: Dispatcher.ResponseData): Promise<Dispatcher.ResponseData> {
  let bytes = 0
  for await (const chunk of response.body) {
    bytes += (chunk as Buffer).length
    // Leaving the loop closes the connection.
    if (bytes > LARGEST_ANSWER_BYTES) break
  }
  return response
}

function undecided(seen: string, cause?: unknown): Error {
  const problem = new NamedError(
    'AUTH_UNREACHABLE',
    `The auth service ${seen}, so nobody with a token of CloudTuner is let in. Check AUTH_URL and that the service runs.`,
    { cause },
  )
  return unavailable('The permission cannot be checked at this time', 5, problem)
}
