import type { Metrics } from './metrics.js'

/** Age of a part's last progress and how old it may become. */
interface PartProgress {
  readonly part: string
  readonly ageSeconds: number
  readonly limitSeconds: number
}

export interface ProgressWatch {
  /** Expects progress of `part` at least every `limitSeconds` from now on. */
  expect(part: string, limitSeconds: number): void
  /** Says that `part` got something done. */
  note(part: string): void
  /** No longer expects anything of `part`. */
  forget(part: string): void
  parts(): PartProgress[]
  isAlive(): boolean
}

/**
 * Liveness by progress: a process that runs but gets nothing done is dead. `clock` gives monotonic milliseconds, so
 * that setting the machine's time kills nobody.
 */
export function createProgressWatch(
  metrics?: Pick<Metrics, 'lastProgress'>,
  clock: () => number = () => performance.now(),
): ProgressWatch {
  const watched = new Map<string, { at: number; limitSeconds: number }>()
  const parts = () =>
    [...watched].map(([part, { at, limitSeconds }]) => ({
      part,
      ageSeconds: (clock() - at) / 1000,
      limitSeconds,
    }))
  return {
    expect: (part, limitSeconds) => {
      watched.set(part, { at: clock(), limitSeconds })
    },
    note: part => {
      const entry = watched.get(part)
      if (entry !== undefined) entry.at = clock()
      metrics?.lastProgress.set({ part }, Date.now() / 1000)
    },
    forget: part => {
      watched.delete(part)
    },
    parts,
    isAlive: () => parts().every(part => part.ageSeconds <= part.limitSeconds),
  }
}
