import type { Gap } from '../api/routes.js'
import { GAP_REASONS } from '../format/gap-reasons.js'
import { clock, day, moment, month } from '../format/time.js'
import type { Hours, Step } from '../state/range.js'
import { stepsOf } from '../state/steps.js'
import type { ChartStep } from './series.js'

/** The steps of a range as an axis shows them: which are not complete, and which is not over at `now`. */
export function chartSteps(hours: Hours, step: Step, gaps: readonly Gap[], now: number): ChartStep[] {
  return stepsOf(hours, step).map(({ start, end }) => ({
    start,
    end,
    label: labelOf(start, step, hours),
    gap: gapWithin(gaps, start, end),
    isSoFar: now >= start && now < end,
  }))
}

function labelOf(start: number, step: Step, hours: Hours): string {
  if (step === 'hour') return hours.end - hours.start > 86_400 ? moment(start) : clock(start)
  if (step === 'month') return month(start)
  return step === 'week' ? `from ${day(start)}` : day(start)
}

function gapWithin(gaps: readonly Gap[], start: number, end: number): string | null {
  const within = gaps.filter(gap => gap.start_date < end && gap.end_date > start)
  if (within.length === 0) return null
  return [...new Set(within.map(({ cluster, reason }) => `${cluster}: ${GAP_REASONS[reason]}`))].join('; ')
}
