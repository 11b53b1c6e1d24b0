import { type Money, moneyToNumber, parseMoney, sumMoney } from '../../domain/money.js'
import { type Findings, type Found, momentOf, monthlyCost } from './finding.js'
import type { GroupUse, NodeUse, NodeUses } from './nodes-query.js'
import { ClusterPlan, type GroupNeed, nodesNeeded } from './sizing.js'

export interface SizingTargets {
  /** Share of its capacity that a node should be filled to in the highest hour. */
  readonly targetUtilisation: number
  /** Nodes that a cluster keeps, however little there is to run. */
  readonly minimumNodes: number
}

/** Share of CPU and memory, apart from DaemonSets, below which a node is idle. */
export const IDLE_SHARE = 0.1

/**
 * Idle nodes, and groups with more nodes than their highest hour needs. The same money is never counted twice: of a
 * group's surplus the idle nodes are told by themselves, and the group tells of what is left of it. Nor is a cluster
 * made smaller than the minimum, or fuller than the target; what is dearest goes first.
 */
export function nodeFindings({ nodes, groups }: NodeUses, targets: SizingTargets): Findings {
  const clusters = [...new Set(groups.map(({ cluster }) => cluster))]
  const present = nodes.filter(node => node.is_present)
  return {
    found: clusters.flatMap(cluster => {
      const own = <T extends { readonly cluster: string }>(list: readonly T[]) =>
        list.filter(one => one.cluster === cluster)
      const standing = own(groups).filter(group => group.nodes_now > 0)
      return clusterFindings(own(present).map(priced), standing, targets)
    }),
    unknown: {
      idle_node: present.filter(node => node.highest_cpu_share === null).length,
      over_provisioned_group: groups.filter(group => group.nodes_now > 0 && !group.is_known).length,
    },
  }
}

interface PricedNode extends NodeUse {
  readonly month: Money
}

function priced(node: NodeUse): PricedNode {
  return { ...node, month: monthlyCost(parseMoney(node.cost), node.minutes) }
}

function clusterFindings(
  nodes: readonly PricedNode[],
  groups: readonly GroupUse[],
  targets: SizingTargets,
): Found[] {
  const plan = new ClusterPlan(groups, targets.targetUtilisation, targets.minimumNodes)
  const groupOf = new Map(groups.map(group => [group.group_name, group]))
  const going = new Set<PricedNode>()
  const found: Found[] = []
  for (const node of nodes.filter(isIdle).toSorted(byPrice)) {
    const group = groupOf.get(node.group_name)
    const outcome = group === undefined ? 'room' : plan.takeIdle(node, group)
    if (outcome === 'taken') going.add(node)
    found.push(idleNode(node, outcome === 'taken' ? null : outcome))
  }
  const standings = groups
    .filter(group => group.is_known)
    .map(group => standingOf(group, nodes, going))
    .toSorted(
      (a, b) => compare(b.nodePrice, a.nodePrice) || (a.group.group_name < b.group.group_name ? -1 : 1),
    )
  for (const standing of standings) {
    const count = plan.takeSurplus(standing.group)
    if (count > 0) found.push(overProvisioned(standing, count, targets))
  }
  return found
}

function isIdle(node: PricedNode): boolean {
  const { highest_cpu_share, highest_ram_share, gpu_hours } = node
  if (highest_cpu_share === null || highest_ram_share === null) return false
  return highest_cpu_share < IDLE_SHARE && highest_ram_share < IDLE_SHARE && gpu_hours === 0
}

/** A group without its idle nodes. */
interface Standing {
  readonly group: GroupUse
  readonly idle: number
  /** Mean of a node a month. */
  readonly nodePrice: Money
}

function standingOf(group: GroupUse, nodes: readonly PricedNode[], going: ReadonlySet<PricedNode>): Standing {
  const own = nodes.filter(node => node.group_name === group.group_name)
  const others = own.filter(node => !going.has(node))
  const total = sumMoney(others.map(({ month }) => month))
  return {
    group,
    idle: own.length - others.length,
    nodePrice: others.length === 0 ? 0n : total / BigInt(others.length),
  }
}

const KEPT = {
  minimum_nodes: '; it is kept, as a cluster has so few nodes at least',
  room: '; it is kept, as no other node has room for them',
}

function idleNode(node: PricedNode, keptFor: keyof typeof KEPT | null): Found {
  const { cluster, node: name, since, node_pool, instance_type, hours } = node
  const [cpu, ram] = [node.highest_cpu_share ?? 0, node.highest_ram_share ?? 0]
  const most = `Since ${momentOf(since)} pods other than DaemonSets' took at most ${percent(cpu)} of its CPU and ${percent(ram)} of its memory`
  return {
    finding: 'idle_node',
    ...{ cluster, namespace: null, name, since, cost: parseMoney(node.cost) },
    savingMonth: keptFor === null ? node.month : 0n,
    evidence: {
      ...{ node_pool, instance_type, hours, highest_cpu_share: cpu, highest_ram_share: ram },
      daemonset_cpu_share: node.daemonset_cpu_share ?? 0,
      daemonset_ram_share: node.daemonset_ram_share ?? 0,
      kept_for: keptFor,
    },
    detail: `${most}${keptFor === null ? '' : KEPT[keptFor]}`,
  }
}

function overProvisioned({ group, idle, nodePrice }: Standing, count: number, targets: SizingTargets): Found {
  const need = nodesNeeded(group, targets.targetUtilisation)
  return {
    finding: 'over_provisioned_group',
    ...{ cluster: group.cluster, namespace: null, name: group.group_name, since: group.since },
    cost: parseMoney(group.cost),
    savingMonth: BigInt(count) * nodePrice,
    evidence: {
      grouped_by: group.grouped_by,
      target_utilisation: targets.targetUtilisation,
      minimum_nodes: targets.minimumNodes,
      peak_hour: peakHourOf(group, need.resource),
      peak_resource: need.resource,
      peak_cpu_cores: group.peak_cpu_cores,
      peak_ram_gib: group.peak_ram_gib,
      peak_gpus: group.peak_gpus,
      daemonset_cpu_cores: group.daemonset_cpu_cores,
      daemonset_ram_gib: group.daemonset_ram_gib,
      node_cpu_cores: group.node_cpu_cores,
      node_ram_gib: group.node_ram_gib,
      needed_cpu_cores: need.cpuCores,
      needed_ram_gib: need.ramGib,
      nodes_now: group.nodes_now,
      nodes_needed: need.nodes,
      nodes_idle: idle,
      nodes_surplus: count,
      node_cost_month: moneyToNumber(nodePrice),
    },
    detail: `The highest hour needs ${need.nodes} of ${group.nodes_now} nodes at ${percent(targets.targetUtilisation)} utilisation; ${count} could go${idle > 0 ? ` beside ${idle} idle ones` : ''}`,
  }
}

function peakHourOf(group: GroupUse, resource: GroupNeed['resource']): number {
  if (resource === 'ram') return group.peak_ram_hour
  return resource === 'gpu' ? group.peak_gpu_hour : group.peak_cpu_hour
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`
}

/** The dearest first; those that cost the same by name. */
function byPrice(a: PricedNode, b: PricedNode): number {
  return compare(b.month, a.month) || (a.node < b.node ? -1 : 1)
}

function compare(a: Money, b: Money): number {
  return a < b ? -1 : a > b ? 1 : 0
}
