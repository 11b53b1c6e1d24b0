import type { BodyOf } from '../../api/routes.js'
import { count } from '../../format/quantity.js'
import { moment } from '../../format/time.js'
import { type Column, DataTable } from '../../ui/data-table.js'
import { Empty } from '../../ui/empty.js'
import { Panel } from '../../ui/panel.js'
import { groupMissing, type MissingGroup } from './missing-groups.js'
import styles from './pipeline.module.css'

/** Which series the source doesn't send, what is not known without them, and the likely cause. */
export function MissingPanel({ clusters }: { clusters: BodyOf<'status'>['status'] }) {
  const groups = groupMissing(clusters)
  return (
    <Panel
      title="Series that the source doesn’t send"
      hint={
        groups.length === 0 ? undefined : 'Of the day of the newest loaded hour of each cluster, and since.'
      }
    >
      {groups.length === 0 ? (
        <Empty
          title={
            clusters.some(({ newest_loaded }) => newest_loaded !== null)
              ? 'The source sends every series that cost depends on.'
              : 'Nothing is loaded yet, so it can’t be told what is missing.'
          }
        />
      ) : (
        <DataTable
          name="Series that the source doesn’t send"
          columns={COLUMNS}
          rows={groups}
          keyOf={({ id }) => id}
        />
      )}
    </Panel>
  )
}

const COLUMNS: readonly Column<MissingGroup>[] = [
  {
    id: 'metric',
    header: 'Series',
    isRowHeader: true,
    cell: ({ metric }) => (metric === null ? 'not named' : <code>{metric}</code>),
  },
  { id: 'part', header: 'Not known without it', cell: ({ part }) => partOf(part) },
  { id: 'clusters', header: 'Clusters', cell: ({ clusters }) => <Names names={clusters} /> },
  { id: 'since', header: 'Since (UTC)', isNumber: true, cell: ({ since }) => moment(since) },
  { id: 'hours', header: 'Hours', isNumber: true, cell: ({ hours }) => count(hours) },
  {
    id: 'hint',
    header: 'Cause and remedy',
    cell: ({ hint }) => (
      <details className={styles.hint}>
        <summary>What to do</summary>
        {hint}
      </details>
    ),
  },
]

const PARTS: Readonly<Record<string, string>> = {
  cpu_usage: 'CPU use',
  ram_usage: 'memory use',
  gpu: 'GPUs',
  pv: 'volumes',
  network: 'traffic',
  load_balancer: 'whose load balancers are',
  management: 'the management fee',
  node_cost: 'a part of the nodes’ cost',
  requests: 'requests',
  labels: 'labels of workloads',
  node_labels: 'labels of nodes',
  owners: 'which workload a pod belongs to',
  spot: 'which nodes are spot',
}

function partOf(part: string | null): string {
  if (part === null) return 'everything: these hours are not loaded'
  return PARTS[part] ?? part.replaceAll('_', ' ')
}

const NAMED = 3

function Names({ names }: { names: readonly string[] }) {
  const shown = names.slice(0, NAMED).join(', ')
  if (names.length <= NAMED) return shown
  return (
    <details className={styles.hint}>
      <summary>
        {shown} and {count(names.length - NAMED)} more
      </summary>
      {names.slice(NAMED).join(', ')}
    </details>
  )
}
