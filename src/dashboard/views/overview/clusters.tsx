import { useMemo } from 'react'
import type { Answer } from '../../api/answer.js'
import type { BodyOf } from '../../api/routes.js'
import type { Comparison } from '../../api/use-comparison.js'
import { type Money, moneyIn, UNKNOWN } from '../../format/money.js'
import { duration, moment } from '../../format/time.js'
import { useNow } from '../../state/now.js'
import { Band } from '../../ui/band.js'
import { Change } from '../../ui/change.js'
import { type Column, DataTable } from '../../ui/data-table.js'
import { Panel } from '../../ui/panel.js'
import { Pending } from '../../ui/pending.js'
import styles from './overview.module.css'

type Cluster = BodyOf<'clusters'>['clusters'][number]

interface Props {
  readonly body: BodyOf<'clusters'>
  readonly comparison: Answer<Comparison<'clusters'>>
  /** By cluster. */
  readonly efficiency: Answer<BodyOf<'efficiency'>>
}

/** Every cluster: state and age of its data, cost and change, its parts, what of it is idle, and how well it is used. */
export function ClustersPanel({ body, comparison, efficiency }: Props) {
  const now = useNow()
  const { data, error } = efficiency
  const isAsked = data === undefined && error === null
  const idle = useMemo(() => (isAsked ? null : idleByCluster(data?.efficiency ?? [])), [isAsked, data])
  const columns = columnsOf(body, comparison, moneyIn(body.meta.currency), idle, now)
  return (
    <Panel
      title="Clusters"
      hint="Compared with the equally long range before. A dash is what was not measured, or has nothing to be compared with."
    >
      <DataTable name="Clusters" columns={columns} rows={body.clusters} keyOf={cluster => cluster.id} />
    </Panel>
  )
}

interface Idle {
  readonly workload: number
  readonly infrastructure: number
}

/** What was reserved, and what was bought, for nothing; the latter with volumes and load balancers that no pod has. */
function idleByCluster(rows: BodyOf<'efficiency'>['efficiency']): ReadonlyMap<string, Idle> {
  const byCluster = new Map<string, Idle>()
  for (const { cluster, workload_idle_cost, infra_idle_cost } of rows) {
    if (cluster === null) continue
    const sum = byCluster.get(cluster) ?? { workload: 0, infrastructure: 0 }
    const workload = sum.workload + workload_idle_cost
    byCluster.set(cluster, { workload, infrastructure: sum.infrastructure + infra_idle_cost })
  }
  return byCluster
}

const PARTS = [
  ['cpu_cost', 'CPU'],
  ['ram_cost', 'Memory'],
  ['gpu_cost', 'GPU'],
  ['pv_cost', 'Volumes'],
  ['network_cost', 'Network'],
  ['load_balancer_cost', 'Balancers'],
  ['management_cost', 'Fee'],
] as const

function columnsOf(
  { clusters, total_cost }: BodyOf<'clusters'>,
  comparison: Answer<Comparison<'clusters'>>,
  money: Money,
  idle: ReadonlyMap<string, Idle> | null,
  now: number,
): Column<Cluster>[] {
  const amount: AmountColumn = (id, header, of) => ({
    id,
    header,
    isNumber: true,
    cell: cluster => money.exact(of(cluster)),
    total: money.exact(sumOf(clusters.map(of))),
  })
  return [
    { id: 'name', header: 'Cluster', isRowHeader: true, cell: ({ name }) => name, total: 'Total' },
    { id: 'state', header: 'Data', cell: cluster => <DataAge cluster={cluster} now={now} /> },
    {
      id: 'cost',
      header: 'Cost',
      isNumber: true,
      cell: cluster => money.exact(cluster.total_cost),
      total: money.exact(total_cost),
    },
    {
      id: 'change',
      header: 'Change',
      isNumber: true,
      cell: ({ id }) => <ChangeOf id={id} comparison={comparison} />,
    },
    {
      id: 'efficiency',
      header: 'Efficiency',
      isNumber: true,
      cell: it => <Band efficiency={it.total_efficiency} />,
    },
    ...idleColumns(idle, amount),
    ...PARTS.map(([key, header]) => amount(key, header, cluster => cluster[key])),
  ]
}

type AmountColumn = (id: string, header: string, of: (cluster: Cluster) => number | null) => Column<Cluster>

/** What is idle of each cluster; null as long as that is being loaded. */
function idleColumns(idle: ReadonlyMap<string, Idle> | null, amount: AmountColumn): Column<Cluster>[] {
  const columns = [
    ['workload', 'Workload idle'],
    ['infrastructure', 'Infra idle'],
  ] as const
  return columns.map(([key, header]) =>
    idle === null
      ? { id: key, header, isNumber: true, cell: () => <Pending what="what is idle" /> }
      : amount(key, header, ({ cluster }) => idle.get(cluster)?.[key] ?? null),
  )
}

function ChangeOf({ id, comparison }: { id: string; comparison: Answer<Comparison<'clusters'>> }) {
  if (comparison.data === undefined)
    return comparison.error === null ? <Pending what="the change" /> : UNKNOWN
  const { part } = comparison.data
  const cluster = part.clusters.find(it => it.id === id)
  if (cluster === undefined) return UNKNOWN
  const isComparable = cluster.first_seen <= part.previous_range_start
  return <Change now={cluster.total_cost} before={isComparable ? cluster.previous_total : null} />
}

// What was not measured anywhere has no sum; what was measured somewhere has that of these.
function sumOf(values: readonly (number | null)[]): number | null {
  const known = values.filter(value => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}

function DataAge({ cluster: { state, data_to, last_seen }, now }: { cluster: Cluster; now: number }) {
  const text =
    state === 'stale'
      ? `silent since ${moment(last_seen)}`
      : data_to === null
        ? 'not loaded yet'
        : `active, ${duration(now - data_to)} old`
  return <span className={styles.age}>{text}</span>
}
