import type { Reason } from './reasons.js'

/** A request on its way through the rules: millicores or bytes, and what shaped it. */
export interface Draft {
  readonly amount: number
  readonly reasons: readonly Reason[]
}

// A millionth of a unit is noise of the arithmetic: 0.2 cores with 15 % are 230 millicores, not 231.
const NOISE = 1e-6

/** Up to a whole number of units. */
export function roundedUp(amount: number, unit: number): number {
  return Math.ceil(amount / unit - NOISE) * unit
}

/** Down to a whole number of units. */
export function roundedDown(amount: number, unit: number): number {
  return Math.floor(amount / unit + NOISE) * unit
}

/** At least `amount`, for a reason. */
export function raised(draft: Draft, amount: number, reason: Reason): Draft {
  return draft.amount >= amount ? draft : { amount, reasons: [...draft.reasons, reason] }
}

/** At most `amount`, for a reason. */
export function lowered(draft: Draft, amount: number, reason: Reason): Draft {
  return draft.amount <= amount ? draft : { amount, reasons: [...draft.reasons, reason] }
}
