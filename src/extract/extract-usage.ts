import type { Series } from '../domain/samples.js'
import { POINT_SECONDS } from '../domain/usage.js'
import type { CpuPace, UsageBatch, UsageFact } from '../domain/usage-samples.js'
import { HOUR_SECONDS, type Window } from '../domain/window.js'
import { askHours, type Source } from './ask.js'
import {
  cpuPoints,
  cpuPointsByRule,
  ramMean,
  ramMeanByRule,
  ramPeak,
  ramPeakByRule,
  usageQueries,
} from './catalogue-usage.js'
import { findCounterPaces } from './cpu-pace.js'
import { exporterLabels, normalise } from './normalise.js'
import type { CatalogueQuery } from './query.js'

const NOT_OF_CONTAINERS = new Set<UsageFact>([
  'reasonsTold',
  'scalers',
  'scalerTargets',
  'largestCpu',
  'largestRam',
])

/**
 * Reads how containers of one cluster used CPU and memory in some windows: one question at a time, as nobody waits for
 * it, and each halved where it is too much. Complete or rejected, as the facts of costs are.
 */
export async function extractUsage(source: Source, windows: readonly Window[]): Promise<UsageBatch> {
  const sorted = [...windows].sort((a, b) => a - b)
  const facts = new Map<UsageFact, readonly Series[]>()
  const { series: cpu, pace } = await readCpu(source, sorted)
  facts.set('cpuPoints', cpu)
  facts.set('ramPeak', await readRam(source, sorted, ramPeak, ramPeakByRule))
  facts.set('ramMean', await readRam(source, sorted, ramMean, ramMeanByRule))
  for (const [name, query] of Object.entries<CatalogueQuery>(usageQueries))
    facts.set(name as UsageFact, await askAround(source, query, sorted))
  return { windows, facts: named(facts), pace }
}

/** Names as the costs have them, so that both are of the same containers. What had to be mended is counted there. */
function named(facts: ReadonlyMap<UsageFact, readonly Series[]>): Map<UsageFact, readonly Series[]> {
  const exporters = exporterLabels([...facts.values()].flat()) ?? new Map()
  const mended = new Map<string, number>()
  return new Map(
    [...facts].map(([fact, series]) => {
      const rule = { merge: 'max', isPerContainer: !NOT_OF_CONTAINERS.has(fact) } as const
      return [fact, normalise(series, rule, mended, exporters)]
    }),
  )
}

interface CpuRead {
  readonly series: readonly Series[]
  readonly pace: Map<Window, CpuPace>
}

/** Counters at the pace that each window allows, and the recording rule where a window has no counters. */
async function readCpu(source: Source, windows: readonly Window[]): Promise<CpuRead> {
  const counters = await findCounterPaces(source, windows)
  const pace = new Map<Window, CpuPace>()
  const series: Series[] = []
  const keyOf = (window: Window) => JSON.stringify(counters.get(window) ?? null)
  for (const run of runsOf(windows, keyOf)) {
    const counter = counters.get(run[0])
    const query =
      counter === undefined
        ? cpuPointsByRule(POINT_SECONDS)
        : cpuPoints(counter.stepSeconds, counter.rangeSeconds)
    const found = await askAround(source, query, run)
    series.push(...found)
    const told = new Set(found.flatMap(({ times }) => times.map(windowUpTo)))
    for (const window of run) {
      if (counter !== undefined) pace.set(window, { source: 'counter', stepSeconds: counter.stepSeconds })
      else if (told.has(window)) pace.set(window, { source: 'rule', stepSeconds: POINT_SECONDS })
    }
  }
  return { series, pace }
}

/** What cAdvisor tells, and the recording rule where a window has nothing of that. */
async function readRam(
  source: Source,
  windows: readonly Window[],
  query: CatalogueQuery,
  byRule: CatalogueQuery,
): Promise<Series[]> {
  const found = await askAround(source, query, windows)
  const told = new Set(found.flatMap(({ times }) => times.map(windowUpTo)))
  for (const run of runsOf(windows, window => String(told.has(window)))) {
    if (!told.has(run[0])) found.push(...(await askAround(source, byRule, run)))
  }
  return found
}

/** From the first to the last of some windows in ascending order; what lies between them and is none is not looked at. */
function askAround(source: Source, query: CatalogueQuery, windows: readonly Window[]): Promise<Series[]> {
  return askHours(source, query, windows[0] as Window, windows.at(-1) as Window)
}

/** The window that a point at the end of a part of it speaks of. */
function windowUpTo(time: number): Window {
  return (Math.ceil(time / HOUR_SECONDS) * HOUR_SECONDS - HOUR_SECONDS) as Window
}

type Run = [Window, ...Window[]]

/** Windows one after the other that have the same key. */
function runsOf(windows: readonly Window[], keyOf: (window: Window) => string): Run[] {
  const runs: { key: string; windows: Run }[] = []
  for (const window of windows) {
    const key = keyOf(window)
    const last = runs.at(-1)
    if (last?.key === key) last.windows.push(window)
    else runs.push({ key, windows: [window] })
  }
  return runs.map(run => run.windows)
}
