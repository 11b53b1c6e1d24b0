import { useRead } from '../api/use-read.js'
import { clock, day, duration, isoMoment } from '../format/time.js'
import { useNow } from '../state/now.js'
import styles from './freshness.module.css'

const LATE_SECONDS = 3 * 3600

/** Up to when all clusters are loaded, and how long ago that was. */
export function Freshness() {
  const now = useNow()
  const { data, isError } = useRead('status', {})
  if (isError) return <p className={styles.line}>How fresh the data is can’t be told at this time.</p>
  if (data === undefined) return <p className={styles.line}>All times are UTC.</p>
  const to = data.data_to
  if (to === null) return <p className={styles.line}>Nothing is loaded yet. All times are UTC.</p>
  const age = now - to
  return (
    <p className={styles.line}>
      {age > LATE_SECONDS ? <strong className={styles.late}>Late: </strong> : null}
      Data to <time dateTime={isoMoment(to)}>{`${day(to)}, ${clock(to)} UTC`}</time>, {duration(age)} ago. All
      times are UTC.
    </p>
  )
}
