import type pg from 'pg'
import { type Column, tableLines } from './table.js'

interface SummaryRow {
  readonly cloudAccountId: string
  readonly account: string
  readonly cluster: string
  /** A namespace, or '' for what no container was charged for. */
  readonly namespace: string
  readonly currency: string
  readonly cpu: string
  readonly ram: string
  readonly total: string
}

const COLUMNS: readonly Column<SummaryRow>[] = [
  { title: 'ACCOUNT', value: row => row.account },
  { title: 'CLUSTER', value: row => row.cluster },
  { title: 'NAMESPACE', value: row => row.namespace },
  { title: 'CPU', value: row => row.cpu, isRight: true },
  { title: 'RAM', value: row => row.ram, isRight: true },
  { title: 'TOTAL', value: row => row.total, isRight: true },
  { title: '', value: row => row.currency },
]

/** Cost by cluster and namespace of everything that is loaded, idle apart, and a total per cluster. */
export async function summaryLines(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<SummaryRow>(
    `with parts as (
       select a.cloud_account_id, a.cluster_id, c.namespace, 1 as rank, sum(a.cpu_cost) as cpu, sum(a.ram_cost) as ram
       from warehouse.allocation_hourly a
       join warehouse.container c using (cloud_account_id, container_key)
       group by a.cloud_account_id, a.cluster_id, c.namespace
       union all
       select cloud_account_id, cluster_id, '__idle__', 2, sum(cpu_cost), sum(ram_cost)
       from warehouse.idle_hourly
       group by cloud_account_id, cluster_id
     ),
     lines as (
       select * from parts
       union all
       select cloud_account_id, cluster_id, 'all of it', 3, sum(cpu), sum(ram)
       from parts
       group by cloud_account_id, cluster_id
     )
     select cloud_account_id as "cloudAccountId", c.name as account, cluster_id as cluster, namespace, c.currency,
       round(cpu, 4)::text as cpu, round(ram, 4)::text as ram, round(cpu + ram, 4)::text as total
     from lines
     join warehouse.cloud_account c using (cloud_account_id)
     order by c.name, cluster_id, rank, cpu + ram desc, namespace`,
  )
  return tableLines(COLUMNS, rows)
}

export interface ClusterCost {
  readonly cloudAccountId: string
  readonly cluster: string
  readonly allocated: number
  readonly idle: number
}

/** Cost of each cluster in the windows that start in `[from, to)`, Unix seconds. */
export async function clusterCosts(pool: pg.Pool, from: number, to: number): Promise<ClusterCost[]> {
  const { rows } = await pool.query<ClusterCost>(
    `select cloud_account_id as "cloudAccountId", cluster_id as cluster,
       sum(allocated_cost)::float8 as allocated, sum(idle_cost)::float8 as idle
     from warehouse.window_ledger
     where revision > 0 and window_start >= to_timestamp($1) and window_start < to_timestamp($2)
     group by cloud_account_id, cluster_id`,
    [from, to],
  )
  return rows
}
