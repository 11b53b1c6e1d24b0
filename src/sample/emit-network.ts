import type { ClusterModel, EgressClass, Grid, Machine, Span } from './model.js'
import type { LabelPairs, SeriesRegistry } from './registry.js'
import { hash } from './seed.js'

const JOB = 'kubecost-networking'
/** What a pod is sent for each byte that it sends. */
const RECEIVED_PER_SENT = 0.4

type ClassLabels = readonly [internet: boolean, sameRegion: boolean, sameZone: boolean]

const CLASS_LABELS: Readonly<Record<EgressClass, ClassLabels>> = {
  in_zone: [false, true, true],
  cross_zone: [false, true, false],
  cross_region: [false, false, false],
  internet: [true, false, false],
}

/** What Kubecost's agents on the nodes expose, where there are any. */
export function emitNetwork(registry: SeriesRegistry, cluster: ClusterModel, grid: Grid): void {
  if (cluster.network === null) return
  for (const machine of cluster.machines) {
    const labels = agentOf(machine.node)
    registry.add('up', labels, grid, machine, 1)
    registry.add('kubecost_network_costs_parsed_entries', labels, grid, machine, t => 900 + (t % 97))
    registry.add('kubecost_network_costs_parse_time', labels, grid, machine, t => 4 + (t % 13))
  }
  for (const sender of [...cluster.pods, ...cluster.network.strangers]) {
    const starts = cluster.network.restarts.get(sender.machine.node) ?? []
    for (const { egressClass, bytesPerSecond, service } of sender.egress) {
      const labels = {
        ...agentOf(sender.machine.node),
        namespace: sender.namespace,
        pod_name: sender.name,
        service,
        ...classLabels(egressClass, cluster.network.isOldSpelling),
      }
      emitCounter(registry, 'egress', labels, grid, sender, starts, bytesPerSecond)
      emitCounter(registry, 'ingress', labels, grid, sender, starts, bytesPerSecond * RECEIVED_PER_SENT)
    }
  }
}

function agentOf(node: Machine['node']): LabelPairs {
  return { job: JOB, instance: `10.${hash(node, 'agent') % 250}.${hash(node, 'port') % 250}.9:3001` }
}

function classLabels(egressClass: EgressClass, isOldSpelling: boolean): LabelPairs {
  const [internet, sameRegion, sameZone] = CLASS_LABELS[egressClass].map(String)
  const [region, zone] = isOldSpelling ? ['sameRegion', 'sameZone'] : ['same_region', 'same_zone']
  return { internet: internet ?? '', [region ?? '']: sameRegion ?? '', [zone ?? '']: sameZone ?? '' }
}

/** Counts from the pod's start, and from zero again when the agent has started anew; traffic doesn't stop for that. */
function emitCounter(
  registry: SeriesRegistry,
  direction: 'egress' | 'ingress',
  labels: LabelPairs,
  grid: Grid,
  life: Span,
  starts: readonly number[],
  bytesPerSecond: number,
): void {
  const name = `kubecost_pod_network_${direction}_bytes_total`
  registry.add(name, labels, grid, life, t => {
    let since = life.from
    for (const start of starts) if (start <= t && start > since) since = start
    return bytesPerSecond * (t - since)
  })
}
