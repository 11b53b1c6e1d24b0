import { DAY_SECONDS, type Window } from './window.js'

/**
 * A cluster that has not been heard of for this long is offline: no windows of it are planned, and its hours are no
 * gaps, until it returns.
 */
export const OFFLINE_AFTER_SECONDS = 3 * DAY_SECONDS

/** Whether a cluster last heard of in `lastWindow` is offline when `newest` is the newest window that is due. */
export function isOffline(lastWindow: Window, newest: Window): boolean {
  return newest - lastWindow > OFFLINE_AFTER_SECONDS
}
