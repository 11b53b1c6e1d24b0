export type PromqlErrorType = 'bad_data' | 'execution'

/** A query that is refused (`bad_data`, 400) or that fails while it runs (`execution`, 422). */
export class PromqlError extends Error {
  override readonly name = 'PromqlError'
  readonly type: PromqlErrorType

  constructor(type: PromqlErrorType, message: string) {
    super(message)
    this.type = type
  }
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
}
const DURATION = /^(?:\d+(?:ms|[smhdwy]))+$/

/** Milliseconds of `1h30m`, or of a plain number of seconds. */
export function parseDuration(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000)
  if (!DURATION.test(text)) throw new PromqlError('bad_data', `not a valid duration string: "${text}"`)
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g))
    total += Number(amount) * (UNITS[unit ?? ''] ?? 0)
  return total
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
}
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gsu

/** The text of a string literal in double, single or back quotes. */
export function unquote(literal: string): string {
  const inside = literal.slice(1, -1)
  if (literal.startsWith('`')) return inside
  return inside.replace(
    ESCAPE,
    (whole, x?: string, u?: string, U?: string, octal?: string, letter?: string) => {
      const hex = x ?? u ?? U
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8))
      const plain = ESCAPES[letter ?? '']
      if (plain === undefined)
        throw new PromqlError('bad_data', `parse error: unknown escape sequence ${whole}`)
      return plain
    },
  )
}
