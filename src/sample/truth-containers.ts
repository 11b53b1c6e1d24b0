import { type ClusterModel, type ContainerModel, GIB, type Machine, type PodModel, priceAt } from './model.js'
import type { Sent } from './truth-network.js'
import { type PodIdentity, type PodTime, podIdentities, podKey, type Sampling } from './truth-pods.js'
import type { ContainerTruth } from './truth-types.js'
import type { Shares } from './truth-volumes.js'
import { levelAt } from './wave.js'
import { controllerOf } from './workloads.js'

/** What each container used, reserved and has of what its pod has. */
export function containersOf(
  cluster: ClusterModel,
  pods: readonly PodTime[],
  sampling: Sampling,
  parts: PodParts,
): ContainerTruth[] {
  const found = new Map<string, ContainerTruth>()
  const identities = podIdentities(cluster, pods)
  for (const { pod, alive } of pods) {
    const identity = identities.get(podKey(pod.namespace, pod.name))
    if (!identity) continue
    for (const container of pod.containers) {
      addContainer(truthFor(found, pod, identity, container), pod.machine, container, alive, sampling.hours)
    }
  }
  const containers = [...found.values()]
  spread(cluster, containers, parts)
  return containers
}

/** What pods have as a whole, by `podKey`. `sent` null: nobody counts it. */
interface PodParts {
  readonly volumes: Shares
  readonly balancers: Shares
  readonly sent: Sent | null
}

function spread(cluster: ClusterModel, containers: readonly ContainerTruth[], parts: PodParts): void {
  const counts = new Map<string, number>()
  const keyOf = (one: ContainerTruth) => podKey(one.namespace, one.pod)
  for (const one of containers) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1)
  for (const one of containers) {
    const key = keyOf(one)
    const count = counts.get(key) ?? 1
    const volume = parts.volumes.get(key)
    const balancer = parts.balancers.get(key)
    one.pvGibHours = (volume?.quantity ?? 0) / count
    one.pvCost = (volume?.cost ?? 0) / count
    one.loadBalancerHours = (balancer?.quantity ?? 0) / count
    one.loadBalancerCost = (balancer?.cost ?? 0) / count
    if (parts.sent === null) continue
    const sent = parts.sent.get(key)
    one.networkZoneGib = (sent?.cross_zone ?? 0) / count
    one.networkRegionGib = (sent?.cross_region ?? 0) / count
    one.networkInternetGib = (sent?.internet ?? 0) / count
    one.networkZoneCost = one.networkZoneGib * cluster.egressPrices.zone
    one.networkRegionCost = one.networkRegionGib * cluster.egressPrices.region
    one.networkInternetCost = one.networkInternetGib * cluster.egressPrices.internet
  }
}

function truthFor(
  found: Map<string, ContainerTruth>,
  pod: PodModel,
  { uid, labels }: PodIdentity,
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
    podUid: uid,
    labels,
    minutes: 0,
    cpuCoreHours: 0,
    ramGibHours: 0,
    cpuCoreRequestHours: container.cpuRequest === null ? null : 0,
    ramGibRequestHours: container.ramRequest === null ? null : 0,
    cpuCoreUsedHours: 0,
    ramGibUsedHours: 0,
    gpuHours: 0,
    cpuCost: 0,
    ramCost: 0,
    gpuCost: 0,
    pvGibHours: 0,
    pvCost: 0,
    loadBalancerHours: 0,
    loadBalancerCost: 0,
    networkZoneGib: null,
    networkRegionGib: null,
    networkInternetGib: null,
    networkZoneCost: null,
    networkRegionCost: null,
    networkInternetCost: null,
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
    truth.gpuHours += container.gpus * hours
    truth.gpuCost += container.gpus * hours * price.gpu
  }
}
