import { useEffect, useRef } from 'react'
import { Link } from 'react-router'
import styles from './allocation.module.css'
import type { Crumb } from './drill.js'

/** Where one is, and the way back up. */
export function Breadcrumb({ crumbs }: { crumbs: readonly Crumb[] }) {
  const here = useRef<HTMLElement>(null)
  const way = crumbs.map(({ text }) => text).join()
  // The link that was followed is gone, and the focus with it: who uses the keyboard goes on from here.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each time one is somewhere else
  useEffect(() => {
    if (document.activeElement === document.body) here.current?.focus({ preventScroll: true })
  }, [way])
  return (
    <nav aria-label="Breadcrumb">
      <ol className={styles.crumbs}>
        {crumbs.map(({ text, search }) => (
          <li key={text} className={styles.crumb}>
            {search === null ? (
              <bdi ref={here} tabIndex={-1} aria-current="page" className={styles.here} title={text}>
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
