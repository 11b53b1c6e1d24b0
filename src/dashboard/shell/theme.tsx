import {
  createContext,
  type ReactNode,
  useContext,
  useLayoutEffect,
  useState,
  useSyncExternalStore,
} from 'react'

type Theme = 'light' | 'dark'

const system = window.matchMedia('(prefers-color-scheme: dark)')

function subscribe(changed: () => void): () => void {
  system.addEventListener('change', changed)
  return () => system.removeEventListener('change', changed)
}

const ThemeContext = createContext<readonly [Theme, (theme: Theme) => void]>(['light', () => {}])

/** Paints the page in the system's theme until another is chosen; the choice holds as long as the page does. */
export function Themed({ children }: { children: ReactNode }) {
  const isDark = useSyncExternalStore(subscribe, () => system.matches)
  const [chosen, choose] = useState<Theme | null>(null)
  const theme = chosen ?? (isDark ? 'dark' : 'light')
  useLayoutEffect(() => {
    document.documentElement.dataset['theme'] = theme
  }, [theme])
  return <ThemeContext value={[theme, choose]}>{children}</ThemeContext>
}

/** The theme, and how to choose the other. */
export const useTheme = () => useContext(ThemeContext)
