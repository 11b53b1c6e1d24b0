import { type Row, refuseSameLabels } from './promql-rows.js'

/** `label_replace(of, to, replacement, from, pattern)`. */
export interface Replacement {
  readonly to: string
  readonly replacement: string
  readonly from: string
  readonly pattern: RegExp
}

/** Sets a label to what the pattern found in another one; a series that it doesn't match stays as it is. */
export function relabel(how: Replacement, rows: readonly Row[]): Row[] {
  return refuseSameLabels(
    rows.map(row => {
      const match = how.pattern.exec(row.labels.get(how.from) ?? '')
      return match ? { ...row, labels: withLabel(row.labels, how.to, expanded(how.replacement, match)) } : row
    }),
  )
}

function withLabel(
  labels: ReadonlyMap<string, string>,
  name: string,
  value: string,
): ReadonlyMap<string, string> {
  const pairs = [...labels].filter(([known]) => known !== name)
  if (value !== '') pairs.push([name, value])
  return new Map(pairs.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** `$1`, `${1}` and `${name}` stand for what a group matched, `$$` for a dollar; groups that there aren't are empty. */
function expanded(template: string, match: RegExpExecArray): string {
  return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => {
    const group = bare ?? braced
    if (group === undefined) return whole === '$$' ? '$' : ''
    return (/^\d+$/.test(group) ? match[Number(group)] : match.groups?.[group]) ?? ''
  })
}
