import { type ReactNode, useEffect, useRef } from 'react'
import { useLocation } from 'react-router'
import { Page } from './page.js'
import styles from './view-head.module.css'

interface Props {
  readonly title: string
  /** One sentence: which hours, of what. */
  readonly subtitle?: ReactNode
  readonly children?: ReactNode
}

/** The heading that names a view, with what steers it. */
export function ViewHead({ title, subtitle, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  const { pathname } = useLocation()
  // Who goes to another view by keyboard or listens to the page begins at its heading.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each view
  useEffect(() => heading.current?.focus({ preventScroll: true }), [pathname])
  return (
    <Page title={`${title} · Kubernetes costs`}>
      <header className={styles.head}>
        <div>
          <h1 ref={heading} tabIndex={-1} className={styles.title}>
            {title}
          </h1>
          {subtitle === undefined ? null : <p className={styles.subtitle}>{subtitle}</p>}
        </div>
        {children === undefined ? null : <div className={styles.controls}>{children}</div>}
      </header>
    </Page>
  )
}
