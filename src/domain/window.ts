/**
 * Windows: half-open UTC hours `[H, H+1h)`, named by their start in Unix seconds. Arithmetic is on integers, so
 * neither the machine's zone nor daylight saving can reach it.
 */
declare const windowBrand: unique symbol

/** Unix seconds of a whole UTC hour. */
export type Window = number & { readonly [windowBrand]: true }

export const HOUR_SECONDS = 3600
export const DAY_SECONDS = 24 * HOUR_SECONDS

/** The window that holds an instant (Unix seconds). */
export function windowOf(seconds: number): Window {
  return (Math.floor(seconds / HOUR_SECONDS) * HOUR_SECONDS) as Window
}

/** The first instant after the window, Unix seconds. */
export function windowEnd(window: Window): number {
  return window + HOUR_SECONDS
}

/** Every window that starts in `[from, to)`, ascending; `from` is raised to the next whole hour. */
export function windowsStartingIn(from: number, to: number): Window[] {
  const windows: Window[] = []
  for (let at = Math.ceil(from / HOUR_SECONDS) * HOUR_SECONDS; at < to; at += HOUR_SECONDS)
    windows.push(at as Window)
  return windows
}

/** Start of the UTC day that holds an instant, Unix seconds. */
export function dayOf(seconds: number): number {
  return Math.floor(seconds / DAY_SECONDS) * DAY_SECONDS
}

/** The newest window that is due at `now`: it ended at least `settleMinutes` ago. */
export function newestDueWindow(now: number, settleMinutes: number): Window {
  return windowOf(now - HOUR_SECONDS - settleMinutes * 60)
}

/** ISO form for people, `2026-10-31T13:00Z`. */
export function formatWindow(window: Window): string {
  return `${new Date(window * 1000).toISOString().slice(0, 16)}Z`
}

/** `2026-10-31` of the UTC day that holds an instant. */
export function dateOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10)
}
