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

/** On bytes, which is several times faster than on a text: no byte of a longer UTF-8 character looks like ASCII. */
function isTooDeep(text: string): boolean {
  const bytes = Buffer.from(text)
  let depth = 0
  let isInString = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (isInString) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) isInString = false
    } else if (byte === QUOTE) isInString = true
    // `[` and `{`, `]` and `}` differ from each other by one bit.
    else if ((byte | 0x20) === 0x7b && ++depth > MAX_DEPTH) return true
    else if ((byte | 0x20) === 0x7d) depth--
  }
  return false
}
