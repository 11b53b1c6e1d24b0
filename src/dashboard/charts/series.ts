/** How a series is told apart: one of ten colours, or what stands for the rest, for what is idle and what is reserved in vain. */
export type Paint = number | 'other' | 'idle' | 'reserved'

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
  const isNumbered = typeof paint === 'number'
  return `var(--${isNumbered ? `series-${paint % 10}` : paint === 'reserved' ? 'series-1' : paint})`
}

/** Whether lines stand in the colour's place, to be told apart without it. */
export const isHatched = (paint: Paint): paint is 'idle' | 'reserved' =>
  paint === 'idle' || paint === 'reserved'

/** Sum of all series at a step. */
export const sumAt = (series: readonly Series[], step: number): number =>
  series.reduce((sum, { values }) => sum + (values[step] ?? 0), 0)
