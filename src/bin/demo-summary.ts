import type pg from 'pg'
import { type Column, tableLines } from './table.js'

interface SummaryRow {
  readonly account: string
  readonly cluster: string
  /** A namespace, or the name of what no container carries. */
  readonly namespace: string
  readonly currency: string
  readonly cpu: string
  readonly ram: string
  readonly gpu: string
  readonly disk: string
  /** '' where nothing tells of traffic. */
  readonly network: string
  readonly balancer: string
  readonly total: string
}

const COLUMNS: readonly Column<SummaryRow>[] = [
  { title: 'ACCOUNT', value: row => row.account },
  { title: 'CLUSTER', value: row => row.cluster },
  { title: 'NAMESPACE', value: row => row.namespace },
  { title: 'CPU', value: row => row.cpu, isRight: true },
  { title: 'RAM', value: row => row.ram, isRight: true },
  { title: 'GPU', value: row => row.gpu, isRight: true },
  { title: 'DISK', value: row => row.disk, isRight: true },
  { title: 'NETWORK', value: row => row.network, isRight: true },
  { title: 'LB', value: row => row.balancer, isRight: true },
  { title: 'TOTAL', value: row => row.total, isRight: true },
  { title: '', value: row => row.currency },
]

/** Columns of the views by what they are called here. */
const NAMES = {
  cpu: 'cpu_cost',
  ram: 'ram_cost',
  gpu: 'gpu_cost',
  disk: 'pv_cost',
  network: 'network_cost',
  balancer: 'load_balancer_cost',
  total: 'total_cost',
}
const PARTS = Object.values(NAMES)

/** Cost by cluster and namespace of everything that is loaded, what no container carries apart, and a total per cluster. */
export async function summaryLines(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<SummaryRow>(
    `with facts as (
       select cloud_account_id, cluster, case when kind = 'workload' then namespace else '__' || kind || '__' end as namespace,
         case when kind = 'workload' then 1 else 2 end as rank, ${PARTS.join(', ')}
       from analytics.allocation_hourly
       union all
       select cloud_account_id, cluster, '__idle__', 2, cpu_cost, ram_cost, gpu_cost, null, null, null, total_cost
       from analytics.idle_hourly
     ),
     lines as (
       select cloud_account_id, cluster, coalesce(namespace, 'all of it') as namespace, coalesce(rank, 3) as rank,
         ${PARTS.map(part => `sum(${part}) as ${part}`).join(', ')}
       from facts
       group by grouping sets ((cloud_account_id, cluster, namespace, rank), (cloud_account_id, cluster))
     )
     select c.name as account, cluster, namespace, c.currency, ${Object.entries(NAMES)
       .map(([name, part]) => `coalesce(round(${part}, 4)::text, '') as ${name}`)
       .join(', ')}
     from lines
     join warehouse.cloud_account c using (cloud_account_id)
     order by c.name, cluster, rank, total_cost desc, namespace`,
  )
  return tableLines(COLUMNS, rows)
}

export interface ClusterCost {
  readonly cloudAccountId: string
  readonly cluster: string
  /** On containers. */
  readonly allocated: number
  /** All of it: allocated, idle, unmounted, fee and unallocated. */
  readonly total: number
}

/** Cost of each cluster in the windows that start in `[from, to)`, Unix seconds. */
export async function clusterCosts(pool: pg.Pool, from: number, to: number): Promise<ClusterCost[]> {
  const { rows } = await pool.query<ClusterCost>(
    `select cloud_account_id as "cloudAccountId", cluster_id as cluster, sum(allocated_cost)::float8 as allocated,
       sum(allocated_cost + idle_cost + unmounted_cost + management_cost + unallocated_cost)::float8 as total
     from warehouse.window_ledger
     where revision > 0 and window_start >= to_timestamp($1) and window_start < to_timestamp($2)
     group by cloud_account_id, cluster_id`,
    [from, to],
  )
  return rows
}
