import { comparable } from '../../api/comparable.js'
import type { BodyOf } from '../../api/routes.js'
import { moneyIn } from '../../format/money.js'
import { percent } from '../../format/quantity.js'
import { fullDay } from '../../format/time.js'
import { Band } from '../../ui/band.js'
import { Change } from '../../ui/change.js'
import { Tile, Tiles } from '../../ui/tile.js'

interface Props {
  readonly costs: BodyOf<'clusters'>
  /** The same up to where all of them are loaded; undefined as long as it isn't known. */
  readonly compared: BodyOf<'clusters'> | undefined
  /** By cluster. */
  readonly waste: BodyOf<'efficiency'>
}

/** The numbers that count: cost, what of it was reserved or bought in vain, and how well the rest is used. */
export function OverviewTiles({ costs, compared, waste }: Props) {
  const money = moneyIn(costs.meta.currency)
  const { total_cost } = costs
  const { wasted_cost, total_efficiency } = waste
  const workloadIdle = waste.efficiency.reduce((sum, row) => sum + row.workload_idle_cost, 0)
  const shareOf = (amount: number) =>
    total_cost === 0 ? null : `${percent(amount / total_cost)} of the cost`
  return (
    <Tiles>
      <Tile
        label="Cost"
        value={money.exact(total_cost)}
        detail={compared === undefined ? undefined : <Compared costs={compared} />}
      />
      <Tile label="Wasted" value={money.exact(wasted_cost)} detail={shareOf(wasted_cost)} />
      <Tile
        label="Workload idle: requested, not used"
        value={money.exact(workloadIdle)}
        detail={shareOf(workloadIdle)}
      />
      <Tile
        label="Infrastructure idle: bought, not requested"
        value={money.exact(wasted_cost - workloadIdle)}
        detail={shareOf(wasted_cost - workloadIdle)}
      />
      <Tile
        label="Efficiency of what is requested"
        value={<Band efficiency={total_efficiency} />}
        detail="used ÷ requested, CPU and memory by their cost"
      />
    </Tiles>
  )
}

function Compared({ costs }: { costs: BodyOf<'clusters'> }) {
  const before = comparable(costs)
  if (before === null) return `not comparable: data begins ${fullDay(firstSeen(costs))}`
  return (
    <>
      <Change now={costs.total_cost} before={before} /> from {moneyIn(costs.meta.currency).exact(before)}{' '}
      before
    </>
  )
}

const firstSeen = ({ clusters }: BodyOf<'clusters'>): number =>
  Math.max(...clusters.map(cluster => cluster.first_seen))
