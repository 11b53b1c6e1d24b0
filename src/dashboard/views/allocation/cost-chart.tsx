import type { ReactNode } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { ChartPanel } from '../../charts/chart-panel.js'
import type { Series } from '../../charts/series.js'
import { StepChart } from '../../charts/step-chart.js'
import { StepTable } from '../../charts/step-table.js'
import type { Hours } from '../../state/range.js'
import { useUrlState } from '../../state/use-state.js'
import { Answered } from '../../ui/answered.js'
import { searchInto } from './drill.js'
import { drawnStep, FIELDS, type Scope } from './fields.js'
import { useChart } from './use-chart.js'

/** The dearest rows as time goes by, with the rest and what is idle. */
export function CostChart({ scope, hours }: { scope: Scope; hours: Hours }) {
  const [state] = useUrlState(FIELDS)
  const [params] = useSearchParams()
  const navigate = useNavigate()
  const step = drawnStep(hours, state.step)
  const chart = useChart(scope, hours, state.by, step)
  const name = `Cost by ${step}`
  const whereTo = ({ id }: Series): string | null => {
    const row = chart.data?.rows.get(id)
    return row === undefined ? null : searchInto(params, row, state)
  }
  function look(series: Series): void {
    const search = whereTo(series)
    if (search !== null) void navigate({ search })
  }
  const drawn = (draw: (data: NonNullable<typeof chart.data>) => ReactNode) => (
    <Answered what={name} answer={chart} height={340}>
      {draw}
    </Answered>
  )
  return (
    <ChartPanel
      id="cost"
      title={name}
      hint={hintOf(state, step)}
      chart={drawn(({ series, steps, money }) => (
        <StepChart
          {...{ name, series, steps }}
          print={money.exact}
          printShort={money.compact}
          onSelect={look}
          canSelect={one => whereTo(one) !== null}
        />
      ))}
      table={drawn(({ series, steps, money }) => (
        <StepTable name={name} series={series} steps={steps} print={money.exact} />
      ))}
    />
  )
}

function hintOf({ share, step: asked }: { share: readonly string[]; step: string }, step: string): string {
  return [
    'The ten that cost most; choose one to look into it.',
    asked === 'auto' || asked === step ? null : `Each ${asked} by itself would be too many bars.`,
    share.length === 0
      ? null
      : `Namespaces are shared out within each ${step}, so a part can differ from its row in the table; the sum is the same.`,
  ]
    .filter(sentence => sentence !== null)
    .join(' ')
}
