import type { TObject } from 'typebox'
import { asParameter, isRequired, type ParameterSchema } from '../query/read-query.js'
import { documented, type Json } from './schema.js'

/** The parameters of a query, from the schema that also checks them. */
export function queryParameters(query: TObject): Json[] {
  return Object.entries(query.properties).map(([name, schema]) => describe(name, asParameter(schema)))
}

function describe(name: string, schema: ParameterSchema): Json {
  const { description, ...rest } = schema
  const isRepeated = schema.type === 'array' || schema.type === 'object'
  const required = isRequired(schema)
  return {
    name,
    in: 'query',
    ...(description === undefined ? {} : { description }),
    required,
    // An object of style form, exploded, is sent as one parameter for each of its members: label.team=red.
    ...(isRepeated ? { style: 'form', explode: true } : {}),
    schema: documented(schema.type === 'object' ? family(rest) : withoutEmptyDefault(rest), []),
    // Forms are filled in with it, which is of use only where something has to be.
    ...(required && schema.examples !== undefined ? { example: schema.examples[0] } : {}),
  }
}

// Each member may be repeated, for which OpenAPI has no words; once is what it can say.
function family(schema: ParameterSchema): ParameterSchema {
  const { patternProperties = {}, ...rest } = schema
  return {
    ...rest,
    default: {},
    patternProperties: Object.fromEntries(
      Object.entries(patternProperties).map(([pattern, member]) => [pattern, member.items ?? member]),
    ),
  }
}

// An empty list and no parameter at all look the same in a URL.
function withoutEmptyDefault(schema: ParameterSchema): ParameterSchema {
  if (!Array.isArray(schema.default) || schema.default.length > 0) return schema
  const { default: _default, ...rest } = schema
  return rest
}
