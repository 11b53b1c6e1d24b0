import { useEffect, useState, useSyncExternalStore } from 'react'

export type Theme = 'light' | 'dark'

const system = window.matchMedia('(prefers-color-scheme: dark)')

function subscribe(changed: () => void): () => void {
  system.addEventListener('change', changed)
  return () => system.removeEventListener('change', changed)
}

/** The system's theme until another is chosen; the choice holds as long as the page does. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const isDark = useSyncExternalStore(subscribe, () => system.matches)
  const [chosen, choose] = useState<Theme | null>(null)
  const theme = chosen ?? (isDark ? 'dark' : 'light')
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme
  }, [theme])
  return [theme, choose]
}
