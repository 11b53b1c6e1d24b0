import type { GroupUse, NodeUse } from './nodes-query.js'

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
  const room = roomOfNode(group, targetUtilisation)
  const needs = [
    { resource: 'cpu' as const, nodes: nodesFor(group.peak_cpu_cores, room.cpu) },
    { resource: 'ram' as const, nodes: nodesFor(group.peak_ram_gib, room.ram) },
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

interface Load {
  readonly cpu: number
  readonly ram: number
}

function roomOfNode(group: GroupUse, targetUtilisation: number): Load {
  return {
    cpu: Math.max(0, targetUtilisation * group.node_cpu_cores - group.daemonset_cpu_cores),
    ram: Math.max(0, targetUtilisation * group.node_ram_gib - group.daemonset_ram_gib),
  }
}

interface GroupState {
  readonly nodes: number
  readonly needed: number
  readonly load: Load
  readonly room: Load
}

/**
 * The nodes of a cluster as some of them are taken away, one by one: what ran on a node that its group can't spare has to
 * find room on the others, at the same target utilisation.
 */
export class ClusterPlan {
  readonly #groups: Map<string, GroupState>
  /** What ran on nodes that are gone and has no room in its own group. */
  #displaced: Load = { cpu: 0, ram: 0 }
  #spare: number

  /** Groups whose capacity is not known take in nothing, and `minimumNodes` stay in all. */
  constructor(groups: readonly GroupUse[], targetUtilisation: number, minimumNodes: number) {
    this.#groups = new Map(
      groups.map(group => {
        const nodes = group.nodes_now
        const load = { cpu: group.peak_cpu_cores, ram: group.peak_ram_gib }
        const known = { nodes, load, needed: nodesNeeded(group, targetUtilisation).nodes }
        const unknown = { nodes, load: { cpu: 0, ram: 0 }, needed: nodes, room: { cpu: 0, ram: 0 } }
        return [
          group.group_name,
          group.is_known ? { ...known, room: roomOfNode(group, targetUtilisation) } : unknown,
        ]
      }),
    )
    this.#spare = [...this.#groups.values()].reduce((sum, { nodes }) => sum + nodes, 0) - minimumNodes
  }

  /** Takes an idle node away, unless the cluster keeps so few or nothing has room for what runs on it. */
  takeIdle(node: NodeUse, group: GroupUse): 'taken' | 'minimum_nodes' | 'room' {
    const state = this.#groups.get(group.group_name)
    if (state === undefined) return 'room'
    if (this.#spare <= 0) return 'minimum_nodes'
    // Beside its own load that of nodes that are gone before it, which it would have taken in.
    const moving = (resource: 'cpu' | 'ram', own: number) =>
      state.nodes > state.needed
        ? 0
        : Math.max(own, state.load[resource] - (state.nodes - 1) * state.room[resource])
    const load = {
      cpu: moving('cpu', (node.highest_cpu_share ?? 0) * group.node_cpu_cores),
      ram: moving('ram', (node.highest_ram_share ?? 0) * group.node_ram_gib),
    }
    return this.#take(group.group_name, state, load) ? 'taken' : 'room'
  }

  /** Takes up to all nodes away that a group doesn't need; gives how many it took. */
  takeSurplus(group: GroupUse): number {
    for (let taken = 0; ; taken++) {
      const state = this.#groups.get(group.group_name)
      const canSpare = state !== undefined && state.nodes > state.needed && this.#spare > 0
      if (!canSpare || !this.#take(group.group_name, state, { cpu: 0, ram: 0 })) return taken
    }
  }

  #take(name: string, state: GroupState, moving: Load): boolean {
    const after = {
      ...state,
      nodes: state.nodes - 1,
      load: {
        cpu: Math.max(0, state.load.cpu - moving.cpu),
        ram: Math.max(0, state.load.ram - moving.ram),
      },
    }
    const displaced = { cpu: this.#displaced.cpu + moving.cpu, ram: this.#displaced.ram + moving.ram }
    const others = [...this.#groups].map(([key, value]) => (key === name ? after : value))
    const free = (resource: 'cpu' | 'ram') =>
      others.reduce(
        (sum, { nodes, room, load }) => sum + Math.max(0, nodes * room[resource] - load[resource]),
        0,
      )
    if (displaced.cpu > free('cpu') + NOISE || displaced.ram > free('ram') + NOISE) return false
    this.#groups.set(name, after)
    this.#displaced = displaced
    this.#spare--
    return true
  }
}
