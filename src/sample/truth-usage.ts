import type { Estate } from './estate.js'
import { HOUR } from './machines.js'
import { type ClusterModel, type ContainerModel, GIB, priceAt, type Span } from './model.js'
import { instantsIn, type PodTime, podKey, podTimes } from './truth-pods.js'
import { areaBetween, levelAt } from './wave.js'
import { controllerOf } from './workloads.js'

/** How the pods of a workload used one container over some hours, known exactly. CPU in cores, memory in bytes. */
export interface UsageTruth {
  readonly namespace: string
  /** '' for both: nobody owns the pods. */
  readonly controllerKind: string
  readonly controller: string
  readonly container: string
  /** From the start of the first hour with a pod to the end of the last one, Unix seconds. */
  readonly span: Span
  /** Hours of the span with a pod. */
  readonly hours: number
  /** The most pods in any hour, and how long they were there in all. */
  readonly pods: number
  readonly podHours: number
  /** Mean use of every five minutes of every pod, ascending; five minutes with fewer than two samples have none. */
  readonly cpuPoints: Float64Array
  readonly cpuMean: number
  /** Mean over the hours of the mean of the hour's hottest pod. */
  readonly cpuHot: number
  readonly ramPeak: number
  readonly ramMean: number
  /** As the last pod has it; null: none. */
  readonly cpuRequest: number | null
  readonly cpuLimit: number | null
  readonly ramRequest: number | null
  readonly ramLimit: number | null
  readonly throttled: number
  /** Whether any of them was killed because memory ran out. */
  readonly isOomKilled: boolean
  /** What CPU or memory would cost over these hours had the container asked for so much; null: for nothing. */
  costWith(resource: 'cpu' | 'ram', request: number | null): number
}

const POINT_SECONDS = 300

/** A container in one pod, with the instants at which it was sampled. */
interface Life extends PodTime {
  readonly container: ContainerModel
}

/** The truth about all workloads of a cluster in the windows that start in `[from, to)`, Unix seconds of whole hours. */
export function usageOf(estate: Estate, cluster: ClusterModel, from: number, to: number): UsageTruth[] {
  const instants = instantsIn(estate, cluster, {
    from: Math.max(from, estate.from),
    to: Math.min(to, estate.to),
  })
  const groups = new Map<string, Life[]>()
  for (const { pod, alive } of podTimes(cluster, instants)) {
    const owner = controllerOf(pod)
    for (const container of pod.containers) {
      const key = [pod.namespace, owner?.kind ?? '', owner?.name ?? '', container.name].join('\0')
      const lives = groups.get(key) ?? []
      groups.set(key, lives)
      lives.push({ pod, alive, container })
    }
  }
  return [...groups.values()].map(lives => usageOfLives(lives, estate.intervalSeconds))
}

/** Hours of the cluster of which anything was collected, of those that start in `[from, to)`. */
export function measuredHours(estate: Estate, cluster: ClusterModel, { from, to }: Span): number {
  return new Set(instantsIn(estate, cluster, { from, to }).map(hourOf)).size
}

function usageOfLives(lives: readonly Life[], interval: number): UsageTruth {
  const [first] = lives
  const last = lives.reduce((newest, one) => (one.pod.from > newest.pod.from ? one : newest))
  if (first === undefined) throw new RangeError('a workload without pods')
  const { container } = last
  const owner = controllerOf(first.pod)
  const points = lives.flatMap(pointsOf)
  const instants = lives.flatMap(life => life.alive)
  return {
    namespace: first.pod.namespace,
    controllerKind: owner?.kind ?? '',
    controller: owner?.name ?? '',
    container: container.name,
    span: { from: hourOf(least(instants)), to: hourOf(most(instants)) + HOUR },
    hours: new Set(instants.map(hourOf)).size,
    pods: mostPods(lives),
    podHours: (instants.length * interval) / HOUR,
    cpuPoints: Float64Array.from(points.map(point => point.cores)).sort(),
    cpuMean: meanOf(points.map(point => point.cores)),
    cpuHot: hotMean(points),
    ramPeak: most(lives.flatMap(life => life.alive.map(t => levelAt(life.container.ram, t)))),
    ramMean: meanOf(lives.flatMap(life => life.alive.map(t => levelAt(life.container.ram, t)))),
    cpuRequest: container.cpuRequest,
    cpuLimit: container.cpuLimit,
    ramRequest: container.ramRequest,
    ramLimit: container.ramLimit,
    throttled: container.throttled,
    isOomKilled: lives.some(isOomKilled),
    costWith: (resource, request) =>
      lives.reduce((sum, life) => sum + costOf(life, resource, request, interval), 0),
  }
}

interface Point {
  readonly pod: string
  readonly hour: number
  readonly cores: number
}

/** Mean use of the part of each five minutes in which the pod was there. */
function pointsOf({ pod, alive, container }: Life): Point[] {
  const samples = new Map<number, number>()
  for (const t of alive) {
    const slot = Math.floor(t / POINT_SECONDS) * POINT_SECONDS
    samples.set(slot, (samples.get(slot) ?? 0) + 1)
  }
  const points: Point[] = []
  for (const [slot, count] of samples) {
    if (count < 2) continue
    const from = Math.max(slot, pod.from)
    const to = Math.min(slot + POINT_SECONDS, pod.to)
    const cores = areaBetween(container.cpu, from, to) / (to - from)
    points.push({ pod: podKey(pod.namespace, pod.name), hour: hourOf(slot), cores })
  }
  return points
}

function hotMean(points: readonly Point[]): number {
  const hours = new Map<number, Map<string, number[]>>()
  for (const { pod, hour, cores } of points) {
    const pods = hours.get(hour) ?? new Map<string, number[]>()
    hours.set(hour, pods)
    const own = pods.get(pod) ?? []
    pods.set(pod, own)
    own.push(cores)
  }
  return meanOf([...hours.values()].map(pods => most([...pods.values()].map(meanOf))))
}

function mostPods(lives: readonly Life[]): number {
  const hours = new Map<number, Set<string>>()
  for (const { pod, alive } of lives) {
    for (const t of alive) {
      const names = hours.get(hourOf(t)) ?? new Set<string>()
      hours.set(hourOf(t), names)
      names.add(podKey(pod.namespace, pod.name))
    }
  }
  return most([...hours.values()].map(names => names.size))
}

function isOomKilled({ alive, container }: Life): boolean {
  const [first = 0] = alive
  const last = alive[alive.length - 1] ?? 0
  return container.endsBy === 'OOMKilled' && container.restarts.some(t => first < t && t < last)
}

/** Every sample at the price of its moment: what was asked for, or used where that is more. */
function costOf(
  { pod, alive, container }: Life,
  resource: 'cpu' | 'ram',
  request: number | null,
  interval: number,
): number {
  const unit = resource === 'cpu' ? 1 : GIB
  let cost = 0
  for (const t of alive) {
    const amount = Math.max(request ?? 0, levelAt(container[resource], t)) / unit
    cost += amount * priceAt(pod.machine, t)[resource]
  }
  return (cost * interval) / HOUR
}

function hourOf(t: number): number {
  return Math.floor(t / HOUR) * HOUR
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length
}

function most(values: readonly number[]): number {
  return values.reduce((best, value) => Math.max(best, value), Number.NEGATIVE_INFINITY)
}

function least(values: readonly number[]): number {
  return values.reduce((best, value) => Math.min(best, value), Number.POSITIVE_INFINITY)
}
