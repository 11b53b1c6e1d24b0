import type { ReactNode } from 'react'
import styles from './tile.module.css'

/** Tiles beside each other: terms and what they are. */
export function Tiles({ children }: { children: ReactNode }) {
  return <dl className={styles.tiles}>{children}</dl>
}

interface Props {
  readonly label: string
  readonly value: ReactNode
  /** What it is compared with, or made of. */
  readonly detail?: ReactNode
}

/** One number that counts. */
export function Tile({ label, value, detail }: Props) {
  return (
    <div className={styles.tile}>
      <dt className={styles.label}>{label}</dt>
      <dd className={styles.value}>{value}</dd>
      {detail === undefined ? null : <dd className={styles.detail}>{detail}</dd>}
    </div>
  )
}
