import { MIB } from '../domain/units.js'
import type { UsageRow } from '../domain/usage.js'
import { type Draft, roundedUp } from './draft.js'

const GROWTH = 1.2
const LEAST_GROWTH = 100 * MIB

/** Whether memory ran out within the range, told or inferred. */
export function ranOutOfMemory({ oom, oomInferred }: UsageRow): boolean {
  return oom === true || oomInferred
}

/**
 * Memory that ran out: a fifth, at least 100 MiB, above where it did, and never less than is requested. Bytes. Where it
 * is not known how much there was, the highest peak and the limit tell.
 */
export function raisedAfterOom(draft: Draft, usage: UsageRow, request: number | null): Draft {
  if (!ranOutOfMemory(usage)) return draft
  const ended = Math.max(usage.oomBytes ?? usage.ramLimit ?? 0, usage.ramMax ?? 0)
  const enough = roundedUp(Math.max(ended * GROWTH, ended + LEAST_GROWTH), MIB)
  return {
    amount: Math.max(draft.amount, enough, request ?? 0),
    reasons: [...draft.reasons, usage.oomInferred ? 'oom_inferred' : 'oom'],
  }
}
