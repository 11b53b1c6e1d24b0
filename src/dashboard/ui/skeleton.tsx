import styles from './skeleton.module.css'

/** Room kept for what is being loaded; `label` says what that is. */
export function Skeleton({ label, lines = 1, height }: { label: string; lines?: number; height?: number }) {
  const bars = Array.from({ length: lines }, (_, line) => line)
  return (
    <div role="status" className={styles.skeleton}>
      <span className="visually-hidden">Loading {label}…</span>
      {bars.map(line => (
        <span key={line} className={styles.bar} style={height === undefined ? undefined : { height }} />
      ))}
    </div>
  )
}
