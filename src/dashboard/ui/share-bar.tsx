import styles from './share-bar.module.css'

interface Props {
  /** 0 to 1. */
  readonly share: number
  readonly isIdle?: boolean
}

/** How much of the largest something is, beside its number. */
export function ShareBar({ share, isIdle = false }: Props) {
  const width = `${Math.max(0, Math.min(1, share)) * 100}%`
  return (
    <span className={styles.track} aria-hidden>
      <span className={isIdle ? styles.idle : styles.bar} style={{ width }} />
    </span>
  )
}
