import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type pg from 'pg'
import { noteTokenUse, type TokenIdentity, verifyToken } from '../db/tokens.js'
import { parseUuid } from '../domain/account.js'
import { withDeadline } from './deadline.js'
import { ApiError } from './errors.js'

/** Who asks: another service of the cluster, which may read every account, or the holder of one account's token. */
export type Caller =
  | { readonly kind: 'service' }
  | {
      readonly kind: 'token'
      readonly cloudAccountId: string
      /** Tells one holder from another. */
      readonly key: string
    }

const CHALLENGE = { 'www-authenticate': 'Bearer' }
const VERIFY_MS = 3_000
const NOTE_EVERY_MS = 5 * 60_000

export interface AuthSource {
  readonly pool: pg.Pool
  /** Absent or empty: no secret opens anything. */
  readonly clusterSecret: string | undefined
}

export type Authenticate = (headers: IncomingHttpHeaders) => Promise<Caller>

/**
 * Makes the check of a request's credentials. A `Secret` header decides alone where it is sent: a wrong one is
 * refused even beside a good token, as a caller that sends it means it.
 */
export function createAuthenticator({ pool, clusterSecret }: AuthSource): Authenticate {
  const noted = new Map<string, number>()
  return async headers => {
    const secret = headers.secret
    if (typeof secret === 'string' && secret !== '') {
      if (!isSecret(secret, clusterSecret)) throw new ApiError('OE0236', [])
      return { kind: 'service' }
    }
    if (!headers.authorization) throw new ApiError('OE0237', [], { headers: CHALLENGE })
    const token = /^Bearer +(\S+)$/i.exec(headers.authorization.trim())?.[1]
    const identity = token === undefined ? undefined : await withDeadline(verifyToken(pool, token), VERIFY_MS)
    if (identity === undefined) throw new ApiError('OE0235', [], { headers: CHALLENGE })
    noteUse(pool, noted, identity)
    return { kind: 'token', cloudAccountId: identity.cloudAccountId, key: identity.tokenId }
  }
}

/**
 * The account that the path names, in canonical form. A token's holder gets the same 404 for another's account as
 * for one that does not exist, by the same path: neither is looked up.
 */
export function requireReadable(caller: Caller, id: string): string {
  const cloudAccountId = parseUuid(id)
  if (cloudAccountId === undefined || cloudAccountId !== id.toLowerCase()) throw accountNotFound(id)
  if (caller.kind === 'token' && caller.cloudAccountId !== cloudAccountId) throw accountNotFound(id)
  return cloudAccountId
}

export function accountNotFound(id: string): ApiError {
  return new ApiError('OE0002', ['CloudAccount', id])
}

function isSecret(sent: string, expected: string | undefined): boolean {
  // Digests have one length, so the comparison tells nothing about the secret's.
  const isEqual = timingSafeEqual(digest(sent), digest(expected ?? ''))
  return isEqual && expected !== undefined && expected !== ''
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

// Nobody waits for it: an answer must not depend on a note about who asked.
function noteUse(pool: pg.Pool, noted: Map<string, number>, identity: TokenIdentity): void {
  const now = Date.now()
  if (now - (noted.get(identity.tokenId) ?? 0) < NOTE_EVERY_MS) return
  noted.set(identity.tokenId, now)
  noteTokenUse(pool, identity).catch(() => noted.delete(identity.tokenId))
}

export type Authorize = (
  headers: IncomingHttpHeaders,
  id: string,
) => Promise<{ cloudAccountId: string; caller: Caller }>
