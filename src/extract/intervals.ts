import { type FactName, label, PACED_FACTS, type Series } from '../domain/samples.js'
import { HOUR_SECONDS, type Window, windowEnd } from '../domain/window.js'
import { equals } from '../thanos/promql.js'
import { type Source, sourceMatchers } from './ask.js'
import { catalogue } from './catalogue.js'
import { type CatalogueQuery, nameMatcher, withMoved } from './query.js'

/** Scrape intervals outside this range are no scrape intervals. Seconds. */
const SHORTEST = 1
const LONGEST = 600
/** Distances between samples needed before the commonest of them is believed. */
const ENOUGH = 3
/** Series probed per job at most; one is the rule, more only where none lives through all windows. */
const MOST_PROBES = 6

/**
 * The seconds between samples, from the true timestamps (Unix seconds) of one series: the commonest distance, so that
 * single missed scrapes and holes don't count. Undefined where there are too few.
 */
export function sampleInterval(times: readonly number[]): number | undefined {
  const distances = new Map<number, number>()
  let seen = 0
  for (let i = 1; i < times.length; i++) {
    const distance = Math.round((times[i] ?? 0) - (times[i - 1] ?? 0))
    if (distance < SHORTEST || distance > LONGEST) continue
    distances.set(distance, (distances.get(distance) ?? 0) + 1)
    seen++
  }
  if (seen < ENOUGH) return undefined
  let best: number | undefined
  for (const [distance, count] of distances) {
    const bestCount = best === undefined ? 0 : (distances.get(best) ?? 0)
    if (count > bestCount || (count === bestCount && best !== undefined && distance < best)) best = distance
  }
  return best
}

interface Probe {
  readonly fact: FactName
  readonly series: Series
}

/**
 * Finds how often each job was scraped in each window, from raw timestamps of a few of its series. A window in which a
 * job was seen too briefly takes the pace of the hour before or after; where that is unknown too, it stays absent.
 */
export async function findIntervals(
  source: Source,
  windows: readonly Window[],
  facts: ReadonlyMap<FactName, readonly Series[]>,
): Promise<Map<Window, Map<string, number>>> {
  const found = new Map<Window, Map<string, number>>(windows.map(window => [window, new Map()]))
  await Promise.all(
    [...probesByJob(facts)].map(async ([job, probes]) => {
      const times = await Promise.all(probes.map(probe => rawTimes(source, probe, windows)))
      for (const window of windows) {
        const interval = intervalOf(times.flat(), window)
        if (interval !== undefined) found.get(window)?.set(job, interval)
      }
    }),
  )
  return found
}

/** Per job, the fewest series that between them were seen at as many hours as possible. */
function probesByJob(facts: ReadonlyMap<FactName, readonly Series[]>): Map<string, Probe[]> {
  const candidates = new Map<string, Probe[]>()
  for (const fact of PACED_FACTS) {
    for (const series of facts.get(fact) ?? []) {
      const job = label(series, 'job')
      const list = candidates.get(job)
      if (list) list.push({ fact, series })
      else candidates.set(job, [{ fact, series }])
    }
  }
  const chosen = new Map<string, Probe[]>()
  for (const [job, list] of candidates) {
    const uncovered = new Set(list.flatMap(probe => probe.series.times))
    const probes: Probe[] = []
    list.sort((a, b) => b.series.times.length - a.series.times.length)
    for (const probe of list) {
      if (uncovered.size === 0 || probes.length === MOST_PROBES) break
      if (!probe.series.times.some(time => uncovered.has(time))) continue
      probes.push(probe)
      for (const time of probe.series.times) uncovered.delete(time)
    }
    chosen.set(job, probes)
  }
  return chosen
}

/** Timestamps per raw series of the probed one, from an hour before the first window to an hour after the last. */
async function rawTimes(
  source: Source,
  probe: Probe,
  windows: readonly Window[],
): Promise<(readonly number[])[]> {
  const query: CatalogueQuery = catalogue[probe.fact]
  // Where a scrape moved labels, the plain ones are the same for all that the exporter speaks of.
  const pinned = withMoved(query.labels ?? []).map(name => `,${equals(name, label(probe.series, name))}`)
  const first = Math.min(...windows)
  const last = Math.max(...windows)
  const hours = (last - first) / HOUR_SECONDS + 3
  const answer = await source.client.queryInstant({
    account: source.account,
    expression: `{${nameMatcher(query)},${sourceMatchers(source)}${pinned.join('')}}[${hours}h]`,
    time: last + 2 * HOUR_SECONDS,
    ...(source.signal ? { signal: source.signal } : {}),
  })
  return answer.series.map(series => series.times)
}

function intervalOf(series: readonly (readonly number[])[], window: Window): number | undefined {
  const within = (from: number, to: number): number | undefined => {
    for (const times of [...series].sort((a, b) => b.length - a.length)) {
      const interval = sampleInterval(times.filter(time => time >= from && time < to))
      if (interval !== undefined) return interval
    }
    return undefined
  }
  return (
    within(window, windowEnd(window)) ??
    within(window - HOUR_SECONDS, windowEnd(window)) ??
    within(window, windowEnd(window) + HOUR_SECONDS)
  )
}
