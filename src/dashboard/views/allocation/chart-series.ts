import type { ChartStep, Series } from '../../charts/series.js'
import { sumsAt } from '../../charts/waste.js'
import { type Dimension, labelOf, parameterOf } from '../../state/dimensions.js'
import { dimensionValue, type Row } from './drill.js'
import type { Scope } from './fields.js'
import { isNobodys, nameOf } from './names.js'

/** Rows that have a colour of their own. */
const TOP = 10
export const IDLE_ID = 'idle'
export const OTHER_ID = 'other'

/** What makes rows of different steps one series. */
export const seriesKey = (row: Row, by: readonly Dimension[]): string =>
  JSON.stringify(by.map(dimension => dimensionValue(row, dimension)))

/** The dearest of rows that are sorted by cost, without what is nobody's. */
export const topOf = (rows: readonly Row[]): Row[] =>
  rows.filter(row => !isNobodys(row) && row.total_cost > 0).slice(0, TOP)

/** The scope, narrowed to the values that these rows have. They satisfy its filters, so theirs take their place. */
export function narrowed(scope: Scope, by: readonly Dimension[], rows: readonly Row[]): Scope {
  const named: Record<string, readonly string[]> = {}
  const label: Record<string, readonly string[]> = { ...scope.label }
  for (const dimension of by) {
    const into = labelOf(dimension) === null ? named : label
    into[parameterOf(dimension)] = [...new Set(rows.map(row => dimensionValue(row, dimension)))]
  }
  return { ...scope, ...named, ...(Object.keys(label).length === 0 ? {} : { label }) }
}

interface Rows {
  /** The dearest rows of the whole range. */
  readonly top: readonly Row[]
  /** Theirs by step; others may be among them. */
  readonly bySteps: readonly Row[]
  /** All cost by step, whatever it is broken down by. */
  readonly all: readonly Row[]
}

/** Series of the dearest rows, of the rest and of what is idle; at each step they add up to all cost. */
export function allocationSeries(
  { top, bySteps, all }: Rows,
  by: readonly Dimension[],
  steps: readonly ChartStep[],
): Series[] {
  const byKey = new Map(top.map(row => [seriesKey(row, by), [] as Row[]]))
  for (const row of bySteps) if (!isNobodys(row)) byKey.get(seriesKey(row, by))?.push(row)
  const costOf = (row: Row) => row.total_cost
  const dearest = top.map((row, index): Series => {
    const id = seriesKey(row, by)
    return { id, name: nameOf(row, by), paint: index, values: sumsAt(byKey.get(id) ?? [], steps, costOf) }
  })
  const isIdle = (row: Row) => row.kind === 'idle'
  const idle = sumsAt(all.filter(isIdle), steps, costOf)
  const rest = sumsAt(
    all.filter(row => !isIdle(row)),
    steps,
    costOf,
  ).map((sum, step) =>
    exact(
      dearest.reduce((left, { values }) => left - (values[step] ?? 0), sum),
      sum,
    ),
  )
  return [
    ...dearest,
    { id: OTHER_ID, name: 'Other', paint: 'other' as const, values: rest },
    { id: IDLE_ID, name: 'Idle', paint: 'idle' as const, values: idle },
  ].filter(({ values }) => values.some(value => value !== 0))
}

// What differs from nothing by the rounding of numbers alone is nothing.
const exact = (rest: number, sum: number): number =>
  Math.abs(rest) <= 1e-9 * Math.max(1, Math.abs(sum)) ? 0 : rest
