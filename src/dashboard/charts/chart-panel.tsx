import type { ReactNode } from 'react'
import type { Field } from '../state/fields.js'
import { useUrlState } from '../state/use-state.js'
import { Button } from '../ui/button.js'
import { Panel } from '../ui/panel.js'

/** Names of the charts that are shown as tables. */
const FIELDS: { readonly as_table: Field<readonly string[]> } = {
  as_table: { fallback: [], parse: names => names, print: names => names },
}

interface Props {
  /** Names the chart in the URL. */
  readonly id: string
  readonly title: string
  readonly hint?: ReactNode
  readonly actions?: ReactNode
  readonly chart: ReactNode
  /** The same numbers as a table. */
  readonly table: ReactNode
}

/** A chart and its twin, a table of the same numbers; which of them is shown stands in the URL. */
export function ChartPanel({ id, title, hint, actions, chart, table }: Props) {
  const [{ as_table }, change] = useUrlState(FIELDS)
  const isTable = as_table.includes(id)
  const toggle = () =>
    change({ as_table: isTable ? as_table.filter(name => name !== id) : [...as_table, id] })
  const twin = (
    <Button aria-pressed={isTable} onClick={toggle}>
      Show as table
    </Button>
  )
  return (
    <Panel
      title={title}
      hint={hint}
      actions={
        <>
          {actions}
          {twin}
        </>
      }
    >
      {isTable ? table : chart}
    </Panel>
  )
}
