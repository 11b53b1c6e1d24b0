import { HIGHEST_PRICE } from '../domain/money.js'
import type { PriceSource } from '../domain/rows.js'
import { absurdity } from './absurd.js'

/** What is known about one machine's price in one window. Prices in currency per core-hour, GiB-hour and machine-hour. */
export interface PriceEvidence {
  readonly instanceType: string | null
  readonly region: string | null
  readonly isSpot: boolean
  readonly cpuCores: number | null
  readonly ramGib: number | null
  readonly gpus: number | null
  readonly measured: ResourcePair
  /** Mean over the samples that are numbers, where the plain mean is not. */
  readonly repaired: ResourcePair
  /** Last known price of the same machine within three hours. */
  readonly carried: ResourcePair
  /** Median of the same machine over the last 24 hours. */
  readonly usual: ResourcePair
  readonly gpu: number | undefined
  readonly total: number | undefined
}

export interface ResourcePair {
  readonly cpu: number | undefined
  readonly ram: number | undefined
}

/** One price per machine and window, used for the machine's own cost and for its containers alike. */
export interface NodePrice {
  readonly cpu: number
  readonly ram: number
  /** null: the machine has no GPU. */
  readonly gpu: number | null
  readonly source: PriceSource
  /** What was wrong with a price that was told and not believed. */
  readonly quarantined?: string
}

/** List prices of last resort, as Kubecost and OpenCost ship them: currency per core-hour, GiB-hour and GPU-hour. */
export const DEFAULT_PRICES = { cpu: 0.031611, ram: 0.004237, gpu: 0.95 } as const
export const DEFAULT_SPOT_PRICES = { cpu: 0.006655, ram: 0.000892 } as const

const ORDER: readonly PriceSource[] = [
  'measured',
  'repaired',
  'carried',
  'instance_type',
  'node_total',
  'default',
]

/** A price is a positive number that is not beyond belief; zero, NaN, negative and absent mean unpriced. */
export function isPrice(value: number | undefined): value is number {
  return value !== undefined && value > 0 && value < HIGHEST_PRICE
}

/**
 * The fallback chain, per resource: measured, repaired, carried (the machine's own price of before), the median of
 * like machines, the split of the machine's total, the default. A price that is absurd is passed over. All resources
 * together are named after the weakest of their sources.
 */
export function nodePrice(
  evidence: PriceEvidence,
  peers: readonly PriceEvidence[],
  currency?: string,
): NodePrice {
  const cpu = resourcePrice('cpu', evidence, peers, currency)
  const ram = resourcePrice('ram', evidence, peers, currency)
  const gpu = gpuPrice(evidence)
  const weakest = Math.max(...[cpu, ram, ...(gpu ? [gpu] : [])].map(found => ORDER.indexOf(found.source)))
  const quarantined = cpu.quarantined ?? ram.quarantined
  return {
    cpu: cpu.price,
    ram: ram.price,
    gpu: gpu?.price ?? null,
    source: ORDER[weakest] ?? 'default',
    ...(quarantined === undefined ? {} : { quarantined }),
  }
}

interface FoundPrice {
  readonly price: number
  readonly source: PriceSource
  readonly quarantined?: string
}

function resourcePrice(
  resource: 'cpu' | 'ram',
  evidence: PriceEvidence,
  peers: readonly PriceEvidence[],
  currency: string | undefined,
): FoundPrice {
  const alike = peers.filter(peer => peer !== evidence && isAlike(peer, evidence))
  const others = alike.map(peer => peer.measured[resource]).filter(isPrice)
  const judge = (price: number) =>
    absurdity(resource, price, { usual: evidence.usual[resource], others, currency })
  let quarantined: string | undefined
  for (const source of ['measured', 'repaired', 'carried'] as const) {
    const price = evidence[source][resource]
    if (!isPrice(price)) continue
    const wrong = judge(price)
    if (wrong === undefined) return named(price, source, quarantined)
    quarantined ??= `${price} ${wrong}`
  }
  const { usual } = evidence
  if (quarantined !== undefined && isPrice(usual[resource]) && judge(usual[resource]) === undefined)
    return named(usual[resource], 'carried', quarantined)
  if (others.length > 0 && judge(median(others)) === undefined)
    return named(median(others), 'instance_type', quarantined)
  const split = splitTotal(evidence)
  if (split && judge(split[resource]) === undefined) return named(split[resource], 'node_total', quarantined)
  const defaults = evidence.isSpot ? DEFAULT_SPOT_PRICES : DEFAULT_PRICES
  return named(defaults[resource], 'default', quarantined)
}

function named(price: number, source: PriceSource, quarantined: string | undefined): FoundPrice {
  return quarantined === undefined ? { price, source } : { price, source, quarantined }
}

/** undefined: the machine has no GPU, or is not known to have one. */
function gpuPrice({ gpus, gpu }: PriceEvidence): FoundPrice | undefined {
  if (gpus === null || gpus === 0) return undefined
  return isPrice(gpu) ? { price: gpu, source: 'measured' } : { price: DEFAULT_PRICES.gpu, source: 'default' }
}

function isAlike(a: PriceEvidence, b: PriceEvidence): boolean {
  return (
    a.instanceType !== null &&
    a.instanceType === b.instanceType &&
    a.region === b.region &&
    a.isSpot === b.isSpot
  )
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

/**
 * Splits a machine's price in the ratio of the default prices: `ram = T / (gpus·kg + cores·k + GiB)`, `cpu = ram·k`,
 * `gpu = ram·kg`.
 */
export function splitTotal(
  evidence: Pick<PriceEvidence, 'total' | 'cpuCores' | 'ramGib' | 'gpus'>,
): { cpu: number; ram: number; gpu: number } | undefined {
  const { total, cpuCores, ramGib, gpus } = evidence
  if (!isPrice(total) || cpuCores === null || ramGib === null) return undefined
  const k = DEFAULT_PRICES.cpu / DEFAULT_PRICES.ram
  const kg = DEFAULT_PRICES.gpu / DEFAULT_PRICES.ram
  const ram = total / ((gpus ?? 0) * kg + cpuCores * k + ramGib)
  return Number.isFinite(ram) ? { cpu: ram * k, ram, gpu: ram * kg } : undefined
}
