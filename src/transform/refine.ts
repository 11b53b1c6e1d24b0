import type { PriceRange } from '../domain/rows.js'
import { label, type RawName, type Series } from '../domain/samples.js'
import { containerOnNodeKey, type Hour } from './hour.js'
import { isPrice } from './prices.js'

/** What a container's resources cost on average, each sample at the price of its moment. undefined: as the node. */
export interface RefinedPrice {
  readonly cpu: number | undefined
  readonly ram: number | undefined
  readonly gpu: number | undefined
  /** The machine that it ran on, where a node name passed from one to another. */
  readonly providerId: string | undefined
}

/** Prices of nodes whose price moved within the window, or whose name passed to another machine. */
export interface Refinement {
  readonly priceOf: (containerOnNode: string, job: string) => RefinedPrice | undefined
  /** Lowest and highest price that was told of a machine. */
  readonly rangeOf: (resource: 'cpu' | 'ram', node: string, providerId: string) => PriceRange | undefined
}

const RESOURCES = { cpu: 'cpuAllocated', ram: 'ramAllocated', gpu: 'gpuAllocated' } as const
const PRICES = { cpu: 'nodeCpuPrice', ram: 'nodeRamPrice', gpu: 'nodeGpuPrice' } as const satisfies Record<
  keyof typeof RESOURCES,
  RawName
>

/** A price as told at a moment, until the next one is. */
interface Step {
  readonly time: number
  readonly price: number
  readonly providerId: string
}

interface Weighted {
  sum: number
  weight: number
  /** Samples by machine. */
  readonly machines: Map<string, number>
}

/**
 * The mean price × the sum of a container's samples is right for a container that was there all the hour at one level;
 * where the price moved, a short one is off by as much as the price moved. So each sample is taken at its own price.
 * `isRefinable` tells of a node whether its told prices are believed.
 */
export function refine(hour: Hour, isRefinable: (node: string) => boolean): Refinement {
  const weighted = new Map<string, Map<keyof typeof RESOURCES, Weighted>>()
  for (const resource of ['cpu', 'ram', 'gpu'] as const) {
    const steps = stepsByNode(hour.raw.get(PRICES[resource]) ?? [])
    for (const series of hour.raw.get(RESOURCES[resource]) ?? []) {
      const prices = steps.get(label(series, 'node'))
      if (!prices || !isRefinable(label(series, 'node'))) continue
      const key = `${containerOnNodeKey(series)}\0${label(series, 'job')}`
      const known = weighted.get(key) ?? new Map<keyof typeof RESOURCES, Weighted>()
      weighted.set(key, known)
      known.set(resource, weigh(series, prices, known.get(resource)))
    }
  }
  return {
    priceOf: (containerOnNode, job) => refined(weighted.get(`${containerOnNode}\0${job}`)),
    rangeOf: (resource, node, providerId) => rangeOf(hour.raw.get(PRICES[resource]) ?? [], node, providerId),
  }
}

function refined(resources: Map<keyof typeof RESOURCES, Weighted> | undefined): RefinedPrice | undefined {
  if (!resources) return undefined
  const mean = (resource: keyof typeof RESOURCES) => {
    const found = resources.get(resource)
    return found && found.weight > 0 ? found.sum / found.weight : undefined
  }
  const machines = [...(resources.get('cpu')?.machines ?? [])].sort(([, a], [, b]) => b - a)
  return { cpu: mean('cpu'), ram: mean('ram'), gpu: mean('gpu'), providerId: machines[0]?.[0] }
}

function stepsByNode(series: readonly Series[]): Map<string, Step[]> {
  const steps = new Map<string, Step[]>()
  for (const one of series) {
    const list = steps.get(label(one, 'node')) ?? []
    steps.set(label(one, 'node'), list)
    const providerId = label(one, 'provider_id')
    one.times.forEach((time, i) => {
      const price = one.values[i]
      // The price of a machine without GPUs is 0, which is a price here.
      if (price === 0 || isPrice(price)) list.push({ time, price, providerId })
    })
  }
  for (const list of steps.values()) list.sort((a, b) => a.time - b.time)
  return steps
}

/** Adds a series' samples, each at the last price told by then, or at the first one told after it. */
function weigh(series: Series, prices: readonly Step[], before: Weighted | undefined): Weighted {
  const total = before ?? { sum: 0, weight: 0, machines: new Map() }
  let at = 0
  series.times.forEach((time, i) => {
    while (at + 1 < prices.length && (prices[at + 1] as Step).time <= time) at++
    const step = prices[at]
    const amount = series.values[i] ?? 0
    if (!step || !(amount >= 0) || !Number.isFinite(amount)) return
    total.sum += amount * step.price
    total.weight += amount
    total.machines.set(step.providerId, (total.machines.get(step.providerId) ?? 0) + 1)
  })
  return total
}

function rangeOf(series: readonly Series[], node: string, providerId: string): PriceRange | undefined {
  let range: { min: number; max: number } | undefined
  for (const one of series) {
    if (label(one, 'node') !== node || label(one, 'provider_id') !== providerId) continue
    for (const price of one.values) {
      if (!isPrice(price)) continue
      range = { min: Math.min(range?.min ?? price, price), max: Math.max(range?.max ?? price, price) }
    }
  }
  return range
}
