import type { Labels } from '../domain/rows.js'
import type { Estate } from './estate.js'
import { type ClusterModel, isWithin, type PodModel, type Span, stepAt } from './model.js'
import { gridFrom } from './series.js'

/** The instants of sampling within one window. */
export interface Sampling {
  readonly instants: readonly number[]
  /** What one sample stands for. */
  readonly hours: number
}

/** When Kubecost's samples were taken within a span. A sample stands for the interval that it begins. */
export function instantsIn(estate: Estate, cluster: ClusterModel, span: Span): number[] {
  const grid = { interval: estate.intervalSeconds, offset: estate.offsetSeconds }
  const instants: number[] = []
  for (let t = gridFrom(grid, span.from); t < span.to; t += grid.interval) {
    if (!isWithin(cluster.gaps, t)) instants.push(t)
  }
  return instants
}

/** A pod with the instants at which it was there. */
export interface PodTime {
  readonly pod: PodModel
  readonly alive: readonly number[]
}

/** The pods that were there at any instant. */
export function podTimes(cluster: ClusterModel, instants: readonly number[]): PodTime[] {
  const [first = 0] = instants
  const last = instants[instants.length - 1] ?? 0
  return cluster.pods.flatMap(pod => {
    if (pod.from > last || pod.to <= first) return []
    const alive = aliveAt(pod, instants)
    return alive.length === 0 ? [] : { pod, alive }
  })
}

export function aliveAt(life: Span, instants: readonly number[]): number[] {
  return instants.filter(t => life.from <= t && t < life.to)
}

/** Pods of one name in one namespace are one pod to all who read series of them. */
export function podKey(namespace: string, pod: string): string {
  return `${namespace}\0${pod}`
}

export interface PodIdentity {
  readonly uid: string
  readonly labels: Labels
}

/** Who each pod name was for most of its samples: its uid, and its labels over those of the namespace. */
export function podIdentities(
  cluster: ClusterModel,
  pods: readonly PodTime[],
): ReadonlyMap<string, PodIdentity> {
  const byName = new Map<string, PodTime[]>()
  for (const one of pods) {
    const key = podKey(one.pod.namespace, one.pod.name)
    const lives = byName.get(key)
    if (lives) lives.push(one)
    else byName.set(key, [one])
  }
  const identities = new Map<string, PodIdentity>()
  for (const [key, lives] of byName) {
    const [longest] = [...lives].sort((a, b) => b.alive.length - a.alive.length)
    if (!longest) continue
    const { namespace, uid } = longest.pod
    const inherited = cluster.namespaceLabels.get(namespace) ?? []
    const labels = plain(new Map([...inherited, ...commonestLabels(lives)]))
    identities.set(key, { uid, labels })
  }
  return identities
}

function commonestLabels(lives: readonly PodTime[]): ReadonlyMap<string, string> {
  const seen = new Map<string, { samples: number; labels: ReadonlyMap<string, string> }>()
  for (const { pod, alive } of lives) {
    for (const t of alive) {
      const { labels } = stepAt(pod.labels, t)
      const key = JSON.stringify([...labels])
      const known = seen.get(key) ?? { samples: 0, labels }
      known.samples++
      seen.set(key, known)
    }
  }
  const [commonest] = [...seen.values()].sort((a, b) => b.samples - a.samples)
  return commonest?.labels ?? new Map()
}

/** Without `label_`, in order of the names. */
function plain(labels: ReadonlyMap<string, string>): Labels {
  const pairs = [...labels].map(([name, value]): [string, string] => [name.replace(/^label_/, ''), value])
  return new Map(pairs.sort(([a], [b]) => (a < b ? -1 : 1)))
}
