import { createHash } from 'node:crypto'
import type pg from 'pg'
import type { ContainerIdentity } from '../domain/rows.js'
import { NamedError } from '../errors.js'
import { copyRows } from './copy-binary.js'

// Part of what is hashed: keys of another way of naming containers will differ from all of these.
const KEY_VERSION = '1'
const REMEMBERED = 200_000

interface Cluster {
  readonly cloudAccountId: string
  readonly clusterId: string
}

/**
 * The key of a container: the first eight bytes of a SHA-256 over all that names it, so that every worker finds the
 * same one without asking. Parts carry their length, so that no two lists of them read alike.
 */
export function containerKey(cluster: Cluster, identity: ContainerIdentity): bigint {
  const parts = [KEY_VERSION, cluster.cloudAccountId, cluster.clusterId, ...partsOf(identity)]
  const text = parts.map(part => (part === null ? '-' : `${part.length}:${part}`)).join(',')
  return createHash('sha256').update(text).digest().readBigInt64BE(0)
}

function partsOf(identity: ContainerIdentity): (string | null)[] {
  const { namespace, pod, container, node, providerId, controllerKind, controller } = identity
  return [namespace, pod, container, node, providerId, controllerKind, controller]
}

/** Finds keys for a batch, hashing each container once however many windows it is in. */
export class ContainerKeys {
  readonly #cluster: Cluster
  readonly #byText = new Map<string, bigint>()
  /** Every container asked for, by key. */
  readonly identities = new Map<bigint, ContainerIdentity>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  keyOf(identity: ContainerIdentity): bigint {
    const text = JSON.stringify(partsOf(identity))
    const known = this.#byText.get(text)
    if (known !== undefined) return known
    const key = containerKey(this.#cluster, identity)
    this.#byText.set(text, key)
    this.identities.set(key, identity)
    return key
  }
}

// Keys that are in the table for certain: rows of warehouse.container are never changed, and deleted two days after the
// last hour that had them. The oldest are forgotten first, which costs no more than sending them again.
const stored = new WeakMap<pg.Pool, { readonly since: number; readonly keys: Set<bigint> }>()
const REMEMBERED_MS = 24 * 3_600_000

function storedKeys(pool: pg.Pool): Set<bigint> {
  const found = stored.get(pool)
  if (found !== undefined && performance.now() - found.since < REMEMBERED_MS) return found.keys
  const keys = new Set<bigint>()
  stored.set(pool, { since: performance.now(), keys })
  return keys
}

/**
 * Puts the containers into the table that this process has not put there before. To be called outside a transaction:
 * a key is only remembered once its row is committed.
 */
export async function storeContainers(
  pool: pg.Pool,
  client: pg.ClientBase,
  cluster: Cluster,
  identities: ReadonlyMap<bigint, ContainerIdentity>,
): Promise<void> {
  const known = storedKeys(pool)
  const fresh = [...identities].filter(([key]) => !known.has(key))
  if (fresh.length === 0) return
  await client.query('truncate pg_temp.stage_container')
  await copyRows(client, 'pg_temp.stage_container', fresh, 8, (writer, [key, identity]) => {
    writer.int8(key)
    for (const part of partsOf(identity)) writer.text(part)
  })
  await insertStaged(client, cluster, fresh)
  for (const [key] of fresh) known.add(key)
  for (const key of known) {
    if (known.size <= REMEMBERED) break
    known.delete(key)
  }
}

async function insertStaged(
  client: pg.ClientBase,
  cluster: Cluster,
  staged: readonly [bigint, ContainerIdentity][],
): Promise<void> {
  await client.query({
    name: 'insert-containers',
    // In the order of keys, so that two workers with the same new ones wait for each other in one direction only.
    text: `insert into warehouse.container (cloud_account_id, container_key, cluster_id, namespace, pod, container,
             node, provider_id, controller_kind, controller)
           select $1, container_key, $2, namespace, pod, container, node, provider_id, controller_kind, controller
           from pg_temp.stage_container
           order by container_key
           on conflict do nothing`,
    values: [cluster.cloudAccountId, cluster.clusterId],
  })
  await refuseSameKey(client, cluster, staged)
}

// One chance in a million millions, but then a container would bear the name of another for ever.
async function refuseSameKey(
  client: pg.ClientBase,
  cluster: Cluster,
  staged: readonly [bigint, ContainerIdentity][],
): Promise<void> {
  // By a list of keys and not by a join with the stage, whose size the planner cannot know: it took a nested loop
  // without index, quadratic in the number of containers.
  const { rows } = await client.query<ContainerIdentity & { key: string; clusterId: string }>({
    name: 'read-containers',
    text: `select container_key as key, cluster_id as "clusterId", namespace, pod, container, node,
             provider_id as "providerId", controller_kind as "controllerKind", controller
           from warehouse.container
           where cloud_account_id = $1 and container_key = any($2::bigint[])`,
    values: [cluster.cloudAccountId, staged.map(([key]) => key)],
  })
  const found = new Map(rows.map(row => [row.key, JSON.stringify([row.clusterId, ...partsOf(row)])]))
  const other = staged.find(
    ([key, identity]) => found.get(String(key)) !== JSON.stringify([cluster.clusterId, ...partsOf(identity)]),
  )
  if (other === undefined) return
  throw new NamedError(
    'TRANSFORM_FAILED',
    `Two containers of account ${cluster.cloudAccountId} have the same key; one is in pod '${other[1].pod}'. ` +
      'Please report this.',
  )
}
