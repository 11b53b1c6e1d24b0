import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type pg from 'pg'
import { NamedError } from '../errors.js'
import { getAccount } from './accounts.js'
import { inTransaction } from './pool.js'
import {
  ANALYST_POLICY,
  ANALYST_ROLE,
  applyAccess,
  applySettings,
  lockRoles,
  ROLE_PREFIX,
  resetSettings,
  retryRaced,
  runGenerated,
} from './roles.js'

export interface AnalystAccount {
  readonly login: string
  readonly cloudAccountId: string
  /** null: there is no such account any more. */
  readonly accountName: string | null
  readonly addedAt: Date
  /** The login may connect and is a member of the analysts. False after a person took either away. */
  readonly isActive: boolean
}

// Of the 63 bytes of a name the policy of the login needs some for itself.
const LONGEST_LOGIN = 63 - ANALYST_POLICY.length
const CONNECTIONS = 10
const INSUFFICIENT_PRIVILEGE = '42501'

/**
 * Lets a login read accounts, beside those it has. The login is there already or, with `create`, is made; then its
 * password is given, this once. Rejects with USAGE for a login that row level security can't hold.
 */
export async function addAnalyst(
  pool: pg.Pool,
  request: { login: string; cloudAccountIds: readonly string[]; create?: boolean },
): Promise<{ password: string | undefined }> {
  const { login } = request
  requireLoginName(login)
  const accounts = await Promise.all(request.cloudAccountIds.map(id => getAccount(pool, id)))
  const password = request.create === true ? randomBytes(24).toString('base64url') : undefined
  await changeAccess(pool, async client => {
    if (password === undefined) await requireHarmless(client, login)
    else await createLogin(client, login, password)
    if (login !== ANALYST_ROLE) {
      await runGenerated(client, `select format('grant ${ANALYST_ROLE} to %I', $1::text) as statement`, [
        login,
      ])
      await applySettings(client, login)
    }
    for (const { cloudAccountId } of accounts) {
      await client.query(
        `insert into warehouse.analyst_login (cloud_account_id, login) values ($1, $2) on conflict do nothing`,
        [cloudAccountId, login],
      )
    }
  })
  return { password }
}

/** The logins and their accounts, by name. */
export async function listAnalysts(pool: pg.Pool): Promise<AnalystAccount[]> {
  const { rows } = await pool.query<{
    login: string
    cloud_account_id: string
    name: string | null
    added_at: Date
    is_active: boolean
  }>(
    `select l.login, l.cloud_account_id, a.name, l.added_at,
       coalesce(l.login = $1 or (r.rolcanlogin and pg_has_role(r.oid, $1::name, 'usage')), false) as is_active
     from warehouse.analyst_login l
     left join warehouse.cloud_account a using (cloud_account_id)
     left join pg_roles r on r.rolname = l.login
     where $1 in (select rolname from pg_roles)
     order by l.login, a.name, l.cloud_account_id`,
    [ANALYST_ROLE],
  )
  return rows.map(row => ({
    login: row.login,
    cloudAccountId: row.cloud_account_id,
    accountName: row.name,
    addedAt: row.added_at,
    isActive: row.is_active,
  }))
}

/**
 * Takes accounts from a login, all unless told; one without accounts is no analyst any more. The login itself stays.
 * Rejects with NOT_FOUND where it had none of them.
 */
export async function removeAnalyst(
  pool: pg.Pool,
  login: string,
  cloudAccountIds: readonly string[] = [],
): Promise<{ left: number }> {
  return changeAccess(pool, async client => {
    const { rowCount } = await client.query(
      `delete from warehouse.analyst_login
       where login = $1 and (cardinality($2::uuid[]) = 0 or cloud_account_id = any ($2))`,
      [login, cloudAccountIds],
    )
    if (rowCount === 0) {
      throw new NamedError(
        'NOT_FOUND',
        `Login '${login.slice(0, 63)}' has no such account. List them with: k8s-costs analysts list`,
      )
    }
    const { rows } = await client.query<{ left: number }>(
      'select count(*)::int as left from warehouse.analyst_login where login = $1',
      [login],
    )
    const left = rows[0]?.left ?? 0
    if (left === 0 && login !== ANALYST_ROLE) {
      await runGenerated(
        client,
        `select format('revoke ${ANALYST_ROLE} from %I', rolname) as statement from pg_roles where rolname = $1`,
        [login],
      )
      await resetSettings(client, login)
    }
    return { left }
  })
}

async function changeAccess<T>(pool: pg.Pool, change: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  try {
    return await retryRaced(() =>
      inTransaction(pool, async client => {
        await lockRoles(client)
        const result = await change(client)
        await applyAccess(client)
        return result
      }),
    )
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === INSUFFICIENT_PRIVILEGE)) throw error
    throw new NamedError(
      'USAGE',
      'The user of DATABASE_URL may not change this login. Run the command as a user with CREATEROLE who owns the ' +
        'tables and may administer the login.',
      { cause: error },
    )
  }
}

function requireLoginName(login: string): void {
  const isReserved = /^(pg_|k8s_costs_)/.test(login) || ['public', 'none'].includes(login)
  if (!isReserved && login !== '' && Buffer.byteLength(login) <= LONGEST_LOGIN && !/\p{Cc}/u.test(login))
    return
  throw new NamedError(
    'USAGE',
    `'${login.slice(0, 63)}' can't be a login of an analyst. Give a name of 1 to ${LONGEST_LOGIN} bytes that doesn't ` +
      `begin with pg_ or ${ROLE_PREFIX}.`,
  )
}

async function createLogin(client: pg.ClientBase, login: string, password: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [login])
  if (rowCount !== 0) {
    throw new NamedError('USAGE', `There is a role '${login}' already. To use it, leave out --create.`)
  }
  await runGenerated(
    client,
    `select format('create role %I login inherit connection limit ${CONNECTIONS} password %L', $1::text, $2::text)
       as statement`,
    [login, scramVerifier(password)],
  )
}

/** The form that PostgreSQL stores, so that the password itself is in no statement and no server log (RFC 5803). */
function scramVerifier(password: string): string {
  const iterations = 4096
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`
}

// Row level security doesn't hold a superuser, one who bypasses it, or the owner of the tables; and the policies of
// the other groups would give a member all accounts.
async function requireHarmless(client: pg.ClientBase, login: string): Promise<void> {
  const { rows } = await client.query<{ is_exempt: boolean; group: string | null }>(
    `select r.rolsuper or r.rolbypassrls or r.rolcreaterole as is_exempt,
       (
         select g.rolname::text from pg_roles g
         where pg_has_role(r.oid, g.oid, 'member') and g.oid <> r.oid and (
           g.rolsuper or g.rolbypassrls or starts_with(g.rolname, '${ROLE_PREFIX}')
           or g.rolname in ('pg_read_all_data', 'pg_write_all_data')
           or g.oid = (select relowner from pg_class where oid = 'warehouse.cloud_account'::regclass)
           or exists (select from warehouse.analyst_login l where l.login = g.rolname and l.login <> $2)
         )
         limit 1
       ) as group
     from pg_roles r where r.rolname = $1`,
    [login, ANALYST_ROLE],
  )
  const role = rows[0]
  if (role === undefined) {
    throw new NamedError('NOT_FOUND', `There is no role '${login}'. To make it, add --create.`)
  }
  if (!role.is_exempt && role.group === null) return
  const why = role.is_exempt
    ? 'is a superuser or may pass by row level security'
    : `is a member of ${role.group}`
  throw new NamedError(
    'USAGE',
    `Login '${login}' ${why}, so it would see more than the accounts it is given. Give another login.`,
  )
}
