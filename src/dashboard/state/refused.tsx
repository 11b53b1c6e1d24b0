import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react'

/** Says under a key which parameters of the URL can't be what it says; empty when there are none any more. */
type Report = (key: string, names: readonly string[]) => void

const ReportContext = createContext<Report>(() => {})
const RefusedContext = createContext<readonly string[]>([])

/** Gathers what the parts of a page can't make anything of in the URL. */
export function RefusedParameters({ children }: { children: ReactNode }) {
  const [byKey, setByKey] = useState<ReadonlyMap<string, readonly string[]>>(new Map())
  const report = useCallback<Report>((key, names) => {
    setByKey(known => new Map(known).set(key, names))
  }, [])
  const names = useMemo(() => [...new Set([...byKey.values()].flat())], [byKey])
  return (
    <ReportContext value={report}>
      <RefusedContext value={names}>{children}</RefusedContext>
    </ReportContext>
  )
}

/** Names of the URL's parameters that have their fallback as nothing can be made of their values. */
export const useRefused = (): readonly string[] => useContext(RefusedContext)

/** Reports those of one part of the page, as long as it is there. */
export function useReportRefused(key: string, names: readonly string[]): void {
  const report = useContext(ReportContext)
  const listed = names.join()
  useEffect(() => {
    if (listed === '') return
    report(key, listed.split(','))
    return () => report(key, [])
  }, [key, listed, report])
}
