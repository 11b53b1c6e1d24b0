import { useId, useState } from 'react'
import { useUrlState } from '../../state/use-state.js'
import { Button } from '../../ui/button.js'
import styles from './allocation.module.css'
import { COLUMNS, type ColumnId, FIELDS, shownColumns } from './fields.js'

/** A button that opens and closes the choice of columns, and that choice. */
export function useColumnChooser() {
  const [isOpen, setIsOpen] = useState(false)
  const id = useId()
  return {
    button: (
      <Button aria-expanded={isOpen} aria-controls={id} onClick={() => setIsOpen(!isOpen)}>
        Columns
      </Button>
    ),
    choice: (
      <div id={id} hidden={!isOpen}>
        {isOpen ? <Choice /> : null}
      </div>
    ),
  }
}

function Choice() {
  const [state, change] = useUrlState(FIELDS)
  const shown = shownColumns(state)
  const toggle = (id: ColumnId) =>
    change({ cols: shown.includes(id) ? shown.filter(other => other !== id) : [...shown, id] })
  return (
    <fieldset className={styles.columns}>
      <legend className={styles.legend}>Columns that are shown</legend>
      {(Object.entries(COLUMNS) as [ColumnId, string][]).map(([id, title]) => (
        <label key={id} className={styles.column}>
          <input type="checkbox" checked={shown.includes(id)} onChange={() => toggle(id)} />
          {title}
        </label>
      ))}
      {state.cols === null ? null : (
        <Button kind="link" onClick={() => change({ cols: null })}>
          The usual ones
        </Button>
      )}
    </fieldset>
  )
}
