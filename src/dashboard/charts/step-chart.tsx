import type { ReactNode } from 'react'
import { ChartPanel } from './chart-panel.js'
import { Legend } from './legend.js'
import type { ChartStep, Series } from './series.js'
import { StackedBars } from './stacked-bars.js'
import { StepTable } from './step-table.js'

export interface StepChartProps {
  /** Accessible name. */
  readonly name: string
  readonly series: readonly Series[]
  readonly steps: readonly ChartStep[]
  readonly height?: number
  /** An amount as text. */
  readonly print: (amount: number) => string
  /** An amount as short text, for the axis. */
  readonly printShort: (amount: number) => string
  /** What choosing a series does, by its entry in the legend or by a segment of its; absent: nothing can be chosen. */
  readonly onSelect?: (series: Series) => void
  /** Whether this one can be chosen; all unless told. */
  readonly canSelect?: (series: Series) => boolean
}

/** Stacked bars over time under a legend that has the sum of each series. */
export function StepChart({ canSelect, ...bars }: StepChartProps) {
  const { series, print, onSelect } = bars
  return (
    <>
      <Legend
        series={series}
        detail={({ values }) => print(values.reduce((sum, value) => sum + value, 0))}
        {...(onSelect === undefined ? {} : { onSelect })}
        {...(canSelect === undefined ? {} : { canSelect })}
      />
      <StackedBars {...bars} />
    </>
  )
}

interface PanelProps extends StepChartProps {
  /** Names the chart in the URL. */
  readonly id: string
  readonly hint?: ReactNode
  readonly actions?: ReactNode
}

/** The same in a panel of its own, under its name, with the table that is its twin. */
export function StepChartPanel({ id, hint, actions, ...chart }: PanelProps) {
  const { name, series, steps, print } = chart
  return (
    <ChartPanel
      {...{ id, hint, actions }}
      title={name}
      chart={<StepChart {...chart} />}
      table={<StepTable {...{ name, series, steps, print }} />}
    />
  )
}
