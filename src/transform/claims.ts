import { label, type Series } from '../domain/samples.js'
import { GIB } from '../domain/units.js'
import { HOUR_SECONDS } from '../domain/window.js'
import { isFuller, type Seen } from './fuller.js'
import { type Hour, keyBy, readingsOf } from './hour.js'
import { podKey, type RunningPod } from './pods.js'
import { compare, type Tally } from './tally.js'
import { type Told, toldBy } from './told.js'

/** No volume is this large: the number is broken. */
export const IMPOSSIBLE_GIB = 10 * 2 ** 20

/** What a pod holds of a claim, by `podKey`. */
export interface PodShare {
  readonly key: string
  readonly gibHours: number
}

export interface ClaimShares {
  readonly pods: readonly PodShare[]
}

/** A claim on a volume. */
export interface Claim {
  readonly namespace: string
  readonly name: string
  readonly storageClass: string | null
  readonly life: Told | undefined
  /** What it asks for × its life; undefined: not told. */
  readonly gibHours: number | undefined
  readonly shares: ClaimShares
}

export interface Claims {
  readonly byVolume: ReadonlyMap<string, Claim>
  /** Pods (by `podKey`) that hold any claim. */
  readonly holders: ReadonlySet<string>
  /** False: nothing tells which pod holds which claim. */
  readonly isTold: boolean
}

const claimKey = keyBy('namespace', 'persistentvolumeclaim')
const claimOnVolumeKey = keyBy('namespace', 'persistentvolumeclaim', 'volumename')
const podOfClaimKey = keyBy('namespace', 'pod', 'persistentvolumeclaim', 'persistentvolume')

/** The claims of a window by the volume that they are bound to. */
export function claimsOf(hour: Hour, pods: ReadonlyMap<string, RunningPod>, tally: Tally): Claims {
  const lives = toldBy(hour, 'claimSamples', undefined, claimOnVolumeKey)
  const requests = requestedGibHours(hour)
  const shares = sharesByVolume(hour, pods, lives, requests, tally)
  const byVolume = new Map<string, Claim>()
  for (const life of [...lives.values()].sort((a, b) => b.hours - a.hours)) {
    const volume = label(life.series, 'volumename')
    if (volume === '' || byVolume.has(volume)) continue
    byVolume.set(volume, {
      namespace: label(life.series, 'namespace'),
      name: label(life.series, 'persistentvolumeclaim'),
      storageClass: label(life.series, 'storageclass') || null,
      life,
      gibHours: requests.get(claimKey(life.series)),
      shares: { pods: shares.get(volume) ?? [] },
    })
  }
  for (const { series } of readingsOf(hour, 'podClaimSamples')) {
    const volume = label(series, 'persistentvolume')
    if (volume === '' || byVolume.has(volume)) continue
    byVolume.set(volume, {
      namespace: label(series, 'namespace'),
      name: label(series, 'persistentvolumeclaim'),
      storageClass: null,
      life: undefined,
      gibHours: requests.get(claimKey(series)),
      shares: { pods: shares.get(volume) ?? [] },
    })
  }
  const holders = readingsOf(hour, 'podClaimSamples').map(({ series }) =>
    podKey(label(series, 'namespace'), label(series, 'pod')),
  )
  return { byVolume, holders: new Set(holders), isTold: holders.length > 0 || lives.size === 0 }
}

/** GiB-hours that each claim asks for; of several jobs that tell it the one that tells most. */
function requestedGibHours(hour: Hour): Map<string, number> {
  const requests = new Map<string, number>()
  for (const { series, value } of readingsOf(hour, 'claimRequestSum')) {
    const gibHours = (value * (hour.interval(label(series, 'job')) ?? Number.NaN)) / HOUR_SECONDS / GIB
    if (!Number.isFinite(gibHours) || gibHours < 0) continue
    requests.set(claimKey(series), Math.max(requests.get(claimKey(series)) ?? 0, gibHours))
  }
  return requests
}

/** What each running pod holds of each volume. */
function sharesByVolume(
  hour: Hour,
  pods: ReadonlyMap<string, RunningPod>,
  lives: ReadonlyMap<string, Told>,
  requests: ReadonlyMap<string, number>,
  tally: Tally,
): Map<string, PodShare[]> {
  const volumeOfClaim = new Map(
    [...lives.values()].map(({ series }) => [claimKey(series), label(series, 'volumename')]),
  )
  const exact = exactShares(hour)
  const shares = new Map<string, PodShare[]>()
  for (const [key, held] of toldBy(hour, 'podClaimSamples', 'podClaimSum', podOfClaimKey)) {
    const { series } = held
    const pod = pods.get(podKey(label(series, 'namespace'), label(series, 'pod')))
    const volume = label(series, 'persistentvolume') || (volumeOfClaim.get(claimKey(series)) ?? '')
    // A pod that does not run (pending, or completed and not yet gone) holds a claim in name only.
    if (!pod || volume === '') continue
    const told = exact.get(key) ?? held.unitHours / GIB
    const gibHours = believedShare(held, told, requests.get(claimKey(series)), tally)
    const list = shares.get(volume) ?? []
    shares.set(volume, list)
    list.push({
      key: podKey(pod.namespace, pod.pod),
      gibHours: gibHours * runningPart(hour, pod, held),
    })
  }
  for (const list of shares.values()) list.sort((a, b) => (a.key < b.key ? -1 : 1))
  return shares
}

/** What a pod holds; where it is told what cannot be, all of the claim, or of the volume where that isn't known. */
function believedShare(held: Told, told: number, requested: number | undefined, tally: Tally): number {
  const most = IMPOSSIBLE_GIB * held.hours
  if (told >= 0 && told < most) return told
  tally.reject('impossible_claim', 'pod_pvc_allocation', held.series)
  tally.warn('claim_estimated', 'what pods hold of a claim cannot be; the size of the claim is used')
  return Math.min(requested ?? most, most)
}

/** Which part of the time that a pod holds a claim it runs; a sample more or less is no difference. */
function runningPart(hour: Hour, pod: RunningPod, held: Told): number {
  const sample = (hour.interval(label(held.series, 'job')) ?? 0) / HOUR_SECONDS
  return pod.hours < held.hours - 1.5 * sample ? pod.hours / held.hours : 1
}

/** A claim is taken to be undivided among its pods where together they hold this much more than it has. */
const UNDIVIDED = 1.001

/**
 * Claims that several pods hold, sample by sample: each pod's part is the claim's bytes divided by the pods that hold
 * it at that moment. The exporter says them divided; one that says the whole for each is divided here.
 */
function exactShares(hour: Hour): Map<string, number> {
  const byClaim = new Map<string, Map<string, Series[]>>()
  for (const series of hour.raw.get('podClaims') ?? []) {
    const jobs = byClaim.get(claimKey(series)) ?? new Map<string, Series[]>()
    byClaim.set(claimKey(series), jobs)
    const job = label(series, 'job')
    jobs.set(job, [...(jobs.get(job) ?? []), series])
  }
  const sizes = claimBytes(hour)
  const shares = new Map<string, number>()
  for (const [claim, jobs] of byClaim) {
    const held = fullestHolding(hour, jobs)
    if (held === undefined || held.holders.size < 2) continue
    for (const [key, byteSamples] of dividedSums(held.holders, sizes.get(claim)))
      shares.set(key, (byteSamples * held.seconds) / HOUR_SECONDS / GIB)
  }
  return shares
}

/** Bytes of a claim by moment, of each pod that holds it (by `podOfClaimKey`). */
type Holders = ReadonlyMap<string, ReadonlyMap<number, number>>

interface Holding extends Seen {
  readonly holders: Holders
}

/** Of several jobs that tell who holds a claim the one that saw it held longest. */
function fullestHolding(hour: Hour, jobs: ReadonlyMap<string, readonly Series[]>): Holding | undefined {
  let best: Holding | undefined
  for (const [job, series] of [...jobs].sort(([a], [b]) => compare(a, b))) {
    const seconds = hour.interval(job)
    if (seconds === undefined) continue
    const held = {
      holders: holdersOf(series),
      seconds,
      samples: new Set(series.flatMap(one => one.times)).size,
    }
    if (best === undefined || isFuller(held, best)) best = held
  }
  return best
}

/** Two instances of an exporter that say the same of a pod are one holder. */
function holdersOf(series: readonly Series[]): Holders {
  const holders = new Map<string, Map<number, number>>()
  for (const one of series) {
    const held = holders.get(podOfClaimKey(one)) ?? new Map<number, number>()
    holders.set(podOfClaimKey(one), held)
    one.times.forEach((time, i) => {
      held.set(time, Math.max(held.get(time) ?? 0, one.values[i] ?? 0))
    })
  }
  return holders
}

function dividedSums(holders: Holders, bytes: number | undefined): Map<string, number> {
  const at = new Map<number, { count: number; total: number }>()
  for (const held of holders.values()) {
    for (const [time, value] of held) {
      const moment = at.get(time) ?? { count: 0, total: 0 }
      at.set(time, { count: moment.count + 1, total: moment.total + value })
    }
  }
  const isUndivided =
    bytes !== undefined && [...at.values()].some(({ count, total }) => count > 1 && total > bytes * UNDIVIDED)
  const sums = new Map<string, number>()
  for (const [key, held] of holders) {
    let sum = 0
    for (const [time, value] of held) sum += value / (isUndivided ? (at.get(time)?.count ?? 1) : 1)
    sums.set(key, sum)
  }
  return sums
}

/** The largest size in bytes that any job told of a claim within the hour. */
function claimBytes(hour: Hour): Map<string, number> {
  const bytes = new Map<string, number>()
  for (const { series, value } of readingsOf(hour, 'claimRequestMax')) {
    if (value > 0 && Number.isFinite(value))
      bytes.set(claimKey(series), Math.max(bytes.get(claimKey(series)) ?? 0, value))
  }
  return bytes
}
