import type pg from 'pg'
import type { Window } from '../domain/window.js'

/** A cluster of an account. Unix seconds. */
export interface ClusterRow {
  readonly clusterId: string
  /** Hours in which it has been heard of, first and newest. */
  readonly firstWindow: Window
  readonly lastWindow: Window
  /** Every window before it and from the first on is loaded. */
  readonly watermark: number
}

/** The clusters of an account, by id. */
export async function listClusters(pool: pg.Pool, cloudAccountId: string): Promise<ClusterRow[]> {
  const { rows } = await pool.query<ClusterRow>({
    name: 'list-clusters',
    text: `select cluster_id as "clusterId", extract(epoch from first_window)::float8 as "firstWindow",
             extract(epoch from last_window)::float8 as "lastWindow", extract(epoch from watermark)::float8 as watermark
           from warehouse.cluster
           where cloud_account_id = $1
           order by cluster_id`,
    values: [cloudAccountId],
  })
  return rows
}

/** The newest hour in which the cluster has been heard of; undefined where it is not known. */
export async function lastHeard(
  pool: pg.Pool,
  cloudAccountId: string,
  clusterId: string,
): Promise<Window | undefined> {
  const { rows } = await pool.query<{ last: Window }>({
    name: 'last-heard',
    text: `select extract(epoch from last_window)::float8 as last
           from warehouse.cluster
           where cloud_account_id = $1 and cluster_id = $2`,
    values: [cloudAccountId, clusterId],
  })
  return rows[0]?.last
}
