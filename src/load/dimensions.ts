import { createHash } from 'node:crypto'
import type pg from 'pg'
import { NamedError } from '../errors.js'
import { copyRows } from './copy-binary.js'

export interface Cluster {
  readonly cloudAccountId: string
  readonly clusterId: string
}

/** What facts refer to by a key that is made of the content alone. Rows are never changed. */
export interface Dimension<T> {
  readonly table: string
  readonly key: string
  /** Whether the cluster is part of what is named. */
  readonly isOfCluster: boolean
  /** Columns of the parts, `labels` being jsonb and all others text. */
  readonly columns: readonly string[]
  /** In the order of the columns; labels as canonical JSON. */
  partsOf(row: T): readonly (string | null)[]
}

/**
 * The first eight bytes of a SHA-256 over parts that carry their length, so that no two lists of them read alike, and
 * every worker finds the same key without asking.
 */
export function keyOfParts(parts: readonly (string | null)[]): bigint {
  const text = parts.map(part => (part === null ? '-' : `${part.length}:${part}`)).join(',')
  return createHash('sha256').update(text).digest().readBigInt64BE(0)
}

/** Temporary table in which new rows of a dimension wait. */
export function dimensionStage(dimension: Dimension<never>): string {
  const columns = dimension.columns.map(column => `${column} text`).join(', ')
  return `create temp table if not exists stage_${dimension.table} (key bigint not null, ${columns})`
}

const REMEMBERED = 200_000

// Keys that are in their table for certain: rows are never changed, and deleted two days after the last hour that had
// them. The oldest are forgotten first, which costs no more than sending them again.
const stored = new WeakMap<pg.Pool, { readonly since: number; readonly tables: Map<string, Set<bigint>> }>()
const REMEMBERED_MS = 24 * 3_600_000

/**
 * Puts the rows into their table that this process has not put there before. To be called outside a transaction: a key
 * is only remembered once its row is committed, and whatever `alsoStore` adds for the new ones with it.
 */
export async function storeNew<T>(
  pool: pg.Pool,
  client: pg.ClientBase,
  cluster: Cluster,
  dimension: Dimension<T>,
  rows: ReadonlyMap<bigint, T>,
  alsoStore?: (fresh: readonly [bigint, T][]) => Promise<void>,
): Promise<void> {
  const known = knownOf(pool, dimension.table)
  const fresh = [...rows].filter(([key]) => !known.has(key))
  if (fresh.length === 0) return
  const stage = `pg_temp.stage_${dimension.table}`
  await client.query(`truncate ${stage}`)
  await copyRows(client, stage, fresh, dimension.columns.length + 1, (writer, [key, row]) => {
    writer.int8(key)
    for (const part of dimension.partsOf(row)) writer.text(part)
  })
  await insertStaged(client, cluster, dimension)
  await refuseSameKey(client, cluster, dimension, fresh)
  await alsoStore?.(fresh)
  for (const [key] of fresh) known.add(key)
  for (const key of known) {
    if (known.size <= REMEMBERED) break
    known.delete(key)
  }
}

function knownOf(pool: pg.Pool, table: string): Set<bigint> {
  const found = stored.get(pool)
  const isCurrent = found !== undefined && performance.now() - found.since < REMEMBERED_MS
  const tables = isCurrent ? found.tables : new Map<string, Set<bigint>>()
  if (!isCurrent) stored.set(pool, { since: performance.now(), tables })
  const known = tables.get(table) ?? new Set<bigint>()
  tables.set(table, known)
  return known
}

async function insertStaged<T>(
  client: pg.ClientBase,
  { cloudAccountId, clusterId }: Cluster,
  { table, key, columns, isOfCluster }: Dimension<T>,
): Promise<void> {
  await client.query({
    name: `insert-${table}`,
    // In the order of keys, so that two workers with the same new ones wait for each other in one direction only.
    text: `insert into warehouse.${table} (cloud_account_id, ${key}, ${isOfCluster ? 'cluster_id, ' : ''}${columns.join(', ')})
           select $1, key, ${isOfCluster ? '$2, ' : ''}${columns.map(column => (column === 'labels' ? 'labels::jsonb' : column)).join(', ')}
           from pg_temp.stage_${table}
           order by key
           on conflict do nothing`,
    values: isOfCluster ? [cloudAccountId, clusterId] : [cloudAccountId],
  })
}

// One chance in a million millions, but then something would bear the name of another for ever.
async function refuseSameKey<T>(
  client: pg.ClientBase,
  { cloudAccountId, clusterId }: Cluster,
  dimension: Dimension<T>,
  staged: readonly [bigint, T][],
): Promise<void> {
  const { table, key, columns, isOfCluster } = dimension
  // By a list of keys and not by a join with the stage, whose size the planner cannot know: it took a nested loop
  // without index, quadratic in the number of rows.
  const { rows } = await client.query<{ key: string; cluster: string | null; parts: (string | null)[] }>({
    name: `read-${table}`,
    text: `select ${key} as key, ${isOfCluster ? 'cluster_id' : 'null'} as cluster, array[${columns.map(column => `${column}::text`).join(', ')}] as parts
           from warehouse.${table}
           where cloud_account_id = $1 and ${key} = any($2::bigint[])`,
    values: [cloudAccountId, staged.map(([key]) => key)],
  })
  const found = new Map(
    rows.map(row => [row.key, JSON.stringify([row.cluster, ...readable(columns, row.parts)])]),
  )
  const cluster = isOfCluster ? clusterId : null
  for (const [key, row] of staged) {
    const parts = dimension.partsOf(row)
    if (found.get(String(key)) === JSON.stringify([cluster, ...parts])) continue
    throw new NamedError(
      'TRANSFORM_FAILED',
      `Two rows of ${table} of account ${cloudAccountId} have the same key; one is ` +
        `'${parts
          .filter(part => part !== null)
          .join(' ')
          .slice(0, 200)}'. Please report this.`,
    )
  }
}

function readable(columns: readonly string[], parts: readonly (string | null)[]): (string | null)[] {
  return parts.map((part, at) =>
    columns[at] === 'labels' && part !== null
      ? canonicalLabels(Object.entries(JSON.parse(part) as Record<string, string>))
      : part,
  )
}

/** Labels as a JSON object in the order of the names' code units: the same text for the same labels. */
export function canonicalLabels(labels: Iterable<readonly [string, string]>): string {
  const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
}
