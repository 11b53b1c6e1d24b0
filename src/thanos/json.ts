/** Narrowing of what was parsed from JSON. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A member of the object itself: `constructor` and its like are not found in an empty one. */
export function member(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** Deeper than any answer of the API, whose histograms reach ten. */
const MAX_DEPTH = 32

/** JSON whose nesting is bounded, or undefined: millions of open brackets would cost the parser gigabytes. */
export function parseBounded(text: string): { value: unknown } | undefined {
  if (isTooDeep(text)) return undefined
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

function isTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = closingQuote(text, at)
    // `[` and `{`, `]` and `}` differ from each other by one bit.
    else if ((code | 0x20) === 0x7b && ++depth > MAX_DEPTH) return true
    else if ((code | 0x20) === 0x7d) depth--
  }
  return false
}

/** Where the string ends that begins at `open`; the end of the text where it doesn't. */
function closingQuote(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return at
  }
  return text.length
}
