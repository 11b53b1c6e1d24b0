import type { NodeRow, WindowRows } from '../domain/rows.js'
import type { ClusterBatch } from '../domain/samples.js'
import type { Window } from '../domain/window.js'
import { noteAbsences } from './absences.js'
import { allocationRows } from './allocations.js'
import { balancers } from './balancers.js'
import { checkRows } from './checks.js'
import { type ContainerHours, containerHours } from './containers.js'
import { controllersOf } from './controllers.js'
import { managementFee } from './fee.js'
import { gpuHours } from './gpus.js'
import { type Heartbeat, heartbeatOf, jobWithoutInterval, missingSeries } from './heartbeat.js'
import { type Hour, hoursOf, readingsOf } from './hour.js'
import { idleRows } from './idle.js'
import { podLabels } from './labels.js'
import { localDisks } from './local-disks.js'
import { metricRows, warnNotLanded } from './metric-rows.js'
import { network } from './network.js'
import { nodeRows } from './nodes.js'
import { podsOf } from './pods.js'
import { DEFAULT_PRICES } from './prices.js'
import { type Refinement, refine } from './refine.js'
import { compare, Tally } from './tally.js'
import { volumes } from './volumes.js'

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

function windowOutcome(hour: Hour): WindowOutcome {
  const unpaced = jobWithoutInterval(hour)
  if (unpaced !== undefined) return { kind: 'unpaced', window: hour.window, detail: unpaced }
  const missing = missingSeries(hour)
  if (missing.length > 0) {
    return { kind: 'incomplete', window: hour.window, reason: 'missing_series', detail: missing.join(', ') }
  }
  const heartbeat = heartbeatOf(hour)
  if (heartbeat.coverage === 0) return { kind: 'silent', rows: silentRows(hour, heartbeat) }
  return { kind: 'rows', rows: costModel(hour, heartbeat) }
}

/** The cost model in its order: nodes, containers, what pods bear, price join, remainders, idle, checks. */
function costModel(hour: Hour, heartbeat: Heartbeat): WindowRows {
  const tally = new Tally()
  noteReading(hour, tally)
  const priced = nodeRows(hour, tally)
  const gpus = gpuHours(
    hour,
    priced.some(row => (row.gpus ?? 0) > 0),
    tally,
  )
  const containers = containerHours(hour, priced, gpus, tally)
  noteAbsences(hour, priced, containers, tally)
  const unbelieved = unbelievedNodes(priced)
  const refinement = refine(hour, node => !unbelieved.has(node))
  const nodes = withUnknownNodes(priced, containers, tally).map(row => withRanges(row, refinement))
  const pods = podsOf(containers)
  const labels = podLabels(hour, tally)
  const disks = volumes(hour, pods, tally)
  const boots = localDisks(hour, nodes, tally)
  const fee = managementFee(hour, tally)
  const behind = balancers(hour, pods, labels, tally)
  const traffic = network(hour, pods, tally)
  const allocations = allocationRows({
    containers,
    nodes,
    pods,
    refinement,
    controllerOf: controllersOf(hour),
    labels,
    volumes: disks,
    balancers: behind,
    network: traffic,
  })
  const rows = {
    allocations,
    nodes: nodes.sort((a, b) => compare(a.node, b.node) || compare(a.providerId, b.providerId)),
    idle: idleRows(nodes, allocations),
    assets: [...disks.assets, ...boots.assets, ...behind.assets, ...fee.assets],
    remainders: [...disks.remainders, ...boots.remainders, ...behind.remainders, ...fee.remainders]
      .concat(traffic.remainders)
      .sort(
        (a, b) => compare(a.part, b.part) || compare(a.namespace, b.namespace) || compare(a.name, b.name),
      ),
    metrics: metricRows(hour.metrics, tally),
    coverage: heartbeat.coverage,
  }
  const checks = checkRows(rows)
  for (const { check, ok, detail } of checks)
    if (!ok) tally.warn(`identity_${check}`, detail ?? 'does not hold')
  return { ...windowRows(hour, heartbeat), ...rows, checks, ...tally.result() }
}

function noteReading(hour: Hour, tally: Tally): void {
  for (const metric of hour.flagged)
    tally.warn('engine_warning', `the query engine left out samples of ${metric}`)
  for (const [what, count] of hour.mended)
    tally.warn(what, `${count} names or values of the source were changed to be stored`)
  warnNotLanded(hour.notLanded, tally)
}

/** No heartbeat means not measured: whatever other exporters said in that hour is no ground for a bill. */
function silentRows(hour: Hour, heartbeat: Heartbeat): WindowRows {
  return { ...windowRows(hour, heartbeat), coverage: 0 }
}

/** A window without any row. */
function windowRows(hour: Hour, heartbeat: Heartbeat): WindowRows {
  return {
    window: hour.window,
    allocations: [],
    nodes: [],
    idle: [],
    assets: [],
    remainders: [],
    metrics: [],
    checks: [],
    sourceSamples: readingsOf(hour, 'containerSamples').reduce(
      (sum, { value }) => (Number.isFinite(value) ? sum + value : sum),
      0,
    ),
    coverage: heartbeat.coverage,
    samplesSeen: heartbeat.seen,
    samplesExpected: heartbeat.expected,
    intervals: heartbeat.intervals,
    warnings: [],
    rejects: [],
    points: hour.points,
  }
}

/** Names of nodes whose told prices are not those that are used. */
function unbelievedNodes(nodes: readonly NodeRow[]): Set<string> {
  const isBelieved = ({ priceSource }: NodeRow) => priceSource === 'measured' || priceSource === 'repaired'
  return new Set(nodes.filter(row => !isBelieved(row)).map(row => row.node))
}

function withRanges(row: NodeRow, refinement: Refinement): NodeRow {
  return {
    ...row,
    cpuPriceRange: refinement.rangeOf('cpu', row.node, row.providerId) ?? row.cpuPriceRange,
    ramPriceRange: refinement.rangeOf('ram', row.node, row.providerId) ?? row.ramPriceRange,
  }
}

/** Containers on a node that no node series names: their cost is an estimate at the default price, the node's unknown. */
function withUnknownNodes(
  nodes: readonly NodeRow[],
  containers: readonly ContainerHours[],
  tally: Tally,
): NodeRow[] {
  const known = new Set(nodes.map(row => row.node))
  const unknown = new Map<string, number>()
  for (const { node, hours } of containers) {
    if (!known.has(node)) unknown.set(node, Math.max(unknown.get(node) ?? 0, hours))
  }
  return [...nodes, ...[...unknown].map(([node, hours]) => unknownNode(node, hours, tally))]
}

function unknownNode(node: string, hours: number, tally: Tally): NodeRow {
  tally.warn(
    'node_unknown',
    `node ${node}: containers ran on it but no node series names it; default prices are used`,
  )
  const { cpu, ram } = DEFAULT_PRICES
  return {
    node,
    providerId: '',
    instanceType: null,
    region: null,
    minutes: hours * 60,
    cpuCores: null,
    ramGib: null,
    gpus: null,
    cpuPrice: cpu,
    ramPrice: ram,
    gpuPrice: null,
    cpuPriceRange: { min: cpu, max: cpu },
    ramPriceRange: { min: ram, max: ram },
    priceSource: 'default',
    spotRatio: null,
    zone: null,
    nodePool: null,
    cpuCost: null,
    ramCost: null,
    gpuCost: null,
  }
}
