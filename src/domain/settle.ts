import { HOUR_SECONDS, type Window, windowEnd } from './window.js'

// Late samples arrive with the upload of a Thanos block (two hours) and with the retries of a sender that was cut
// off, which gives up after about a day.
const REREAD_AFTER_HOURS = [3, 26]

/**
 * When a window that was read at `readAt` is to be read again: the first of three and twenty-six hours after its end
 * that lies later. null: it is settled. Unix seconds.
 */
export function nextReadAt(window: Window, readAt: number): number | null {
  const moments = REREAD_AFTER_HOURS.map(hours => windowEnd(window) + hours * HOUR_SECONDS)
  return moments.find(moment => moment > readAt) ?? null
}
