import { useReadAll } from '../../api/use-read-all.js'
import { chartSteps } from '../../charts/chart-steps.js'
import { StepChartPanel } from '../../charts/step-chart.js'
import { wasteSeries } from '../../charts/waste.js'
import { moneyIn } from '../../format/money.js'
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
        const money = moneyIn(body.meta.currency)
        return (
          <StepChartPanel
            id="cost"
            name={`Cost by ${step}`}
            hint="Used is what workloads used, with volumes, traffic, load balancers and fees. Idle is paid for nothing."
            series={wasteSeries(body.efficiency, steps)}
            steps={steps}
            print={money.exact}
            printShort={money.compact}
          />
        )
      }}
    </Answered>
  )
}
