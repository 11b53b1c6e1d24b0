import type { RemainderPart } from '../domain/rows.js'
import { type ClusterModel, type EgressClass, GIB, type Sender } from './model.js'
import { aliveAt, type PodTime, podKey, type Sampling } from './truth-pods.js'
import type { RemainderTruth } from './truth-types.js'

/** GiB by how far they went. */
type SentGib = Record<EgressClass, number>

/** What each pod name sent. */
export type Sent = ReadonlyMap<string, Readonly<SentGib>>

/** What the pods sent in the window. */
export function sentBy(pods: readonly PodTime[], sampling: Sampling): Sent {
  const sent = new Map<string, SentGib>()
  for (const { pod, alive } of pods) {
    const key = podKey(pod.namespace, pod.name)
    const known = sent.get(key) ?? nothing()
    addTo(known, pod, alive, sampling)
    sent.set(key, known)
  }
  return sent
}

/** Traffic of pods that nobody but the agents knows of. */
export function strangersOf(cluster: ClusterModel, sampling: Sampling): RemainderTruth[] {
  const { zone, region, internet } = cluster.egressPrices
  return (cluster.network?.strangers ?? []).flatMap(stranger => {
    const sent = nothing()
    addTo(sent, stranger, aliveAt(stranger, sampling.instants), sampling)
    const rest = (part: RemainderPart, gib: number, price: number): RemainderTruth[] => {
      const { namespace, name } = stranger
      if (gib === 0) return []
      return [{ kind: 'unallocated', part, namespace, name, quantity: gib, cost: gib * price }]
    }
    return [
      ...rest('network_zone', sent.cross_zone, zone),
      ...rest('network_region', sent.cross_region, region),
      ...rest('network_internet', sent.internet, internet),
    ]
  })
}

function nothing(): SentGib {
  return { in_zone: 0, cross_zone: 0, cross_region: 0, internet: 0 }
}

/**
 * Rate × the time from the first sample to the end of what the last one stands for: a counter goes on counting while
 * nobody collects it, so a hole between samples loses nothing.
 */
function addTo(sent: SentGib, sender: Sender, alive: readonly number[], { hours }: Sampling): void {
  const first = alive[0]
  if (first === undefined) return
  const seconds = (alive[alive.length - 1] ?? first) - first + hours * 3600
  for (const { egressClass, bytesPerSecond } of sender.egress) {
    sent[egressClass] += (bytesPerSecond * seconds) / GIB
  }
}
