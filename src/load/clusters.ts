import type pg from 'pg'
import type { Window } from '../domain/window.js'

export interface ClusterRow {
  readonly clusterId: string
  /** Hours in which it has been heard of, first and newest. */
  readonly firstWindow: Window
  readonly lastWindow: Window
}

/** The clusters known of an account, by id. */
export async function listClusters(pool: pg.Pool, cloudAccountId: string): Promise<ClusterRow[]> {
  const { rows } = await pool.query<ClusterRow>({
    name: 'list-clusters',
    text: `select cluster_id as "clusterId", extract(epoch from first_window)::float8 as "firstWindow",
             extract(epoch from last_window)::float8 as "lastWindow"
           from warehouse.cluster
           where cloud_account_id = $1
           order by cluster_id`,
    values: [cloudAccountId],
  })
  return rows
}

/** The newest hour in which the cluster has been heard of. */
export async function lastHeard(
  pool: pg.Pool,
  cloudAccountId: string,
  clusterId: string,
): Promise<Window | undefined> {
  const clusters = await listClusters(pool, cloudAccountId)
  return clusters.find(cluster => cluster.clusterId === clusterId)?.lastWindow
}
