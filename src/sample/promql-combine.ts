import type { Aggregate, Comparison } from './promql-parse.js'

/** One series on a grid of steps; a value counts only where `present` is 1. */
export interface Row {
  readonly labels: ReadonlyMap<string, string>
  readonly present: Uint8Array
  readonly values: Float64Array
}

export function isPresent(row: Row, i: number): boolean {
  return row.present[i] === 1
}

interface Group extends Row {
  readonly counts: Float64Array
}

/** `fn by (names)`; names are sorted. */
export function aggregate(fn: Aggregate, by: readonly string[], rows: readonly Row[], count: number): Row[] {
  const groups = new Map<string, Group>()
  for (const row of rows) {
    const group = groupOf(groups, by, row.labels, count)
    for (let i = 0; i < count; i++) if (isPresent(row, i)) addTo(group, fn, i, row.values[i] ?? Number.NaN)
  }
  for (const group of groups.values()) finish(group, fn)
  return [...groups.values()]
}

function groupOf(
  groups: Map<string, Group>,
  by: readonly string[],
  labels: ReadonlyMap<string, string>,
  count: number,
): Group {
  let key = ''
  for (const name of by) key += `${labels.get(name) ?? ''}\0`
  const known = groups.get(key)
  if (known) return known
  const own = new Map<string, string>()
  for (const name of by) {
    const value = labels.get(name)
    if (value) own.set(name, value)
  }
  const group = {
    labels: own,
    present: new Uint8Array(count),
    values: new Float64Array(count),
    counts: new Float64Array(count),
  }
  groups.set(key, group)
  return group
}

function addTo(group: Group, fn: Aggregate, i: number, value: number): void {
  const before = group.values[i] ?? 0
  const isFirst = group.present[i] === 0
  group.present[i] = 1
  group.counts[i] = (group.counts[i] ?? 0) + 1
  if (fn === 'sum' || fn === 'avg') group.values[i] = before + value
  else if (fn === 'max') group.values[i] = isFirst || value > before || Number.isNaN(before) ? value : before
  else if (fn === 'min') group.values[i] = isFirst || value < before || Number.isNaN(before) ? value : before
}

function finish(group: Group, fn: Aggregate): void {
  for (let i = 0; i < group.values.length; i++) {
    const counted = group.counts[i] ?? 0
    if (fn === 'avg') group.values[i] = (group.values[i] ?? 0) / counted
    else if (fn === 'count') group.values[i] = counted
    else if (fn === 'group') group.values[i] = 1
  }
}

const TESTS: Readonly<Record<Comparison, (value: number, limit: number) => boolean>> = {
  '==': (value, limit) => value === limit,
  '!=': (value, limit) => value !== limit,
  '>': (value, limit) => value > limit,
  '<': (value, limit) => value < limit,
  '>=': (value, limit) => value >= limit,
  '<=': (value, limit) => value <= limit,
}

/** Keeps what passes the comparison, values and labels as they are. */
export function compare(fn: Comparison, rows: readonly Row[], limit: number): Row[] {
  const test = TESTS[fn]
  return rows.map(row => ({
    ...row,
    present: row.present.map((here, i) => (here === 1 && test(row.values[i] ?? Number.NaN, limit) ? 1 : 0)),
  }))
}

/** `left or right`: all of the left, and of the right what has no equal on the left at that step. */
export function union(left: readonly Row[], right: readonly Row[]): Row[] {
  const taken = new Map<string, Uint8Array>()
  const byLabels = new Map<string, Row>()
  for (const row of left) {
    const signature = signatureOf(row.labels)
    const before = taken.get(signature)
    taken.set(signature, before ? before.map((here, i) => here | (row.present[i] ?? 0)) : row.present)
    byLabels.set(fullKey(row.labels), row)
  }
  const added: Row[] = []
  for (const row of right) {
    const covered = taken.get(signatureOf(row.labels))
    const present = covered ? row.present.map((here, i) => (covered[i] === 1 ? 0 : here)) : row.present
    const same = byLabels.get(fullKey(row.labels))
    if (same) byLabels.set(fullKey(row.labels), merged(same, { ...row, present }))
    else added.push({ ...row, present })
  }
  return [...byLabels.values(), ...added]
}

function merged(row: Row, more: Row): Row {
  return {
    labels: row.labels,
    present: row.present.map((here, i) => here | (more.present[i] ?? 0)),
    values: row.values.map((value, i) => (row.present[i] === 1 ? value : (more.values[i] ?? Number.NaN))),
  }
}

function signatureOf(labels: ReadonlyMap<string, string>): string {
  let key = ''
  for (const [name, value] of labels) if (name !== '__name__') key += `${name}\0${value}\0`
  return key
}

function fullKey(labels: ReadonlyMap<string, string>): string {
  return `${labels.get('__name__') ?? ''}\0\0${signatureOf(labels)}`
}
