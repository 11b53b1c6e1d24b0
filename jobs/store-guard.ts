import type { CloudAccount } from '../src/domain/account.js'
import { type Window, windowEnd } from '../src/domain/window.js'
import { listSets, recordSets } from '../src/load/stores.js'
import { type AnnouncedSet, announcedSets, missingSets } from '../src/thanos/stores.js'
import type { JobContext } from './context.js'

/**
 * Watches that every store which ever announced the account is there. Ten seconds after a store dies Thanos leaves it
 * out without a word, and a clean answer is then half of the money; only the list of stores tells.
 */
export interface StoreGuard {
  /** Looks again; a set counts as there only if it was there at every look. */
  look(): Promise<void>
  /** Label sets whose data is not there for the window, at any of the looks. */
  missingFor(window: Window): string[]
  /** The label sets announced at the last look. */
  labelSets(): string[]
  /** Remembers the announced sets, after something was published with them. */
  record(): Promise<void>
}

/** A guard that has looked once. On a plain Prometheus, which has no stores, it steps aside. */
export async function guardStores(
  context: JobContext,
  account: CloudAccount,
  signal: AbortSignal,
): Promise<StoreGuard> {
  const known = await listSets(context.pool, account.cloudAccountId)
  const required = known.filter(set => set.forgottenAt === null)
  const forgotten = new Set(known.filter(set => set.forgottenAt !== null).map(set => set.labelSet))
  const looks: (readonly AnnouncedSet[])[] = []
  const look = async () => {
    const answer = await context.thanos.stores(signal)
    if (answer.kind !== 'thanos') return
    const sets = announcedSets(answer.stores, context.config.thanos.tenantLabel, account.tenantId)
    // Thanos lists a store that left for some minutes more, in error; one that was accepted as gone is not waited for.
    looks.push(sets.filter(set => isHealthy(set) || !forgotten.has(set.labelSet)))
  }
  await look()
  return {
    look,
    missingFor: window =>
      [...new Set(looks.flatMap(sets => missingSets(required, sets, window, windowEnd(window))))].sort(),
    labelSets: () => (looks.at(-1) ?? []).map(set => set.labelSet),
    record: () => recordSets(context.pool, account.cloudAccountId, (looks.at(-1) ?? []).filter(isHealthy)),
  }
}

function isHealthy(set: AnnouncedSet): boolean {
  return set.intervals.length > 0
}
