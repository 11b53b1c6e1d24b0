import { HOUR_SECONDS, type Window, windowEnd, windowsStartingIn } from '../domain/window.js'
import type { Estate } from './estate.js'
import {
  type AccountModel,
  type ClusterModel,
  type ContainerModel,
  GIB,
  isWithin,
  type Machine,
  type PodModel,
  priceAt,
  type Span,
} from './model.js'
import { gridFrom } from './series.js'
import { levelAt } from './wave.js'
import { controllerOf } from './workloads.js'

/** What one container used or reserved in one window, known exactly. Costs in the account's currency. */
export interface ContainerTruth {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly node: string
  readonly providerId: string
  readonly controllerKind: string | null
  readonly controller: string | null
  minutes: number
  cpuCoreHours: number
  ramGibHours: number
  /** null: nothing was requested. */
  cpuCoreRequestHours: number | null
  ramGibRequestHours: number | null
  cpuCoreUsedHours: number
  ramGibUsedHours: number
  cpuCost: number
  ramCost: number
}

/** How the price of a machine can be known: told all hour, in part of it, not at all but before, or never. */
type PriceKnown = 'all' | 'part' | 'before' | 'never'

interface NodeTruth {
  readonly node: string
  readonly providerId: string
  readonly instanceType: string
  readonly isSpot: boolean
  readonly cpuCores: number
  readonly ramGib: number
  readonly minutes: number
  readonly cpuCost: number
  readonly ramCost: number
  readonly priceKnown: PriceKnown
  /** The price changed after the machine's first and before its last sample of the window. */
  readonly hasPriceChange: boolean
}

/** Cost of all machines of a node name less that of their containers, signed. */
interface IdleTruth {
  readonly node: string
  readonly cpuCost: number
  readonly ramCost: number
}

export interface WindowTruth {
  readonly cloudAccountId: string
  readonly cluster: string
  readonly window: Window
  readonly samplesSeen: number
  readonly samplesExpected: number
  /** 0..1 */
  readonly coverage: number
  /** Fully covered, every price told all hour, and no price change within it: figures have to come out as here. */
  readonly isPlain: boolean
  readonly containers: readonly ContainerTruth[]
  readonly nodes: readonly NodeTruth[]
  readonly idle: readonly IdleTruth[]
  readonly managementCost: number
  readonly loadBalancerCost: number
}

/** The truth about one cluster in one window; undefined where nothing at all was collected. */
export function truthOfWindow(
  estate: Estate,
  account: AccountModel,
  cluster: ClusterModel,
  window: Window,
): WindowTruth | undefined {
  const bounds = { from: Math.max(window, estate.from), to: Math.min(windowEnd(window), estate.to) }
  const instants = instantsIn(estate, cluster, bounds)
  if (instants.length === 0) return undefined
  const hours = estate.intervalSeconds / HOUR_SECONDS
  const containers = containersOf(cluster, instants, hours)
  const nodes = cluster.machines.flatMap(machine => nodeOf(machine, instants, hours) ?? [])
  const samplesExpected = Math.floor(HOUR_SECONDS / estate.intervalSeconds)
  const coverage = instants.length / samplesExpected
  const running = instants.length * hours
  return {
    cloudAccountId: account.cloudAccountId,
    cluster: cluster.clusterId,
    window,
    samplesSeen: instants.length,
    samplesExpected,
    coverage,
    isPlain: coverage === 1 && nodes.every(node => node.priceKnown === 'all' && !node.hasPriceChange),
    containers,
    nodes,
    idle: idleOf(nodes, containers),
    managementCost: cluster.managementHourlyCost * running,
    loadBalancerCost: cluster.loadBalancers.reduce((sum, one) => sum + one.hourlyCost, 0) * running,
  }
}

/** The truth of all clusters in the windows that start in `[from, to)`. */
export function* truthOf(estate: Estate, from: number, to: number): Generator<WindowTruth> {
  for (const account of estate.accounts) {
    for (const cluster of account.clusters) {
      for (const window of windowsStartingIn(from, to)) {
        const truth = truthOfWindow(estate, account, cluster, window)
        if (truth) yield truth
      }
    }
  }
}

/** When Kubecost's samples were taken within a span. A sample stands for the interval that it begins. */
function instantsIn(estate: Estate, cluster: ClusterModel, span: Span): number[] {
  const grid = { interval: estate.intervalSeconds, offset: estate.offsetSeconds }
  const instants: number[] = []
  for (let t = gridFrom(grid, span.from); t < span.to; t += grid.interval) {
    if (!isWithin(cluster.gaps, t)) instants.push(t)
  }
  return instants
}

function containersOf(cluster: ClusterModel, instants: readonly number[], hours: number): ContainerTruth[] {
  const [first = 0] = instants
  const last = instants[instants.length - 1] ?? 0
  const found = new Map<string, ContainerTruth>()
  for (const pod of cluster.pods) {
    if (pod.from > last || pod.to <= first) continue
    const alive = instants.filter(t => pod.from <= t && t < pod.to)
    if (alive.length === 0) continue
    for (const container of pod.containers) {
      addContainer(truthFor(found, pod, container), pod.machine, container, alive, hours)
    }
  }
  return [...found.values()]
}

function truthFor(
  found: Map<string, ContainerTruth>,
  pod: PodModel,
  container: ContainerModel,
): ContainerTruth {
  const key = [pod.namespace, pod.name, container.name, pod.machine.node].join('\0')
  const known = found.get(key)
  if (known) return known
  const controller = controllerOf(pod)
  const truth: ContainerTruth = {
    namespace: pod.namespace,
    pod: pod.name,
    container: container.name,
    node: pod.machine.node,
    providerId: pod.machine.providerId,
    controllerKind: controller?.kind ?? null,
    controller: controller?.name ?? null,
    minutes: 0,
    cpuCoreHours: 0,
    ramGibHours: 0,
    cpuCoreRequestHours: container.cpuRequest === null ? null : 0,
    ramGibRequestHours: container.ramRequest === null ? null : 0,
    cpuCoreUsedHours: 0,
    ramGibUsedHours: 0,
    cpuCost: 0,
    ramCost: 0,
  }
  found.set(key, truth)
  return truth
}

function addContainer(
  truth: ContainerTruth,
  machine: Machine,
  container: ContainerModel,
  alive: readonly number[],
  hours: number,
): void {
  const { cpuRequest, ramRequest } = container
  truth.minutes += alive.length * hours * 60
  if (cpuRequest !== null) {
    truth.cpuCoreRequestHours = (truth.cpuCoreRequestHours ?? 0) + cpuRequest * alive.length * hours
  }
  if (ramRequest !== null) {
    truth.ramGibRequestHours = (truth.ramGibRequestHours ?? 0) + (ramRequest / GIB) * alive.length * hours
  }
  for (const t of alive) {
    const price = priceAt(machine, t)
    const cores = levelAt(container.cpu, t)
    const gib = levelAt(container.ram, t) / GIB
    const cpu = Math.max(cpuRequest ?? 0, cores) * hours
    const ram = Math.max((ramRequest ?? 0) / GIB, gib) * hours
    truth.cpuCoreUsedHours += cores * hours
    truth.ramGibUsedHours += gib * hours
    truth.cpuCoreHours += cpu
    truth.ramGibHours += ram
    truth.cpuCost += cpu * price.cpu
    truth.ramCost += ram * price.ram
  }
}

function nodeOf(machine: Machine, instants: readonly number[], hours: number): NodeTruth | undefined {
  const alive = instants.filter(t => machine.from <= t && t < machine.to)
  if (alive.length === 0) return undefined
  const prices = alive.map(t => priceAt(machine, t))
  const ramGib = machine.ramBytes / GIB
  return {
    node: machine.node,
    providerId: machine.providerId,
    instanceType: machine.instanceType,
    isSpot: machine.isSpot,
    cpuCores: machine.cores,
    ramGib,
    minutes: alive.length * hours * 60,
    cpuCost: prices.reduce((sum, price) => sum + machine.cores * price.cpu * hours, 0),
    ramCost: prices.reduce((sum, price) => sum + ramGib * price.ram * hours, 0),
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

function idleOf(nodes: readonly NodeTruth[], containers: readonly ContainerTruth[]): IdleTruth[] {
  const idle = new Map<string, { node: string; cpuCost: number; ramCost: number }>()
  const on = (node: string) => {
    const found = idle.get(node) ?? { node, cpuCost: 0, ramCost: 0 }
    idle.set(node, found)
    return found
  }
  for (const { node, cpuCost, ramCost } of nodes) {
    on(node).cpuCost += cpuCost
    on(node).ramCost += ramCost
  }
  for (const { node, cpuCost, ramCost } of containers) {
    on(node).cpuCost -= cpuCost
    on(node).ramCost -= ramCost
  }
  return [...idle.values()]
}
