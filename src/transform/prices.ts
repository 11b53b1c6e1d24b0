import type { PriceSource } from '../domain/rows.js'

/** What is known about one machine's price in one window. Prices in currency per core-hour, GiB-hour and machine-hour. */
export interface PriceEvidence {
  readonly instanceType: string | null
  readonly region: string | null
  readonly isSpot: boolean
  readonly cpuCores: number | null
  readonly ramGib: number | null
  readonly measured: ResourcePair
  /** Mean over the samples that are numbers, where the plain mean is not. */
  readonly repaired: ResourcePair
  /** Last known price of the same machine within three hours. */
  readonly carried: ResourcePair
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
  readonly source: PriceSource
}

/** List prices of last resort, as Kubecost and OpenCost ship them: currency per core-hour and per GiB-hour. */
export const DEFAULT_PRICES = { cpu: 0.031611, ram: 0.004237 } as const
export const DEFAULT_SPOT_PRICES = { cpu: 0.006655, ram: 0.000892 } as const

const ORDER: readonly PriceSource[] = [
  'measured',
  'repaired',
  'carried',
  'instance_type',
  'node_total',
  'default',
]

/** A price is a positive finite number; zero, NaN, negative and absent mean unpriced. */
export function isPrice(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value > 0
}

/**
 * The fallback chain, per resource: measured, repaired, carried, the median of like machines, the split of the
 * machine's total, the default. The pair is named after the weaker of its two sources.
 */
export function nodePrice(evidence: PriceEvidence, peers: readonly PriceEvidence[]): NodePrice {
  const cpu = resourcePrice('cpu', evidence, peers)
  const ram = resourcePrice('ram', evidence, peers)
  const source = ORDER.indexOf(cpu.source) >= ORDER.indexOf(ram.source) ? cpu.source : ram.source
  return { cpu: cpu.price, ram: ram.price, source }
}

function resourcePrice(
  resource: 'cpu' | 'ram',
  evidence: PriceEvidence,
  peers: readonly PriceEvidence[],
): { price: number; source: PriceSource } {
  for (const source of ['measured', 'repaired', 'carried'] as const) {
    const price = evidence[source][resource]
    if (isPrice(price)) return { price, source }
  }
  const alike = peers
    .filter(peer => isAlike(peer, evidence))
    .map(peer => peer.measured[resource])
    .filter(isPrice)
  if (alike.length > 0) return { price: median(alike), source: 'instance_type' }
  const split = splitTotal(evidence)
  if (split) return { price: split[resource], source: 'node_total' }
  return { price: (evidence.isSpot ? DEFAULT_SPOT_PRICES : DEFAULT_PRICES)[resource], source: 'default' }
}

function isAlike(a: PriceEvidence, b: PriceEvidence): boolean {
  return (
    a.instanceType !== null &&
    a.instanceType === b.instanceType &&
    a.region === b.region &&
    a.isSpot === b.isSpot
  )
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

/** Splits a machine's price in the ratio of the default prices: `ram = T / (cores·k + GiB)`, `cpu = ram·k`. */
export function splitTotal(
  evidence: Pick<PriceEvidence, 'total' | 'cpuCores' | 'ramGib'>,
): { cpu: number; ram: number } | undefined {
  const { total, cpuCores, ramGib } = evidence
  if (!isPrice(total) || cpuCores === null || ramGib === null) return undefined
  const ratio = DEFAULT_PRICES.cpu / DEFAULT_PRICES.ram
  const ram = total / (cpuCores * ratio + ramGib)
  return Number.isFinite(ram) ? { cpu: ram * ratio, ram } : undefined
}
