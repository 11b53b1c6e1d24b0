import type { QueryResult, ResultSeries } from './promql.js'

/** A number as Prometheus writes it into JSON: always a string. */
export function renderValue(value: number): string {
  if (Number.isNaN(value)) return '"NaN"'
  if (value === Number.POSITIVE_INFINITY) return '"+Inf"'
  if (value === Number.NEGATIVE_INFINITY) return '"-Inf"'
  if (Object.is(value, -0)) return '"-0"'
  return `"${String(value).replace(/e([+-])(\d)$/, 'e$10$2')}"`
}

/** Seconds with no decimals or three. */
export function renderTime(ms: number): string {
  return ms % 1000 === 0 ? String(ms / 1000) : (ms / 1000).toFixed(3)
}

export function renderLabels(labels: ReadonlyMap<string, string>): string {
  const pairs: string[] = []
  for (const [name, value] of labels) pairs.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`)
  return `{${pairs.join(',')}}`
}

/** The body of a query's answer. */
export function renderResult(result: QueryResult): string {
  if (result.type === 'scalar') {
    const { t, value } = result.point
    return success(`{"resultType":"scalar","result":[${renderTime(t)},${renderValue(value)}],"analysis":{}}`)
  }
  const render = result.type === 'vector' ? renderVectorSeries : renderMatrixSeries
  return success(
    `{"resultType":"${result.type}","result":[${result.series.map(render).join(',')}],"analysis":{}}`,
  )
}

function renderVectorSeries({ labels, points }: ResultSeries): string {
  const [point] = points
  return `{"metric":${renderLabels(labels)},"value":[${renderTime(point?.t ?? 0)},${renderValue(point?.value ?? Number.NaN)}]}`
}

function renderMatrixSeries({ labels, points }: ResultSeries): string {
  const values = points.map(({ t, value }) => `[${renderTime(t)},${renderValue(value)}]`).join(',')
  return `{"metric":${renderLabels(labels)},"values":[${values}]}`
}

/** The body of an answer that is a list of strings; told when a limit cut it. */
export function renderStrings(found: {
  readonly values: readonly string[]
  readonly isCut: boolean
}): string {
  return success(JSON.stringify(found.values), found.isCut)
}

export function success(data: string, isCut = false): string {
  const warnings = isCut ? ',"warnings":["results truncated due to limit"]' : ''
  return `{"status":"success","data":${data}${warnings}}`
}

export function renderError(type: string, message: string): string {
  return JSON.stringify({ status: 'error', errorType: type, error: message })
}
