import type { Draft } from './draft.js'

/** Share of scheduling periods from which on the limit, not the need, decides how much is used. */
const THROTTLED_SHARE = 0.25

/** Use under a limit that holds back is what the limit let through: no reason to lower the request. Millicores. */
export function heldWhereThrottled(
  draft: Draft,
  periods: number | null,
  throttledPeriods: number | null,
  request: number | null,
): Draft {
  const share = periods === null || periods === 0 ? 0 : (throttledPeriods ?? 0) / periods
  if (share < THROTTLED_SHARE) return draft
  return { amount: Math.max(draft.amount, request ?? 0), reasons: [...draft.reasons, 'throttled'] }
}
