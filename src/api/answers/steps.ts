import { DAY_SECONDS, HOUR_SECONDS } from '../../domain/window.js'
import type { WindowRange } from '../query/asked.js'
import type { Step } from '../query/parameters.js'

/** End of the step that starts at `start`, Unix seconds; steps are UTC, weeks start on Monday. `all` is the range itself. */
export function stepEnd(step: Step, start: number, range: WindowRange): number {
  switch (step) {
    case 'all':
      return range.to
    case 'hour':
      return start + HOUR_SECONDS
    case 'day':
      return start + DAY_SECONDS
    case 'week':
      return start + 7 * DAY_SECONDS
    case 'month': {
      const date = new Date(start * 1000)
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / 1000
    }
  }
}
