import { createHash, randomBytes } from 'node:crypto'
import pg from 'pg'
import { formatMoney, type Money, sumMoney, toMoney } from '../../src/domain/money.js'
import type { TestDatabase } from '../support/postgres.js'

export interface ClusterKey {
  readonly account: string
  readonly cluster: string
}

/** Columns of warehouse.allocation_hourly and warehouse.container, as far as they are not null; costs as numbers. */
export interface Container {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly node: string
  readonly controller_kind?: string
  readonly controller?: string
  readonly pod_uid?: string
  readonly provider_id?: string
  readonly labels?: Record<string, string>
  readonly facts: Record<string, number>
}

export interface Hour {
  readonly containers: readonly Container[]
  /** Columns of warehouse.node_hourly. */
  readonly nodes: readonly Record<string, unknown>[]
  /** Columns of warehouse.asset_hourly. */
  readonly assets?: readonly Record<string, unknown>[]
  /** Columns of warehouse.remainder_hourly. */
  readonly remainders?: readonly Record<string, unknown>[]
  /** Columns of warehouse.window_ledger that differ. */
  readonly ledger?: Record<string, unknown>
}

const NETWORK = ['network_zone_cost', 'network_region_cost', 'network_internet_cost']
const COSTS = ['cpu_cost', 'ram_cost', 'gpu_cost', 'pv_cost', 'load_balancer_cost', ...NETWORK]
const PARTITIONED = [
  'allocation_hourly',
  'node_hourly',
  'idle_hourly',
  'asset_hourly',
  'remainder_hourly',
  'metric_hourly',
  'window_source',
]

/** Inserts rows, each an object of the table's columns; what is there stays. */
export async function insertRows(
  pool: pg.Pool,
  table: string,
  rows: readonly Record<string, unknown>[],
): Promise<void> {
  const columns = [...new Set(rows.flatMap(row => Object.keys(row)))].join(', ')
  if (rows.length === 0) return
  await pool.query(
    `insert into warehouse.${table} (${columns})
     select ${columns} from json_populate_recordset(null::warehouse.${table}, $1) on conflict do nothing`,
    [JSON.stringify(rows)],
  )
}

/** The partitions of a month, given as `2026-03`, of all tables that have any. */
export async function makeMonth(pool: pg.Pool, month: string): Promise<void> {
  const from = new Date(`${month}-01T00:00Z`)
  const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1))
  for (const table of PARTITIONED) {
    await pool.query(
      `create table if not exists warehouse.${table}_p${month.replace('-', '')}01 partition of warehouse.${table}
       for values from ('${from.toISOString()}') to ('${to.toISOString()}')`,
    )
  }
}

/** Publishes an hour (`2026-03-02T00:00Z`): idle is what nodes cost beyond their containers, and the ledger adds up. */
export async function publishHour(pool: pg.Pool, key: ClusterKey, at: string, hour: Hour): Promise<void> {
  const window = { cloud_account_id: key.account, cluster_id: key.cluster, window_start: at }
  for (const container of hour.containers) await insertContainer(pool, key, window, container)
  await insertRows(
    pool,
    'node_hourly',
    hour.nodes.map(node => ({ ...window, provider_id: '', minutes: 60, price_source: 'measured', ...node })),
  )
  const idle = hour.nodes.map(node => idleOf(node, hour.containers))
  await insertRows(
    pool,
    'idle_hourly',
    idle.map(row => ({ ...window, ...row })),
  )
  const assets = hour.assets ?? []
  const remainders = hour.remainders ?? []
  await insertRows(
    pool,
    'asset_hourly',
    assets.map(asset => ({ ...window, minutes: 60, price: 0, price_source: 'measured', ...asset })),
  )
  await insertRows(
    pool,
    'remainder_hourly',
    remainders.map(row => ({ ...window, namespace: '', quantity: 1, ...row })),
  )
  await insertRows(pool, 'window_ledger', [{ ...window, ...ledgerOf(hour, idle), ...hour.ledger }])
}

async function insertContainer(
  pool: pg.Pool,
  key: ClusterKey,
  window: Record<string, unknown>,
  { facts, labels, ...identity }: Container,
): Promise<void> {
  const containerKey = keyOf([key, identity])
  const account = { cloud_account_id: key.account }
  await insertRows(pool, 'container', [
    { ...account, cluster_id: key.cluster, container_key: containerKey, ...identity },
  ])
  const labelSetKey = labels === undefined ? null : keyOf([key.account, labels])
  if (labels !== undefined) {
    await insertRows(pool, 'label_set', [{ ...account, label_set_key: labelSetKey, labels }])
    const pairs = Object.entries(labels).map(([label, value]) => ({
      ...account,
      ...{ label, value, label_set_key: labelSetKey },
    }))
    await insertRows(pool, 'label_pair', pairs)
  }
  await insertRows(pool, 'allocation_hourly', [
    {
      ...window,
      container_key: containerKey,
      label_set_key: labelSetKey,
      ...{ minutes: 60, cpu_core_hours: 0, ram_gib_hours: 0, price_source: 'measured' },
      ...facts,
    },
  ])
}

function idleOf(node: Record<string, unknown>, containers: readonly Container[]): Record<string, unknown> {
  const own = containers.filter(container => container.node === node.node)
  const left = (cost: string) =>
    formatMoney(money(node[cost]) - sumMoney(own.map(({ facts }) => money(facts[cost]))))
  return {
    node: node.node,
    cpu_cost: left('cpu_cost'),
    ram_cost: left('ram_cost'),
    gpu_cost: left('gpu_cost'),
  }
}

function ledgerOf(hour: Hour, idle: readonly Record<string, unknown>[]): Record<string, unknown> {
  const sum = (rows: readonly Record<string, unknown>[], columns: readonly string[]) =>
    sumMoney(rows.flatMap(row => columns.map(column => money(row[column]))))
  const remainders = (kind: string) => (hour.remainders ?? []).filter(row => row.kind === kind)
  const facts = hour.containers.map(container => container.facts)
  const unallocated = sum(remainders('unallocated'), ['cost'])
  return {
    ...{ state: 'loaded', revision: 1, loaded_at: '2026-03-03T00:00Z', read_at: '2026-03-03T00:00Z' },
    ...{ coverage: 1, samples_seen: 60, samples_expected: 60, source_samples: 60 * facts.length },
    attempt: 1,
    failures: 0,
    terminal_failures: 0,
    rejects: 0,
    late_samples: 0,
    allocation_rows: facts.length,
    node_rows: hour.nodes.length,
    asset_cost: formatMoney(
      sum(hour.nodes, ['cpu_cost', 'ram_cost', 'gpu_cost']) + sum(hour.assets ?? [], ['total_cost']),
    ),
    allocated_cost: formatMoney(sum(facts, COSTS)),
    idle_cost: formatMoney(
      sumMoney(idle.flatMap(row => [row.cpu_cost, row.ram_cost, row.gpu_cost].map(money))),
    ),
    unmounted_cost: formatMoney(sum(remainders('unmounted'), ['cost'])),
    management_cost: formatMoney(sum(remainders('cluster_management'), ['cost'])),
    unallocated_cost: formatMoney(unallocated),
    network_cost: formatMoney(unallocated + sum(facts, NETWORK)),
  }
}

/** Money of a number or of exact decimal text; nothing is 0. */
function money(value: unknown): Money {
  if (typeof value !== 'string') return toMoney(Number(value ?? 0))
  const [whole = '0', places = ''] = value.replace('-', '').split('.')
  const amount = BigInt(whole + places.padEnd(12, '0'))
  return value.startsWith('-') ? -amount : amount
}

/** As text, since 64 bits don't fit a number of JSON. */
function keyOf(identity: unknown): string {
  return createHash('sha256').update(JSON.stringify(identity)).digest().readBigInt64BE().toString()
}

/** A name for a role that no other test uses, as roles are shared by all databases of the server. */
export function roleName(what = 'login'): string {
  return `test_${what}_${randomBytes(5).toString('hex')}`
}

/** A connection as the given login. */
export async function connectAs(
  database: TestDatabase,
  login: string,
  password: string | undefined,
): Promise<pg.Client> {
  const url = new URL(database.url)
  url.username = encodeURIComponent(login)
  url.password = encodeURIComponent(password ?? '')
  const client = new pg.Client(url.href)
  await client.connect()
  return client
}

/** Drops logins once the databases that they were used in are gone. */
export async function dropRoles(database: TestDatabase, roles: readonly string[]): Promise<void> {
  const url = new URL(database.url)
  url.pathname = '/postgres'
  const client = new pg.Client(url.href)
  await client.connect()
  for (const role of roles) await client.query(`drop role if exists ${client.escapeIdentifier(role)}`)
  await client.end()
}
