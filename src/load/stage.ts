import type pg from 'pg'
import type { WindowRows } from '../domain/rows.js'
import type { Window } from '../domain/window.js'
import { ContainerKeys, storeContainers } from './containers.js'
import { contentOf, measuresOf, type WindowContent } from './content.js'
import { type BinaryWriter, copyRows } from './copy-binary.js'

// Temporary tables belong to the connection: when a worker is killed the server drops them, so that nothing has to be
// swept, and they write no WAL. In return, staging and publishing have to use the same connection (no transaction
// pooler between them and the server).
const STAGE_TABLES = `
  create temp table if not exists stage_container (
    container_key bigint not null, namespace text not null, pod text not null, container text not null,
    node text not null, provider_id text, controller_kind text, controller text
  );
  create temp table if not exists stage_allocation (
    window_start timestamptz not null, container_key bigint not null, minutes double precision not null,
    cpu_core_hours double precision not null, cpu_core_request_hours double precision,
    cpu_core_used_hours double precision, ram_gib_hours double precision not null,
    ram_gib_request_hours double precision, ram_gib_used_hours double precision,
    cpu_cost numeric(20, 12) not null, ram_cost numeric(20, 12) not null, price_source text not null
  );
  create index if not exists stage_allocation_window on pg_temp.stage_allocation (window_start);
  create temp table if not exists stage_node (
    window_start timestamptz not null, node text not null, provider_id text not null, instance_type text, region text,
    minutes double precision not null, cpu_cores double precision, ram_gib double precision,
    cpu_price double precision not null, ram_price double precision not null, price_source text not null,
    spot_ratio double precision, cpu_cost numeric(20, 12), ram_cost numeric(20, 12)
  );
  create temp table if not exists stage_idle (
    window_start timestamptz not null, node text not null, cpu_cost numeric(20, 12) not null,
    ram_cost numeric(20, 12) not null
  );
  truncate pg_temp.stage_container, pg_temp.stage_allocation, pg_temp.stage_node, pg_temp.stage_idle`

/** What is staged on a connection, by window. */
export type Staged = ReadonlyMap<Window, WindowContent>

/**
 * Puts windows of one cluster into the connection's stage, in place of what was there, and their containers into the
 * dimension. Nothing that a reader sees changes.
 */
export async function stageWindows(
  pool: pg.Pool,
  client: pg.ClientBase,
  cluster: { cloudAccountId: string; clusterId: string },
  windows: readonly WindowRows[],
): Promise<Staged> {
  const keys = new ContainerKeys(cluster)
  const staged = new Map(windows.map(rows => [rows.window, contentOf(rows, row => keys.keyOf(row))]))
  await client.query(STAGE_TABLES)
  await storeContainers(pool, client, cluster, keys.identities)
  const contents = [...staged.values()]
  await copyRows(client, 'pg_temp.stage_allocation', each(contents, 'allocations'), 12, writeAllocation)
  await copyRows(client, 'pg_temp.stage_node', each(contents, 'nodes'), 14, writeNode)
  await copyRows(client, 'pg_temp.stage_idle', each(contents, 'idle'), 4, writeIdle)
  return staged
}

interface InWindow<T> {
  readonly window: Window
  readonly item: T
}

function* each<K extends 'allocations' | 'nodes' | 'idle'>(
  contents: readonly WindowContent[],
  kind: K,
): Generator<InWindow<WindowContent[K][number]>> {
  for (const content of contents) {
    for (const item of content[kind]) yield { window: content.source.window, item }
  }
}

function writeAllocation(
  writer: BinaryWriter,
  { window, item }: InWindow<WindowContent['allocations'][number]>,
): void {
  writer.timestamptz(window)
  writer.int8(item.key)
  for (const value of measuresOf(item.row)) writer.float8(value)
  writer.numeric(item.row.cpuCost)
  writer.numeric(item.row.ramCost)
  writer.text(item.row.priceSource)
}

function writeNode(writer: BinaryWriter, { window, item }: InWindow<WindowContent['nodes'][number]>): void {
  writer.timestamptz(window)
  writer.text(item.node)
  writer.text(item.providerId)
  writer.text(item.instanceType)
  writer.text(item.region)
  writer.float8(item.minutes)
  writer.float8(item.cpuCores)
  writer.float8(item.ramGib)
  writer.float8(item.cpuPrice)
  writer.float8(item.ramPrice)
  writer.text(item.priceSource)
  writer.float8(item.spotRatio)
  writer.numeric(item.cpuCost)
  writer.numeric(item.ramCost)
}

function writeIdle(writer: BinaryWriter, { window, item }: InWindow<WindowContent['idle'][number]>): void {
  writer.timestamptz(window)
  writer.text(item.node)
  writer.numeric(item.cpuCost)
  writer.numeric(item.ramCost)
}
