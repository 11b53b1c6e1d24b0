import type { components, paths } from './openapi.js'

type Prefix = '/restapi/v2/cloud_accounts/{id}/k8s/'

/** Name of a read route of the public API, as in its path. */
export type Route = keyof paths extends infer P ? (P extends `${Prefix}${infer R}` ? R : never) : never

type Get<R extends Route> = paths[`${Prefix}${R}`]['get']

type Documented<R extends Route> = NonNullable<Get<R>['parameters']['query']>

/** Arguments of a route by name. Lists are repeated; those of `label` are names with their dot, `label.team`. */
export type QueryOf<R extends Route> = Omit<Documented<R>, 'label'> &
  // The document can't say that these may be repeated too.
  ('label' extends keyof Documented<R>
    ? { readonly label?: Readonly<Record<string, readonly string[]>> }
    : unknown)

/** What a route answers with status 200. */
export type BodyOf<R extends Route> = Get<R>['responses'][200]['content']['application/json']

type Schemas = components['schemas']
export type Meta = Schemas['Meta']
export type Gap = Schemas['Gap']

/** Path and query of a question, below the host. */
export function urlOf<R extends Route>(account: string, route: R, query: QueryOf<R>): string {
  const search = searchOf(query)
  const path = `/restapi/v2/cloud_accounts/${encodeURIComponent(account)}/k8s/${route}`
  return search === '' ? path : `${path}?${search}`
}

function searchOf(query: object): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (name === 'label')
      for (const [label, values] of Object.entries(value ?? {})) append(search, label, values)
    else append(search, name, value)
  }
  return search.toString()
}

function append(search: URLSearchParams, name: string, value: unknown): void {
  if (value === undefined) return
  for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one))
}
