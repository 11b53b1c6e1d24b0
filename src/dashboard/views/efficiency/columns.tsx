import { Link } from 'react-router'
import type { BodyOf } from '../../api/routes.js'
import { type Money, moneyIn } from '../../format/money.js'
import { coreHours, gibHours, percent } from '../../format/quantity.js'
import { rowName } from '../../format/row-name.js'
import { type Dimension, titleOf } from '../../state/dimensions.js'
import { Band } from '../../ui/band.js'
import type { Column } from '../../ui/data-table.js'
import type { SORTS } from './fields.js'

type Body = BodyOf<'efficiency'>
type Row = Body['efficiency'][number]
type SortKey = (typeof SORTS)[number]

/** Where a row's name leads to; null where there is nothing more to see. */
export type LinkOf = (row: Row) => { readonly pathname: string; readonly search: string } | null

/** The columns of the table, every one of them sorted by the API. */
export function columnsOf(body: Body, by: Dimension, linkOf: LinkOf): Column<Row>[] {
  const money = moneyIn(body.meta.currency)
  return [
    {
      id: 'name',
      header: titleOf(by),
      isRowHeader: true,
      cell: row => <Name row={row} to={linkOf(row)} />,
      sortKey: 'name' satisfies SortKey,
      total: 'All rows',
    },
    ...moneyColumns(body, money),
    ...resourceColumns('CPU', coreHours, {
      request: 'cpu_core_request_hours',
      used: 'cpu_core_used_hours',
      efficiency: 'cpu_efficiency',
    }),
    ...resourceColumns('Memory', gibHours, {
      request: 'ram_gib_request_hours',
      used: 'ram_gib_used_hours',
      efficiency: 'ram_efficiency',
    }),
    {
      id: 'coverage',
      header: 'Measured',
      hint: 'Share of the hours that were measured',
      isNumber: true,
      sortKey: 'coverage' satisfies SortKey,
      cell: row => percent(row.coverage),
    },
  ]
}

function Name({ row, to }: { row: Row; to: ReturnType<LinkOf> }) {
  const name = rowName(row.name)
  return to === null ? name : <Link to={to}>{name}</Link>
}

type MoneyKey = Extract<SortKey, `${string}_cost`>

function moneyColumns(body: Body, money: Money): Column<Row>[] {
  const amount = (key: MoneyKey, header: string, hint: string, total?: string): Column<Row> => ({
    id: key,
    header,
    hint,
    isNumber: true,
    sortKey: key,
    cell: row => money.exact(row[key]),
    total,
  })
  return [
    amount('wasted_cost', 'Wasted', 'Workload idle and infrastructure idle', money.exact(body.wasted_cost)),
    {
      id: 'efficiency',
      header: 'Efficiency',
      hint: 'Used ÷ requested, CPU and memory weighted by their cost',
      isNumber: true,
      sortKey: 'total_efficiency' satisfies SortKey,
      cell: row => <Efficiency row={row} />,
      total: <Band efficiency={body.total_efficiency} />,
    },
    amount('total_cost', 'Cost', 'Used and wasted', money.exact(body.total_cost)),
    amount(
      'used_cost',
      'Used',
      'What was used, as it was bought',
      money.exact(body.total_cost - body.wasted_cost),
    ),
    amount('workload_idle_cost', 'Workload idle', 'Requested and not used'),
    amount('infra_idle_cost', 'Infra idle', 'Bought and not requested by anybody'),
  ]
}

interface ResourceKeys {
  readonly request: 'cpu_core_request_hours' | 'ram_gib_request_hours'
  readonly used: 'cpu_core_used_hours' | 'ram_gib_used_hours'
  readonly efficiency: 'cpu_efficiency' | 'ram_efficiency'
}

function resourceColumns(
  name: string,
  print: (value: number | null) => string,
  keys: ResourceKeys,
): Column<Row>[] {
  return [
    {
      id: keys.request,
      header: `${name} requested`,
      isNumber: true,
      sortKey: keys.request,
      cell: row => print(row[keys.request]),
    },
    {
      id: keys.used,
      header: `${name} used`,
      isNumber: true,
      sortKey: keys.used,
      cell: row => print(row[keys.used]),
    },
    {
      id: keys.efficiency,
      header: `${name} efficiency`,
      isNumber: true,
      sortKey: keys.efficiency,
      cell: row => (row.no_requests ? NO_REQUESTS : percent(row[keys.efficiency])),
    },
  ]
}

const NO_REQUESTS = 'no requests'

/** Its band, which says something of workloads that request something only. */
function Efficiency({ row }: { row: Row }) {
  if (row.no_requests) return NO_REQUESTS
  if (row.total_efficiency === null && row.kind !== 'workload') return null
  return <Band efficiency={row.total_efficiency} />
}
