import { type Money, toMoney } from '../domain/money.js'
import type { AllocationRow, NodeRow } from '../domain/rows.js'
import type { Balancers } from './balancers.js'
import type { ContainerHours } from './containers.js'
import type { Controller } from './controllers.js'
import { machinesByNode } from './idle.js'
import type { PodLabels } from './labels.js'
import { type Network, TRAFFIC_WAYS } from './network.js'
import { type PodAmount, podKey, type RunningPod, Spread } from './pods.js'
import type { NodePrice } from './prices.js'
import type { Refinement } from './refine.js'
import { compare } from './tally.js'
import type { Volumes } from './volumes.js'

/** All that is known of a window's containers and of what their pods bear. */
export interface AllocationParts {
  readonly containers: readonly ContainerHours[]
  readonly nodes: readonly NodeRow[]
  readonly pods: ReadonlyMap<string, RunningPod>
  readonly refinement: Refinement
  readonly controllerOf: (namespace: string, pod: string) => Controller | undefined
  readonly labels: PodLabels
  readonly volumes: Volumes
  readonly balancers: Balancers
  readonly network: Network
}

/** Containers × the price of their node, with an even share of what their pod bears. In order of identity. */
export function allocationRows(parts: AllocationParts): AllocationRow[] {
  const prices = new Map(
    [...machinesByNode(parts.nodes)].map(([node, rows]) => [
      node,
      { price: priceOf(rows), providerId: longest(rows).providerId },
    ]),
  )
  const spreads = spreadsOf(parts)
  const rows: AllocationRow[] = []
  // The units left over by an even split go to the first rows, so the order has to be one.
  for (const container of [...parts.containers].sort(byIdentity)) {
    const found = prices.get(container.node)
    if (found) rows.push(allocationRow(parts, spreads, container, found.price, found.providerId))
  }
  return rows
}

function spreadsOf({ pods, volumes, balancers, network }: AllocationParts) {
  const of = (amounts: ReadonlyMap<string, PodAmount>) => new Spread(amounts, pods)
  const [zone, region, internet] = TRAFFIC_WAYS.map(way => of(network.amounts[way])) as [
    Spread,
    Spread,
    Spread,
  ]
  return { volumes: of(volumes.amounts), balancers: of(balancers.amounts), zone, region, internet }
}

function allocationRow(
  parts: AllocationParts,
  spreads: ReturnType<typeof spreadsOf>,
  container: ContainerHours,
  price: NodePrice,
  nodeProviderId: string,
): AllocationRow {
  const { namespace, pod, gpuHours } = container
  const key = podKey(namespace, pod)
  const refined = parts.refinement.priceOf(container.onNode, container.job)
  const controller = parts.controllerOf(namespace, pod)
  const pv = spreads.volumes.next(key)
  const balancer = spreads.balancers.next(key)
  const traffic = [spreads.zone.next(key), spreads.region.next(key), spreads.internet.next(key)] as const
  const isTrafficKnown = parts.network.isKnown(key)
  const isPvKnown = parts.volumes.isKnown(key)
  const isBalancerKnown = parts.balancers.isKnown(namespace)
  const collected = <T>(value: T): T | null => (isTrafficKnown ? value : null)
  return {
    namespace,
    pod,
    container: container.container,
    node: container.node,
    providerId: refined?.providerId || nodeProviderId || null,
    controllerKind: controller?.kind ?? null,
    controller: controller?.name ?? null,
    podUid: parts.labels.uid(namespace, pod),
    minutes: container.hours * 60,
    cpuCoreHours: container.cpuAllocated,
    cpuCoreRequestHours: container.cpuRequested,
    cpuCoreUsedHours: container.cpuUsed,
    ramGibHours: container.ramAllocated,
    ramGibRequestHours: container.ramRequested,
    ramGibUsedHours: container.ramUsed,
    gpuHours,
    pvGibHours: isPvKnown ? pv.quantity : null,
    networkZoneGib: collected(traffic[0].quantity),
    networkRegionGib: collected(traffic[1].quantity),
    networkInternetGib: collected(traffic[2].quantity),
    loadBalancerHours: isBalancerKnown ? balancer.quantity : null,
    cpuCost: toMoney(container.cpuAllocated * (refined?.cpu ?? price.cpu)),
    ramCost: toMoney(container.ramAllocated * (refined?.ram ?? price.ram)),
    gpuCost: gpuCostOf(gpuHours, refined?.gpu ?? price.gpu),
    pvCost: isPvKnown ? pv.cost : null,
    networkZoneCost: collected(traffic[0].cost),
    networkRegionCost: collected(traffic[1].cost),
    networkInternetCost: collected(traffic[2].cost),
    loadBalancerCost: isBalancerKnown ? balancer.cost : null,
    priceSource: price.source,
    labels: parts.labels.effective(namespace, pod),
  }
}

/** A GPU on a machine that is not known to have one has no price. */
function gpuCostOf(hours: number | null, price: number | null): Money | null {
  if (hours === 0) return 0n
  return hours === null || price === null ? null : toMoney(hours * price)
}

function longest(rows: readonly NodeRow[]): NodeRow {
  return rows.reduce((best, row) => (row.minutes > best.minutes ? row : best))
}

/** Of two machines under one name in one hour the mean by time, for containers whose moments are not known. */
function priceOf(rows: readonly NodeRow[]): NodePrice {
  const minutes = rows.reduce((sum, row) => sum + row.minutes, 0)
  const mean = (price: (row: NodeRow) => number) =>
    rows.length === 1
      ? price(longest(rows))
      : rows.reduce(
          (sum, row) => sum + price(row) * (minutes > 0 ? row.minutes / minutes : 1 / rows.length),
          0,
        )
  const hasGpus = rows.some(row => row.gpuPrice !== null)
  return {
    cpu: mean(row => row.cpuPrice),
    ram: mean(row => row.ramPrice),
    gpu: hasGpus ? mean(row => row.gpuPrice ?? 0) : null,
    source: longest(rows).priceSource,
  }
}

function byIdentity(a: ContainerHours, b: ContainerHours): number {
  return (
    compare(a.namespace, b.namespace) ||
    compare(a.pod, b.pod) ||
    compare(a.container, b.container) ||
    compare(a.node, b.node)
  )
}
