import { PromqlError } from './promql-text.js'

/** One series on a grid of steps; a value counts only where `present` is 1. */
export interface Row {
  readonly labels: ReadonlyMap<string, string>
  readonly present: Uint8Array
  readonly values: Float64Array
}

const NO_LABELS: ReadonlyMap<string, string> = new Map()

export function isPresent(row: Row, i: number): boolean {
  return row.present[i] === 1
}

export function emptyRow(labels: ReadonlyMap<string, string>, count: number): Row {
  return { labels, present: new Uint8Array(count), values: new Float64Array(count) }
}

export function set(row: Row, i: number, value: number | undefined): void {
  if (value === undefined) return
  row.present[i] = 1
  row.values[i] = value
}

export function constantRow(count: number, value: number): Row {
  return {
    labels: NO_LABELS,
    present: new Uint8Array(count).fill(1),
    values: new Float64Array(count).fill(value),
  }
}

export function withoutName(labels: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  if (!labels.has('__name__')) return labels
  const rest = new Map(labels)
  rest.delete('__name__')
  return rest
}

export function isOneMetric(rows: readonly Row[]): boolean {
  const name = rows[0]?.labels.get('__name__')
  return rows.every(row => row.labels.get('__name__') === name)
}

/** Fails where a function or operator has left two series with the same labels. */
export function refuseSameLabels(rows: Row[]): Row[] {
  const seen = new Set<string>()
  for (const row of rows) {
    const key = [...row.labels].flat().join('\0')
    if (seen.has(key))
      throw new PromqlError('execution', 'vector cannot contain metrics with the same labelset')
    seen.add(key)
  }
  return rows
}
