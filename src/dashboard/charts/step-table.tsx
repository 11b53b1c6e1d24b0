import { type Column, DataTable } from '../ui/data-table.js'
import { type ChartStep, type Series, sumAt } from './series.js'

interface Props {
  readonly name: string
  readonly series: readonly Series[]
  readonly steps: readonly ChartStep[]
  readonly print: (amount: number) => string
}

/** The numbers of stacked bars: a row for each step, a column for each series. */
export function StepTable({ name, series, steps, print }: Props) {
  const rows = steps.map((step, index) => ({ step, index }))
  type Row = (typeof rows)[number]
  const columns: Column<Row>[] = [
    { id: 'step', header: 'Step (UTC)', isRowHeader: true, cell: ({ step }) => nameOf(step), total: 'Total' },
    ...series.map(
      (one): Column<Row> => ({
        id: one.id,
        header: one.name,
        hint: one.name,
        isNumber: true,
        cell: ({ index }) => print(one.values[index] ?? 0),
        total: print(one.values.reduce((sum, value) => sum + value, 0)),
      }),
    ),
    {
      id: 'all',
      header: 'All',
      isNumber: true,
      cell: ({ index }) => print(sumAt(series, index)),
      total: print(rows.reduce((sum, { index }) => sum + sumAt(series, index), 0)),
    },
  ]
  return <DataTable name={name} columns={columns} rows={rows} keyOf={({ step }) => String(step.start)} />
}

function nameOf({ label, isSoFar, gap }: ChartStep): string {
  const notes = [isSoFar ? 'so far' : null, gap === null ? null : `not complete: ${gap}`]
  const said = notes.filter(note => note !== null)
  return said.length === 0 ? label : `${label} (${said.join('; ')})`
}
