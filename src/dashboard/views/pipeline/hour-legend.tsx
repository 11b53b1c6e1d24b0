import { HOUR_STATES, type HourState } from './hour-states.js'
import styles from './hours.module.css'

/** What the squares stand for. */
export function HourLegend() {
  return (
    <ul className={styles.legend} aria-label="What the squares stand for">
      {(Object.keys(HOUR_STATES) as HourState[]).map(state => (
        <li key={state}>
          <HourSquare state={state} /> {HOUR_STATES[state].word}
        </li>
      ))}
    </ul>
  )
}

/** The square of a state: its colour, its pattern and its sign. */
export function HourSquare({ state }: { state: HourState }) {
  return (
    <span className={`${styles.square} ${styles[state]}`} aria-hidden>
      {HOUR_STATES[state].sign}
    </span>
  )
}
