import type { BodyOf } from '../../api/routes.js'
import type { Money } from '../../format/money.js'
import { count, percent } from '../../format/quantity.js'
import { moment } from '../../format/time.js'
import type { Column } from '../../ui/data-table.js'
import type { FINDING_SORTS } from './fields.js'
import styles from './infrastructure.module.css'

type Finding = BodyOf<'findings'>['findings'][number]
type Kind = BodyOf<'findings'>['by_finding'][number]
type SortKey = (typeof FINDING_SORTS)[number]

export const KINDS: Readonly<Record<Finding['finding'], string>> = {
  unclaimed_volume: 'Unclaimed volume',
  balancer_without_pods: 'Load balancer without pods',
  idle_node: 'Idle node',
  over_provisioned_group: 'Group with too many nodes',
  abandoned_workload: 'Abandoned workload',
  namespace_without_requests: 'Namespace without requests',
}

/** Columns of what was found; `saving` is what all of it saves a month. */
export function findingColumns(money: Money, saving: number): Column<Finding>[] {
  return [
    {
      id: 'name',
      header: 'What',
      isRowHeader: true,
      sortKey: 'name' satisfies SortKey,
      total: 'All',
      cell: ({ name, cluster, namespace }) => (
        <>
          {name}{' '}
          <span className={styles.detail}>{namespace === null ? cluster : `${cluster} / ${namespace}`}</span>
        </>
      ),
    },
    {
      id: 'kind',
      header: 'Kind',
      sortKey: 'finding' satisfies SortKey,
      cell: ({ finding }) => KINDS[finding],
    },
    {
      id: 'saving',
      header: 'Saves a month',
      hint: 'Of 730 hours. A dash where it is not about money.',
      isNumber: true,
      sortKey: 'saving_month' satisfies SortKey,
      cell: ({ saving_month }) => money.exact(saving_month),
      total: money.exact(saving),
    },
    {
      id: 'detail',
      header: 'What shows it',
      cell: ({ detail }) => <span className={styles.evidence}>{detail}.</span>,
    },
    {
      id: 'since',
      header: 'Since (UTC)',
      isNumber: true,
      sortKey: 'since' satisfies SortKey,
      cell: ({ since }) => moment(since),
    },
    {
      id: 'confidence',
      header: 'Confidence',
      hint: 'The hours for which it holds, at most a week, and how well they were measured.',
      isNumber: true,
      sortKey: 'confidence' satisfies SortKey,
      cell: ({ confidence, confidence_level }) => `${confidence_level}, ${percent(confidence)}`,
    },
  ]
}

/** Columns of how much was found of each kind. */
export function kindColumns(money: Money): Column<Kind>[] {
  return [
    { id: 'kind', header: 'Kind', isRowHeader: true, cell: ({ finding }) => KINDS[finding] },
    { id: 'count', header: 'Found', isNumber: true, cell: kind => count(kind.count) },
    {
      id: 'saving',
      header: 'Saves a month',
      isNumber: true,
      cell: ({ saving_month }) => money.exact(saving_month),
    },
    {
      id: 'unknown',
      header: 'Can’t be told',
      hint: 'Things of which nothing tells whether they are needed, so they are not among those found.',
      isNumber: true,
      cell: ({ unknown }) => count(unknown),
    },
  ]
}
