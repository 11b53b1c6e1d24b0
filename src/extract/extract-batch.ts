import { type ClusterBatch, type FactName, label, type Series } from '../domain/samples.js'
import type { Window } from '../domain/window.js'
import { oneOf } from '../thanos/promql.js'
import { askHours, type Source } from './ask.js'
import { type CatalogueQuery, catalogue, priceRepairs } from './catalogue.js'
import { findIntervals } from './intervals.js'
import { refuseUnmergedReplicas } from './replicas.js'

/**
 * Reads all facts of some windows of one cluster. Complete or rejected: every answer has been judged whole, of this
 * account and of this cluster, before any of it is returned.
 */
export async function extractBatch(source: Source, windows: readonly Window[]): Promise<ClusterBatch> {
  const stop = new AbortController()
  const signals = source.signal === undefined ? [stop.signal] : [source.signal, stop.signal]
  try {
    return await extractAll({ ...source, signal: AbortSignal.any(signals) }, windows)
  } catch (error) {
    // One answer that cannot be used makes the others useless: Thanos is not to work on them any longer.
    stop.abort(error)
    throw error
  }
}

async function extractAll(source: Source, windows: readonly Window[]): Promise<ClusterBatch> {
  const first = Math.min(...windows) as Window
  const last = Math.max(...windows) as Window
  await refuseUnmergedReplicas(source, first, last)

  const facts = new Map<FactName, readonly Series[]>()
  const flagged = new Set<string>()
  const flagging = { ...source, onFlagged: (metric: string) => flagged.add(metric) }
  const { cpuUsedCounter, ...always } = catalogue
  await askAll(flagging, always, first, last, facts)
  if (!isRuleWhole(facts)) await askAll(flagging, { cpuUsedCounter }, first, last, facts)
  await repairPrices(flagging, first, last, facts)
  const intervals = await findIntervals(source, windows, facts)
  return { windows, facts, intervals, raw: new Map(), metrics: new Map(), mended: new Map(), flagged }
}

async function askAll(
  source: Source,
  queries: Partial<Record<FactName, CatalogueQuery>>,
  first: Window,
  last: Window,
  facts: Map<FactName, readonly Series[]>,
  extraMatchers = '',
): Promise<void> {
  await Promise.all(
    Object.entries(queries).map(async ([name, query]) => {
      facts.set(name as FactName, await askHours(source, query, first, last, extraMatchers))
    }),
  )
}

/** The recording rule tells what the counters tell, at a fraction of their cost, where it covers every container. */
function isRuleWhole(facts: ReadonlyMap<FactName, readonly Series[]>): boolean {
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

/** Only the nodes whose price is NaN, zero, negative or absent in some hour cost the extra queries. */
async function repairPrices(
  source: Source,
  first: Window,
  last: Window,
  facts: Map<FactName, readonly Series[]>,
): Promise<void> {
  const unpriced = unpricedNodes(facts)
  if (unpriced.size === 0) return
  await askAll(source, priceRepairs, first, last, facts, `,${oneOf('node', [...unpriced].sort())}`)
}

function unpricedNodes(facts: ReadonlyMap<FactName, readonly Series[]>): Set<string> {
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
