import { scaleBand, scaleLinear } from '@visx/scale'
import { stack } from '@visx/shape'
import type { ChartStep, Series } from './series.js'

/** A segment of a bar, pixels within the plot. */
export interface Box {
  readonly series: Series
  readonly step: number
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const MARGIN = { top: 10, right: 8, bottom: 26, left: 58 }
const LABEL_WIDTH = 74

/** Where everything of a bar chart is, pixels; null while there is no room. */
export function layOut(
  series: readonly Series[],
  steps: readonly ChartStep[],
  { width, height }: { width: number; height: number },
) {
  const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom }
  if (inner.width <= 0 || inner.height <= 0 || steps.length === 0) return null
  const indexes = steps.map((_, index) => index)
  const stacked = stack<number, Series>({
    keys: [...series],
    value: (step, { values }) => values[step] ?? 0,
    offset: 'diverging',
  })(indexes)
  const edges = stacked.flatMap(layer => layer.flat())
  const x = scaleBand({ domain: indexes, range: [0, inner.width], padding: 0.22 })
  const y = scaleLinear({
    domain: [Math.min(0, ...edges), Math.max(0, ...edges) || 1],
    range: [inner.height, 0],
    nice: true,
  })
  const boxes = stacked.flatMap(layer =>
    layer.flatMap(([from, to], step): Box[] => {
      const top = y(Math.max(from, to))
      const size = y(Math.min(from, to)) - top
      return size > 0
        ? [{ series: layer.key, step, x: x(step) ?? 0, y: top, width: x.bandwidth(), height: size }]
        : []
    }),
  )
  const gutter = (x.step() - x.bandwidth()) / 2
  return {
    margin: MARGIN,
    inner,
    x,
    y,
    boxes,
    tickSteps: ticks(indexes, inner.width),
    /** Width of a step with half of the room to its neighbours. */
    band: x.step(),
    bandLeft: (step: number): number => (x(step) ?? 0) - gutter,
    tipLeft: (step: number): number => MARGIN.left + (x(step) ?? 0) + x.bandwidth() / 2,
  }
}

export type BarsLayout = NonNullable<ReturnType<typeof layOut>>

/** The steps that are named on the axis: as many as there is room for, the last among them. */
function ticks(indexes: readonly number[], width: number): number[] {
  const every = Math.max(1, Math.ceil(indexes.length / Math.max(1, Math.floor(width / LABEL_WIDTH))))
  return indexes.filter(index => (indexes.length - 1 - index) % every === 0)
}
