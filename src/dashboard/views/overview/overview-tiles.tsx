import type { Answer } from '../../api/answer.js'
import type { BodyOf } from '../../api/routes.js'
import type { Comparison } from '../../api/use-comparison.js'
import { moneyIn } from '../../format/money.js'
import { Band } from '../../ui/band.js'
import { ChangeFrom } from '../../ui/change.js'
import { Compared } from '../../ui/compared.js'
import { Tile, Tiles } from '../../ui/tile.js'
import { IdleTiles, shareOfCost } from '../../ui/waste-tiles.js'

interface Props {
  readonly costs: BodyOf<'clusters'>
  readonly comparison: Answer<Comparison<'clusters'>>
  /** By cluster. */
  readonly waste: BodyOf<'efficiency'>
}

/** The numbers that count: cost, what of it was reserved or bought in vain, and how well the rest is used. */
export function OverviewTiles({ costs, comparison, waste }: Props) {
  const money = moneyIn(costs.meta.currency)
  const { total_cost } = costs
  const { wasted_cost, total_efficiency } = waste
  return (
    <Tiles>
      <Tile
        label="Cost"
        value={money.exact(total_cost)}
        detail={
          <Compared answer={comparison}>
            {(part, before) => <ChangeFrom now={part.total_cost} before={before} money={money} />}
          </Compared>
        }
      />
      <Tile label="Wasted" value={money.exact(wasted_cost)} detail={shareOfCost(wasted_cost, total_cost)} />
      <IdleTiles body={waste} money={money} />
      <Tile
        label="Efficiency of what is requested"
        value={<Band efficiency={total_efficiency} />}
        detail="used ÷ requested, CPU and memory by their cost"
      />
    </Tiles>
  )
}
