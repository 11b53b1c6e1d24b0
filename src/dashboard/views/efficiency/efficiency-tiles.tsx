import { comparable, comparedEnd } from '../../api/comparable.js'
import type { BodyOf } from '../../api/routes.js'
import { useRead } from '../../api/use-read.js'
import { useReadAll } from '../../api/use-read-all.js'
import { type Money, moneyIn } from '../../format/money.js'
import { percent, points } from '../../format/quantity.js'
import { Answered } from '../../ui/answered.js'
import { Band } from '../../ui/band.js'
import { Change } from '../../ui/change.js'
import { Tile, Tiles } from '../../ui/tile.js'
import type { Scope } from './fields.js'

type Body = BodyOf<'efficiency'>

/** How much was of use, how much was wasted and where, and whether that is more than before. */
export function EfficiencyTiles({ scope }: { scope: Scope }) {
  const answer = useReadAll('efficiency', { ...scope, breakdown_by: ['cluster'] })
  const { start_date, end_date } = scope
  const clusters = useRead('clusters', { start_date, end_date, limit: 1000 })
  const end = comparedEnd({ start: start_date, end: end_date }, answer.data?.meta.data_to)
  const loaded = useReadAll(
    'efficiency',
    { ...scope, end_date: end ?? end_date, breakdown_by: ['cluster'] },
    { enabled: end !== null },
  )
  const compared = end === null ? answer.data : loaded.data
  return (
    <Answered what="Waste and efficiency" answer={answer} height={96}>
      {body => <Numbers body={body} compared={compared} before={beforeOf(compared, clusters.data)} />}
    </Answered>
  )
}

interface Before {
  readonly wasted: number | null
  readonly efficiency: number | null
}

/** Numbers of the equally long range before; null where a cluster that is shown had no data in part of it. */
function beforeOf(body: Body | undefined, known: BodyOf<'clusters'> | undefined): Before {
  if (body === undefined) return { wasted: null, efficiency: null }
  const shown = new Set(body.efficiency.map(row => row.cluster))
  const clusters = known?.clusters.filter(({ cluster }) => shown.has(cluster))
  const { previous_total, previous_range_start } = body
  const total = clusters === undefined ? null : comparable({ clusters, previous_total, previous_range_start })
  return total === null
    ? { wasted: null, efficiency: null }
    : { wasted: body.previous_wasted_cost, efficiency: body.previous_total_efficiency }
}

interface NumbersProps {
  readonly body: Body
  /** The same up to where all clusters are loaded; undefined as long as it isn't known. */
  readonly compared: Body | undefined
  readonly before: Before
}

function Numbers({ body, compared, before }: NumbersProps) {
  const money = moneyIn(body.meta.currency)
  const { total_cost, wasted_cost, total_efficiency } = body
  const workloadIdle = body.efficiency.reduce((sum, row) => sum + row.workload_idle_cost, 0)
  const shareOf = (amount: number) =>
    total_cost === 0 ? undefined : `${percent(amount / total_cost)} of the cost`
  return (
    <Tiles>
      <Tile
        label="Wasted"
        value={money.exact(wasted_cost)}
        detail={
          <WastedBefore now={compared?.wasted_cost ?? wasted_cost} before={before.wasted} money={money} />
        }
      />
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
        label="Used"
        value={money.exact(total_cost - wasted_cost)}
        detail={shareOf(total_cost - wasted_cost)}
      />
      <Tile
        label="Efficiency of what is requested"
        value={<Band efficiency={total_efficiency} />}
        detail={
          typeof compared?.total_efficiency !== 'number' || before.efficiency === null
            ? 'used ÷ requested, CPU and memory by their cost'
            : `${points(compared.total_efficiency - before.efficiency)} from ${percent(before.efficiency)} before`
        }
      />
    </Tiles>
  )
}

function WastedBefore({ now, before, money }: { now: number; before: number | null; money: Money }) {
  if (before === null) return <span>not comparable: not all of it was measured before</span>
  return (
    <>
      <Change now={now} before={before} /> from {money.exact(before)} before
    </>
  )
}
