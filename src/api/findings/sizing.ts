import type { GroupUse } from './nodes-query.js'

/** How many nodes a group would need, and why. */
export interface GroupNeed {
  /** Never more than there are. */
  readonly nodes: number
  readonly resource: 'cpu' | 'ram' | 'gpu' | 'none'
  /** Capacity that the nodes would need in all, DaemonSets on each included. */
  readonly cpuCores: number
  readonly ramGib: number
}

/** Sums of floating point numbers are no reason for one node more. */
const NOISE = 1e-9

/**
 * Nodes that hold the highest hour of the group at the target utilisation: each holds so much of its capacity, less what
 * DaemonSets take of every node. GPUs can't be filled in part, so that all of them may be in use.
 */
export function nodesNeeded(group: GroupUse, targetUtilisation: number): GroupNeed {
  const ofResource = (peak: number, capacity: number, daemons: number) =>
    nodesFor(peak, targetUtilisation * capacity - daemons)
  const needs = [
    {
      resource: 'cpu' as const,
      nodes: ofResource(group.peak_cpu_cores, group.node_cpu_cores, group.daemonset_cpu_cores),
    },
    {
      resource: 'ram' as const,
      nodes: ofResource(group.peak_ram_gib, group.node_ram_gib, group.daemonset_ram_gib),
    },
    { resource: 'gpu' as const, nodes: nodesFor(group.peak_gpus, group.node_gpus) },
  ]
  const most = needs.reduce((highest, need) => (need.nodes > highest.nodes ? need : highest), {
    resource: 'none' as GroupNeed['resource'],
    nodes: 0,
  })
  const nodes = Math.min(most.nodes, group.nodes_now)
  return {
    nodes,
    resource: most.resource,
    cpuCores: (group.peak_cpu_cores + group.daemonset_cpu_cores * nodes) / targetUtilisation,
    ramGib: (group.peak_ram_gib + group.daemonset_ram_gib * nodes) / targetUtilisation,
  }
}

/** Infinitely many where DaemonSets leave no room for anything else. */
function nodesFor(peak: number, room: number): number {
  if (peak <= NOISE) return 0
  return room > 0 ? Math.ceil(peak / room - NOISE) : Number.POSITIVE_INFINITY
}
