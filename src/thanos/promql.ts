/**
 * Building PromQL from data. Metric names and functions come from the catalogue; only label values vary, and each
 * becomes exactly one equality or alternation matcher of that very value.
 */

/** A double-quoted PromQL string holding exactly `value`. */
export function quote(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\0', '\\x00')}"`
}

/** `name="value"`; an absent label and an empty value are the same thing to Prometheus. */
export function equals(label: string, value: string): string {
  return `${label}=${quote(value)}`
}

/** `name=~"a|b"` matching exactly these values (RE2 is anchored by Prometheus). */
export function oneOf(label: string, values: readonly string[]): string {
  return `${label}=~${quote(values.map(escapeRegex).join('|'))}`
}

/** `name!~"a|b"`: every value but these, the absent one included. */
export function noneOf(label: string, values: readonly string[]): string {
  return `${label}!~${quote(values.map(escapeRegex).join('|'))}`
}

function escapeRegex(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
