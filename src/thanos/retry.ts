import { NamedError } from '../errors.js'

/** Where the waiting of a retry takes its time from; tests put their own here. */
export interface Clock {
  /** Milliseconds, monotonic. */
  readonly now: () => number
  /** Rejects with the signal's reason when that fires first. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>
  /** Uniform in [0, 1). */
  readonly random: () => number
}

export interface RetryPolicy {
  /** Tries in all, the first included. */
  readonly tries: number
  /** The wait before try n+1 is uniform in [0, min(capMs, baseMs·2^(n-1))]. */
  readonly baseMs: number
  readonly capMs: number
  /** A Retry-After counts up to this much. */
  readonly retryAfterCapMs: number
  /** From the first try on; no try begins and no wait ends after it. */
  readonly totalMs: number
}

export interface Retry {
  readonly attempt: number
  readonly delayMs: number
  readonly error: NamedError
}

/** Waits without keeping the process alive longer than its signal allows. */
export const systemClock: Clock = {
  now: () => performance.now(),
  random: Math.random,
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const stop = () => {
        clearTimeout(timer)
        reject(signal.reason)
      }
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop)
        resolve()
      }, milliseconds)
      signal.addEventListener('abort', stop, { once: true })
    }),
}

/**
 * Runs `attempt` until it succeeds, fails for good, or tries or time are spent; then the last failure is thrown.
 * `attempt` gets the milliseconds that are left in all.
 */
export async function withRetry<T>(
  attempt: (remainingMs: number) => Promise<T>,
  policy: RetryPolicy,
  options: { signal: AbortSignal; clock: Clock; onRetry?: (retry: Retry) => void },
): Promise<T> {
  const { signal, clock, onRetry } = options
  const deadline = clock.now() + policy.totalMs
  for (let tried = 1; ; tried++) {
    try {
      return await attempt(deadline - clock.now())
    } catch (error) {
      if (!isWorthRetrying(error) || signal.aborted || tried >= policy.tries) throw error
      const delayMs = delayBefore(error, tried, policy, clock.random())
      if (clock.now() + delayMs >= deadline) throw error
      onRetry?.({ attempt: tried, delayMs, error })
      await clock.sleep(delayMs, signal)
    }
  }
}

function isWorthRetrying(error: unknown): error is NamedError {
  return error instanceof NamedError && error.remedy === 'retry' && error.code !== 'CANCELLED'
}

/** Full jitter, so that many workers that failed together don't come back together. */
function delayBefore(error: NamedError, tried: number, policy: RetryPolicy, random: number): number {
  const jittered = random * Math.min(policy.capMs, policy.baseMs * 2 ** (tried - 1))
  if (error.retryAfterSeconds === undefined) return jittered
  return Math.min(error.retryAfterSeconds * 1000, policy.retryAfterCapMs) + jittered
}
