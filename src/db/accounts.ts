import type pg from 'pg'
import { type CloudAccount, parseUuid } from '../domain/account.js'
import { NamedError } from '../errors.js'
import { inTransaction } from './pool.js'

export interface NewAccount {
  readonly cloudAccountId: string
  readonly name: string
  /** Value of the tenant label; the account's id unless told. */
  readonly tenantId?: string
  /** ISO 4217; USD unless told. */
  readonly currency?: string
  readonly kubernetesId?: string
}

interface AccountRow {
  cloud_account_id: string
  name: string
  tenant_id: string
  currency: string
  kubernetes_id: string | null
}

const COLUMNS = 'cloud_account_id, name, tenant_id, currency, kubernetes_id'

/** Adds an account, changes the one that is there, or revives a removed one with all that was loaded for it. */
export async function addAccount(pool: pg.Pool, account: NewAccount): Promise<CloudAccount> {
  const cloudAccountId = requireUuid(account.cloudAccountId)
  const name = account.name.trim()
  const currency = account.currency ?? 'USD'
  if (name === '') throw new NamedError('USAGE', `Account ${cloudAccountId} needs a name that is not empty.`)
  if (!/^[A-Z]{3}$/.test(currency)) {
    throw new NamedError(
      'USAGE',
      `Currency '${currency}' is not a code of three capital letters such as USD.`,
    )
  }
  const tenantId = account.tenantId ?? cloudAccountId
  if (tenantId === '')
    throw new NamedError('USAGE', `The tenant id of account ${cloudAccountId} must not be empty.`)
  return inTransaction(pool, async client => {
    await refuseOtherCurrency(client, cloudAccountId, currency)
    const { rows } = await client
      .query<AccountRow>(
        `insert into warehouse.cloud_account (cloud_account_id, name, tenant_id, currency, kubernetes_id)
         values ($1, $2, $3, $4, $5)
         on conflict (cloud_account_id) do update
           set name = excluded.name, tenant_id = excluded.tenant_id, currency = excluded.currency,
               kubernetes_id = excluded.kubernetes_id, removed_at = null
         returning ${COLUMNS}`,
        [cloudAccountId, name, tenantId, currency, account.kubernetesId ?? null],
      )
      .catch((error: unknown) => {
        throw tenantTaken(error, cloudAccountId, tenantId) ?? error
      })
    return toAccount(rows[0], cloudAccountId)
  })
}

// Amounts are never converted, so those already loaded would be read in a currency that they are not in.
async function refuseOtherCurrency(
  client: pg.ClientBase,
  cloudAccountId: string,
  currency: string,
): Promise<void> {
  const { rows } = await client.query<{ currency: string; has_facts: boolean }>(
    `select currency, exists (
       select from warehouse.window_ledger w where w.cloud_account_id = a.cloud_account_id and w.revision > 0
     ) as has_facts
     from warehouse.cloud_account a
     where cloud_account_id = $1
     for update`,
    [cloudAccountId],
  )
  const found = rows[0]
  if (found?.has_facts !== true || found.currency === currency) return
  throw new NamedError(
    'USAGE',
    `Account ${cloudAccountId} has amounts in ${found.currency}, which are never converted; it cannot change to ` +
      `${currency}. Repeat the command with --currency ${found.currency}, or add a new account.`,
  )
}

function tenantTaken(error: unknown, cloudAccountId: string, tenantId: string): NamedError | undefined {
  if (!(error instanceof Error && 'constraint' in error && error.constraint === 'cloud_account_tenant'))
    return undefined
  return new NamedError(
    'USAGE',
    `Tenant '${tenantId}' already belongs to another account, so account ${cloudAccountId} would count the same ` +
      'cost twice. Remove the other account first or give another --tenant-id.',
    { cause: error },
  )
}

/** The accounts that are ingested, by name. */
export async function listAccounts(pool: pg.Pool): Promise<CloudAccount[]> {
  const { rows } = await pool.query<AccountRow>(
    `select ${COLUMNS} from warehouse.cloud_account where removed_at is null order by name, cloud_account_id`,
  )
  return rows.map(row => toAccount(row, row.cloud_account_id))
}

/** The account, or undefined where there is none or it was removed. */
export async function findAccount(pool: pg.Pool, cloudAccountId: string): Promise<CloudAccount | undefined> {
  const id = parseUuid(cloudAccountId)
  if (id === undefined) return undefined
  const { rows } = await pool.query<AccountRow>(
    `select ${COLUMNS} from warehouse.cloud_account where cloud_account_id = $1 and removed_at is null`,
    [id],
  )
  return rows[0] === undefined ? undefined : toAccount(rows[0], id)
}

/** The account; rejects with NOT_FOUND where there is none or it was removed. */
export async function getAccount(pool: pg.Pool, cloudAccountId: string): Promise<CloudAccount> {
  const account = await findAccount(pool, requireUuid(cloudAccountId))
  return account ?? toAccount(undefined, cloudAccountId)
}

/** Stops ingestion and reading of an account and revokes its tokens. What was loaded stays; adding it again revives it. */
export async function removeAccount(pool: pg.Pool, cloudAccountId: string): Promise<void> {
  const id = requireUuid(cloudAccountId)
  await inTransaction(pool, async client => {
    const { rows } = await client.query<AccountRow>(
      `update warehouse.cloud_account set removed_at = now()
       where cloud_account_id = $1 and removed_at is null
       returning ${COLUMNS}`,
      [id],
    )
    toAccount(rows[0], id)
    await client.query(
      'update warehouse.api_token set revoked_at = now() where cloud_account_id = $1 and revoked_at is null',
      [id],
    )
  })
}

function requireUuid(text: string): string {
  const id = parseUuid(text)
  if (id === undefined)
    throw new NamedError('USAGE', `'${text.slice(0, 60)}' is not a UUID; give the id of a cloud account.`)
  return id
}

function toAccount(row: AccountRow | undefined, cloudAccountId: string): CloudAccount {
  if (row === undefined) {
    throw new NamedError(
      'NOT_FOUND',
      `There is no account ${cloudAccountId}. List them with: k8s-costs accounts list`,
    )
  }
  return {
    cloudAccountId: row.cloud_account_id,
    name: row.name,
    tenantId: row.tenant_id,
    currency: row.currency,
    kubernetesId: row.kubernetes_id,
  }
}
