import type { TObject } from 'typebox'
import { exampleOf } from './example.js'
import { queryParameters } from './parameters.js'
import { ANSWER_HEADERS, refusals } from './responses.js'
import { documented, type Json, reference } from './schema.js'

/** How an operation is documented: by itself, and which schemas it brings along. */
export interface Documented {
  readonly operation: Json
  readonly schemas: Readonly<Record<string, Json>>
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of a route that belongs into the document. */
    documented?: Documented
  }
}

interface DescribedRoute {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly query: TObject
  readonly body: TObject
}

export const TAGS = [
  { name: 'Costs', description: 'What Kubernetes costs, per cloud account.' },
  {
    name: 'Operation',
    description: 'For orchestrators and for whoever builds a client; needs no credentials.',
  },
]

const PERMISSION =
  'Permission: INFO_ORGANIZATION on the cloud account. A token of the account has it, and the cluster secret has it for all accounts.'

/** An answer about an account, from the very data that serve it. */
export function accountOperation(route: DescribedRoute): Documented {
  const title = pascalCase(route.name)
  const row = rowOf(route)
  const names: [string, object][] = row === undefined ? [] : [[`${title}Row`, row]]
  const bodyName = `${title}Body`
  return {
    schemas: Object.fromEntries(
      [...names, [bodyName, route.body] as const].map(([name, schema]) => [name, documented(schema, names)]),
    ),
    operation: {
      operationId: `get${title}`,
      summary: route.summary,
      description: `${route.description}\n\n${PERMISSION}`,
      tags: ['Costs'],
      parameters: [
        reference('parameters', 'CloudAccount'),
        ...queryParameters(route.query),
        reference('parameters', 'IfNoneMatch'),
      ],
      responses: {
        200: {
          description: 'The answer, from one version of the data.',
          headers: ANSWER_HEADERS,
          content: {
            'application/json': { schema: reference('schemas', bodyName), example: exampleOf(route.body) },
            ...('format' in route.query.properties ? csv() : {}),
          },
        },
        304: { description: 'The caller has this answer already (If-None-Match).', headers: ANSWER_HEADERS },
        ...refusals(),
      },
    },
  }
}

/** A route that anybody may ask, without parameters. */
export function publicOperation(about: {
  id: string
  summary: string
  description: string
  responses: Readonly<Record<number, Json>>
}): Documented {
  const { id, responses, ...rest } = about
  return {
    schemas: {},
    operation: {
      operationId: id,
      ...rest,
      tags: ['Operation'],
      security: [],
      responses: { ...responses, ...refusals([408, 431]) },
    },
  }
}

function csv(): Json {
  return {
    'text/csv': {
      schema: {
        type: 'string',
        description: 'RFC 4180: a line with the names of the fields, then all rows.',
      },
    },
  }
}

function rowOf({ name, body }: DescribedRoute): object | undefined {
  const rows: unknown = body.properties[name]
  const isList = typeof rows === 'object' && rows !== null && 'items' in rows
  return isList && typeof rows.items === 'object' && rows.items !== null ? rows.items : undefined
}

function pascalCase(name: string): string {
  return name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
