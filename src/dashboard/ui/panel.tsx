import { type ReactNode, useId } from 'react'
import styles from './panel.module.css'

interface Props {
  readonly title: string
  /** A sentence under the title. */
  readonly hint?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** A part of a view under a heading of its own. */
export function Panel({ title, hint, actions, children }: Props) {
  const id = useId()
  return (
    <section className={styles.panel} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 id={id} className={styles.title}>
          {title}
        </h2>
        {actions === undefined ? null : <div className={styles.actions}>{actions}</div>}
      </div>
      {hint === undefined ? null : <p className={styles.hint}>{hint}</p>}
      {children}
    </section>
  )
}
