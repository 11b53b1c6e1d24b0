import { formatMoney, type Money, sumMoney, toMoney } from '../../src/domain/money.js'
import { publishFacts, type WindowFacts } from '../support/facts.js'
import { seedAccount, seedCluster } from '../support/seed.js'
import { randomNumbers } from './invented.js'
import { FIRST, HOUR, MONDAY, openWorld, type World } from './world.js'

// From Saturday evening to Monday noon over the end of a month: every step has an edge inside.
export const FROM = MONDAY - 30 * HOUR
export const TO = MONDAY + 12 * HOUR
export const ASSET_RANGE = { start_date: FROM, end_date: TO }
export const CLUSTERS = ["o'one", 'two'] as const

export interface AssetFacts extends WindowFacts {
  readonly cluster: string
  readonly window: number
}

/** Two clusters whose assets and uses of them add up. Cluster two has no traffic, no fee, no volumes, and says so. */
export const assetFacts: readonly AssetFacts[] = CLUSTERS.flatMap(cluster => inventCluster(cluster))

function inventCluster(cluster: string): AssetFacts[] {
  const random = randomNumbers(cluster.length * 7919)
  const money = () => toMoney(random() * 0.05)
  const facts: AssetFacts[] = []
  for (let window = FROM; window < TO; window += HOUR) {
    const isWhole = cluster !== 'two'
    const [volume, lost, balancer, traffic, fee] = [money(), money(), money(), money(), money()]
    const at = { pod: 'p', node: 'n1', cpuCost: money(), ramCost: money() }
    const whole = { pvCost: volume, zoneCost: traffic, regionCost: 0n, internetCost: traffic }
    facts.push({
      ...{ cluster, window },
      containers: [
        { ...at, namespace: 'a', balancerCost: balancer, ...(isWhole ? whole : {}) },
        // Often more than the nodes cost: idle is then negative.
        { namespace: 'b', pod: 'q', node: 'n2', cpuCost: toMoney(2 * random()), ramCost: money() },
      ],
      nodes: ['n1', 'n2'].map(node => ({
        ...{ node, cpuCost: toMoney(0.1), ramCost: toMoney(0.1 + random()) },
        ...(isWhole ? { gpuCost: money() } : {}),
      })),
      assets: [
        { type: 'load_balancer', id: 'a/front', cost: balancer },
        ...(isWhole
          ? ([
              { type: 'disk', id: 'data', cost: volume },
              { type: 'disk', id: 'lost', cost: lost },
              { type: 'management', id: 'EKS', cost: fee },
            ] as const)
          : []),
      ],
      remainders: isWhole
        ? [
            { kind: 'unmounted', part: 'pv', name: 'lost', cost: lost },
            { kind: 'cluster_management', part: 'management', name: 'EKS', cost: fee },
            { kind: 'unallocated', part: 'network_zone', name: 'ghost', cost: traffic },
          ]
        : [],
    })
  }
  return facts
}

/** Amounts of one window as they should be told, null where nothing was measured. */
export function expectedCost({
  cluster,
  containers = [],
  nodes = [],
  assets = [],
  remainders = [],
}: AssetFacts) {
  const isWhole = cluster !== 'two'
  const sum = (amounts: (Money | null | undefined)[]) => sumMoney(amounts.map(one => one ?? 0n))
  const ofType = (type: string) => sum(assets.map(one => (one.type === type ? one.cost : 0n)))
  const ofKind = (kind: string) => sum(remainders.map(one => (one.kind === kind ? one.cost : 0n)))
  const onNodes = sum(containers.flatMap(one => [one.cpuCost, one.ramCost, one.gpuCost]))
  const traffic = sum(containers.flatMap(one => [one.zoneCost, one.regionCost, one.internetCost]))
  const others = sum(containers.flatMap(one => [one.pvCost, one.balancerCost]))
  const parts = {
    cpu_cost: sum(nodes.map(one => one.cpuCost)),
    ram_cost: sum(nodes.map(one => one.ramCost)),
    gpu_cost: isWhole ? sum(nodes.map(one => one.gpuCost)) : null,
    pv_cost: isWhole ? ofType('disk') : null,
    load_balancer_cost: ofType('load_balancer'),
    network_cost: isWhole ? traffic + ofKind('unallocated') : null,
    management_cost: isWhole ? ofType('management') : null,
  }
  return {
    ...parts,
    total_cost: sum(Object.values(parts)),
    allocated_cost: onNodes + others + traffic + ofKind('unallocated'),
    idle_cost: sum(nodes.flatMap(one => [one.cpuCost, one.ramCost, one.gpuCost])) - onNodes,
    unmounted_cost: ofKind('unmounted'),
  }
}

export async function openAssetWorld(): Promise<World> {
  const world = await openWorld(TO + 2 * HOUR)
  const { pool } = world.database
  await seedAccount(pool, FIRST)
  for (const cluster of CLUSTERS) await seedCluster(pool, { account: FIRST, cluster }, FROM, TO - HOUR)
  for (const facts of assetFacts) {
    await publishFacts(pool, { account: FIRST, cluster: facts.cluster }, facts.window, facts)
    const unallocated = sumMoney(
      (facts.remainders ?? []).map(one => (one.kind === 'unallocated' ? one.cost : 0n)),
    )
    const cost = expectedCost(facts)
    const absent = ['network', 'management', 'pv'].map(part => ({
      code: `${part}_not_collected`,
      detail: 'x',
    }))
    const amounts = [
      ...[cost.allocated_cost - unallocated, cost.idle_cost, cost.unmounted_cost],
      ...[cost.management_cost ?? 0n, cost.network_cost ?? 0n, unallocated],
    ]
    await pool.query(
      `update warehouse.window_ledger
       set allocated_cost = $4, idle_cost = $5, unmounted_cost = $6, management_cost = $7, network_cost = $8,
         unallocated_cost = $9, warnings = $10
       where cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3)`,
      [
        ...[FIRST, facts.cluster, facts.window, ...amounts.map(formatMoney)],
        JSON.stringify(facts.cluster === 'two' ? absent : []),
      ],
    )
  }
  return world
}
