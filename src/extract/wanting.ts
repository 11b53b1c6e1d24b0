import { HIGHEST_PRICE } from '../domain/money.js'
import { type FactName, label, type Series } from '../domain/samples.js'
import { trueLabel } from './query.js'

type Facts = ReadonlyMap<FactName, readonly Series[]>

/** The recording rule tells what the counters tell, at a fraction of their cost, where it covers every container. */
export function isRuleWhole(facts: Facts): boolean {
  const told = new Set<string>()
  for (const series of facts.get('cpuUsedRule') ?? []) {
    const container = containerOf(series)
    for (const time of series.times) told.add(`${container}\0${time}`)
  }
  return (facts.get('containerSamples') ?? []).every(series => {
    const container = containerOf(series)
    return series.times.every(time => told.has(`${container}\0${time}`))
  })
}

function containerOf(series: Series): string {
  return ['namespace', 'pod', 'container'].map(name => trueLabel(series, name)).join('\0')
}

/**
 * Values of `node`, as the source has them, of the nodes whose price is NaN, zero, negative or absent in some hour: only
 * they cost the extra queries. Where a scrape moved the label, it is the exporter's own node that has to be asked for.
 */
export function unpricedNodes(facts: Facts): Set<string> {
  const unpriced = new Set<string>()
  const hoursSeen = new Map<string, Set<number>>()
  const exporters = new Set<string>()
  for (const fact of ['nodeSamples', 'nodeCapacitySamples', 'nodeCpuPrice', 'nodeRamPrice'] as const) {
    for (const series of facts.get(fact) ?? []) {
      addAll(hoursSeen, trueLabel(series, 'node'), fact.endsWith('Samples') ? series.times : [])
      if (label(series, 'exported_node') !== '') exporters.add(label(series, 'node'))
    }
  }
  for (const fact of ['nodeCpuPrice', 'nodeRamPrice'] as const) {
    const priced = new Map<string, Set<number>>()
    for (const series of facts.get(fact) ?? []) {
      const isPriced = (_: unknown, i: number) => isPrice(series.values[i])
      addAll(priced, trueLabel(series, 'node'), series.times.filter(isPriced))
      if (!series.times.every(isPriced)) unpriced.add(trueLabel(series, 'node'))
    }
    for (const [node, hours] of hoursSeen) {
      if ([...hours].some(hour => !priced.get(node)?.has(hour))) unpriced.add(node)
    }
  }
  return unpriced.size === 0 ? unpriced : new Set([...unpriced, ...exporters])
}

function isPrice(value: number | undefined): boolean {
  return value !== undefined && value > 0 && value < HIGHEST_PRICE
}

function addAll<T>(groups: Map<string, Set<T>>, key: string, values: readonly T[]): void {
  const group = groups.get(key) ?? new Set()
  for (const value of values) group.add(value)
  groups.set(key, group)
}

/** An hour has no more samples; sums beyond as many prices are no sums of prices. */
const SAMPLES = 3600

/** Volumes (by `volumename`) of whose price some sample is no number. */
export function oddVolumes(facts: Facts): Set<string> {
  const odd = (facts.get('pvPriceSum') ?? []).filter(({ values }) =>
    values.some(value => !(value >= 0 && value < HIGHEST_PRICE * SAMPLES)),
  )
  return new Set(odd.map(series => label(series, 'volumename')))
}
