import type { Hours, Step } from './range.js'

const HOUR = 3600
const DAY = 86_400
/** 1970-01-05 was a Monday. */
const FIRST_MONDAY = 4 * DAY

/** The steps of a range as the API cuts them: UTC, weeks from Monday. The first may begin before the range. */
export function stepsOf({ start, end }: Hours, step: Step): { start: number; end: number }[] {
  const steps: { start: number; end: number }[] = []
  for (let at = floorTo(start, step); at < end; at = after(at, step))
    steps.push({ start: at, end: after(at, step) })
  return steps
}

function floorTo(seconds: number, step: Step): number {
  switch (step) {
    case 'hour':
      return seconds - (seconds % HOUR)
    case 'day':
      return seconds - (seconds % DAY)
    case 'week':
      return seconds - ((seconds - FIRST_MONDAY) % (7 * DAY))
    case 'month':
      return monthOf(seconds, 0)
  }
}

function after(start: number, step: Step): number {
  switch (step) {
    case 'hour':
      return start + HOUR
    case 'day':
      return start + DAY
    case 'week':
      return start + 7 * DAY
    case 'month':
      return monthOf(start, 1)
  }
}

function monthOf(seconds: number, later: number): number {
  const date = new Date(seconds * 1000)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later, 1) / 1000
}
