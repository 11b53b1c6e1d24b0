import type { LightMyRequestResponse } from 'fastify'
import { FIRST, SECRET, type World } from './world.js'

type Query = Record<string, string | number | readonly string[]>

/** Answer of any route under an account, asked with the cluster secret unless headers are given. */
export function askRoute(
  world: World,
  route: string,
  query: Query = {},
  {
    account = FIRST,
    headers = { secret: SECRET },
  }: { account?: string; headers?: Record<string, string> } = {},
): Promise<LightMyRequestResponse> {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  )
  const url = `/restapi/v2/cloud_accounts/${account}/k8s/${route}?${new URLSearchParams(pairs)}`
  return world.app.inject({ method: 'GET', url, headers })
}

/** Its body; fails the test unless the status is 200. */
export async function bodyOf<Body>(
  world: World,
  route: string,
  query: Query = {},
  account = FIRST,
): Promise<Body> {
  const response = await askRoute(world, route, query, { account })
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body}`)
  return response.json<Body>()
}

/** Code and parameters of the error that a request is answered with. */
export async function errorOf(
  world: World,
  route: string,
  query: Query,
  account = FIRST,
): Promise<[code: string, params: unknown[]]> {
  const { error_code, params } = (await askRoute(world, route, query, { account })).json().error
  return [error_code, params]
}

/** The rows of all pages, asked two at a time. */
export async function rowsOfPages<Row>(world: World, route: string, query: Query): Promise<Row[]> {
  const rows: Row[] = []
  let next: string | null = null
  do {
    const more: Query = next === null ? {} : { cursor: next }
    const body: Record<string, Row[]> & { page: { next: string | null } } = await bodyOf(world, route, {
      ...{ ...query, limit: 2 },
      ...more,
    })
    rows.push(...(body[route] ?? []))
    next = body.page.next
  } while (next !== null)
  return rows
}
