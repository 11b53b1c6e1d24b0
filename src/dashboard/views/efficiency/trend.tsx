import { useReadAll } from '../../api/use-read-all.js'
import { chartSteps } from '../../charts/chart-steps.js'
import { StepChartPanel } from '../../charts/step-chart.js'
import { wasteSeries } from '../../charts/waste.js'
import { moneyIn } from '../../format/money.js'
import { coreHours, gibHours } from '../../format/quantity.js'
import { useNow } from '../../state/now.js'
import { type Hours, usualStep } from '../../state/range.js'
import { useUrlState } from '../../state/use-state.js'
import { Answered } from '../../ui/answered.js'
import { Segments } from '../../ui/segments.js'
import { FIELDS, type Scope } from './fields.js'
import { resourceSeries } from './trend-series.js'

const MEASURES = { money: 'Cost', cpu: 'CPU', ram: 'Memory' } as const

const HINTS = {
  money: 'Workload idle was requested and not used; infrastructure idle was bought and not requested.',
  cpu: 'Core-hours that workloads used, and that they had reserved beyond their use.',
  ram: 'GiB-hours that workloads used, and that they had reserved beyond their use.',
} as const

/** How much was used and wasted as time went by. */
export function Trend({ hours, scope }: { hours: Hours; scope: Scope }) {
  const now = useNow()
  const [{ trend }, change] = useUrlState(FIELDS)
  const step = usualStep(hours)
  const answer = useReadAll('efficiency', { ...scope, breakdown_by: ['cluster'], step })
  const choice = (
    <Segments label="Measure" value={trend} options={MEASURES} onChange={to => change({ trend: to })} />
  )
  return (
    <Answered what="The trend" answer={answer} height={380}>
      {body => {
        const steps = chartSteps(hours, step, body.meta.gaps, now)
        const rows = body.efficiency
        const series = trend === 'money' ? wasteSeries(rows, steps) : resourceSeries(rows, steps, trend)
        return (
          <StepChartPanel
            id="trend"
            name={`${MEASURES[trend]} used and wasted by ${step}`}
            hint={HINTS[trend]}
            actions={choice}
            {...{ series, steps }}
            {...printersOf(trend, body.meta.currency)}
            height={240}
          />
        )
      }}
    </Answered>
  )
}

const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

interface Printers {
  readonly print: (amount: number) => string
  readonly printShort: (amount: number) => string
}

function printersOf(measure: keyof typeof MEASURES, currency: string): Printers {
  if (measure === 'money') {
    const money = moneyIn(currency)
    return { print: money.exact, printShort: money.compact }
  }
  return { print: measure === 'cpu' ? coreHours : gibHours, printShort: short.format }
}
