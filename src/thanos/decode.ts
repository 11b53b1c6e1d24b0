import type { Series } from '../domain/samples.js'
import { NamedError } from '../errors.js'
import { classifyEnvelope, contract, failure, isHtml } from './classify.js'
import { isObject, type JsonObject, member, parseBounded } from './json.js'
import { cleanLabels, labelKey } from './labels.js'
import { decodePoint, decodePoints, type Grid } from './points.js'
import type { Annotations, Answer } from './types.js'

/** What an answer has to be to be used. */
export interface Expectation {
  readonly tenantLabel: string
  readonly tenantId: string
  /** Range answers lie on this grid; instant answers have none. */
  readonly grid: Grid | undefined
  /** The account and its hours, for messages. */
  readonly about: string
}

type Counts = { -readonly [K in keyof Annotations]: number }

/**
 * Judges the body of a success, in this order: whole JSON, envelope, result type, warnings, tenant, points. Throws a
 * `NamedError` at the first thing wrong; nothing of such an answer may be used. `bytes` is the decoded size.
 */
export function decodeAnswer(text: string, bytes: number, expected: Expectation): Answer {
  const envelope = decodeEnvelope(text, expected.about)
  const counts = countAnnotations(envelope, expected.about)
  const { resultType, items } = readResult(envelope, expected)
  requireTenant(items, expected)
  const series =
    resultType === 'matrix' ? decodeMatrix(items, expected, counts) : decodeVector(items, expected, counts)
  return { series, annotations: counts, bytes }
}

/** The object of `{"status":"success",…}`, or the named error for anything else that came with HTTP 200. */
export function decodeEnvelope(text: string, about: string): JsonObject {
  const parsed = parseBounded(text)
  if (parsed === undefined || !isObject(parsed.value)) throw notAnEnvelope(text, about)
  const envelope = parsed.value
  const status = member(envelope, 'status')
  if (status === 'success') return envelope
  if (status !== 'error') throw contract('an answer has no known status', about)
  const error = member(envelope, 'error')
  throw classifyEnvelope(member(envelope, 'errorType'), typeof error === 'string' ? error : '', 200, about)
}

function notAnEnvelope(text: string, about: string): NamedError {
  const options = { status: 200 }
  if (isHtml(text)) {
    return failure('THANOS_MISCONFIGURED', 'a web page came instead of an answer of Thanos', about, options)
  }
  const saw = text === '' ? 'an empty answer came' : 'an answer was cut off or is no JSON of Thanos'
  return failure('THANOS_BAD_BODY', saw, about, options)
}

function countAnnotations(envelope: JsonObject, about: string): Counts {
  const counts: Counts = {
    info: 0,
    warning: 0,
    histograms: 0,
    duplicates: 0,
    cutLabels: 0,
    strippedLabels: 0,
  }
  const warnings = textsOf(envelope, 'warnings', about)
  let unknown = 0
  for (const warning of warnings) {
    if (warning.startsWith('PromQL info:')) counts.info++
    else if (warning.startsWith('PromQL warning:')) counts.warning++
    else unknown++
  }
  counts.info += textsOf(envelope, 'infos', about).length
  if (unknown > 0) {
    // Whatever is missing may be all of this account, so the rest of the answer proves nothing.
    throw failure(
      'THANOS_PARTIAL',
      `Thanos called its answer incomplete (${unknown} warning${unknown === 1 ? '' : 's'})`,
      about,
    )
  }
  return counts
}

function textsOf(envelope: JsonObject, name: string, about: string): readonly string[] {
  const texts = member(envelope, name) ?? []
  if (!Array.isArray(texts) || !texts.every(text => typeof text === 'string')) {
    throw contract(`the ${name} of an answer are not a list of texts`, about)
  }
  return texts
}

interface Item {
  readonly metric: JsonObject
  readonly item: JsonObject
}

function readResult(
  envelope: JsonObject,
  { grid, about }: Expectation,
): { resultType: string; items: Item[] } {
  const data = member(envelope, 'data')
  if (!isObject(data)) throw contract('an answer has no data', about)
  const resultType = member(data, 'resultType')
  if (resultType !== 'matrix' && (resultType !== 'vector' || grid !== undefined)) {
    throw contract(`an answer is no ${grid === undefined ? 'vector or matrix' : 'matrix'}`, about)
  }
  const result = Object.hasOwn(data, 'result') ? data['result'] : undefined
  if (result === undefined || (result !== null && !Array.isArray(result))) {
    throw contract('the result of an answer is no list', about)
  }
  const items = (result ?? []).map((item: unknown) => {
    const metric = isObject(item) ? member(item, 'metric') : undefined
    if (!isObject(item) || !isObject(metric)) throw contract('a series of an answer has no labels', about)
    return { metric, item }
  })
  return { resultType, items }
}

/** Promise that no series of another account is ever used: one such series condemns the whole answer. */
function requireTenant(items: readonly Item[], { tenantLabel, tenantId, about }: Expectation): void {
  const foreign = items.filter(({ metric }) => member(metric, tenantLabel) !== tenantId).length
  if (foreign === 0) return
  throw new NamedError(
    'FOREIGN_TENANT',
    `${foreign} of ${items.length} series do not carry ${tenantLabel} of this account, and nothing of the answer was ` +
      `used (${about}): check what enforces or rewrites ${tenantLabel} in front of Thanos`,
  )
}

function decodeMatrix(items: readonly Item[], expected: Expectation, counts: Counts): Series[] {
  return collect(items, expected, counts, item => {
    const histograms = member(item, 'histograms') ?? undefined
    if (histograms !== undefined) counts.histograms++
    const values = member(item, 'values') ?? (histograms === undefined ? undefined : [])
    return decodePoints(values, expected.grid, expected.about)
  })
}

function decodeVector(items: readonly Item[], expected: Expectation, counts: Counts): Series[] {
  return collect(items, expected, counts, item => {
    const value = member(item, 'value') ?? undefined
    if (member(item, 'histogram') !== undefined) {
      counts.histograms++
      if (value === undefined) return { times: [], values: [] }
    }
    const { time, number } = decodePoint(value, expected.about)
    return { times: [time], values: [number] }
  })
}

function collect(
  items: readonly Item[],
  { about }: Expectation,
  counts: Counts,
  pointsOf: (item: JsonObject) => Pick<Series, 'times' | 'values'>,
): Series[] {
  const byLabels = new Map<string, Series>()
  for (const { metric, item } of items) {
    const labels = cleanLabels(labelsOf(metric, about), counts)
    const series: Series = { labels, ...pointsOf(item) }
    const key = labelKey(labels)
    const twin = byLabels.get(key)
    if (twin === undefined) byLabels.set(key, series)
    else if (isSame(twin.times, series.times) && isSame(twin.values, series.values)) counts.duplicates++
    else throw contract('one series came twice in an answer, with different points', about)
  }
  return [...byLabels.values()]
}

function labelsOf(metric: JsonObject, about: string): [string, string][] {
  return Object.entries(metric).map(([name, value]) => {
    if (typeof value !== 'string') throw contract('a label of an answer is no text', about)
    return [name, value]
  })
}

/** Equal number by number, NaN being equal to itself. */
function isSame(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((number, index) => Object.is(number, right[index]))
}
