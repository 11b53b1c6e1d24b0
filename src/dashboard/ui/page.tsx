import { type ReactNode, useEffect } from 'react'

/** Names the browser's tab after what is shown. */
export function Page({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = title
  }, [title])
  return children
}
