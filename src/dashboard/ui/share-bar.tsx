import styles from './share-bar.module.css'

interface Props {
  /** 0 to 1. */
  readonly share: number
}

/** How much of the largest something is, beside its number. */
export function ShareBar({ share }: Props) {
  const width = `${Math.max(0, Math.min(1, share)) * 100}%`
  return (
    <span className={styles.track} aria-hidden>
      <span className={styles.bar} style={{ width }} />
    </span>
  )
}
