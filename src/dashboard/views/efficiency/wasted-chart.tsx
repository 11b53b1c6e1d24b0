import { Link, useSearchParams } from 'react-router'
import type { QueryOf } from '../../api/routes.js'
import { useRead } from '../../api/use-read.js'
import { useReadAll } from '../../api/use-read-all.js'
import { ChartPanel } from '../../charts/chart-panel.js'
import { Legend } from '../../charts/legend.js'
import { RowBars } from '../../charts/row-bars.js'
import { WASTED_FIRST } from '../../charts/waste.js'
import { type Money, moneyIn } from '../../format/money.js'
import { percent } from '../../format/quantity.js'
import { rowName } from '../../format/row-name.js'
import { type Dimension, isAdvised, parameterOf, titleOf } from '../../state/dimensions.js'
import { sharedBy } from '../../state/shared.js'
import { Answered } from '../../ui/answered.js'
import { type Column, DataTable } from '../../ui/data-table.js'
import styles from './efficiency.module.css'
import type { Scope } from './fields.js'
import { type NobodysCost, type WastedRow, wastedRows } from './wasted-rows.js'

const SHOWN = 12
/** Rows that are nobody's come between. */
const ASKED = 100

/** Where most is wasted: a bar for each row, and apart from them what is nobody's. */
export function WastedChart({ scope, by }: { scope: Scope; by: Dimension }) {
  // By these, what a bar is made of is in several rows, and the least of them may be far down.
  const isSplit = by === 'cluster' || by === 'node'
  const query: QueryOf<'efficiency'> = { ...scope, breakdown_by: [by], sort: 'wasted_cost', order: 'desc' }
  const top = useRead('efficiency', { ...query, limit: ASKED }, { enabled: !isSplit, keep: true })
  const all = useReadAll('efficiency', query, { enabled: isSplit })
  return (
    <Answered what="What is wasted" answer={isSplit ? all : top} height={420}>
      {body => {
        const { rows, nobodys } = wastedRows(body.efficiency, by)
        const shown = rows.slice(0, SHOWN)
        return <Chart {...{ by, nobodys }} rows={shown} money={moneyIn(body.meta.currency)} />
      }}
    </Answered>
  )
}

const HINT = 'The highest waste first. Used is what it was bought for; idle is paid for nothing.'

interface ChartProps {
  readonly by: Dimension
  readonly rows: readonly WastedRow[]
  readonly nobodys: readonly NobodysCost[]
  readonly money: Money
}

function Chart({ by, rows, nobodys, money }: ChartProps) {
  const name = `What is wasted, by ${titleOf(by).toLowerCase()}`
  return (
    <ChartPanel
      id="wasted"
      title={name}
      hint={isAdvised(by) ? `${HINT} The name of a row leads to what it should request.` : HINT}
      chart={
        <>
          <Legend series={WASTED_FIRST.map(part => ({ ...part, values: [] }))} />
          <RowBars
            name={`${name}, bars`}
            rows={rows}
            parts={WASTED_FIRST}
            keyOf={row => row.id}
            amountOf={(row, part) => row[part.id]}
            print={money.exact}
            label={row => <Label by={by} name={row.name} />}
            detail={row => (
              <>
                <strong className={styles.amount}>{money.exact(row.wasted_cost)}</strong> of{' '}
                {money.exact(costOf(row))} wasted
              </>
            )}
          />
          <Nobodys costs={nobodys} money={money} />
        </>
      }
      table={
        <>
          <DataTable name={name} columns={columnsOf(by, money)} rows={rows} keyOf={row => row.id} />
          <Nobodys costs={nobodys} money={money} />
        </>
      }
    />
  )
}

/** The name of a row, with the way to advice on its requests where there is some. */
function Label({ by, name }: { by: Dimension; name: string }) {
  const [params] = useSearchParams()
  const text = rowName(name)
  // What has none of the dimension, and the like, is nothing that one could go to.
  if (!isAdvised(by) || text !== name) return <span title={text}>{text}</span>
  const search = sharedBy(params)
  search.set(parameterOf(by), name)
  return (
    <Link to={{ pathname: '/rightsizing', search: search.toString() }} title={text}>
      {text}
    </Link>
  )
}

const costOf = (row: WastedRow): number => row.used_cost + row.workload_idle_cost + row.infra_idle_cost

function columnsOf(by: Dimension, money: Money): Column<WastedRow>[] {
  return [
    { id: 'name', header: titleOf(by), isRowHeader: true, cell: row => rowName(row.name) },
    ...WASTED_FIRST.map(
      (part): Column<WastedRow> => ({
        id: part.id,
        header: part.name,
        isNumber: true,
        cell: row => money.exact(row[part.id]),
      }),
    ),
    { id: 'wasted', header: 'Wasted', isNumber: true, cell: row => money.exact(row.wasted_cost) },
    {
      id: 'share',
      header: 'Of its cost',
      isNumber: true,
      cell: row => percent(costOf(row) === 0 ? null : row.wasted_cost / costOf(row)),
    },
  ]
}

function Nobodys({ costs, money }: { costs: readonly NobodysCost[]; money: Money }) {
  if (costs.length === 0) return null
  const listed = costs.map(({ name, wasted_cost }) => `${rowName(name)} ${money.exact(wasted_cost)}`)
  return <p className={styles.note}>Wasted besides, and nobody’s: {listed.join(', ')}.</p>
}
