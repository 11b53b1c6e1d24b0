import { NamedError } from '../src/errors.js'
import type { JobContext } from './context.js'

/** How long a killed worker's windows stay out of reach of the others. */
export const LEASE_SECONDS = 60

/** Lengthens leases by so many seconds, and gives the claims that are still held. */
type Renew<C> = (pool: JobContext['pool'], claims: readonly C[], seconds: number) => Promise<readonly C[]>

/**
 * Renews claims while they are worked on. The signal fires when the process is to stop, or when all claims were lost to
 * a newer attempt: what is still under way is then of no use.
 */
export function keepLease<C>(
  context: Pick<JobContext, 'pool' | 'logger' | 'signal'>,
  claims: readonly C[],
  renew: Renew<C>,
): { signal: AbortSignal; stop: () => void } {
  const lost = new AbortController()
  const timer = setInterval(
    () => {
      renew(context.pool, claims, LEASE_SECONDS).then(
        held => {
          if (held.length === 0)
            lost.abort(new NamedError('STALE_ATTEMPT', 'Newer attempts hold all windows.'))
        },
        (error: unknown) =>
          context.logger.warn({ err: error }, 'a lease could not be renewed; it is tried again'),
      )
    },
    (LEASE_SECONDS * 1000) / 3,
  )
  return { signal: AbortSignal.any([context.signal, lost.signal]), stop: () => clearInterval(timer) }
}
