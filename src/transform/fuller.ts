import { HOUR_SECONDS } from '../domain/window.js'

/** What one job saw of one thing in the window, and how often it looks. */
export interface Seen {
  readonly samples: number
  readonly seconds: number
}

/**
 * Whether a job saw more of a thing than another. One that looks less often counts up to an interval too much of what
 * came or went within the hour, so it is preferred only where it saw the whole hour, or longer beyond doubt.
 */
export function isFuller(a: Seen, b: Seen): boolean {
  if (a.seconds === b.seconds) return a.samples > b.samples
  return a.seconds > b.seconds ? isFullerThanFiner(a, b) : !isFullerThanFiner(b, a)
}

function isFullerThanFiner(coarse: Seen, fine: Seen): boolean {
  const told = fine.samples * fine.seconds
  const isWhole = coarse.samples * coarse.seconds >= HOUR_SECONDS
  return isWhole ? told < HOUR_SECONDS : (coarse.samples - 1) * coarse.seconds > told
}
