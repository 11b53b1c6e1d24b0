import type { BodyOf } from '../../api/routes.js'
import { useComparison } from '../../api/use-comparison.js'
import { useRead } from '../../api/use-read.js'
import { type Money, moneyIn } from '../../format/money.js'
import { cores, count, gib, percent, units } from '../../format/quantity.js'
import { ChangeFrom } from '../../ui/change.js'
import { Compared } from '../../ui/compared.js'
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

/** How the total differs from that of the equally long range before. */
function Before({ body, scope, money }: { body: BodyOf<'assets'>; scope: Scope; money: Money }) {
  const { k8s_node: _node, ...ofClusters } = scope
  const clusters = useRead('clusters', { ...ofClusters, limit: 1000 })
  const comparison = useComparison('assets', { query: { ...scope, limit: 1 }, body, clusters })
  return (
    <Compared answer={comparison}>
      {(part, before) => <ChangeFrom now={part.total_cost} before={before} money={money} />}
    </Compared>
  )
}
