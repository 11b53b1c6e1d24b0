import { Link, useSearchParams } from 'react-router'
import type { BodyOf } from '../../api/routes.js'
import { useRead } from '../../api/use-read.js'
import { moneyIn } from '../../format/money.js'
import { percent } from '../../format/quantity.js'
import { rowName } from '../../format/row-name.js'
import { type Dimension, isDimension, titleOf } from '../../state/dimensions.js'
import type { Field } from '../../state/fields.js'
import { costsWithin } from '../../state/levels.js'
import type { Hours } from '../../state/range.js'
import { accountAndRange } from '../../state/shared.js'
import { useUrlState } from '../../state/use-state.js'
import { Answered } from '../../ui/answered.js'
import { type Column, DataTable } from '../../ui/data-table.js'
import { Panel } from '../../ui/panel.js'
import { Select } from '../../ui/select.js'
import { ShareBar } from '../../ui/share-bar.js'
import { useLabels } from '../../ui/use-dimensions.js'
import styles from './overview.module.css'

const SHOWN = 8
/** Rows that are nobody's, such as idle, come between. */
const ASKED = 50
/** Labels that tell whose a workload is, the likeliest first. */
const OWNER_LABELS: readonly Dimension[] = ['label:team', 'label:owner', 'label:department', 'label:product']

/** Empty: by the label that tells the team, where there is one, else by namespace. */
const FIELDS: { readonly drivers: Field<Dimension | ''> } = {
  drivers: {
    fallback: '',
    parse: ([name]) => (name !== undefined && isDimension(name) ? name : undefined),
    print: name => [name],
  },
}

type Row = BodyOf<'cost_allocation'>['cost_allocation'][number]

/** Who costs most. */
export function Drivers({ hours, isNext }: { hours: Hours; isNext: boolean }) {
  const [{ drivers }, change] = useUrlState(FIELDS)
  const dates = { start_date: hours.start, end_date: hours.end }
  const { labels, isPending } = useLabels(hours, isNext)
  const by = drivers === '' ? (OWNER_LABELS.find(label => labels.includes(label)) ?? 'namespace') : drivers
  const isKnown = isNext && (drivers !== '' || !isPending)
  const answer = useRead(
    'cost_allocation',
    { ...dates, breakdown_by: [by], limit: ASKED },
    { enabled: isKnown },
  )
  const choices: Dimension[] = ['namespace', 'controller', 'cluster', ...labels]
  const options = [...new Set([by, ...choices])].map(name => [name, titleOf(name)] as const)
  return (
    <Panel
      title="What costs most"
      actions={
        <Select label="By" value={by} options={options} onChange={name => change({ drivers: name })} />
      }
    >
      <Answered what="What costs most" answer={answer} height={260}>
        {body => <DriversTable by={by} body={body} />}
      </Answered>
    </Panel>
  )
}

function DriversTable({ by, body }: { by: Dimension; body: BodyOf<'cost_allocation'> }) {
  const money = moneyIn(body.meta.currency)
  const rows = body.cost_allocation.filter(isSomebodys).slice(0, SHOWN)
  const others = othersOf(body.cost_allocation)
  const highest = Math.max(...rows.map(row => row.total_cost), 0)
  const columns: Column<Row>[] = [
    { id: 'name', header: titleOf(by), isRowHeader: true, cell: row => <DriverName by={by} row={row} /> },
    {
      id: 'bar',
      header: 'Of the highest',
      cell: row => <ShareBar share={highest > 0 ? row.total_cost / highest : 0} />,
    },
    { id: 'cost', header: 'Cost', isNumber: true, cell: row => money.exact(row.total_cost) },
    {
      id: 'share',
      header: 'Share',
      isNumber: true,
      cell: row => percent(body.total_cost === 0 ? null : row.total_cost / body.total_cost),
    },
  ]
  return (
    <>
      <DataTable name="What costs most" columns={columns} rows={rows} keyOf={row => row.id} />
      {others.length === 0 ? null : (
        <p className={styles.others}>
          Besides, nobody’s:{' '}
          {others.map(([name, cost]) => `${rowName(name)} ${money.exact(cost)}`).join(', ')}.
        </p>
      )}
    </>
  )
}

const isSomebodys = ({ kind }: Row): boolean => kind === 'workload' || kind === 'unallocated'

/** What idle, fees and the like cost in all, by name. */
function othersOf(rows: readonly Row[]): [string, number][] {
  const costs = new Map<string, number>()
  for (const row of rows) {
    const name = `__${row.kind}__`
    if (!isSomebodys(row)) costs.set(name, (costs.get(name) ?? 0) + row.total_cost)
  }
  return [...costs]
}

function DriverName({ by, row }: { by: Dimension; row: Row }) {
  const [params] = useSearchParams()
  if (row.kind !== 'workload') return rowName(row.name)
  const to = costsWithin({ dimension: by, value: row.name }, accountAndRange(params))
  return <Link to={to}>{row.name}</Link>
}
