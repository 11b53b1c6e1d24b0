import { createHash } from 'node:crypto'
import type { Series } from '../domain/samples.js'
import { labelKey } from '../thanos/labels.js'

/** How the series of one fact are put together where their names turn out to be the same. */
export interface NormaliseRule {
  /** `sum` for counts and sums of samples; `max` for levels, of which the same one was said twice. */
  readonly merge: 'sum' | 'max'
  /** Whether a series is of one container: then what is of none is the roll-up of a pod, and no data. */
  readonly isPerContainer: boolean
}

/** What had to be done to names and values, and how often; added to by everything here. */
export type Mended = Map<string, number>

/** Labels that a scrape without `honor_labels` gives to the exporter, renaming those of what it speaks of. */
const RENAMED = ['namespace', 'pod', 'container', 'node', 'instance', 'service'] as const
const EXPORTED = RENAMED.map(name => [`exported_${name}`, name] as const)

/** UTF-16 units of a label's value that is part of an identity; PostgreSQL's indexes bear about ten times as much. */
const LONGEST = 256
const DIGEST_LENGTH = 16

/**
 * The series of one answer with names fit to be an identity and to be stored: `exported_*` labels in the place of the
 * exporter's own, no value longer than an index bears, no character that a database refuses. Series that become equal
 * are merged. Gives back `series` itself where there is nothing to do, which is the rule.
 */
export function normalise(
  series: readonly Series[],
  rule: NormaliseRule,
  mended: Mended,
  elsewhere: ExporterLabels = new Map(),
): readonly Series[] {
  const here = exporterLabels(series)
  const exporters = here && joined(here, elsewhere)
  let isSame = true
  const result: Series[] = []
  for (const one of series) {
    const renamed = exporters === undefined ? one.labels : withoutExporter(one.labels, exporters, mended)
    if (rule.isPerContainer && isRollUp(renamed)) {
      isSame = false
      continue
    }
    const labels = storableLabels(renamed, mended)
    if (labels === one.labels) result.push(one)
    else {
      isSame = false
      result.push({ ...one, labels })
    }
  }
  return isSame ? series : merged(result, rule.merge)
}

/** By job, which labels a scrape took for the exporter. */
export type ExporterLabels = ReadonlyMap<string, ReadonlySet<string>>

/**
 * The labels that any of a job's series has as `exported_*`: a scrape does the same to all that it reads. Undefined
 * where there is none at all.
 */
export function exporterLabels(series: Iterable<Series>): ExporterLabels | undefined {
  let found: Map<string, Set<string>> | undefined
  for (const { labels } of series) {
    for (const [exported, plain] of EXPORTED) {
      const value = labels.get(exported)
      if (value === undefined) continue
      found ??= new Map()
      if (value === '') continue
      const job = labels.get('job') ?? ''
      const names = found.get(job)
      if (names) names.add(plain)
      else found.set(job, new Set([plain]))
    }
  }
  return found
}

/** What one answer tells of its jobs with what others do; series without a job may be of any, and stay by themselves. */
function joined(here: ExporterLabels, elsewhere: ExporterLabels): ExporterLabels {
  return new Map(
    [...here].map(([job, names]) => [
      job,
      job === '' ? names : new Set([...names, ...(elsewhere.get(job) ?? [])]),
    ]),
  )
}

/**
 * `exported_*` in the place of the plain labels. A series that has some of them but not another speaks of nothing
 * there, and what stands in the plain label is the exporter's: the roll-up of a pod has no container, a pod that
 * waits has no node.
 */
function withoutExporter(
  labels: ReadonlyMap<string, string>,
  exporters: ExporterLabels,
  mended: Mended,
): ReadonlyMap<string, string> {
  if (!EXPORTED.some(([exported]) => labels.has(exported))) return labels
  const own = new Map(labels)
  for (const plain of exporters.get(labels.get('job') ?? '') ?? []) own.delete(plain)
  for (const [exported, plain] of EXPORTED) {
    const value = labels.get(exported)
    own.delete(exported)
    if (!value) continue
    own.set(plain, value)
    count(mended, 'exported_labels')
  }
  return own
}

function isRollUp(labels: ReadonlyMap<string, string>): boolean {
  const container = labels.get('container')
  return container === undefined || container === '' || container === 'POD'
}

/** Labels that a database can hold and an index bear; the same object where they are so already. */
function storableLabels(labels: ReadonlyMap<string, string>, mended: Mended): ReadonlyMap<string, string> {
  const readable = readableLabels(labels, mended)
  let own: Map<string, string> | undefined
  for (const [name, value] of readable) {
    // Values of `label_*` are kept as JSON, whole.
    if (value.length <= LONGEST || name.startsWith('label_')) continue
    own ??= new Map(readable)
    own.set(name, shortened(value))
    count(mended, 'name_shortened')
  }
  return own ?? readable
}

/**
 * Labels with U+FFFD in the place of what PostgreSQL refuses: NUL and lone halves of surrogate pairs, in names as in
 * values. The same object where there is nothing of it.
 */
export function readableLabels(
  labels: ReadonlyMap<string, string>,
  mended: Mended,
): ReadonlyMap<string, string> {
  let isReadable = true
  for (const [name, value] of labels) {
    if (isUnreadable(name) || isUnreadable(value)) isReadable = false
  }
  if (isReadable) return labels
  const own = new Map<string, string>()
  for (const [name, value] of labels) own.set(readable(name, mended), readable(value, mended))
  return own
}

/** Any half of a surrogate pair: quick to look for, and rare enough to look closer at. */
const SUSPECT = /[\0\ud800-\udfff]/
const UNREADABLE = /\0|\p{Surrogate}/u
const ALL_UNREADABLE = new RegExp(UNREADABLE, 'gu')

function isUnreadable(text: string): boolean {
  return SUSPECT.test(text) && UNREADABLE.test(text)
}

function readable(text: string, mended: Mended): string {
  const clean = text.replace(ALL_UNREADABLE, '\ufffd')
  if (clean !== text) count(mended, 'character_replaced')
  return clean
}

/** The beginning and a digest of the whole, so that two long values stay two. */
function shortened(value: string): string {
  const digest = createHash('sha256').update(value).digest('hex').slice(0, DIGEST_LENGTH)
  const head = value.slice(0, LONGEST - DIGEST_LENGTH - 1).replace(/[\ud800-\udbff]$/, '')
  return `${head}~${digest}`
}

function count(mended: Mended, what: string): void {
  mended.set(what, (mended.get(what) ?? 0) + 1)
}

/** One series for each set of labels, with the points of all that have it. */
function merged(series: readonly Series[], merge: NormaliseRule['merge']): Series[] {
  const byLabels = new Map<string, Series>()
  for (const one of series) {
    const key = labelKey(one.labels)
    const same = byLabels.get(key)
    byLabels.set(key, same === undefined ? one : together(same, one, merge))
  }
  return [...byLabels.values()]
}

function together(one: Series, other: Series, merge: NormaliseRule['merge']): Series {
  const byTime = new Map(one.times.map((time, i) => [time, one.values[i] ?? Number.NaN]))
  other.times.forEach((time, i) => {
    const value = other.values[i] ?? Number.NaN
    const known = byTime.get(time)
    byTime.set(time, known === undefined ? value : combined(known, value, merge))
  })
  const points = [...byTime].sort(([a], [b]) => a - b)
  return { labels: one.labels, times: points.map(([time]) => time), values: points.map(([, value]) => value) }
}

/** As the engine combines: a sum with NaN is NaN, the highest passes over it. */
function combined(known: number, value: number, merge: NormaliseRule['merge']): number {
  if (merge === 'sum') return known + value
  return Number.isNaN(known) || value > known ? value : known
}
