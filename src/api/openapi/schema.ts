import { Gap, Meta, Page, Warning } from '../schemas/common.js'

/** A piece of the document: JSON, whatever stands in it. */
export type Json = Readonly<Record<string, unknown>>

/** What several answers are made of, described once. */
const SHARED: readonly (readonly [string, object])[] = [
  ['Meta', Meta],
  ['Gap', Gap],
  ['Warning', Warning],
  ['Page', Page],
]

/** Keywords of a parameter's schema that speak to the code alone. */
const OWN_KEYWORDS = ['allowed', 'refusal']

export function reference(kind: 'schemas' | 'responses' | 'headers' | 'parameters', name: string): Json {
  return { $ref: `#/components/${kind}/${name}` }
}

/** The schema as it is documented: a part that has a name of its own is a reference to it. */
export function documented(schema: object, names: readonly (readonly [string, object])[]): Json {
  const known = new Map<unknown, string>([...SHARED, ...names].map(([name, part]) => [part, name]))
  const describe = (part: unknown): unknown => {
    const name = known.get(part)
    if (name !== undefined && part !== schema) return reference('schemas', name)
    if (Array.isArray(part)) return part.map(describe)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(
      Object.entries(part)
        .filter(([keyword]) => !OWN_KEYWORDS.includes(keyword))
        .map(([keyword, value]) => [keyword, describe(value)]),
    )
  }
  return describe(schema) as Json
}

export function sharedSchemas(): Record<string, Json> {
  return Object.fromEntries(SHARED.map(([name, schema]) => [name, documented(schema, [])]))
}
