import type { Aggregate, Arithmetic, Comparison, Grouping } from './promql-expr.js'
import { isPresent, type Row, refuseSameLabels, withoutName } from './promql-rows.js'
import { PromqlError } from './promql-text.js'

interface Group extends Row {
  readonly counts: Float64Array
}

/** `fn by (names)` or `fn without (names)`. */
export function aggregate(fn: Aggregate, grouping: Grouping, rows: readonly Row[], count: number): Row[] {
  const groups = new Map<string, Group>()
  for (const row of rows) {
    const group = groupOf(groups, grouping, row.labels, count)
    for (let i = 0; i < count; i++) if (isPresent(row, i)) addTo(group, fn, i, row.values[i] ?? Number.NaN)
  }
  for (const group of groups.values()) finish(group, fn)
  return [...groups.values()]
}

function groupOf(
  groups: Map<string, Group>,
  grouping: Grouping,
  labels: ReadonlyMap<string, string>,
  count: number,
): Group {
  const own = grouping.isWithout ? labelsWithout(labels, grouping.names) : labelsBy(labels, grouping.names)
  const key = [...own].flat().join('\0')
  const known = groups.get(key)
  if (known) return known
  const group = {
    labels: own,
    present: new Uint8Array(count),
    values: new Float64Array(count),
    counts: new Float64Array(count),
  }
  groups.set(key, group)
  return group
}

function labelsBy(
  labels: ReadonlyMap<string, string>,
  names: readonly string[],
): ReadonlyMap<string, string> {
  const own = new Map<string, string>()
  for (const name of names) {
    const value = labels.get(name)
    if (value) own.set(name, value)
  }
  return own
}

function labelsWithout(
  labels: ReadonlyMap<string, string>,
  names: readonly string[],
): ReadonlyMap<string, string> {
  const rest = new Map(labels)
  for (const name of names) rest.delete(name)
  rest.delete('__name__')
  return rest
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

const OPERATIONS: Readonly<Record<Arithmetic, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
}

/** `rows fn by`, or `by fn rows` when reversed. */
export function scaled(fn: Arithmetic, rows: readonly Row[], by: number, isReversed: boolean): Row[] {
  const operate = OPERATIONS[fn]
  return refuseSameLabels(
    rows.map(({ labels, present, values }) => ({
      labels: withoutName(labels),
      present,
      values: values.map(value => (isReversed ? operate(by, value) : operate(value, by))),
    })),
  )
}

/** `left fn right` for pairs that have all labels but the name in common. */
export function arithmetic(fn: Arithmetic, left: readonly Row[], right: readonly Row[]): Row[] {
  const operate = OPERATIONS[fn]
  const partners = bySignature(right)
  return [...bySignature(left)].flatMap(([signature, one]) => {
    const other = partners.get(signature)
    if (!other) return []
    return {
      labels: withoutName(one.labels),
      present: one.present.map((here, i) => here & (other.present[i] ?? 0)),
      values: one.values.map((value, i) => operate(value, other.values[i] ?? Number.NaN)),
    }
  })
}

function bySignature(rows: readonly Row[]): Map<string, Row> {
  const found = new Map<string, Row>()
  for (const row of rows) {
    const signature = signatureOf(row.labels)
    if (found.has(signature)) {
      throw new PromqlError('execution', 'found duplicate series for the match group: many-to-many matching')
    }
    found.set(signature, row)
  }
  return found
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
