import { comparable } from '../../api/comparable.js'
import type { BodyOf } from '../../api/routes.js'
import { useRead } from '../../api/use-read.js'
import { type Money, moneyIn } from '../../format/money.js'
import { cores, count, gib, percent, units } from '../../format/quantity.js'
import { Change } from '../../ui/change.js'
import { Tile, Tiles } from '../../ui/tile.js'
import { type Scope, TYPES } from './fields.js'

type Sums = BodyOf<'assets'>['by_type'][number]

/** What each type costs, how much of it there is at a time, what of the nodes is idle, and how much of them is spot. */
export function InfrastructureTiles({ body, scope }: { body: BodyOf<'assets'>; scope: Scope }) {
  const money = moneyIn(body.meta.currency)
  const nodes = body.by_type.find(({ asset_type }) => asset_type === 'node')
  return (
    <Tiles>
      <Tile
        label="Infrastructure"
        value={money.exact(body.total_cost)}
        detail={<Before body={body} scope={scope} money={money} />}
      />
      {body.by_type.map(sums => (
        <Tile
          key={sums.asset_type}
          label={TYPES[sums.asset_type]}
          value={money.exact(sums.total_cost)}
          detail={`${sizeOf(sums)}; ${money.exact(sums.monthly_rate)} a month`}
        />
      ))}
      {nodes === undefined ? null : <NodeTiles nodes={nodes} money={money} />}
    </Tiles>
  )
}

function NodeTiles({ nodes, money }: { nodes: Sums; money: Money }) {
  const { total_cost: cost, idle_cost, spot_cost, spot_count } = nodes
  const shareOf = (amount: number | null) => (amount === null || !cost ? null : amount / cost)
  return (
    <>
      <Tile
        label="Idle on nodes"
        value={money.exact(idle_cost)}
        detail={`${percent(shareOf(idle_cost))} of their cost`}
      />
      <Tile
        label="Spot share of nodes"
        value={percent(shareOf(spot_cost))}
        detail={
          spot_count === null
            ? 'the source does not tell which are'
            : `of their cost: ${money.exact(spot_cost)} for ${count(spot_count)} of ${count(nodes.count)} machines`
        }
      />
    </>
  )
}

function sizeOf({ mean_count, cpu_cores, ram_gib, gpus, size_gib }: Sums): string {
  const parts = [
    `${units(mean_count)} at a time`,
    cpu_cores === null ? null : cores(cpu_cores),
    ram_gib === null ? null : gib(ram_gib),
    gpus === null || gpus === 0 ? null : `${units(gpus)} ${gpus === 1 ? 'GPU' : 'GPUs'}`,
    size_gib === null ? null : gib(size_gib),
  ]
  return parts.filter(part => part !== null).join(', ')
}

interface BeforeProps {
  readonly body: BodyOf<'assets'>
  readonly scope: Scope
  readonly money: Money
}

/** How the total differs from that of the equally long range before, where all clusters were there then. */
function Before({ body, scope: { k8s_node, ...scope }, money }: BeforeProps) {
  const { data } = useRead('clusters', { ...scope, limit: 1000 })
  if (data === undefined) return null
  const { previous_total, previous_range_start } = body
  const before = comparable({ clusters: data.clusters, previous_total, previous_range_start })
  if (before === null) return 'not comparable with the days before'
  return (
    <>
      <Change now={body.total_cost} before={before} /> from {money.exact(before)} before
    </>
  )
}
