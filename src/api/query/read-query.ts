import type { Static, TObject, TSchema } from 'typebox'
import type { ApiCode } from '../errors.js'
import { ArgumentReader, type RawArguments, shown } from './arguments.js'

/** Keywords of JSON Schema that a query parameter may use; whatever is written there is also checked. */
export interface ParameterSchema {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly default?: unknown
  readonly minimum?: number
  /** A number has to be above it. */
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly maxItems?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly items?: ParameterSchema
  readonly patternProperties?: Readonly<Record<string, ParameterSchema>>
  readonly maxProperties?: number
  readonly allowed?: string
  /** A code of its own for values that aren't allowed, with the value as its parameter. */
  readonly refusal?: ApiCode
  /** These two are for the documentation alone. */
  readonly description?: string
  readonly examples?: readonly unknown[]
}

/** What parameters an answer takes: a property a parameter, as they are documented. */
export type QuerySchema = TObject

/**
 * Reads and checks the arguments of a request against the schema that documents them, then by `check`, which sees
 * values that the schema allows and may refuse them for what they mean together. Throws the ApiError that wins.
 */
export function readQuery<Schema extends QuerySchema, Asked>(
  schema: Schema,
  given: RawArguments,
  check: (values: Static<Schema>, reader: ArgumentReader) => Asked,
): Asked {
  const reader = new ArgumentReader(given)
  const values = Object.fromEntries(
    Object.entries(schema.properties).map(([name, parameter]) => [
      name,
      readParameter(reader, name, asParameter(parameter)),
    ]),
  )
  // What was refused has a stand-in of the right type, and `finish` throws before anybody sees the result.
  const asked = check(values as Static<Schema>, reader)
  reader.finish()
  return asked
}

export function asParameter(schema: TSchema): ParameterSchema {
  return schema as ParameterSchema
}

function readParameter(reader: ArgumentReader, name: string, schema: ParameterSchema): unknown {
  if (schema.enum !== undefined) return readChoice(reader, name, schema, schema.enum)
  if (schema.type === 'integer') return readInteger(reader, name, schema)
  if (schema.type === 'number') return reader.number(name, boundsOf(schema))
  if (schema.type === 'boolean') {
    return reader.boolean(name, isOptional(schema) ? undefined : schema.default === true)
  }
  if (schema.type === 'array') return readList(reader, name, schema)
  if (schema.type === 'object') return readFamily(reader, name, schema)
  return readText(reader, name, schema)
}

function readChoice(
  reader: ArgumentReader,
  name: string,
  schema: ParameterSchema,
  allowed: readonly string[],
): string | undefined {
  const fallback = typeof schema.default === 'string' ? schema.default : undefined
  return reader.choice(name, allowed, { fallback, isOptional: isOptional(schema), refusal: schema.refusal })
}

function readInteger(reader: ArgumentReader, name: string, schema: ParameterSchema): number | undefined {
  const { min, max } = boundsOf(schema)
  const fallback = typeof schema.default === 'number' ? { fallback: schema.default } : {}
  return reader.integer(name, { min, max, ...fallback, isOptional: isOptional(schema) })
}

function boundsOf(schema: ParameterSchema): { min: number; max: number; isAboveMin: boolean } {
  return {
    min: schema.exclusiveMinimum ?? schema.minimum ?? Number.MIN_SAFE_INTEGER,
    isAboveMin: schema.exclusiveMinimum !== undefined,
    max: schema.maximum ?? Number.MAX_SAFE_INTEGER,
  }
}

function readText(reader: ArgumentReader, name: string, schema: ParameterSchema): string | undefined {
  const text = reader.text(name, { isOptional: isOptional(schema) })
  if (text !== undefined) checkText(reader, name, text, schema)
  return text
}

function readList(reader: ArgumentReader, name: string, schema: ParameterSchema): string[] {
  const values = reader.list(name)
  if (values.length > (schema.maxItems ?? Infinity)) {
    reader.refuse('OE0217', [name], `it is given ${values.length} times, and ${schema.maxItems} are the most`)
  }
  for (const value of values) checkText(reader, name, value, schema.items ?? {})
  return values.length === 0 && Array.isArray(schema.default) ? schema.default.map(String) : values
}

/** Parameters whose names begin alike and end as the caller likes, by that end: `label.team=red` is team: [red]. */
function readFamily(reader: ArgumentReader, name: string, schema: ParameterSchema): Map<string, string[]> {
  const prefix = `${name}.`
  const given = reader.namesFrom(prefix).sort()
  const [pattern = '', member] = Object.entries(schema.patternProperties ?? {})[0] ?? []
  if (given.length > (schema.maxProperties ?? Infinity)) {
    reader.refuse('OE0217', [`${prefix}<name>`], `${schema.maxProperties} are the most`)
  }
  const isName = new RegExp(pattern, 'u')
  return new Map(
    given.map(argument => {
      if (!isName.test(argument)) reader.refuse('OE0217', [argument], schema.allowed)
      return [argument.slice(prefix.length), readList(reader, argument, member ?? {})]
    }),
  )
}

function checkText(reader: ArgumentReader, name: string, text: string, schema: ParameterSchema): void {
  const isAllowed =
    text.length <= (schema.maxLength ?? Infinity) &&
    (schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(text))
  if (!isAllowed) reader.refuse('OE0217', [name], `${shown(text)} ${schema.allowed ?? 'is too long'}`)
}

/** Whether a request without the parameter is refused. */
export function isRequired(schema: ParameterSchema): boolean {
  const canBe = schema.enum !== undefined || schema.type === 'integer' || schema.type === 'string'
  return canBe && schema.default === undefined && !isOptional(schema)
}

/** A parameter that may be left out although it has no default. */
function isOptional(schema: ParameterSchema): boolean {
  return '~optional' in schema
}
