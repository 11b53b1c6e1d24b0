import { percent } from '../format/quantity.js'
import styles from './band.module.css'

const BANDS = {
  good: { sign: '●', text: 'good' },
  warning: { sign: '◐', text: 'middling' },
  critical: { sign: '○', text: 'poor' },
} as const

/** Efficiency with what it means: above 0.6 good, below 0.4 poor, as the API's bands. */
export function Band({ efficiency }: { efficiency: number | null }) {
  if (efficiency === null) return <span className={styles.none}>nothing requested</span>
  const band = efficiency > 0.6 ? 'good' : efficiency < 0.4 ? 'critical' : 'warning'
  return (
    <span className={styles.band}>
      {percent(efficiency)}{' '}
      <span className={styles[band]}>
        <span aria-hidden>{BANDS[band].sign}</span> {BANDS[band].text}
      </span>
    </span>
  )
}
