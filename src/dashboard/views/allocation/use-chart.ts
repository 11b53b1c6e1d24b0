import { useMemo } from 'react'
import type { Answer } from '../../api/answer.js'
import { useRead } from '../../api/use-read.js'
import { useReadAll } from '../../api/use-read-all.js'
import { chartSteps } from '../../charts/chart-steps.js'
import type { ChartStep, Series } from '../../charts/series.js'
import { type Money, moneyIn } from '../../format/money.js'
import type { Dimension } from '../../state/dimensions.js'
import { useNow } from '../../state/now.js'
import type { Hours, Step } from '../../state/range.js'
import { allocationSeries, narrowed, seriesKey, topOf } from './chart-series.js'
import type { Row } from './drill.js'
import type { Scope } from './fields.js'

/** Rows among which the dearest are looked for; the same question as the table's, as it is at first. */
const ASKED = 100

interface Chart {
  readonly series: readonly Series[]
  readonly steps: readonly ChartStep[]
  readonly money: Money
  /** The rows that have a series of their own, by its id. */
  readonly rows: ReadonlyMap<string, Row>
}

/** The dearest rows of the range, theirs by step, and all cost by step: together what the chart shows. */
export function useChart(scope: Scope, hours: Hours, by: readonly Dimension[], step: Step): Answer<Chart> {
  const now = useNow()
  const breakdown_by = [...by]
  const dearest = useRead('cost_allocation', {
    ...scope,
    breakdown_by,
    sort: 'total_cost',
    order: 'desc',
    limit: ASKED,
  })
  const top = useMemo(() => dearest.data && topOf(dearest.data.cost_allocation), [dearest.data])
  const hasTop = top !== undefined && top.length > 0
  const bySteps = useReadAll(
    'cost_allocation',
    { ...narrowed(scope, by, top ?? []), breakdown_by, step },
    { enabled: hasTop },
  )
  const all = useReadAll('cost_allocation', { ...scope, breakdown_by: ['cluster'], step })
  const rowsBySteps = hasTop ? bySteps.data?.cost_allocation : NO_ROWS
  const data = useMemo((): Chart | undefined => {
    if (top === undefined || rowsBySteps === undefined || all.data === undefined) return undefined
    const steps = chartSteps(hours, step, all.data.meta.gaps, now)
    return {
      steps,
      series: allocationSeries({ top, bySteps: rowsBySteps, all: all.data.cost_allocation }, by, steps),
      money: moneyIn(all.data.meta.currency),
      rows: new Map(top.map(row => [seriesKey(row, by), row])),
    }
  }, [top, rowsBySteps, all.data, by, hours, step, now])
  const asked = [dearest, bySteps, all]
  return {
    data,
    error: asked.find(({ error }) => error !== null)?.error ?? null,
    refetch: () => asked.filter(({ error }) => error !== null).map(answer => answer.refetch()),
  }
}

const NO_ROWS: readonly Row[] = []
