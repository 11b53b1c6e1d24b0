import type { FactName, RawName, Series } from '../domain/samples.js'
import type { Window } from '../domain/window.js'
import { catalogue } from './catalogue.js'
import { containerQueries } from './catalogue-containers.js'
import { type ExporterLabels, exporterLabels, type Mended, normalise } from './normalise.js'
import type { RawSamples } from './raw.js'

const PER_CONTAINER = new Set<FactName | RawName>(
  Object.keys(containerQueries).filter(name => name !== 'gpuSeries') as FactName[],
)

/** What all answers of a batch tell of the jobs' exporters: a single one may hold nothing that had such a label. */
export function exportersOf(facts: ReadonlyMap<FactName, readonly Series[]>): ExporterLabels {
  return exporterLabels([...facts.values()].flat()) ?? new Map()
}

/** Facts with names that are fit to be an identity and to be stored. */
export function normaliseFacts(
  facts: ReadonlyMap<FactName, readonly Series[]>,
  exporters: ExporterLabels,
  mended: Mended,
): Map<FactName, readonly Series[]> {
  const named = new Map<FactName, readonly Series[]>()
  for (const [fact, series] of facts) {
    const { merge } = catalogue[fact]
    named.set(fact, normalise(series, { merge, isPerContainer: PER_CONTAINER.has(fact) }, mended, exporters))
  }
  return named
}

/** The same for what was read sample by sample: two series of one name at one moment are one that was told twice. */
export function normaliseRaw(
  raw: ReadonlyMap<Window, RawSamples>,
  exporters: ExporterLabels,
  mended: Mended,
): Map<Window, RawSamples> {
  const named = new Map<Window, RawSamples>()
  for (const [window, samples] of raw) {
    const of = new Map<RawName, readonly Series[]>()
    for (const [name, series] of samples) {
      const rule = { merge: 'max', isPerContainer: PER_CONTAINER.has(name) } as const
      of.set(name, normalise(series, rule, mended, exporters))
    }
    named.set(window, of)
  }
  return named
}
