import type { ReactNode } from 'react'
import { ChartPanel } from './chart-panel.js'
import { Legend } from './legend.js'
import type { Series } from './series.js'
import { StackedBars, type StackedBarsProps } from './stacked-bars.js'
import { StepTable } from './step-table.js'

interface StepChartProps extends StackedBarsProps {
  /** Which series can be chosen, in the legend too; all unless told. */
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
