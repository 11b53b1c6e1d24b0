import { useReadAll } from '../../api/use-read-all.js'
import { ChartPanel } from '../../charts/chart-panel.js'
import { chartSteps } from '../../charts/chart-steps.js'
import { Legend } from '../../charts/legend.js'
import type { ChartStep, Series } from '../../charts/series.js'
import { StackedBars } from '../../charts/stacked-bars.js'
import { StepTable } from '../../charts/step-table.js'
import { wasteSeries } from '../../charts/waste.js'
import { type Money, moneyIn } from '../../format/money.js'
import { useNow } from '../../state/now.js'
import { type Hours, usualStep } from '../../state/range.js'
import { Answered } from '../../ui/answered.js'

/** Cost by step, and what of it was used, reserved in vain, and bought in vain. */
export function CostOverTime({ hours }: { hours: Hours }) {
  const now = useNow()
  const step = usualStep(hours)
  const answer = useReadAll('efficiency', {
    start_date: hours.start,
    end_date: hours.end,
    breakdown_by: ['cluster'],
    step,
  })
  return (
    <Answered what="Cost over time" answer={answer} height={380}>
      {body => {
        const steps = chartSteps(hours, step, body.meta.gaps, now)
        return (
          <Chart
            {...{ steps, step }}
            series={wasteSeries(body.efficiency, steps)}
            money={moneyIn(body.meta.currency)}
          />
        )
      }}
    </Answered>
  )
}

interface ChartProps {
  readonly steps: readonly ChartStep[]
  readonly step: string
  readonly series: readonly Series[]
  readonly money: Money
}

function Chart({ steps, step, series, money }: ChartProps) {
  const name = `Cost by ${step}`
  return (
    <ChartPanel
      id="cost"
      title={name}
      hint="Used is what workloads used, with volumes, traffic, load balancers and fees. Idle is paid for nothing."
      chart={
        <>
          <Legend
            series={series}
            detail={({ values }) => money.exact(values.reduce((sum, value) => sum + value, 0))}
          />
          <StackedBars
            name={name}
            series={series}
            steps={steps}
            print={money.exact}
            printShort={money.compact}
          />
        </>
      }
      table={<StepTable name={name} series={series} steps={steps} print={money.exact} />}
    />
  )
}
