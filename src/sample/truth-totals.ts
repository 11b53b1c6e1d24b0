import type { Estate } from './estate.js'
import { truthOf } from './truth.js'
import type { ContainerTruth, WindowTruth } from './truth-types.js'

/** Sums over some windows, of containers. Costs in the account's currency. */
interface AllocatedTotal {
  cpuCoreHours: number
  ramGibHours: number
  gpuHours: number
  pvGibHours: number
  cpuCost: number
  ramCost: number
  gpuCost: number
  pvCost: number
  loadBalancerCost: number
  /** null: nothing classifies traffic. */
  networkCost: number | null
}

interface NamespaceTotal extends AllocatedTotal {
  readonly cloudAccountId: string
  readonly cluster: string
  readonly namespace: string
}

export interface ClusterTotal {
  readonly cloudAccountId: string
  readonly cluster: string
  nodeCpuCost: number
  nodeRamCost: number
  nodeGpuCost: number
  diskCost: number
  loadBalancerCost: number
  managementCost: number
  /** Traffic of known and unknown pods; null: nothing classifies it. */
  networkCost: number | null
  /** What containers have of all that. */
  readonly allocated: AllocatedTotal
  allocatedCpuCost: number
  allocatedRamCost: number
  /** Node cost less allocated cost of cores, memory and GPUs. */
  idleCost: number
  /** Volumes and load balancers that no pod carries. */
  unmountedCost: number
  /** Traffic of unknown pods. */
  unallocatedCost: number
  /** Nodes, disks, load balancers, fee and network; also allocated, idle, unmounted, fee and unallocated. */
  totalCost: number
  readonly namespaces: NamespaceTotal[]
}

/** The truth of every cluster in the windows that start in `[from, to)` (Unix seconds), by cluster and namespace. */
export function truthTotals(estate: Estate, from: number, to: number): ClusterTotal[] {
  const clusters = new Map<string, ClusterTotal>()
  for (const truth of truthOf(estate, from, to)) {
    const key = `${truth.cloudAccountId}\0${truth.cluster}`
    const total = clusters.get(key) ?? emptyCluster(truth.cloudAccountId, truth.cluster)
    clusters.set(key, total)
    addAssets(total, truth)
    for (const container of truth.containers) {
      add(total.allocated, container)
      add(namespaceOf(total, container.namespace), container)
    }
    conclude(total)
  }
  return [...clusters.values()]
}

function addAssets(total: ClusterTotal, { nodes, assets, remainders }: WindowTruth): void {
  for (const node of nodes) {
    total.nodeCpuCost += node.cpuCost
    total.nodeRamCost += node.ramCost
    total.nodeGpuCost += node.gpuCost
  }
  for (const asset of assets) {
    if (asset.assetType === 'disk') total.diskCost += asset.totalCost
    else if (asset.assetType === 'load_balancer') total.loadBalancerCost += asset.totalCost
    else total.managementCost += asset.totalCost
  }
  for (const one of remainders) {
    if (one.kind === 'unmounted') total.unmountedCost += one.cost
    else if (one.kind === 'unallocated') total.unallocatedCost += one.cost
  }
}

function add(total: AllocatedTotal, container: ContainerTruth): void {
  total.cpuCoreHours += container.cpuCoreHours
  total.ramGibHours += container.ramGibHours
  total.gpuHours += container.gpuHours
  total.pvGibHours += container.pvGibHours
  total.cpuCost += container.cpuCost
  total.ramCost += container.ramCost
  total.gpuCost += container.gpuCost
  total.pvCost += container.pvCost
  total.loadBalancerCost += container.loadBalancerCost
  const { networkZoneCost: zone, networkRegionCost: region, networkInternetCost: internet } = container
  if (zone === null || region === null || internet === null) return
  total.networkCost = (total.networkCost ?? 0) + zone + region + internet
}

function conclude(total: ClusterTotal): void {
  const { allocated } = total
  const nodes = total.nodeCpuCost + total.nodeRamCost + total.nodeGpuCost
  total.allocatedCpuCost = allocated.cpuCost
  total.allocatedRamCost = allocated.ramCost
  total.idleCost = nodes - allocated.cpuCost - allocated.ramCost - allocated.gpuCost
  if (allocated.networkCost !== null) total.networkCost = allocated.networkCost + total.unallocatedCost
  total.totalCost =
    nodes + total.diskCost + total.loadBalancerCost + total.managementCost + (total.networkCost ?? 0)
}

function namespaceOf(total: ClusterTotal, namespace: string): NamespaceTotal {
  const known = total.namespaces.find(one => one.namespace === namespace)
  if (known) return known
  const { cloudAccountId, cluster } = total
  const made = { cloudAccountId, cluster, namespace, ...nothingAllocated() }
  total.namespaces.push(made)
  return made
}

function emptyCluster(cloudAccountId: string, cluster: string): ClusterTotal {
  return {
    cloudAccountId,
    cluster,
    nodeCpuCost: 0,
    nodeRamCost: 0,
    nodeGpuCost: 0,
    diskCost: 0,
    loadBalancerCost: 0,
    managementCost: 0,
    networkCost: null,
    allocated: nothingAllocated(),
    allocatedCpuCost: 0,
    allocatedRamCost: 0,
    idleCost: 0,
    unmountedCost: 0,
    unallocatedCost: 0,
    totalCost: 0,
    namespaces: [],
  }
}

function nothingAllocated(): AllocatedTotal {
  return {
    cpuCoreHours: 0,
    ramGibHours: 0,
    gpuHours: 0,
    pvGibHours: 0,
    cpuCost: 0,
    ramCost: 0,
    gpuCost: 0,
    pvCost: 0,
    loadBalancerCost: 0,
    networkCost: null,
  }
}
