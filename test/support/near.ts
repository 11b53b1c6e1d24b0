import { expect } from 'vitest'

/** Relative tolerance of a figure where the whole hour was measured and no price moved: 0.001 %. */
export const EXACT = 1e-5
/** Where a price moved within the hour: 0.1 %. */
export const PRICE_MOVED = 1e-3

/** Compared in plain code: an assertion per figure would take longer than the loading. null equals null only. */
export function expectNear(
  actual: number | null | undefined,
  truth: number | null | undefined,
  tolerance: number,
  about: string,
): void {
  if (actual === truth || (actual == null && truth == null)) return
  const off = Math.abs((actual ?? Number.NaN) - (truth ?? Number.NaN)) / Math.max(Math.abs(truth ?? 0), 1e-9)
  if (!(off <= tolerance)) expect.fail(`${about}: ${actual} instead of ${truth}, off by ${off}`)
}

export function expectSame(actual: unknown, truth: unknown, about: string): void {
  if (actual !== truth) expect.fail(`${about}: ${String(actual)} instead of ${String(truth)}`)
}
