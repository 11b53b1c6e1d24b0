import { setTimeout as sleep } from 'node:timers/promises'

// Deadlock, serialisation failure, lock timeout: the transaction was rolled back and may simply be run again.
const PASSING = new Set(['40P01', '40001', '55P03'])
const TRIES = 3
// Run again at once, it may take its first row back before the one that waited for it, and both stand as before.
const PAUSE_MS = 50

/** Runs a transaction again where it gave way to another one, after letting that one pass; three times at most. */
export async function retryConflicts<T>(transaction: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction()
    } catch (error) {
      const gaveWay = error instanceof Error && 'code' in error && PASSING.has(String(error.code))
      if (!gaveWay || attempt === TRIES) throw error
      await sleep(PAUSE_MS * attempt * (0.5 + Math.random()))
    }
  }
}
