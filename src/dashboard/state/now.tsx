import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'

const MINUTE_MS = 60_000

const NowContext = createContext<number | null>(null)

const nowSeconds = (): number => Math.floor(Date.now() / 1000)

/** Keeps the time for all below; it goes on by the minute. */
export function Clock({ children }: { children: ReactNode }) {
  const [now, setNow] = useState(nowSeconds)
  useEffect(() => {
    const timer = setInterval(() => setNow(nowSeconds()), MINUTE_MS)
    return () => clearInterval(timer)
  }, [])
  return <NowContext value={now}>{children}</NowContext>
}

/** Unix seconds. */
export function useNow(): number {
  const now = useContext(NowContext)
  if (now === null) throw new Error('no clock above')
  return now
}
