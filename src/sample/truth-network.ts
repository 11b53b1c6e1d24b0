import { type EgressClass, GIB } from './model.js'
import { type PodTime, podKey, type Sampling } from './truth-pods.js'

/** GiB that each pod name sent by how far they went. */
export type Sent = ReadonlyMap<string, Readonly<Record<EgressClass, number>>>

/** What the pods sent in the window: rate × samples × what a sample stands for. */
export function sentBy(pods: readonly PodTime[], { hours }: Sampling): Sent {
  const sent = new Map<string, Record<EgressClass, number>>()
  for (const { pod, alive } of pods) {
    const key = podKey(pod.namespace, pod.name)
    const known = sent.get(key) ?? { in_zone: 0, cross_zone: 0, cross_region: 0, internet: 0 }
    for (const { egressClass, bytesPerSecond } of pod.egress) {
      known[egressClass] += (bytesPerSecond * alive.length * hours * 3600) / GIB
    }
    sent.set(key, known)
  }
  return sent
}
