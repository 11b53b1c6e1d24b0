import type { ClusterUsage, UsageRow } from '../domain/usage.js'
import { HOUR_SECONDS } from '../domain/window.js'
import type { ConfidenceLevel } from './recommendation.js'

/** How far the history of a container can be trusted. */
export interface Trust {
  readonly spanHours: number
  /** 0 to 1. */
  readonly coverage: number
  readonly confidence: number
  readonly level: ConfidenceLevel
}

/** So much of a history shows every day of the week. */
export const FULL_SPAN_HOURS = 7 * 24
const LEVELS = [
  ['high', 0.75],
  ['medium', 0.4],
  ['low', 0.1],
] as const

/** How long, how completely and how finely a container was measured. */
export function trustOf(usage: UsageRow, cluster: ClusterUsage): Trust {
  const spanHours = (usage.lastWindow - usage.firstWindow) / HOUR_SECONDS + 1
  const { hours, worth } = coveredHours(usage)
  const measurable = usage.hours + unmeasuredHours(usage, cluster, spanHours)
  const coverage = Math.min(1, hours / measurable)
  const confidence = Math.min(1, spanHours / FULL_SPAN_HOURS) * coverage * worth
  return { spanHours, coverage, confidence, level: levelOf(confidence) }
}

/** Hours with enough points, and the mean worth of one by the step of its points. */
function coveredHours(usage: UsageRow): { hours: number; worth: number } {
  if (usage.cpuPoints > 0) {
    const { hoursCovered, stepWorth } = usage
    return { hours: hoursCovered, worth: hoursCovered === 0 ? 0 : Math.min(1, stepWorth / hoursCovered) }
  }
  // A source without CPU points may know memory all the same.
  const share = usage.podSeconds > 0 ? (usage.ramMeasuredHours * HOUR_SECONDS) / usage.podSeconds : 0
  return { hours: usage.hours * Math.min(1, share), worth: 1 }
}

/** Hours between the first and the last of the container in which nothing of the cluster was measured. */
function unmeasuredHours(
  { firstWindow, lastWindow }: UsageRow,
  { windows }: ClusterUsage,
  spanHours: number,
): number {
  const measured = countBelow(windows, lastWindow + 1) - countBelow(windows, firstWindow)
  return Math.max(0, spanHours - measured)
}

/** How many of the ascending windows start before a moment. */
function countBelow(windows: readonly number[], moment: number): number {
  let low = 0
  let high = windows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((windows[middle] ?? 0) < moment) low = middle + 1
    else high = middle
  }
  return low
}

/** How far a confidence (0 to 1) goes, in a word. */
export function levelOf(confidence: number): ConfidenceLevel {
  return LEVELS.find(([, from]) => confidence >= from)?.[0] ?? 'insufficient'
}
