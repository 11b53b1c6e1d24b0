import type pg from 'pg'
import { SYSTEM_NAMESPACES } from '../domain/namespaces.js'
import { type Column, tableLines } from './table.js'

interface SavingRow {
  readonly account: string
  readonly cluster: string
  readonly namespace: string
  readonly workload: string
  readonly container: string
  readonly cpu: string
  readonly ram: string
  readonly saving: string
  readonly currency: string
  readonly confidence: string
}

const COLUMNS: readonly Column<SavingRow>[] = [
  { title: 'ACCOUNT', value: row => row.account },
  { title: 'CLUSTER', value: row => row.cluster },
  { title: 'NAMESPACE', value: row => row.namespace },
  { title: 'WORKLOAD', value: row => row.workload },
  { title: 'CONTAINER', value: row => row.container },
  { title: 'CPU', value: row => row.cpu, isRight: true },
  { title: 'RAM', value: row => row.ram, isRight: true },
  { title: 'SAVES A MONTH', value: row => row.saving, isRight: true },
  { title: '', value: row => row.currency },
  { title: 'CONFIDENCE', value: row => row.confidence },
]

/** Requests as they are and as they should be, as Kubernetes writes them; alone where they stay. */
const CHANGE = {
  cpu: `case when cpu_action in ('keep', 'none', 'suppressed') then coalesce(cpu_request || 'm', '')
    else coalesce(cpu_request || 'm', 'none') || ' > ' || cpu_recommended || 'm' end`,
  ram: `case when ram_action in ('keep', 'none', 'suppressed') then coalesce(round(ram_request / 1048576) || 'Mi', '')
    else coalesce(round(ram_request / 1048576) || 'Mi', 'none') || ' > ' || round(ram_recommended / 1048576) || 'Mi' end`,
} as const

/** The recommendations that save most, some of each account, but for those of the system; none, no lines. */
export async function savingLines(pool: pg.Pool, perAccount: number): Promise<string[]> {
  const { rows } = await pool.query<SavingRow>(
    `select account, cluster, namespace, controller as workload, container, ${CHANGE.cpu} as cpu, ${CHANGE.ram} as ram,
       round(saving_month, 2)::text as saving, currency, confidence_level as confidence
     from (
       select r.*, c.name as account, c.currency, row_number() over (
         partition by cloud_account_id
         order by saving_month desc, cluster, namespace, controller_kind, controller, container
       ) as place
       from analytics.rightsizing_latest r
       join warehouse.cloud_account c using (cloud_account_id)
       where saving_month > 0 and controller <> ''
         and namespace <> all($2::text[])
     ) saving
     where place <= $1
     order by account, place`,
    [perAccount, SYSTEM_NAMESPACES],
  )
  return tableLines(COLUMNS, rows)
}
