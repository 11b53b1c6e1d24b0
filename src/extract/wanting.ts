import { type FactName, label, type Series } from '../domain/samples.js'

type Facts = ReadonlyMap<FactName, readonly Series[]>

/** The recording rule tells what the counters tell, at a fraction of their cost, where it covers every container. */
export function isRuleWhole(facts: Facts): boolean {
  const told = new Set<string>()
  for (const series of facts.get('cpuUsedRule') ?? []) {
    for (const time of series.times) told.add(`${containerOf(series)}\0${time}`)
  }
  return (facts.get('containerSamples') ?? []).every(series =>
    series.times.every(time => told.has(`${containerOf(series)}\0${time}`)),
  )
}

function containerOf(series: Series): string {
  return `${label(series, 'namespace')}\0${label(series, 'pod')}\0${label(series, 'container')}`
}

/** Nodes whose price is NaN, zero, negative or absent in some hour: only they cost the extra queries. */
export function unpricedNodes(facts: Facts): Set<string> {
  const nodes = new Set<string>()
  const hoursSeen = new Map<string, Set<number>>()
  for (const fact of ['nodeSamples', 'nodeCapacitySamples'] as const) {
    for (const series of facts.get(fact) ?? []) {
      const hours = hoursSeen.get(label(series, 'node')) ?? new Set()
      for (const time of series.times) hours.add(time)
      hoursSeen.set(label(series, 'node'), hours)
    }
  }
  for (const fact of ['nodeCpuPrice', 'nodeRamPrice'] as const) {
    const priced = new Map<string, Set<number>>()
    for (const series of facts.get(fact) ?? []) {
      const node = label(series, 'node')
      const hours = priced.get(node) ?? new Set()
      series.values.forEach((value, i) => {
        if (value > 0 && Number.isFinite(value)) hours.add(series.times[i] ?? 0)
        else nodes.add(node)
      })
      priced.set(node, hours)
    }
    for (const [node, hours] of hoursSeen) {
      if ([...hours].some(hour => !priced.get(node)?.has(hour))) nodes.add(node)
    }
  }
  return nodes
}

/** Volumes (by `volumename`) of whose price some sample is no number. */
export function oddVolumes(facts: Facts): Set<string> {
  const odd = (facts.get('pvPriceSum') ?? []).filter(({ values }) =>
    values.some(value => !Number.isFinite(value)),
  )
  return new Set(odd.map(series => label(series, 'volumename')))
}
