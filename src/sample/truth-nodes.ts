import { GIB, isWithin, type Machine, priceAt } from './model.js'
import { aliveAt, type Sampling } from './truth-pods.js'
import type { ContainerTruth, IdleTruth, NodeTruth, PriceKnown } from './truth-types.js'

/** One machine in one window; undefined where it wasn't there. */
export function nodeOf(machine: Machine, { instants, hours }: Sampling): NodeTruth | undefined {
  const alive = aliveAt(machine, instants)
  if (alive.length === 0) return undefined
  const prices = alive.map(t => priceAt(machine, t))
  const ramGib = machine.ramBytes / GIB
  return {
    node: machine.node,
    providerId: machine.providerId,
    instanceType: machine.instanceType,
    isSpot: machine.isSpot,
    zone: machine.zone,
    nodePool: machine.nodePool,
    cpuCores: machine.cores,
    ramGib,
    gpus: machine.gpus,
    minutes: alive.length * hours * 60,
    cpuCost: prices.reduce((sum, price) => sum + machine.cores * price.cpu * hours, 0),
    ramCost: prices.reduce((sum, price) => sum + ramGib * price.ram * hours, 0),
    gpuCost: prices.reduce((sum, price) => sum + machine.gpus * price.gpu * hours, 0),
    priceKnown: priceKnown(machine, alive),
    hasPriceChange: prices.some(price => price !== prices[0]),
  }
}

function priceKnown(machine: Machine, alive: readonly number[]): PriceKnown {
  if (!machine.isPriced) return 'never'
  const unreadable = alive.filter(t => isWithin(machine.unreadable, t)).length
  if (unreadable === 0) return 'all'
  return unreadable === alive.length ? 'before' : 'part'
}

/** What is left of the nodes when their containers have taken their parts. */
export function idleOf(nodes: readonly NodeTruth[], containers: readonly ContainerTruth[]): IdleTruth[] {
  const idle = new Map<string, { -readonly [K in keyof IdleTruth]: IdleTruth[K] }>()
  const on = (node: string) => {
    const found = idle.get(node) ?? { node, cpuCost: 0, ramCost: 0, gpuCost: 0 }
    idle.set(node, found)
    return found
  }
  for (const { node, cpuCost, ramCost, gpuCost } of nodes) {
    on(node).cpuCost += cpuCost
    on(node).ramCost += ramCost
    on(node).gpuCost += gpuCost
  }
  for (const { node, cpuCost, ramCost, gpuCost } of containers) {
    on(node).cpuCost -= cpuCost
    on(node).ramCost -= ramCost
    on(node).gpuCost -= gpuCost
  }
  return [...idle.values()]
}
