import { Compile } from 'typebox/schema'
import { DOCUMENT_URL } from '../../src/api/plugins/openapi.js'
import type { Api } from '../../src/api/routes/methods.js'

type Schema = Record<string, unknown>

export interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly style?: string
  readonly explode?: boolean
  readonly schema: { readonly type: string; readonly enum?: string[]; readonly examples?: unknown[] } & Schema
}

interface Media {
  readonly schema: Schema
  readonly example?: unknown
}

interface Answer {
  readonly description: string
  readonly headers?: Record<string, unknown>
  readonly content?: Record<string, Media>
}

export interface Operation {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly responses: Record<string, Answer>
}

/** The document as the API serves it, with every reference to an operation's own parts resolved. */
export interface OpenApi {
  readonly text: string
  /** Operations of GET by path. */
  readonly operations: ReadonlyMap<string, Operation>
  /** What is wrong with a value by the schema, to which nothing may be added; empty where nothing is. */
  problems(schema: Schema, value: unknown): string[]
}

export async function readOpenApi(app: Api): Promise<OpenApi> {
  const { body: text } = await app.inject(DOCUMENT_URL)
  const document = JSON.parse(text)
  const resolve = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(resolve)
    if (typeof part !== 'object' || part === null) return part
    if ('$ref' in part) {
      const [, ...path] = String(part.$ref).split('/')
      return resolve(path.reduce((at, key) => at[key], document))
    }
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, resolve(value)]))
  }
  const paths = Object.entries<{ get: unknown }>(document.paths)
  return {
    text,
    operations: new Map(paths.map(([path, { get }]) => [path, resolve(get) as Operation])),
    problems: (schema, value) => {
      const [, errors] = Compile(closed(schema) as Schema).Errors(value)
      return errors.map(({ instancePath, message }) => `${instancePath} ${message}`)
    },
  }
}

/** The schema without leave to add anything: a field that is not documented is a mistake. */
function closed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(closed)
  if (typeof part !== 'object' || part === null) return part
  const copy = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, closed(value)]))
  return 'properties' in part && !('additionalProperties' in part)
    ? { ...copy, additionalProperties: false }
    : copy
}

/** What a client makes of a value by the parameter's style: name and value of each pair of the query. */
export function pairsOf({ name, style, explode }: Parameter, value: unknown): [string, string][] {
  const isExploded = style === 'form' && explode === true
  if (isExploded && Array.isArray(value)) return value.map(one => [name, String(one)])
  if (isExploded && typeof value === 'object' && value !== null) {
    return Object.entries(value).map(([member, one]) => [member, String(one)])
  }
  return [[name, String(value)]]
}
