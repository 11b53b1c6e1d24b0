import type { Answer } from '../../api/answer.js'
import type { BodyOf } from '../../api/routes.js'
import { type Comparison, useComparison } from '../../api/use-comparison.js'
import { useRead } from '../../api/use-read.js'
import { useReadAll } from '../../api/use-read-all.js'
import { moneyIn } from '../../format/money.js'
import { percent, points } from '../../format/quantity.js'
import { Answered } from '../../ui/answered.js'
import { Band } from '../../ui/band.js'
import { ChangeFrom } from '../../ui/change.js'
import { Compared } from '../../ui/compared.js'
import { Tile, Tiles } from '../../ui/tile.js'
import { IdleTiles, shareOfCost } from '../../ui/waste-tiles.js'
import type { Scope } from './fields.js'

type Body = BodyOf<'efficiency'>

/** How much was of use, how much was wasted and where, and whether that is more than before. */
export function EfficiencyTiles({ scope }: { scope: Scope }) {
  const query = { ...scope, breakdown_by: ['cluster' as const] }
  const answer = useReadAll('efficiency', query)
  const { start_date, end_date } = scope
  const known = useRead('clusters', { start_date, end_date, limit: 1000 })
  const clusters = { ...known, data: ofThese(known.data, answer.data) }
  const comparison = useComparison('efficiency', {
    query: { ...query, limit: 1 },
    body: answer.data,
    clusters,
  })
  return (
    <Answered what="Waste and efficiency" answer={answer} height={96}>
      {body => <Numbers body={body} comparison={comparison} />}
    </Answered>
  )
}

/** The clusters that are shown. */
function ofThese(known: BodyOf<'clusters'> | undefined, body: Body | undefined) {
  if (known === undefined || body === undefined) return undefined
  const shown = new Set(body.efficiency.map(row => row.cluster))
  return { clusters: known.clusters.filter(({ cluster }) => shown.has(cluster)) }
}

interface NumbersProps {
  readonly body: Body
  readonly comparison: Answer<Comparison<'efficiency'>>
}

function Numbers({ body, comparison }: NumbersProps) {
  const money = moneyIn(body.meta.currency)
  const { total_cost, wasted_cost, total_efficiency } = body
  return (
    <Tiles>
      <Tile
        label="Wasted"
        value={money.exact(wasted_cost)}
        detail={
          <Compared answer={comparison}>
            {({ wasted_cost: now, previous_wasted_cost: before }) =>
              before === null ? (
                'not comparable: not all of it was measured before'
              ) : (
                <ChangeFrom now={now} before={before} money={money} />
              )
            }
          </Compared>
        }
      />
      <IdleTiles body={body} money={money} />
      <Tile
        label="Used"
        value={money.exact(total_cost - wasted_cost)}
        detail={shareOfCost(total_cost - wasted_cost, total_cost)}
      />
      <Tile
        label="Efficiency of what is requested"
        value={<Band efficiency={total_efficiency} />}
        detail={efficiencyBefore(comparison.data) ?? 'used ÷ requested, CPU and memory by their cost'}
      />
    </Tiles>
  )
}

/** Undefined where there is nothing to compare with. */
function efficiencyBefore(comparison: Comparison<'efficiency'> | undefined): string | undefined {
  if (comparison === undefined || comparison.before === null) return undefined
  const { total_efficiency: now, previous_total_efficiency: before } = comparison.part
  if (now === null || before === null) return undefined
  return `${points(now - before)} from ${percent(before)} before`
}
