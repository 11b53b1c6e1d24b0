import type { BodyOf } from '../../api/routes.js'
import { count, percent } from '../../format/quantity.js'
import { duration, moment } from '../../format/time.js'
import { useNow } from '../../state/now.js'
import { useUrlState } from '../../state/use-state.js'
import { type Column, DataTable, type Sort } from '../../ui/data-table.js'
import { Panel } from '../../ui/panel.js'
import { FIELDS, SORTS } from './fields.js'
import styles from './pipeline.module.css'

type Cluster = BodyOf<'status'>['status'][number]

/** Each cluster: up to when it is loaded, its last import, what its last attempt failed on, and how many hours are what. */
export function FreshnessPanel({ clusters, isBusy }: { clusters: readonly Cluster[]; isBusy: boolean }) {
  const [{ sort, order }, change] = useUrlState(FIELDS)
  const now = useNow()
  function onSort(next: Sort): void {
    const key = SORTS.find(one => one === next.by)
    if (key !== undefined) change({ sort: key, order: next.order })
  }
  return (
    <Panel
      title="Freshness"
      hint="Measured is the share of these days; hours are counted over all days. A loaded hour is read again 3 and 26 hours after its end, for samples that come late."
    >
      <DataTable
        name="Freshness"
        columns={columnsOf(now)}
        rows={clusters}
        keyOf={({ cluster }) => cluster}
        sort={{ by: sort, order }}
        onSort={onSort}
        isBusy={isBusy}
      />
    </Panel>
  )
}

function columnsOf(now: number): Column<Cluster>[] {
  const hours = (
    key: 'loaded' | 'open' | 'failed' | 'incomplete' | 'quarantined',
    header: string,
    hint: string,
  ): Column<Cluster> => ({
    id: key,
    header,
    hint,
    isNumber: true,
    cell: cluster => count(cluster[key]),
    sortKey: key,
  })
  return [
    {
      id: 'cluster',
      header: 'Cluster',
      isRowHeader: true,
      cell: cluster => (
        <>
          {cluster.cluster}
          <State cluster={cluster} />
        </>
      ),
      sortKey: 'cluster',
    },
    {
      id: 'data_to',
      header: 'Data to',
      hint: 'Every hour before is loaded; UTC.',
      isNumber: true,
      cell: ({ data_to, newest_loaded }) => (newest_loaded === null ? 'nothing yet' : moment(data_to)),
      sortKey: 'data_to',
    },
    {
      id: 'lag',
      header: 'Behind',
      hint: 'From there to the end of the newest hour that should be loaded.',
      isNumber: true,
      cell: ({ lag_seconds }) => (lag_seconds === 0 ? 'up to date' : duration(lag_seconds)),
      sortKey: 'lag_seconds',
    },
    {
      id: 'import',
      header: 'Last import',
      hint: 'When an hour was last loaded, or read again and found unchanged.',
      isNumber: true,
      cell: ({ last_import_at }) =>
        last_import_at === null ? 'never' : `${duration(now - last_import_at)} ago`,
      sortKey: 'last_import_at',
    },
    {
      id: 'attempt',
      header: 'Last attempt',
      cell: cluster => <Attempt cluster={cluster} now={now} />,
      sortKey: 'last_import_attempt_at',
    },
    {
      id: 'usage',
      header: 'Use to',
      hint: 'Up to when the use of CPU and memory, which advice is made of, has been collected, and hours that wait for it.',
      isNumber: true,
      cell: usageOf,
      sortKey: 'usage_to',
    },
    {
      id: 'coverage',
      header: 'Measured',
      hint: 'Share of the hours of these days that was measured.',
      isNumber: true,
      cell: ({ coverage }) => percent(coverage),
      sortKey: 'coverage',
    },
    hours('loaded', 'Loaded', 'Hours that are loaded.'),
    hours('open', 'Open', 'Hours that will be read, or read again.'),
    hours('failed', 'Failed', 'Hours whose last reading failed, also those that stay loaded.'),
    hours('incomplete', 'Refused', 'Hours that were not whole.'),
    hours('quarantined', 'Set aside', 'Hours that failed again and again.'),
  ]
}

function usageOf({ usage_to, usage_waiting }: Cluster): string {
  const to = usage_to === null ? 'nothing yet' : moment(usage_to)
  return usage_waiting === 0 ? to : `${to}, ${count(usage_waiting)} h wait`
}

function State({ cluster: { state, last_seen } }: { cluster: Cluster }) {
  return state === 'active' ? (
    <span className={styles.state}>active</span>
  ) : (
    <span className={`${styles.state} ${styles.warning}`}>silent since {moment(last_seen)}</span>
  )
}

function Attempt({ cluster, now }: { cluster: Cluster; now: number }) {
  const { last_import_attempt_at: at, last_import_attempt_error: error } = cluster
  if (at === null) return 'never'
  const age = `${duration(now - at)} ago`
  if (error === null) return age
  return (
    <span className={styles.attempt}>
      {age}: <span className={styles.failed}>{error}</span>{' '}
      <code>{cluster.last_import_attempt_error_code}</code>
    </span>
  )
}
