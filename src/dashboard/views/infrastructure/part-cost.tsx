import type { BodyOf } from '../../api/routes.js'
import { useReadAll } from '../../api/use-read-all.js'
import { chartSteps } from '../../charts/chart-steps.js'
import { StepChartPanel } from '../../charts/step-chart.js'
import { moneyIn } from '../../format/money.js'
import { useNow } from '../../state/now.js'
import { type Hours, type Step, usualStep } from '../../state/range.js'
import { Answered } from '../../ui/answered.js'
import type { Scope } from './fields.js'
import { partSeries } from './part-series.js'

interface Props {
  readonly hours: Hours
  readonly scope: Scope
}

/** Cost by step of machines by resource, volumes, load balancers, traffic and fees. */
export function PartCost({ hours, scope: { k8s_node, ...scope } }: Props) {
  const step = usualStep(hours)
  const answer = useReadAll('cluster_cost', { ...scope, step }, { keep: true })
  return (
    <Answered what="Cost by part" answer={answer} height={380}>
      {body => <Chart {...{ body, hours, step }} isOfNode={k8s_node !== undefined} />}
    </Answered>
  )
}

interface ChartProps {
  readonly body: BodyOf<'cluster_cost'>
  readonly hours: Hours
  readonly step: Step
  readonly isOfNode: boolean
}

function Chart({ body, hours, step, isOfNode }: ChartProps) {
  const now = useNow()
  const money = moneyIn(body.meta.currency)
  const steps = chartSteps(hours, step, body.meta.gaps, now)
  const { series, unknown } = partSeries(body.cluster_cost, steps)
  const hint = [
    'What the bill is made of. Traffic is no machine, so it is not in the sum above.',
    unknown.length === 0 ? null : `Not measured in these days: ${unknown.join(', ').toLowerCase()}.`,
    isOfNode ? 'Of all nodes: a filter by node does nothing here.' : null,
  ]
  return (
    <StepChartPanel
      id="parts"
      name={`Cost by part and ${step}`}
      hint={hint.filter(sentence => sentence !== null).join(' ')}
      series={series}
      steps={steps}
      print={money.exact}
      printShort={money.compact}
    />
  )
}
