import type pg from 'pg'
import type { WindowRows } from '../domain/rows.js'
import type { Window } from '../domain/window.js'
import { CONTAINERS } from './containers.js'
import { contentOf, type WindowContent } from './content.js'
import { type Cluster, dimensionStage, storeNew } from './dimensions.js'
import { COST_TABLES, METRIC_TABLE } from './fact-tables.js'
import { Keys } from './keys.js'
import { LABEL_PAIR_STAGE, LABEL_SETS, storeLabelPairs } from './label-sets.js'
import { METRIC_SERIES } from './metric-series.js'

const FACT_TABLES = [...COST_TABLES, METRIC_TABLE]

// Temporary tables belong to the connection: when a worker is killed the server drops them, so that nothing has to be
// swept, and they write no WAL. In return, staging and publishing have to use the same connection (no transaction
// pooler between them and the server).
const STAGE_TABLES = [
  ...[CONTAINERS, LABEL_SETS, METRIC_SERIES].map(dimensionStage),
  LABEL_PAIR_STAGE,
  ...FACT_TABLES.flatMap(({ stage, definitions }) => [
    `create temp table if not exists ${stage} (window_start timestamptz not null, ${definitions.join(', ')})`,
    `create index if not exists ${stage}_window on pg_temp.${stage} (window_start)`,
  ]),
  `truncate ${FACT_TABLES.map(({ stage }) => `pg_temp.${stage}`).join(', ')}`,
].join(';\n')

/** What is staged on a connection, by window. */
export type Staged = ReadonlyMap<Window, WindowContent>

/**
 * Puts windows of one cluster into the connection's stage, in place of what was there, and what they refer to into the
 * dimensions. Nothing that a reader sees changes.
 */
export async function stageWindows(
  pool: pg.Pool,
  client: pg.ClientBase,
  cluster: Cluster,
  windows: readonly WindowRows[],
): Promise<Staged> {
  const keys = new Keys(cluster)
  const staged = new Map(windows.map(rows => [rows.window, contentOf(rows, keys)]))
  await client.query(STAGE_TABLES)
  await storeNew(pool, client, cluster, CONTAINERS, keys.containers)
  await storeNew(pool, client, cluster, LABEL_SETS, keys.labelSets, fresh =>
    storeLabelPairs(client, cluster, fresh),
  )
  await storeNew(pool, client, cluster, METRIC_SERIES, keys.metricSeries)
  const facts = [...staged.values()].map(content => content.facts)
  for (const table of FACT_TABLES) await table.copy(client, facts)
  return staged
}
