import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { parseUuid } from '../domain/account.js'
import { NamedError } from '../errors.js'
import { getAccount } from './accounts.js'

/** What a rule applies to; all that is given has to hold, and what is not given may be anything. */
export interface IgnoredContainers {
  readonly clusterId?: string
  readonly namespace?: string
  readonly controllerKind?: string
  readonly controller?: string
  readonly container?: string
  /** Of the workload's pods; the name as in Prometheus without label_. */
  readonly label?: { readonly name: string; readonly value: string }
}

/** A rule of an account by which recommendations are left out of its answers. */
export interface IgnoreRule extends IgnoredContainers {
  readonly ignoreId: string
  readonly cloudAccountId: string
  readonly reason: string | null
  readonly createdAt: Date
  /** null: until it is removed. */
  readonly expiresAt: Date | null
}

interface IgnoreRecord {
  ignore_id: string
  cloud_account_id: string
  cluster_id: string | null
  namespace: string | null
  controller_kind: string | null
  controller: string | null
  container: string | null
  label_name: string | null
  label_value: string | null
  reason: string | null
  created_at: Date
  expires_at: Date | null
}

/**
 * Adds a rule and gives its id. Rejects with NOT_FOUND where there is no such account, and with USAGE where the rule
 * would hold for everything of a kind, or for everything.
 */
export async function addIgnore(
  pool: pg.Pool,
  rule: IgnoredContainers & { cloudAccountId: string; reason?: string; expiresAt?: Date },
): Promise<string> {
  const { cloudAccountId } = await getAccount(pool, rule.cloudAccountId)
  const { clusterId, namespace, controllerKind, controller, container, label } = rule
  if ([clusterId, namespace, controller, container, label].every(one => one === undefined)) {
    throw new NamedError(
      'USAGE',
      'The rule says too little of what to ignore. Give at least one of --cluster, --namespace, --workload, --container and --label.',
    )
  }
  const ignoreId = randomUUID()
  const row: Record<keyof Omit<IgnoreRecord, 'created_at'>, string | Date | null> = {
    ...{ cloud_account_id: cloudAccountId, ignore_id: ignoreId, cluster_id: clusterId ?? null },
    ...{ namespace: namespace ?? null, controller_kind: controllerKind ?? null },
    ...{ controller: controller ?? null, container: container ?? null },
    ...{ label_name: label?.name ?? null, label_value: label?.value ?? null },
    ...{ reason: rule.reason ?? null, expires_at: rule.expiresAt ?? null },
  }
  const names = Object.keys(row)
  await pool.query(
    `insert into warehouse.rightsizing_ignore (${names.join(', ')})
     values (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(row),
  )
  return ignoreId
}

/** All rules, also expired ones, newest first; of one account where told. */
export async function listIgnores(pool: pg.Pool, cloudAccountId?: string): Promise<IgnoreRule[]> {
  const { rows } = await pool.query<IgnoreRecord>(
    `select * from warehouse.rightsizing_ignore
     where $1::uuid is null or cloud_account_id = $1
     order by created_at desc, ignore_id`,
    [cloudAccountId ?? null],
  )
  return rows.map(toRule)
}

/** Takes a rule away by its id. Rejects with NOT_FOUND where there is none. */
export async function removeIgnore(pool: pg.Pool, ignoreId: string): Promise<void> {
  const { rowCount } = await pool.query('delete from warehouse.rightsizing_ignore where ignore_id = $1', [
    parseUuid(ignoreId) ?? null,
  ])
  if (rowCount === 0) {
    throw new NamedError(
      'NOT_FOUND',
      `There is no rule with the id '${ignoreId.slice(0, 60)}'. List them with: k8s-costs ignore list`,
    )
  }
}

function toRule(record: IgnoreRecord): IgnoreRule {
  const { cluster_id, controller_kind, controller, namespace, container, label_name, label_value } = record
  const given = <Name extends string>(name: Name, value: string | null) =>
    (value === null ? {} : { [name]: value }) as { [Key in Name]?: string }
  return {
    ignoreId: record.ignore_id,
    cloudAccountId: record.cloud_account_id,
    ...given('clusterId', cluster_id),
    ...given('namespace', namespace),
    ...given('controllerKind', controller_kind),
    ...given('controller', controller),
    ...given('container', container),
    ...(label_name === null || label_value === null
      ? {}
      : { label: { name: label_name, value: label_value } }),
    reason: record.reason,
    createdAt: record.created_at,
    expiresAt: record.expires_at,
  }
}
