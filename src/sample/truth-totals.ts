import type { Estate } from './estate.js'
import { truthOf } from './truth.js'

/** Sums over some windows. Costs in the account's currency. */
interface NamespaceTotal {
  readonly cloudAccountId: string
  readonly cluster: string
  readonly namespace: string
  cpuCoreHours: number
  ramGibHours: number
  cpuCost: number
  ramCost: number
}

export interface ClusterTotal {
  readonly cloudAccountId: string
  readonly cluster: string
  nodeCpuCost: number
  nodeRamCost: number
  allocatedCpuCost: number
  allocatedRamCost: number
  /** Node cost less allocated cost. */
  idleCost: number
  readonly namespaces: NamespaceTotal[]
}

/** The truth of every cluster in the windows that start in `[from, to)` (Unix seconds), by cluster and namespace. */
export function truthTotals(estate: Estate, from: number, to: number): ClusterTotal[] {
  const clusters = new Map<string, ClusterTotal>()
  const namespaces = new Map<string, NamespaceTotal>()
  for (const { cloudAccountId, cluster, nodes, containers } of truthOf(estate, from, to)) {
    const total = clusters.get(`${cloudAccountId}\0${cluster}`) ?? emptyCluster(cloudAccountId, cluster)
    clusters.set(`${cloudAccountId}\0${cluster}`, total)
    for (const node of nodes) {
      total.nodeCpuCost += node.cpuCost
      total.nodeRamCost += node.ramCost
    }
    for (const container of containers) {
      const key = `${cloudAccountId}\0${cluster}\0${container.namespace}`
      let own = namespaces.get(key)
      if (!own) {
        own = emptyNamespace(cloudAccountId, cluster, container.namespace)
        namespaces.set(key, own)
        total.namespaces.push(own)
      }
      own.cpuCoreHours += container.cpuCoreHours
      own.ramGibHours += container.ramGibHours
      own.cpuCost += container.cpuCost
      own.ramCost += container.ramCost
      total.allocatedCpuCost += container.cpuCost
      total.allocatedRamCost += container.ramCost
    }
    total.idleCost = total.nodeCpuCost + total.nodeRamCost - total.allocatedCpuCost - total.allocatedRamCost
  }
  return [...clusters.values()]
}

function emptyCluster(cloudAccountId: string, cluster: string): ClusterTotal {
  return {
    cloudAccountId,
    cluster,
    nodeCpuCost: 0,
    nodeRamCost: 0,
    allocatedCpuCost: 0,
    allocatedRamCost: 0,
    idleCost: 0,
    namespaces: [],
  }
}

function emptyNamespace(cloudAccountId: string, cluster: string, namespace: string): NamespaceTotal {
  return { cloudAccountId, cluster, namespace, cpuCoreHours: 0, ramGibHours: 0, cpuCost: 0, ramCost: 0 }
}
