import { sumMoney, toMoney } from '../domain/money.js'
import type { AllocationRow, IdleRow, NodeRow, WindowRows } from '../domain/rows.js'
import { type ClusterBatch, type FactName, label } from '../domain/samples.js'
import { HOUR_SECONDS, type Window } from '../domain/window.js'
import { type ContainerHours, containerHours } from './containers.js'
import { type Controller, controllersOf } from './controllers.js'
import { type Hour, hoursOf, readingsOf } from './hour.js'
import { nodeRows } from './nodes.js'
import { DEFAULT_PRICES, type NodePrice } from './prices.js'
import { compare, Tally } from './tally.js'

/** A window's rows, or why there are none to publish. */
export type WindowOutcome =
  | { readonly kind: 'rows'; readonly rows: WindowRows }
  | { readonly kind: 'silent'; readonly rows: WindowRows }
  | {
      readonly kind: 'incomplete'
      readonly window: Window
      readonly reason: 'missing_series'
      readonly detail: string
    }
  | { readonly kind: 'unpaced'; readonly window: Window; readonly detail: string }

/** Rows of every window of a batch, in the order of its windows. Pure; each window depends on its own readings only. */
export function windowOutcomes(batch: ClusterBatch): WindowOutcome[] {
  return hoursOf(batch).map(windowOutcome)
}

/**
 * The cost model in its order: heartbeat coverage, node-hours, container-hours, price join, idle.
 */
function windowOutcome(hour: Hour): WindowOutcome {
  const unpaced = jobWithoutInterval(hour)
  if (unpaced !== undefined) return { kind: 'unpaced', window: hour.window, detail: unpaced }
  const missing = missingSeries(hour)
  if (missing.length > 0) {
    return { kind: 'incomplete', window: hour.window, reason: 'missing_series', detail: missing.join(', ') }
  }
  const heartbeat = heartbeatOf(hour)
  if (heartbeat.coverage === 0) return { kind: 'silent', rows: silentRows(hour, heartbeat) }
  const tally = new Tally()
  for (const metric of hour.flagged)
    tally.warn('engine_warning', `the query engine left out samples of ${metric}`)
  const containers = containerHours(hour, tally)
  const nodes = withUnknownNodes(nodeRows(hour, tally), containers, tally)
  const allocations = allocationRows(hour, containers, nodes)
  const rows: WindowRows = {
    window: hour.window,
    allocations,
    nodes: nodes.sort((a, b) => compare(a.node, b.node) || compare(a.providerId, b.providerId)),
    idle: idleRows(nodes, allocations),
    assets: [],
    remainders: [],
    metrics: [],
    checks: [],
    sourceSamples: 0,
    coverage: heartbeat.coverage,
    samplesSeen: heartbeat.seen,
    samplesExpected: heartbeat.expected,
    intervals: heartbeat.intervals,
    warnings: tally.warnings(),
    rejects: tally.rejects(),
    points: hour.points,
  }
  return { kind: 'rows', rows }
}

/** No heartbeat means not measured: whatever other exporters said in that hour is no ground for a bill. */
function silentRows(hour: Hour, heartbeat: Heartbeat): WindowRows {
  return {
    window: hour.window,
    allocations: [],
    nodes: [],
    idle: [],
    assets: [],
    remainders: [],
    metrics: [],
    checks: [],
    sourceSamples: 0,
    coverage: 0,
    samplesSeen: heartbeat.seen,
    samplesExpected: heartbeat.expected,
    intervals: heartbeat.intervals,
    warnings: [],
    rejects: [],
    points: hour.points,
  }
}

const PACED: readonly FactName[] = [
  'nodeSamples',
  'containerSamples',
  'heartbeat',
  'nodeCapacitySamples',
  'ramUsed',
]
/** Series of the cost exporter itself, whose pace money depends on: any of them present means that the cluster was measured. */
const HEARTBEATS: readonly FactName[] = ['nodeSamples', 'heartbeat', 'containerSamples']

function jobWithoutInterval(hour: Hour): string | undefined {
  for (const fact of HEARTBEATS) {
    const lost = readingsOf(hour, fact).find(
      ({ series }) => hour.interval(label(series, 'job')) === undefined,
    )
    if (lost) return `the sample interval of job "${label(lost.series, 'job')}" could not be found`
  }
  return undefined
}

/** Essential metrics that are absent though the cluster was there. A single unpriced node is no absence. */
function missingSeries(hour: Hour): string[] {
  if (!HEARTBEATS.some(fact => readingsOf(hour, fact).length > 0)) return []
  const has = (fact: FactName) => readingsOf(hour, fact).length > 0
  const missing: string[] = []
  if (!has('nodeCpuPrice')) missing.push('node_cpu_hourly_cost')
  if (!has('nodeRamPrice')) missing.push('node_ram_hourly_cost')
  if (!has('nodeCpuCapacity')) missing.push('kube_node_status_capacity (cpu)')
  if (!has('nodeRamCapacity')) missing.push('kube_node_status_capacity (memory)')
  const runsContainers =
    has('containerSamples') ||
    has('ramAllocated') ||
    has('ramUsed') ||
    has('cpuUsedCounter') ||
    has('cpuRequested')
  if (runsContainers && !has('containerSamples')) missing.push('container_cpu_allocation')
  if (runsContainers && !has('ramAllocated')) missing.push('container_memory_allocation_bytes')
  return missing
}

interface Heartbeat {
  readonly coverage: number
  readonly seen: number
  readonly expected: number
  readonly intervals: Readonly<Record<string, number>>
}

/** The longest-seen series of the cost exporter tells for how much of the hour the cluster was measured. */
function heartbeatOf(hour: Hour): Heartbeat {
  let best = { coverage: 0, seen: 0, expected: 0 }
  for (const fact of HEARTBEATS) {
    for (const { series, value } of readingsOf(hour, fact)) {
      const interval = hour.interval(label(series, 'job')) ?? 0
      const coverage = Math.min(1, (value * interval) / HOUR_SECONDS)
      if (coverage > best.coverage)
        best = { coverage, seen: value, expected: Math.round(HOUR_SECONDS / interval) }
    }
  }
  const jobs = new Set(
    PACED.flatMap(fact => readingsOf(hour, fact).map(({ series }) => label(series, 'job'))),
  )
  const intervals = Object.fromEntries(
    [...jobs]
      .sort(compare)
      .map(job => [job, hour.interval(job)])
      .filter(([, seconds]) => seconds !== undefined),
  )
  return { ...best, intervals }
}

/** Containers on a node that no node series names: their cost is an estimate at the default price, the node's unknown. */
function withUnknownNodes(nodes: NodeRow[], containers: readonly ContainerHours[], tally: Tally): NodeRow[] {
  const known = new Set(nodes.map(row => row.node))
  const unknown = new Map<string, number>()
  for (const { node, hours } of containers) {
    if (!known.has(node)) unknown.set(node, Math.max(unknown.get(node) ?? 0, hours))
  }
  for (const [node, hours] of unknown) {
    tally.warn(
      'node_unknown',
      `node ${node}: containers ran on it but no node series names it; default prices are used`,
    )
    nodes.push({
      node,
      providerId: '',
      instanceType: null,
      region: null,
      minutes: hours * 60,
      cpuCores: null,
      ramGib: null,
      gpus: null,
      cpuPrice: DEFAULT_PRICES.cpu,
      ramPrice: DEFAULT_PRICES.ram,
      gpuPrice: null,
      cpuPriceRange: { min: DEFAULT_PRICES.cpu, max: DEFAULT_PRICES.cpu },
      ramPriceRange: { min: DEFAULT_PRICES.ram, max: DEFAULT_PRICES.ram },
      priceSource: 'default',
      spotRatio: null,
      zone: null,
      nodePool: null,
      cpuCost: null,
      ramCost: null,
      gpuCost: null,
    })
  }
  return nodes
}

function allocationRows(
  hour: Hour,
  containers: readonly ContainerHours[],
  nodes: readonly NodeRow[],
): AllocationRow[] {
  const controllerOf = controllersOf(hour)
  const machines = machinesByNode(nodes)
  const prices = new Map(
    [...machines].map(([node, rows]) => [
      node,
      { price: priceOf(rows), providerId: longest(rows).providerId },
    ]),
  )
  const rows: AllocationRow[] = []
  for (const container of containers) {
    const found = prices.get(container.node)
    if (found)
      rows.push(
        allocationRow(
          container,
          found.price,
          found.providerId || null,
          controllerOf(container.namespace, container.pod),
        ),
      )
  }
  return rows.sort(byIdentity)
}

function allocationRow(
  container: ContainerHours,
  price: NodePrice,
  providerId: string | null,
  controller: Controller | undefined,
): AllocationRow {
  return {
    namespace: container.namespace,
    pod: container.pod,
    container: container.container,
    node: container.node,
    providerId,
    controllerKind: controller?.kind ?? null,
    controller: controller?.name ?? null,
    podUid: null,
    minutes: container.hours * 60,
    cpuCoreHours: container.cpuAllocated,
    cpuCoreRequestHours: container.cpuRequested,
    cpuCoreUsedHours: container.cpuUsed,
    ramGibHours: container.ramAllocated,
    ramGibRequestHours: container.ramRequested,
    ramGibUsedHours: container.ramUsed,
    gpuHours: null,
    pvGibHours: null,
    networkZoneGib: null,
    networkRegionGib: null,
    networkInternetGib: null,
    loadBalancerHours: null,
    cpuCost: toMoney(container.cpuAllocated * price.cpu),
    ramCost: toMoney(container.ramAllocated * price.ram),
    gpuCost: null,
    pvCost: null,
    networkZoneCost: null,
    networkRegionCost: null,
    networkInternetCost: null,
    loadBalancerCost: null,
    labels: null,
    priceSource: price.source,
  }
}

function machinesByNode(nodes: readonly NodeRow[]): Map<string, NodeRow[]> {
  const machines = new Map<string, NodeRow[]>()
  for (const row of nodes) machines.set(row.node, [...(machines.get(row.node) ?? []), row])
  return machines
}

function longest(rows: readonly NodeRow[]): NodeRow {
  return rows.reduce((best, row) => (row.minutes > best.minutes ? row : best))
}

/** Two machines under one name in one hour: containers can't be told apart, so the price is the mean by time. */
function priceOf(rows: readonly NodeRow[]): NodePrice {
  const [only] = rows
  if (only && rows.length === 1) return { cpu: only.cpuPrice, ram: only.ramPrice, source: only.priceSource }
  const minutes = rows.reduce((sum, row) => sum + row.minutes, 0)
  const mean = (price: (row: NodeRow) => number) =>
    rows.reduce((sum, row) => sum + price(row) * (minutes > 0 ? row.minutes / minutes : 1 / rows.length), 0)
  return { cpu: mean(row => row.cpuPrice), ram: mean(row => row.ramPrice), source: longest(rows).priceSource }
}

/** What a node cost less what its containers were charged, signed; unknown where the node's cost is. */
function idleRows(nodes: readonly NodeRow[], allocations: readonly AllocationRow[]): IdleRow[] {
  const charged = new Map<string, { cpu: bigint; ram: bigint }>()
  for (const row of allocations) {
    const sums = charged.get(row.node) ?? { cpu: 0n, ram: 0n }
    sums.cpu += row.cpuCost
    sums.ram += row.ramCost
    charged.set(row.node, sums)
  }
  const idle: IdleRow[] = []
  for (const [node, rows] of machinesByNode(nodes)) {
    const cpu = rows.map(row => row.cpuCost).filter(cost => cost !== null)
    const ram = rows.map(row => row.ramCost).filter(cost => cost !== null)
    if (cpu.length < rows.length || ram.length < rows.length) continue
    const sums = charged.get(node) ?? { cpu: 0n, ram: 0n }
    idle.push({
      node,
      cpuCost: sumMoney(cpu) - sums.cpu,
      ramCost: sumMoney(ram) - sums.ram,
      gpuCost: null,
    })
  }
  return idle.sort((a, b) => compare(a.node, b.node))
}

function byIdentity(a: AllocationRow, b: AllocationRow): number {
  return (
    compare(a.namespace, b.namespace) ||
    compare(a.pod, b.pod) ||
    compare(a.container, b.container) ||
    compare(a.node, b.node)
  )
}
