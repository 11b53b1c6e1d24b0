import { HOUR_SECONDS, type Window, windowEnd, windowsStartingIn } from '../domain/window.js'
import type { Estate } from './estate.js'
import type { AccountModel, ClusterModel } from './model.js'
import { balancersOf } from './truth-balancers.js'
import { containersOf } from './truth-containers.js'
import { sentBy, strangersOf } from './truth-network.js'
import { idleOf, nodeOf } from './truth-nodes.js'
import { instantsIn, podTimes, type Sampling } from './truth-pods.js'
import type { AssetTruth, RemainderTruth, WindowTruth } from './truth-types.js'
import { volumesOf } from './truth-volumes.js'

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
  const sampling: Sampling = { instants, hours: estate.intervalSeconds / HOUR_SECONDS }
  const samplesExpected = Math.floor(HOUR_SECONDS / estate.intervalSeconds)
  const coverage = instants.length / samplesExpected
  const pods = podTimes(cluster, instants)
  const volumes = volumesOf(cluster, pods, sampling)
  const balancers = balancersOf(cluster, pods, sampling)
  const fee = feeOf(cluster, sampling)
  const nodes = cluster.machines.flatMap(machine => nodeOf(machine, sampling) ?? [])
  const containers = containersOf(cluster, pods, sampling, {
    volumes: volumes.shares,
    balancers: balancers.shares,
    sent: cluster.network === null ? null : sentBy(pods, sampling),
  })
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
    assets: [...volumes.assets, ...balancers.assets, fee.asset],
    remainders: [
      ...volumes.remainders,
      ...balancers.remainders,
      fee.remainder,
      ...strangersOf(cluster, sampling),
    ],
  }
}

function feeOf(
  cluster: ClusterModel,
  { instants, hours }: Sampling,
): { asset: AssetTruth; remainder: RemainderTruth } {
  const { provisioner, managementHourlyCost } = cluster
  const quantity = instants.length * hours
  const cost = managementHourlyCost * quantity
  return {
    asset: {
      assetType: 'management',
      assetId: provisioner,
      name: provisioner,
      namespace: null,
      claim: null,
      storageClass: null,
      providerId: null,
      minutes: quantity * 60,
      gib: null,
      totalCost: cost,
    },
    remainder: {
      kind: 'cluster_management',
      part: 'management',
      namespace: '',
      name: provisioner,
      quantity,
      cost,
    },
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
