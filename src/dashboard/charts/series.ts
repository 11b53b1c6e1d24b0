/** How a series is told apart: one of ten colours, or what stands for the rest and for idle cost. */
export type Paint = number | 'other' | 'idle'

/** One value for each step, in their order; 0 where there is nothing of it. */
export interface Series {
  readonly id: string
  readonly name: string
  readonly paint: Paint
  readonly values: readonly number[]
}

/** A step of time on the axis. Unix seconds; the end is not part of it. */
export interface ChartStep {
  readonly start: number
  readonly end: number
  /** As on the axis. */
  readonly label: string
  /** Why its values are not complete; null where they are. */
  readonly gap: string | null
  /** Whether it is not over yet. */
  readonly isSoFar: boolean
}

/** The CSS colour of a series. */
export function colorOf(paint: Paint): string {
  return `var(--${typeof paint === 'number' ? `series-${paint % 10}` : paint})`
}

/** Sum of all series at a step. */
export const sumAt = (series: readonly Series[], step: number): number =>
  series.reduce((sum, { values }) => sum + (values[step] ?? 0), 0)
