import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type pg from 'pg'
import { isOwnToken, noteTokenUse, type TokenIdentity, verifyToken } from '../db/tokens.js'
import { parseUuid } from '../domain/account.js'
import type { AuthService, Decision } from './auth-service.js'
import { withDeadline } from './deadline.js'
import { ApiError } from './errors.js'

/**
 * Who asks: another service of the cluster, which may read every account, or the holder of a token. `key` stands for
 * the token, always the same for the same one, and can be known to anybody.
 */
export type Caller = { readonly kind: 'service' } | { readonly kind: 'token'; readonly key: string }

const CHALLENGE = { 'www-authenticate': 'Bearer' }
const BEARER = /^Bearer +([\x21-\x7e]+)$/i
const VERIFY_MS = 3_000
const NOTE_EVERY_MS = 5 * 60_000

export interface AuthSource {
  readonly pool: pg.Pool
  /** Absent or empty: no secret opens anything. */
  readonly clusterSecret: string | undefined
  /** Absent: the tokens of the database are the only ones. */
  readonly authService: AuthService | undefined
}

/**
 * The account that the path names, in canonical form, once it is certain that the caller may read it; whether there
 * is such an account is still to be looked up. Rejects in CloudTuner's order: no header, bad credentials, no permission.
 */
export type Authorize = (
  headers: IncomingHttpHeaders,
  id: string,
) => Promise<{ readonly cloudAccountId: string; readonly caller: Caller }>

/**
 * Makes the check of who may read. A `Secret` header decides alone where it is sent: a wrong one is refused even
 * beside a good token, as a caller that sends it means it.
 */
export function createAuthorizer({ pool, clusterSecret, authService }: AuthSource): Authorize {
  const noted = new Map<string, number>()
  return async (headers, id) => {
    const secret = headers.secret
    if (typeof secret === 'string' && secret !== '') {
      if (!isSecret(secret, clusterSecret)) throw new ApiError('OE0236', [])
      return { cloudAccountId: requireUuid(id), caller: { kind: 'service' } }
    }
    if (!headers.authorization) throw new ApiError('OE0237', [], { headers: CHALLENGE })
    const token = BEARER.exec(headers.authorization.trim())?.[1]
    if (token === undefined) throw unauthorized()
    if (authService !== undefined && !isOwnToken(token)) {
      const cloudAccountId = requireUuid(id)
      requireAllowed(await authService.decide(token, cloudAccountId), id)
      return { cloudAccountId, caller: { kind: 'token', key: `cloudtuner:${shortDigest(token)}` } }
    }
    const identity = await withDeadline(verifyToken(pool, token), VERIFY_MS)
    if (identity === undefined) throw unauthorized()
    noteUse(pool, noted, identity)
    return {
      cloudAccountId: requireOwn(identity, id),
      caller: { kind: 'token', key: `own:${identity.tokenId}` },
    }
  }
}

function unauthorized(): ApiError {
  return new ApiError('OE0235', [], { headers: CHALLENGE })
}

function requireUuid(id: string): string {
  const cloudAccountId = parseUuid(id)
  if (cloudAccountId === undefined || cloudAccountId !== id.toLowerCase()) throw accountNotFound(id)
  return cloudAccountId
}

/** A token's holder gets the same 404 for another's account as for one that does not exist: neither is looked up. */
function requireOwn(identity: TokenIdentity, id: string): string {
  const cloudAccountId = requireUuid(id)
  if (identity.cloudAccountId !== cloudAccountId) throw accountNotFound(id)
  return cloudAccountId
}

function requireAllowed(decision: Decision, id: string): void {
  switch (decision) {
    case 'allowed':
      return
    case 'unauthorized':
      throw unauthorized()
    case 'forbidden':
      throw new ApiError('OE0234', [])
    case 'not_found':
      throw accountNotFound(id)
  }
}

export function accountNotFound(id: string): ApiError {
  return new ApiError('OE0002', ['CloudAccount', id])
}

function isSecret(sent: string, expected: string | undefined): boolean {
  // Digests have one length, so the comparison tells nothing about the secret's.
  const isEqual = timingSafeEqual(digest(sent), digest(expected ?? ''))
  return isEqual && expected !== undefined && expected !== ''
}

function shortDigest(token: string): string {
  return digest(token).toString('hex').slice(0, 16)
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
