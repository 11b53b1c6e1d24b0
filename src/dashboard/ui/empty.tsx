import type { ReactNode } from 'react'
import styles from './empty.module.css'

/** Nothing to show, and why. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <p className={styles.title}>{title}</p>
      {children === undefined ? null : <div>{children}</div>}
    </div>
  )
}
