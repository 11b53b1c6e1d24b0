import { scaleLinear } from '@visx/scale'
import { stack } from '@visx/shape'

/** A part of a bar, percent of the width of all bars. */
export interface BarPart<Part> {
  readonly part: Part
  readonly left: number
  readonly width: number
}

/** Bars on one scale: their parts beside each other, negative ones to the left of the line. */
export function layOutRows<Row, Part>(
  rows: readonly Row[],
  parts: readonly Part[],
  amountOf: (row: Row, part: Part) => number,
): { readonly bars: readonly (readonly BarPart<Part>[])[]; readonly zero: number } {
  const indexes = rows.map((_, index) => index)
  const layers = stack<number, Part>({
    keys: [...parts],
    value: (index, part) => {
      const row = rows[index]
      return row === undefined ? 0 : amountOf(row, part)
    },
    offset: 'diverging',
  })(indexes)
  const edges = layers.flatMap(layer => layer.flat())
  const percent = scaleLinear({
    domain: [Math.min(0, ...edges), Math.max(0, ...edges) || 1],
    range: [0, 100],
  })
  const bars = indexes.map(index =>
    layers.flatMap((layer): BarPart<Part>[] => {
      const [from, to] = layer[index] ?? [0, 0]
      const left = percent(Math.min(from, to))
      const width = percent(Math.max(from, to)) - left
      return width > 0 ? [{ part: layer.key, left, width }] : []
    }),
  )
  return { bars, zero: percent(0) }
}
