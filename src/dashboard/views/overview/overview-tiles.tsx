import { comparable } from '../../api/comparable.js'
import type { BodyOf } from '../../api/routes.js'
import { useReadAll } from '../../api/use-read-all.js'
import { moneyIn } from '../../format/money.js'
import { percent } from '../../format/quantity.js'
import { fullDay } from '../../format/time.js'
import type { Hours } from '../../state/range.js'
import { Answered } from '../../ui/answered.js'
import { Band } from '../../ui/band.js'
import { Change } from '../../ui/change.js'
import { Tile, Tiles } from '../../ui/tile.js'

interface Props {
  readonly body: BodyOf<'clusters'>
  readonly hours: Hours
}

/** The numbers that count: cost, what of it was reserved or bought in vain, and how well the rest is used. */
export function OverviewTiles({ body, hours }: Props) {
  const money = moneyIn(body.meta.currency)
  const efficiency = useReadAll('efficiency', {
    start_date: hours.start,
    end_date: hours.end,
    breakdown_by: ['cluster'],
  })
  const before = comparable(body)
  return (
    <Answered what="Waste and efficiency" answer={efficiency} height={96}>
      {({ efficiency: rows, total_efficiency, wasted_cost }) => {
        const workloadIdle = rows.reduce((sum, row) => sum + row.workload_idle_cost, 0)
        const shareOf = (amount: number) =>
          body.total_cost === 0 ? null : `${percent(amount / body.total_cost)} of the cost`
        return (
          <Tiles>
            <Tile
              label="Cost"
              value={money.exact(body.total_cost)}
              detail={
                before === null ? (
                  `not comparable: data begins ${fullDay(firstSeen(body))}`
                ) : (
                  <>
                    <Change now={body.total_cost} before={before} /> from {money.exact(before)} before
                  </>
                )
              }
            />
            <Tile label="Wasted" value={money.exact(wasted_cost)} detail={shareOf(wasted_cost)} />
            <Tile
              label="Workload idle: reserved, not used"
              value={money.exact(workloadIdle)}
              detail={shareOf(workloadIdle)}
            />
            <Tile
              label="Infrastructure idle: bought, not reserved"
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
      }}
    </Answered>
  )
}

const firstSeen = ({ clusters }: BodyOf<'clusters'>): number =>
  Math.min(...clusters.map(cluster => cluster.first_seen))
