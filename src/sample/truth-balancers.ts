import { type ClusterModel, type LoadBalancer, type PodModel, stepAt } from './model.js'
import { aliveAt, type PodTime, podKey, type Sampling } from './truth-pods.js'
import type { AssetTruth, RemainderTruth } from './truth-types.js'
import { type PartTruth, type Shares, share } from './truth-volumes.js'

/**
 * Load balancers. The pods that a service selects share its balancer by the samples at which they and it were there,
 * whatever their number of containers; a balancer with no pod behind it remains. Quantities are hours.
 */
export function balancersOf(cluster: ClusterModel, pods: readonly PodTime[], sampling: Sampling): PartTruth {
  const shares: Shares = new Map()
  const assets: AssetTruth[] = []
  const remainders: RemainderTruth[] = []
  for (const balancer of cluster.loadBalancers) {
    const alive = aliveAt(balancer, sampling.instants)
    if (alive.length === 0) continue
    const hours = alive.length * sampling.hours
    const cost = balancer.hourlyCost * hours
    assets.push(assetOf(balancer, hours, cost))
    const behind = samplesBehind(balancer, pods)
    const total = [...behind.values()].reduce((sum, samples) => sum + samples, 0)
    for (const [key, samples] of behind) {
      share(shares, key, (hours * samples) / total, (cost * samples) / total)
    }
    if (total > 0) continue
    const { namespace, service } = balancer
    remainders.push({
      kind: 'unmounted',
      part: 'load_balancer',
      namespace,
      name: service,
      quantity: hours,
      cost,
    })
  }
  return { assets, remainders, shares }
}

/** At how many samples each pod name was behind the balancer. */
function samplesBehind(balancer: LoadBalancer, pods: readonly PodTime[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const { pod, alive } of pods) {
    if (pod.namespace !== balancer.namespace) continue
    const samples = aliveAt(balancer, alive).filter(t => isSelected(balancer, pod, t)).length
    if (samples === 0) continue
    const key = podKey(pod.namespace, pod.name)
    found.set(key, (found.get(key) ?? 0) + samples)
  }
  return found
}

function isSelected({ selector }: LoadBalancer, pod: PodModel, t: number): boolean {
  if (selector === null) return false
  const { labels } = stepAt(pod.labels, t)
  return [...selector].every(([name, value]) => labels.get(name) === value)
}

function assetOf(balancer: LoadBalancer, hours: number, totalCost: number): AssetTruth {
  return {
    assetType: 'load_balancer',
    assetId: `${balancer.namespace}/${balancer.service}`,
    name: balancer.service,
    namespace: balancer.namespace,
    claim: null,
    storageClass: null,
    providerId: null,
    minutes: hours * 60,
    gib: null,
    totalCost,
  }
}
