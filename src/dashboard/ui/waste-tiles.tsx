import type { BodyOf } from '../api/routes.js'
import type { Money } from '../format/money.js'
import { percent } from '../format/quantity.js'
import { Tile } from './tile.js'

/** The share of all cost that an amount is, in words; undefined where there is no cost. */
export const shareOfCost = (amount: number, cost: number): string | undefined =>
  cost === 0 ? undefined : `${percent(amount / cost)} of the cost`

/** What is wasted, by whom it could be mended: those who request, or those who buy. `body` has all rows of its question. */
export function IdleTiles({ body, money }: { body: BodyOf<'efficiency'>; money: Money }) {
  const { total_cost, wasted_cost } = body
  const workloadIdle = body.efficiency.reduce((sum, row) => sum + row.workload_idle_cost, 0)
  const infraIdle = wasted_cost - workloadIdle
  return (
    <>
      <Tile
        label="Workload idle: requested, not used"
        value={money.exact(workloadIdle)}
        detail={shareOfCost(workloadIdle, total_cost)}
      />
      <Tile
        label="Infrastructure idle: bought, not requested"
        value={money.exact(infraIdle)}
        detail={shareOfCost(infraIdle, total_cost)}
      />
    </>
  )
}
