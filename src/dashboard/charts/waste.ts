import type { ChartStep, Paint, Series } from './series.js'

/** What a cost is made of, account currency; the three add up to it. */
export interface Waste {
  readonly used_cost: number
  readonly workload_idle_cost: number
  readonly infra_idle_cost: number
}

export interface WastePart {
  readonly id: keyof Waste
  readonly name: string
  readonly paint: Paint
}

/** The parts, what was of use first. */
export const WASTE_PARTS: readonly WastePart[] = [
  { id: 'used_cost', name: 'Used', paint: 0 },
  { id: 'workload_idle_cost', name: 'Workload idle', paint: 'reserved' },
  { id: 'infra_idle_cost', name: 'Infrastructure idle', paint: 'idle' },
]

/** The parts, what was wasted first, so that bars of it begin at one line. */
export const WASTED_FIRST: readonly WastePart[] = [...WASTE_PARTS.slice(1), ...WASTE_PARTS.slice(0, 1)]

/** The parts of all rows at each step. */
export function wasteSeries(
  rows: readonly (Waste & { readonly start_date: number })[],
  steps: readonly ChartStep[],
): Series[] {
  return WASTE_PARTS.map(part => ({
    ...part,
    values: sumsAt(rows, steps, row => row[part.id]),
  }))
}

/** What rows have at each step, added up; 0 where there is nothing of it. */
export function sumsAt<Row extends { readonly start_date: number }>(
  rows: readonly Row[],
  steps: readonly ChartStep[],
  of: (row: Row) => number,
): number[] {
  const sums = new Map<number, number>()
  for (const row of rows) sums.set(row.start_date, (sums.get(row.start_date) ?? 0) + of(row))
  return steps.map(({ start }) => sums.get(start) ?? 0)
}
