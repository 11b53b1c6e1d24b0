import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { BodyOf } from '../../api/routes.js'
import { type Money, moneyIn, UNKNOWN } from '../../format/money.js'
import { change, coreHours, gibHours, percent } from '../../format/quantity.js'
import { type Dimension, titleOf } from '../../state/dimensions.js'
import type { Column } from '../../ui/data-table.js'
import { Pending } from '../../ui/pending.js'
import styles from './allocation.module.css'
import type { Row } from './drill.js'
import { COLUMNS, type ColumnId, type SORTS } from './fields.js'
import { isNobodys, nameOf } from './names.js'

type SortKey = (typeof SORTS)[number]

/** What rows cost in the equally long range before. */
export interface Earlier {
  /** Of all rows; undefined where it is being loaded. */
  readonly total: number | undefined
  /** What that is compared with. */
  readonly now: number
  /** Undefined where it is being loaded, null where it isn't known; 0 where there was nothing of the row. */
  costOf(row: Row): number | null | undefined
}

export interface Told {
  readonly body: BodyOf<'cost_allocation'>
  readonly by: readonly Dimension[]
  /** Absent: it can't be compared with. */
  readonly earlier: Earlier | null
  /** Parameters of the page that shows what a row is made of; null for one that can't be looked into. */
  into(row: Row): string | null
}

/** The name of rows and the chosen columns. Totals are the API's, of all rows; where it has none, there is none. */
export function columnsOf(told: Told, shown: readonly ColumnId[]): Column<Row>[] {
  const { by, earlier, into } = told
  const columns = allColumns(told)
  return [
    {
      id: 'name',
      header: by.map(titleOf).join(' / '),
      isRowHeader: true,
      sortKey: 'name' satisfies SortKey,
      cell: row => <Name row={row} by={by} search={into(row)} />,
      total: 'Total of all rows',
    },
    ...shown
      .filter(id => id !== 'change' || earlier !== null)
      .map(id => ({ id, header: COLUMNS[id], isNumber: true, ...columns[id] })),
  ]
}

function Name({ row, by, search }: { row: Row; by: readonly Dimension[]; search: string | null }) {
  const name = nameOf(row, by)
  const text = <bdi>{name}</bdi>
  if (search !== null)
    return (
      <Link to={{ search }} className={styles.name ?? ''} title={name}>
        {text}
      </Link>
    )
  return (
    <span className={`${styles.name} ${isNobodys(row) ? styles.nobodys : ''}`} title={name}>
      {text}
    </span>
  )
}

type Content = Pick<Column<Row>, 'cell' | 'total' | 'hint' | 'sortKey'>

function allColumns({ body, earlier }: Told): Record<ColumnId, Content> {
  const money = moneyIn(body.meta.currency)
  return {
    cost: { ...amount('total_cost', money), total: money.exact(body.total_cost) },
    share: {
      hint: 'Of the total',
      cell: row => percent(body.total_cost === 0 ? null : row.total_cost / body.total_cost),
    },
    change: {
      hint: 'From the equally long range before',
      cell: row => (earlier === null ? UNKNOWN : changeOf(row.total_cost, earlier.costOf(row))),
      total: earlier === null ? UNKNOWN : changeOf(earlier.now, earlier.total),
    },
    cpu: amount('cpu_cost', money),
    ram: amount('ram_cost', money),
    gpu: amount('gpu_cost', money),
    pv: amount('pv_cost', money),
    network: amount('network_cost', money),
    lb: amount('load_balancer_cost', money),
    idle: { ...amount('idle_cost', money), hint: 'Idle cost that was shared out onto the row' },
    shared: { ...amount('shared_cost', money), hint: 'Cost of shared namespaces that the row bears' },
    core_hours: {
      hint: 'Core-hours charged: the larger of requested and used',
      sortKey: 'cpu_core_hours' satisfies SortKey,
      cell: row => coreHours(row.cpu_core_hours),
    },
    gib_hours: {
      hint: 'GiB-hours of memory charged: the larger of requested and used',
      sortKey: 'ram_gib_hours' satisfies SortKey,
      cell: row => gibHours(row.ram_gib_hours),
    },
    efficiency: {
      hint: 'Used ÷ requested, CPU and memory weighted by their cost',
      sortKey: 'total_efficiency' satisfies SortKey,
      cell: row => percent(row.total_efficiency),
    },
    coverage: {
      hint: 'Share of its hours that was measured',
      sortKey: 'coverage' satisfies SortKey,
      cell: row => percent(row.coverage),
    },
  }
}

type MoneyKey = Extract<SortKey, `${string}_cost`>

const amount = (key: MoneyKey, money: Money): Content => ({
  sortKey: key,
  cell: row => money.exact(row[key]),
})

/** `+12.0%`; "new" where there was nothing of it. */
function changeOf(now: number, before: number | null | undefined): ReactNode {
  if (before === undefined) return <Pending what="the change" />
  if (before === null) return UNKNOWN
  return before === 0 ? 'new' : change(now / before - 1)
}
