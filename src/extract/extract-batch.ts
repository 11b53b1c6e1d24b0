import type { ClusterBatch, FactName, Series } from '../domain/samples.js'
import type { Window } from '../domain/window.js'
import { oneOf } from '../thanos/promql.js'
import { askHours, type Source } from './ask.js'
import { assetQueries, networkQueries, selectorQueries, volumeRepairs } from './catalogue-assets.js'
import { containerQueries } from './catalogue-containers.js'
import { nameQueries } from './catalogue-names.js'
import { nodeQueries, priceRepairs } from './catalogue-nodes.js'
import { findIntervals } from './intervals.js'
import { readMetrics } from './metrics.js'
import { exportersOf, normaliseFacts, normaliseRaw } from './normalise-batch.js'
import type { CatalogueQuery } from './query.js'
import { readRaw } from './raw.js'
import { refuseUnmergedReplicas } from './replicas.js'
import { isRuleWhole, oddVolumes, unpricedNodes } from './wanting.js'

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

const { cpuUsedCounter, ...containerQueriesAlways } = containerQueries
const ALWAYS = {
  ...containerQueriesAlways,
  ...nodeQueries,
  ...nameQueries,
  ...assetQueries,
  ...networkQueries,
} as const

async function extractAll(source: Source, windows: readonly Window[]): Promise<ClusterBatch> {
  const first = Math.min(...windows) as Window
  const last = Math.max(...windows) as Window
  await refuseUnmergedReplicas(source, first, last)

  const facts = new Map<FactName, readonly Series[]>()
  const flagged = new Set<string>()
  const flagging = { ...source, onFlagged: (metric: string) => flagged.add(metric) }
  const mended = new Map<string, number>()
  const notLanded = new Map<Window, string[]>()
  const report = {
    mended,
    notLanded: (metric: string, window: Window) =>
      notLanded.set(window, [...(notLanded.get(window) ?? []), metric]),
  }
  // Beside the facts, so that Thanos always has something to do.
  const [[raw, intervals], metrics] = await Promise.all([
    readFacts(flagging, windows, facts),
    readMetrics(flagging, first, last, windows, report),
  ])
  const exporters = exportersOf(facts)
  return {
    windows,
    // Last of all, as what was asked above names series as the source does.
    facts: normaliseFacts(facts, exporters, mended),
    raw: normaliseRaw(raw, exporters, mended),
    intervals,
    metrics,
    notLanded,
    mended,
    flagged,
    currency: source.account.currency,
  }
}

/** Puts all facts into `facts`; gives what of them was read sample by sample, and the paces of the jobs. */
async function readFacts(
  source: Source,
  windows: readonly Window[],
  facts: Map<FactName, readonly Series[]>,
) {
  const first = Math.min(...windows) as Window
  const last = Math.max(...windows) as Window
  await askAll(source, ALWAYS, first, last, facts)
  await askWhereWanting(source, first, last, facts)
  return Promise.all([readRaw(source, windows, facts), findIntervals(source, windows, facts)])
}

/** What only some clusters and hours need is asked only there. */
async function askWhereWanting(
  source: Source,
  first: Window,
  last: Window,
  facts: Map<FactName, readonly Series[]>,
): Promise<void> {
  const ask = (queries: Partial<Record<FactName, CatalogueQuery>>, extraMatchers = '') =>
    askAll(source, queries, first, last, facts, extraMatchers)
  if (!isRuleWhole(facts)) await ask({ cpuUsedCounter })
  const unpriced = unpricedNodes(facts)
  if (unpriced.size > 0) await ask(priceRepairs, `,${oneOf('node', [...unpriced].sort())}`)
  const odd = oddVolumes(facts)
  if (odd.size > 0) await ask(volumeRepairs, `,${oneOf('volumename', [...odd].sort())}`)
  if ((facts.get('balancerSamples') ?? []).length > 0) await ask(selectorQueries)
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
