import type { Labels } from '../domain/rows.js'
import { label, type Series } from '../domain/samples.js'
import { type Hour, keyBy, type Reading, readingsOf } from './hour.js'
import { compare, type Tally } from './tally.js'

/** Labels and uid of pods as they were in the window. */
export interface PodLabels {
  /** Of the pod itself, without its namespace's; what a service selects by. */
  readonly own: (namespace: string, pod: string) => Labels | undefined
  /** The namespace's, overlaid by the pod's; null: not collected. */
  readonly effective: (namespace: string, pod: string) => Labels | null
  readonly uid: (namespace: string, pod: string) => string | null
}

const PREFIX = 'label_'
const NO_LABELS: Labels = new Map()
const podKey = keyBy('namespace', 'pod')
const namespaceKey = keyBy('namespace')

/** What was said of one pod or namespace: its labels, and the series that said so for longest. */
interface Said {
  readonly labels: Labels
  readonly series: Series
}

/**
 * Where labels changed within the window, those hold that were there for longest. Several jobs (the exporter's copy
 * and a kube-state-metrics that is told to pass on only some) complement each other.
 */
export function podLabels(hour: Hour, tally: Tally): PodLabels {
  const pods = saidBy(hour, readingsOf(hour, 'podLabels'), podKey)
  const namespaces = saidBy(hour, readingsOf(hour, 'namespaceLabels'), namespaceKey)
  if (pods.size === 0 && readingsOf(hour, 'containerSamples').length > 0)
    tally.warn('labels_not_collected', 'kube_pod_labels is absent')
  return {
    own: (namespace, pod) => pods.get(`${namespace}\0${pod}`)?.labels,
    effective: (namespace, pod) => {
      const own = pods.get(`${namespace}\0${pod}`)?.labels
      const around = namespaces.get(namespace)?.labels
      if (pods.size === 0 && around === undefined) return null
      return overlay(around ?? NO_LABELS, own ?? NO_LABELS)
    },
    uid: (namespace, pod) => {
      const said = pods.get(`${namespace}\0${pod}`)
      return (said && label(said.series, 'uid')) || null
    },
  }
}

/** Label pairs of a series by name, in order of the names; the same object for the same series. */
export function labelsOf(series: Series): Labels {
  let labels = read.get(series)
  if (labels === undefined) {
    const pairs = [...series.labels].filter(([name]) => name.startsWith(PREFIX))
    labels = new Map(
      pairs
        .map(([name, value]): [string, string] => [name.slice(PREFIX.length), value])
        .sort(([a], [b]) => compare(a, b)),
    )
    read.set(series, labels)
  }
  return labels
}

// Series are the same objects in every window of a batch, so their labels are read and overlaid once.
const read = new WeakMap<Series, Labels>()
const overlaid = new WeakMap<Labels, WeakMap<Labels, Labels>>()

function overlay(under: Labels, over: Labels): Labels {
  if (under.size === 0) return over
  if (over.size === 0) return under
  const known = overlaid.get(under) ?? new WeakMap<Labels, Labels>()
  overlaid.set(under, known)
  let both = known.get(over)
  if (both === undefined) {
    both = new Map([...new Map([...under, ...over])].sort(([a], [b]) => compare(a, b)))
    known.set(over, both)
  }
  return both
}

function saidBy(
  hour: Hour,
  readings: readonly Reading[],
  keyOf: (series: Series) => string,
): Map<string, Said> {
  const longest = new Map<string, Map<string, Reading & { seconds: number }>>()
  for (const reading of readings) {
    const job = label(reading.series, 'job')
    const seconds = reading.value * (hour.interval(job) ?? 1)
    const jobs = longest.get(keyOf(reading.series)) ?? new Map()
    longest.set(keyOf(reading.series), jobs)
    const known = jobs.get(job)
    if (!known || isLonger({ ...reading, seconds }, known)) jobs.set(job, { ...reading, seconds })
  }
  return new Map([...longest].map(([key, jobs]) => [key, together([...jobs.values()])]))
}

function isLonger(a: Reading & { seconds: number }, b: Reading & { seconds: number }): boolean {
  return a.seconds > b.seconds || (a.seconds === b.seconds && orderOf(a) < orderOf(b))
}

function orderOf({ series }: Reading): string {
  return JSON.stringify([label(series, 'uid'), ...labelsOf(series)])
}

/** Of several jobs the one with most labels has the last word. */
function together(jobs: readonly (Reading & { seconds: number })[]): Said {
  const ordered = [...jobs].sort(
    (a, b) =>
      labelsOf(a.series).size - labelsOf(b.series).size ||
      compare(label(a.series, 'job'), label(b.series, 'job')),
  )
  const last = ordered[ordered.length - 1] as Reading
  const withUid = ordered.findLast(({ series }) => label(series, 'uid') !== '') ?? last
  return {
    series: withUid.series,
    labels: ordered.map(({ series }) => labelsOf(series)).reduce(overlay),
  }
}
