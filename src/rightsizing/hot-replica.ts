import { type Draft, raised, roundedUp } from './draft.js'

/**
 * Pooled points hide one pod among many that uses far more than the others. A request is not lowered below what that pod
 * needs, nor raised for it. Millicores; `hotMean` is the mean over the hours of the highest pod mean.
 */
export function guardedForHotPod(
  draft: Draft,
  hotMean: number | null,
  margin: number,
  request: number | null,
): Draft {
  if (hotMean === null || request === null) return draft
  return raised(draft, Math.min(request, roundedUp(hotMean * (1 + margin), 1)), 'imbalanced_replicas')
}
