import type { Gap } from '../../api/routes.js'

const HOUR = 3600

/** Hours of a cluster that are missing or in doubt for one reason. */
export interface GapGroup {
  readonly cluster: string
  readonly reason: Gap['reason']
  readonly hours: number
  /** Unix seconds: from the first of them to the end of the last. */
  readonly start: number
  readonly end: number
  /** Stretches without a break. */
  readonly stretches: number
}

/** Gaps by cluster and reason, the most hours first; what has merely expired comes last. */
export function groupGaps(gaps: readonly Gap[]): GapGroup[] {
  const groups = new Map<string, GapGroup>()
  for (const { cluster, reason, start_date, end_date } of gaps) {
    const key = `${reason} ${cluster}`
    const { hours, start, end, stretches } = groups.get(key) ?? NONE
    groups.set(key, {
      cluster,
      reason,
      hours: hours + (end_date - start_date) / HOUR,
      start: Math.min(start, start_date),
      end: Math.max(end, end_date),
      stretches: stretches + 1,
    })
  }
  const last = ({ reason }: GapGroup) => Number(reason === 'expired')
  return [...groups.values()].sort(
    (left, right) => last(left) - last(right) || right.hours - left.hours || left.start - right.start,
  )
}

const NONE = { hours: 0, start: Number.POSITIVE_INFINITY, end: 0, stretches: 0 }
