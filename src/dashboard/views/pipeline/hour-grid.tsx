import { type KeyboardEvent, memo, useCallback, useId, useRef, useState } from 'react'
import { day, fullDay } from '../../format/time.js'
import { type Cell, cellAfter } from './grid-keys.js'
import { HourSquare } from './hour-legend.js'
import { HOUR_STATES, type HoursOfDay } from './hour-states.js'
import styles from './hours.module.css'

const HOURS = Array.from({ length: 24 }, (_, hour) => hour)

interface Props {
  /** Of the cluster. */
  readonly name: string
  readonly days: readonly HoursOfDay[]
}

/** The hours of a cluster: a row for each day, newest first. One square at a time is reached by Tab, the others by arrows. */
export function HourGrid({ name, days }: Props) {
  const id = useId()
  const table = useRef<HTMLTableElement>(null)
  const [focused, setFocused] = useState<Cell>({ row: 0, column: 0 })
  const [pointed, setPointed] = useState<Cell | null>(null)
  // Other days may be fewer.
  const current = { row: Math.min(focused.row, days.length - 1), column: focused.column }
  const looked = pointed ?? current

  function onKeyDown(event: KeyboardEvent): void {
    const to = cellAfter(event.key, event.ctrlKey, current, { rows: days.length, columns: HOURS.length })
    if (to === null) return
    event.preventDefault()
    table.current?.querySelector<HTMLElement>(`[data-cell="${to.row} ${to.column}"]`)?.focus()
  }
  const onFocus = useCallback((cell: Cell) => {
    setPointed(null)
    setFocused(cell)
  }, [])
  return (
    <section className={styles.grid} aria-labelledby={id}>
      <h3 id={id} className={styles.cluster}>
        {name}
      </h3>
      <p role="status" className={styles.facts}>
        {days[looked.row]?.hours[looked.column]?.facts}
      </p>
      <div className={styles.scroller}>
        <table
          ref={table}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: walked through by arrow keys
          role="grid"
          aria-labelledby={id}
          className={styles.table}
          onKeyDown={onKeyDown}
          onPointerLeave={() => setPointed(null)}
        >
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">Day</span>
              </th>
              {HOURS.map(hour => (
                <th key={hour} scope="col" aria-label={`${hour}:00`}>
                  {String(hour).padStart(2, '0')}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((one, index) => (
              <DayRow
                key={one.start}
                day={one}
                row={index}
                stop={index === current.row ? current.column : null}
                onFocus={onFocus}
                onPoint={setPointed}
              />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

interface RowProps {
  readonly day: HoursOfDay
  readonly row: number
  /** The hour that Tab leads to; null where it is one of another day. */
  readonly stop: number | null
  readonly onFocus: (cell: Cell) => void
  readonly onPoint: (cell: Cell) => void
}

const DayRow = memo(function DayRow({ day: { start, hours }, row, stop, onFocus, onPoint }: RowProps) {
  return (
    <tr>
      <th scope="row" aria-label={fullDay(start)}>
        {day(start)}
      </th>
      {hours.map(({ start: at, state }, column) => (
        <td
          key={at}
          tabIndex={column === stop ? 0 : -1}
          data-cell={`${row} ${column}`}
          aria-label={HOUR_STATES[state].word}
          onFocus={() => onFocus({ row, column })}
          onPointerEnter={() => onPoint({ row, column })}
        >
          <HourSquare state={state} />
        </td>
      ))}
    </tr>
  )
})
