import type { ReactNode } from 'react'
import { NavLink, useLocation, useSearchParams } from 'react-router'
import { useSession } from '../session/session.js'
import { sharedBy } from '../state/shared.js'
import { Button } from '../ui/button.js'
import { ErrorBoundary } from './error-boundary.js'
import styles from './frame.module.css'
import { Freshness } from './freshness.js'
import { Refused } from './refused.js'
import { useTheme } from './theme.js'
import { titleAt, VIEWS } from './views.js'

/** Name, navigation, data age and theme around every view. */
export function Frame({ children }: { children: ReactNode }) {
  const search = useSharedSearch()
  const { account, close } = useSession()
  const { pathname } = useLocation()
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#view">
        Skip to the view
      </a>
      <header className={styles.bar}>
        <p className={styles.brand}>Kubernetes costs</p>
        <nav aria-label="Views" className={styles.views}>
          <ul>
            {VIEWS.map(({ path, title }) => (
              <li key={path}>
                <NavLink to={{ pathname: path, search }} className={styles.view ?? ''}>
                  {title}
                </NavLink>
              </li>
            ))}
          </ul>
        </nav>
        <div className={styles.session}>
          <ThemeToggle />
          <Button kind="quiet" onClick={close} title={`Cloud account ${account}`}>
            Sign out
          </Button>
        </div>
      </header>
      <main id="view" className={styles.main} tabIndex={-1}>
        <Freshness />
        <Refused />
        {/* One that has failed is no reason not to show another. */}
        <ErrorBoundary key={pathname} title={titleAt(pathname)}>
          {children}
        </ErrorBoundary>
      </main>
    </div>
  )
}

/** What a link to another view takes along: account, range and filters. What steers one view alone stays with it. */
function useSharedSearch(): string {
  const [params] = useSearchParams()
  return sharedBy(params).toString()
}

function ThemeToggle() {
  const [theme, setTheme] = useTheme()
  const isDark = theme === 'dark'
  return (
    <Button kind="quiet" aria-pressed={isDark} onClick={() => setTheme(isDark ? 'light' : 'dark')}>
      <span aria-hidden>{isDark ? '☾' : '☀'}</span> Dark
    </Button>
  )
}
