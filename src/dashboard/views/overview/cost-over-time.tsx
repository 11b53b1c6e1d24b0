import type { BodyOf } from '../../api/routes.js'
import { useRead } from '../../api/use-read.js'
import { ChartPanel } from '../../charts/chart-panel.js'
import { chartSteps } from '../../charts/chart-steps.js'
import { Legend } from '../../charts/legend.js'
import type { ChartStep, Series } from '../../charts/series.js'
import { StackedBars } from '../../charts/stacked-bars.js'
import { StepTable } from '../../charts/step-table.js'
import { type Money, moneyIn } from '../../format/money.js'
import { useNow } from '../../state/now.js'
import { type Hours, usualStep } from '../../state/range.js'
import { Answered } from '../../ui/answered.js'

type Row = BodyOf<'efficiency'>['efficiency'][number]

/** Cost by step, and what of it was used, reserved in vain, and bought in vain. */
export function CostOverTime({ hours }: { hours: Hours }) {
  const now = useNow()
  const step = usualStep(hours)
  const answer = useRead('efficiency', {
    start_date: hours.start,
    end_date: hours.end,
    breakdown_by: ['cluster'],
    step,
    limit: 1000,
  })
  return (
    <Answered what="Cost over time" answer={answer} height={380}>
      {body => {
        const steps = chartSteps(hours, step, body.meta.gaps, now)
        return (
          <Chart
            {...{ steps, step }}
            series={seriesOf(body.efficiency, steps)}
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

const PARTS = [
  { id: 'used', name: 'Used', paint: 0, of: (row: Row) => row.used_cost },
  { id: 'workload_idle', name: 'Workload idle', paint: 1, of: (row: Row) => row.workload_idle_cost },
  { id: 'infra_idle', name: 'Infrastructure idle', paint: 'idle', of: (row: Row) => row.infra_idle_cost },
] as const

function seriesOf(rows: readonly Row[], steps: readonly ChartStep[]): Series[] {
  return PARTS.map(({ of, ...part }) => ({
    ...part,
    values: steps.map(({ start }) =>
      rows.filter(row => row.start_date === start).reduce((sum, row) => sum + of(row), 0),
    ),
  }))
}
