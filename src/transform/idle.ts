import { type Money, sumMoney } from '../domain/money.js'
import type { AllocationRow, IdleRow, NodeRow } from '../domain/rows.js'
import { compare } from './tally.js'

export const RESOURCES = ['cpuCost', 'ramCost', 'gpuCost'] as const
export type ResourceCost = (typeof RESOURCES)[number]

/** What a node cost less what its containers were charged, signed; unknown where the node's cost is. */
export function idleRows(nodes: readonly NodeRow[], allocations: readonly AllocationRow[]): IdleRow[] {
  const charged = new Map<string, AllocationRow[]>()
  for (const row of allocations) {
    const rows = charged.get(row.node)
    if (rows) rows.push(row)
    else charged.set(row.node, [row])
  }
  const idle: IdleRow[] = []
  for (const [node, machines] of machinesByNode(nodes)) {
    const rest = (resource: ResourceCost) =>
      residual(
        machines.map(row => row[resource]),
        (charged.get(node) ?? []).map(row => row[resource]),
      )
    const cpuCost = rest('cpuCost')
    const ramCost = rest('ramCost')
    if (cpuCost === null || ramCost === null) continue
    idle.push({ node, cpuCost, ramCost, gpuCost: rest('gpuCost') })
  }
  return idle.sort((a, b) => compare(a.node, b.node))
}

export function machinesByNode(nodes: readonly NodeRow[]): Map<string, NodeRow[]> {
  const machines = new Map<string, NodeRow[]>()
  for (const row of nodes) machines.set(row.node, [...(machines.get(row.node) ?? []), row])
  return machines
}

function residual(paid: readonly (Money | null)[], charged: readonly (Money | null)[]): Money | null {
  const known = (costs: readonly (Money | null)[]) => costs.filter(cost => cost !== null)
  if (known(paid).length < paid.length || known(charged).length < charged.length) return null
  return sumMoney(known(paid)) - sumMoney(known(charged))
}
