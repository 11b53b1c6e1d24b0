import { sortByLabels } from './label-order.js'
import { parsePromql } from './promql-parse.js'
import { PromqlError } from './promql-text.js'
import { countSamples, type SeriesModel } from './series.js'
import { renderLabels, success } from './server-json.js'
import { metadataBounds } from './server-params.js'
import type { SeriesStore } from './store.js'

interface Found {
  readonly values: readonly string[]
  readonly isCut: boolean
}

/** Body of `/api/v1/series`: the label sets that match any of the selectors and have samples in the time asked for. */
export function matchingSeries(store: SeriesStore, form: URLSearchParams, now: number): string {
  if (!form.has('match[]')) throw new PromqlError('bad_data', 'no match[] parameter provided')
  const all = sortByLabels(matching(store, form, now))
  const { values, isCut } = limited(
    all.map(series => renderLabels(series.labels)),
    form,
  )
  return success(`[${values.join(',')}]`, isCut)
}

export function labelNames(store: SeriesStore, form: URLSearchParams, now: number): Found {
  return limited(sorted(matching(store, form, now).flatMap(series => [...series.labels.keys()])), form)
}

export function labelValues(store: SeriesStore, name: string, form: URLSearchParams, now: number): Found {
  return limited(sorted(matching(store, form, now).map(series => series.labels.get(name) ?? '')), form)
}

function matching(store: SeriesStore, form: URLSearchParams, now: number): SeriesModel[] {
  const { from, to } = metadataBounds(form)
  const found = new Set<SeriesModel>()
  const selectors = form.getAll('match[]')
  for (const selector of selectors.length > 0 ? selectors : ['{__name__=~".+"}']) {
    const expr = parsePromql(selector)
    if (expr.kind !== 'selector')
      throw new PromqlError('bad_data', `not a series selector: ${selector.slice(0, 80)}`)
    for (const series of store.select(expr.matchers, now)) {
      if (hasSamples(series, from, Math.min(to, now))) found.add(series)
    }
  }
  return [...found]
}

function hasSamples(series: SeriesModel, from: number, to: number): boolean {
  return countSamples(series, Math.max(from, series.segments[0]?.from ?? 0), Math.floor(to) + 1) > 0
}

function sorted(values: readonly string[]): string[] {
  return [...new Set(values)].filter(value => value !== '').sort()
}

function limited(values: readonly string[], form: URLSearchParams): Found {
  const limit = Number(form.get('limit') ?? 0)
  if (!(limit > 0) || values.length <= limit) return { values, isCut: false }
  return { values: values.slice(0, limit), isCut: true }
}
