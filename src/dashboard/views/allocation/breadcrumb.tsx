import { Link } from 'react-router'
import styles from './allocation.module.css'
import type { Crumb } from './drill.js'

/** Where one is, and the way back up. */
export function Breadcrumb({ crumbs }: { crumbs: readonly Crumb[] }) {
  return (
    <nav aria-label="Breadcrumb">
      <ol className={styles.crumbs}>
        {crumbs.map(({ text, search }) => (
          <li key={text} className={styles.crumb}>
            {search === null ? (
              <bdi aria-current="page" className={styles.here} title={text}>
                {text}
              </bdi>
            ) : (
              <Link to={{ search }} className={styles.up ?? ''} title={text}>
                <bdi>{text}</bdi>
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  )
}
