import { PromqlError } from './promql-text.js'

/** One label matcher. An absent label is the empty value. */
export interface Matcher {
  readonly label: string
  readonly operator: string
  readonly value: string
  matches(value: string): boolean
}

export function matcherOf(label: string, operator: string, value: string): Matcher {
  return { label, operator, value, matches: testOf(operator, value) }
}

function testOf(operator: string, value: string): (value: string) => boolean {
  switch (operator) {
    case '=':
      return found => found === value
    case '!=':
      return found => found !== value
    case '=~': {
      const pattern = anchored(value)
      return found => pattern.test(found)
    }
    case '!~': {
      const pattern = anchored(value)
      return found => !pattern.test(found)
    }
    default:
      throw new PromqlError('bad_data', `parse error: unknown label matcher operator ${operator}`)
  }
}

/** What RE2 refuses although JavaScript doesn't: lookarounds and back references. */
const BEYOND_RE2 = /\(\?(?:[=!]|<[=!])|\\[1-9]|\\k</

/** A pattern of RE2 as an expression that has to match all of a value. Throws for what RE2 refuses. */
export function anchored(pattern: string): RegExp {
  if (!BEYOND_RE2.test(pattern)) {
    // The `u` flag is stricter about needless escapes than RE2 is; without it only characters beyond 16 bits suffer.
    for (const flags of ['su', 's']) {
      try {
        return new RegExp(`^(?:${pattern.replaceAll('(?P<', '(?<')})$`, flags)
      } catch {}
    }
  }
  throw new PromqlError('bad_data', `parse error: error parsing regexp: ${JSON.stringify(pattern)}`)
}
