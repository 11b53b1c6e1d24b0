import { isoDay } from '../../format/time.js'
import { useUrlState } from '../../state/use-state.js'
import { Button } from '../../ui/button.js'
import { type Days, FIELDS, SHOWN_DAYS } from './fields.js'
import styles from './pipeline.module.css'

const DAY = 86_400

/** Turns to earlier and later days. */
export function DayTurner({ days: { start, end, isLatest } }: { days: Days }) {
  const [, change] = useUrlState(FIELDS)
  const later = end + (SHOWN_DAYS - 1) * DAY
  return (
    <fieldset className={styles.turner}>
      <legend>Days (UTC)</legend>
      <Button onClick={() => change({ until: isoDay(start - DAY) })}>
        <span aria-hidden>←</span> Earlier
      </Button>
      <Button isOff={isLatest} onClick={() => change({ until: isoDay(later) })}>
        Later <span aria-hidden>→</span>
      </Button>
      <Button isOff={isLatest} onClick={() => change({ until: '' })}>
        Last {SHOWN_DAYS} days
      </Button>
    </fieldset>
  )
}
