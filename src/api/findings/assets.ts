import { parseMoney } from '../../domain/money.js'
import type { FreeAsset, FreeAssets } from './assets-query.js'
import { type Findings, type Found, momentOf, monthlyCost } from './finding.js'

/**
 * Volumes that nobody claims, claims that no pod mounted in the whole range, and load balancers before no pod. All that
 * they cost could be saved.
 */
export function assetFindings({ free, unknown_disks, unknown_balancers }: FreeAssets): Findings {
  return {
    found: free.flatMap(asset => {
      if (asset.asset_type === 'load_balancer') return [idleBalancer(asset)]
      // A claim whose pods are away for a while is kept for them.
      return asset.claim !== null && asset.was_held ? [] : [unclaimedVolume(asset)]
    }),
    unknown: { unclaimed_volume: unknown_disks, balancer_without_pods: unknown_balancers },
  }
}

function unclaimedVolume(asset: FreeAsset): Found {
  const { claim, namespace, storage_class, gib, hours } = asset
  const size = gib === null ? '' : ` of ${Number(gib.toFixed(1))} GiB`
  const why =
    claim === null
      ? `nobody claims the volume ${asset.name}${size}`
      : `no pod has mounted the claim ${namespace}/${claim}${size}`
  return {
    ...commonOf(asset),
    finding: 'unclaimed_volume',
    evidence: { claim, storage_class, gib, hours },
    detail: `Since ${momentOf(asset.since)} ${why}`,
  }
}

function idleBalancer(asset: FreeAsset): Found {
  return {
    ...commonOf(asset),
    finding: 'balancer_without_pods',
    evidence: { hours: asset.hours },
    detail: `Since ${momentOf(asset.since)} no pod is behind the load balancer of the service ${asset.namespace}/${asset.name}`,
  }
}

function commonOf({ cluster, namespace, name, since, cost, minutes }: FreeAsset) {
  const money = parseMoney(cost)
  return { cluster, namespace, name, since, cost: money, savingMonth: monthlyCost(money, minutes) }
}
