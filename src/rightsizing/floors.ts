import { type Draft, raised } from './draft.js'

/**
 * The lowest request that is recommended. By itself it never raises a request that somebody chose lower, unless the
 * profile says so.
 */
export function floored(
  draft: Draft,
  floor: number,
  request: number | null,
  reason: 'cpu_floor' | 'ram_floor',
  doesRaise: boolean,
): Draft {
  return raised(draft, request === null || doesRaise ? floor : Math.min(floor, request), reason)
}
