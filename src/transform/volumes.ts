import { splitMoney, toMoney } from '../domain/money.js'
import type { AssetPriceSource, AssetRow, RemainderRow } from '../domain/rows.js'
import { label, type Series } from '../domain/samples.js'
import { GIB, MONTH_HOURS } from '../domain/units.js'
import { type Claim, type ClaimShares, claimsOf, IMPOSSIBLE_GIB, type PodShare } from './claims.js'
import { type Hour, readingsOf } from './hour.js'
import { addAmount, type PodAmount, type RunningPod } from './pods.js'
import { isPrice } from './prices.js'
import type { Tally } from './tally.js'
import { type Told, toldBy } from './told.js'

/** List price of last resort, as Kubecost and OpenCost ship it: 0.04 a month (of 730 hours) per GiB. */
export const DEFAULT_STORAGE_PRICE = 0.04 / MONTH_HOURS

/** Disks, and who bears their cost. */
export interface Volumes {
  readonly assets: AssetRow[]
  readonly remainders: RemainderRow[]
  /** By `podKey`; quantity in GiB-hours. */
  readonly amounts: Map<string, PodAmount>
  /** Whether the volume cost of a pod is known; a pod without volumes has none, which is known too. */
  readonly isKnown: (pod: string) => boolean
}

const NOTHING: Volumes = { assets: [], remainders: [], amounts: new Map(), isKnown: () => true }

/**
 * Volumes cost price × capacity for as long as they are there. Pods bear their share of the claim's bytes, minute by
 * minute divided by the pods that hold it; what is left is unmounted: claims without a pod, what the volume has beyond
 * its claim, volumes without a claim.
 */
export function volumes(hour: Hour, pods: ReadonlyMap<string, RunningPod>, tally: Tally): Volumes {
  const prices = toldBy(hour, 'pvPriceSamples', 'pvPriceSum', volumeOf)
  const sizes = toldBy(hour, 'pvCapacitySamples', 'pvCapacitySum', volumeOf)
  const claims = claimsOf(hour, pods, tally)
  const names = new Set([...prices.keys(), ...sizes.keys(), ...claims.byVolume.keys()])
  names.delete('')
  if (names.size === 0) return NOTHING
  if (prices.size === 0) {
    tally.warn('pv_not_collected', 'there are volumes, but pv_hourly_cost is absent')
    return { ...NOTHING, isKnown: pod => claims.isTold && !claims.holders.has(pod) }
  }
  if (!claims.isTold) {
    tally.warn(
      'pv_not_collected',
      'there are volumes, but pod_pvc_allocation is absent, so none is put on a pod',
    )
  }
  const found: Volumes = { ...NOTHING, assets: [], remainders: [], amounts: new Map() }
  const unknown = new Set<string>()
  const repaired = repairedPrices(hour)
  const infos = toldBy(hour, 'pvInfo', undefined, volumeOf)
  for (const name of [...names].sort()) {
    const claim = claims.byVolume.get(name)
    const disk = diskOf(name, { claim, size: sizes.get(name), price: prices.get(name), repaired }, tally)
    if (disk === undefined) for (const { key } of claim?.shares.pods ?? []) unknown.add(key)
    else shareOut(found, disk, claim, infos.get(name)?.series)
  }
  return { ...found, isKnown: pod => claims.isTold && !unknown.has(pod) }
}

function volumeOf(series: Series): string {
  return label(series, 'persistentvolume') || label(series, 'volumename')
}

interface Disk {
  readonly name: string
  readonly hours: number
  readonly gibHours: number
  readonly price: number
  readonly source: AssetPriceSource
  readonly providerId: string | null
}

interface DiskEvidence {
  readonly claim: Claim | undefined
  readonly size: Told | undefined
  readonly price: Told | undefined
  readonly repaired: ReadonlyMap<string, number>
}

/** A volume's size over its life and its price; undefined where no size is believable. */
function diskOf(name: string, evidence: DiskEvidence, tally: Tally): Disk | undefined {
  const { claim, size, price } = evidence
  const life = size ?? price ?? claim?.life
  const series = life?.series ?? { labels: new Map([['persistentvolume', name]]) }
  const gibHours = size === undefined ? claim?.gibHours : size.unitHours / GIB
  if (gibHours === undefined || life === undefined) {
    tally.reject('volume_without_size', 'kube_persistentvolume_capacity_bytes', series)
    tally.warn('volume_left_out', 'volumes without a believable size were left out; see the rejects')
    return undefined
  }
  if (!(gibHours >= 0) || gibHours / life.hours >= IMPOSSIBLE_GIB) {
    tally.reject('impossible_capacity', 'kube_persistentvolume_capacity_bytes', series)
    tally.warn('volume_left_out', 'volumes without a believable size were left out; see the rejects')
    return undefined
  }
  return {
    name,
    hours: life.hours,
    gibHours,
    ...storagePrice(name, evidence, tally),
    providerId: (price && label(price.series, 'provider_id')) || null,
  }
}

function storagePrice(
  name: string,
  { price, repaired }: DiskEvidence,
  tally: Tally,
): { price: number; source: AssetPriceSource } {
  if (price && isPrice(price.mean)) return { price: price.mean, source: 'measured' }
  // A volume may be free; a broken price is none.
  if (price?.mean === 0) return { price: 0, source: 'measured' }
  const mended = repaired.get(name)
  if (price && mended !== undefined && mended >= 0) {
    tally.warn('price_estimated', `volume ${name}: some samples of its price are no numbers`)
    return { price: mended, source: 'repaired' }
  }
  if (price) tally.reject('impossible_price', 'pv_hourly_cost', price.series)
  tally.warn('price_estimated', `volume ${name}: default price of storage`)
  return { price: DEFAULT_STORAGE_PRICE, source: 'default' }
}

function repairedPrices(hour: Hour): Map<string, number> {
  return new Map(readingsOf(hour, 'pvPriceRepaired').map(({ series, value }) => [volumeOf(series), value]))
}

/** Books a disk as an asset, and its cost on pods and on the rest of it that nobody holds. */
function shareOut(found: Volumes, disk: Disk, claim: Claim | undefined, info: Series | undefined): void {
  const totalCost = toMoney(disk.price * disk.gibHours)
  found.assets.push({
    assetType: 'disk',
    assetId: disk.name,
    name: disk.name,
    namespace: claim?.namespace ?? null,
    claim: claim?.name ?? null,
    storageClass: claim?.storageClass ?? ((info && label(info, 'storageclass')) || null),
    providerId: disk.providerId ?? ((info && label(info, 'provider_id')) || null),
    minutes: disk.hours * 60,
    gib: disk.hours > 0 ? disk.gibHours / disk.hours : 0,
    price: disk.price,
    priceSource: disk.source,
    totalCost,
  })
  const held = claim === undefined ? [] : fitting(claim.shares, disk.gibHours)
  const rest = restOf(disk.gibHours, held)
  const weights = [...held.map(share => share.gibHours), rest]
  if (!weights.some(weight => weight > 0)) return
  const costs = splitMoney(totalCost, weights)
  held.forEach(({ key, gibHours }, i) => {
    addAmount(found.amounts, key, costs[i] ?? 0n, gibHours)
  })
  if (rest === 0) return
  found.remainders.push({
    kind: 'unmounted',
    part: 'pv',
    namespace: claim?.namespace ?? '',
    name: disk.name,
    quantity: rest,
    cost: costs[held.length] ?? 0n,
  })
}

/** Pods never hold more than the volume has: a claim that says it is larger is scaled down. */
function fitting(shares: ClaimShares, gibHours: number): readonly PodShare[] {
  const held = shares.pods.reduce((sum, share) => sum + share.gibHours, 0)
  if (held <= gibHours) return shares.pods
  return shares.pods.map(share => ({ ...share, gibHours: (share.gibHours * gibHours) / held }))
}

/** Noise of sums is no remainder. */
function restOf(gibHours: number, held: readonly PodShare[]): number {
  const rest = gibHours - held.reduce((sum, share) => sum + share.gibHours, 0)
  return rest > gibHours * 1e-9 ? rest : 0
}
