import type { ReactNode } from 'react'
import styles from './notice.module.css'

const SIGNS = { info: 'i', warning: '!', error: '×' } as const
const NAMES = { info: 'Note', warning: 'Warning', error: 'Error' } as const

interface Props {
  readonly kind: keyof typeof SIGNS
  readonly children: ReactNode
  readonly actions?: ReactNode
}

/** Something to be read beside the numbers; its kind is told by a sign and a word, not by the colour alone. */
export function Notice({ kind, children, actions }: Props) {
  return (
    <div className={`${styles.notice} ${styles[kind]}`}>
      <span className={styles.sign} role="img" aria-label={NAMES[kind]}>
        {SIGNS[kind]}
      </span>
      <div className={styles.text}>{children}</div>
      {actions === undefined ? null : <div className={styles.actions}>{actions}</div>}
    </div>
  )
}
