/** Lets a fixed number of holders in at once, the others in the order of their coming. */
export interface Limiter {
  /** Resolves with the function that gives the place back; rejects with the signal's reason while still waiting. */
  acquire(signal: AbortSignal): Promise<() => void>
}

/** A first-in, first-out limiter of `places`. */
export function createLimiter(places: number): Limiter {
  let free = places
  const waiting = new Set<() => void>()

  const giveBack = (): void => {
    const next = waiting.values().next()
    if (next.done) free++
    else next.value()
  }

  const place = (): (() => void) => {
    let held = true
    return () => {
      if (held) giveBack()
      held = false
    }
  }

  return {
    acquire: signal =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        if (free > 0) {
          free--
          return resolve(place())
        }
        const leave = () => {
          waiting.delete(enter)
          reject(signal.reason)
        }
        const enter = () => {
          waiting.delete(enter)
          signal.removeEventListener('abort', leave)
          resolve(place())
        }
        waiting.add(enter)
        signal.addEventListener('abort', leave, { once: true })
      }),
  }
}
