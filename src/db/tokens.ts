import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type pg from 'pg'
import { NamedError } from '../errors.js'
import { getAccount } from './accounts.js'

export interface TokenInfo {
  readonly tokenId: string
  readonly cloudAccountId: string
  readonly scope: 'read'
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  readonly lastUsedAt: Date | null
}

/** Whose token it is and what it allows. */
export interface TokenIdentity {
  readonly tokenId: string
  readonly cloudAccountId: string
  readonly scope: 'read'
}

interface TokenRow {
  token_id: string
  cloud_account_id: string
  scope: 'read'
  created_at: Date
  expires_at: Date | null
  revoked_at: Date | null
  last_used_at: Date | null
}

const PREFIX = 'kc_'
const TOKEN = /^kc_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/
// Compared with where there is no such token, so that the answer takes the same path and time.
const NO_DIGEST = Buffer.alloc(32)

/** Makes a token for the account. Its text is given this once; only a digest of it is stored. */
export async function createToken(
  pool: pg.Pool,
  request: { cloudAccountId: string; scope?: 'read'; expiresAt?: Date },
): Promise<{ token: string; tokenId: string }> {
  const { cloudAccountId } = await getAccount(pool, request.cloudAccountId)
  const tokenId = randomBytes(8).toString('hex')
  const token = `${PREFIX}${tokenId}_${randomBytes(32).toString('base64url')}`
  await pool.query(
    `insert into warehouse.api_token (cloud_account_id, token_id, scope, digest, expires_at)
     values ($1, $2, $3, $4, $5)`,
    [cloudAccountId, tokenId, request.scope ?? 'read', digestOf(token), request.expiresAt ?? null],
  )
  return { token, tokenId }
}

/** All tokens, also revoked ones, newest first; of one account where told. */
export async function listTokens(pool: pg.Pool, cloudAccountId?: string): Promise<TokenInfo[]> {
  const { rows } = await pool.query<TokenRow>(
    `select token_id, cloud_account_id, scope, created_at, expires_at, revoked_at, last_used_at
     from warehouse.api_token
     where $1::uuid is null or cloud_account_id = $1
     order by created_at desc, token_id`,
    [cloudAccountId ?? null],
  )
  return rows.map(row => ({
    tokenId: row.token_id,
    cloudAccountId: row.cloud_account_id,
    scope: row.scope,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  }))
}

/** Ends a token by its id; again does nothing. Rejects with NOT_FOUND where there is none. */
export async function revokeToken(pool: pg.Pool, tokenId: string): Promise<void> {
  const { rowCount } = await pool.query(
    'update warehouse.api_token set revoked_at = coalesce(revoked_at, now()) where token_id = $1',
    [tokenId],
  )
  if (rowCount === 0) {
    throw new NamedError(
      'NOT_FOUND',
      `There is no token with the id '${tokenId.slice(0, 60)}'. List them with: k8s-costs tokens list`,
    )
  }
}

/** Whether the text is meant for a token of ours, right or wrong: such a text is shown to no other service. */
export function isOwnToken(token: string): boolean {
  return token.startsWith(PREFIX)
}

/** Whose token the text is; undefined where it is malformed, unknown, wrong, expired, revoked or of a removed account. */
export async function verifyToken(pool: pg.Pool, token: string): Promise<TokenIdentity | undefined> {
  const tokenId = TOKEN.exec(token)?.[1] ?? ''
  const { rows } = await pool.query<TokenRow & { digest: Buffer; is_live: boolean }>({
    name: 'verify-token',
    text: `select t.token_id, t.cloud_account_id, t.scope, t.digest,
             t.revoked_at is null and (t.expires_at is null or t.expires_at > now())
               and exists (
                 select from warehouse.cloud_account a
                 where a.cloud_account_id = t.cloud_account_id and a.removed_at is null
               ) as is_live
           from warehouse.api_token t
           where t.token_id = $1`,
    values: [tokenId],
  })
  const row = rows[0]
  const isRight = timingSafeEqual(digestOf(token), row?.digest ?? NO_DIGEST)
  if (!isRight || row?.is_live !== true) return undefined
  return { tokenId: row.token_id, cloudAccountId: row.cloud_account_id, scope: row.scope }
}

/** Notes that a token was used, at most once in five minutes. */
export async function noteTokenUse(pool: pg.Pool, identity: TokenIdentity): Promise<void> {
  await pool.query(
    `update warehouse.api_token set last_used_at = now()
     where cloud_account_id = $1 and token_id = $2
       and (last_used_at is null or last_used_at < now() - interval '5 minutes')`,
    [identity.cloudAccountId, identity.tokenId],
  )
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
