import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useCredentials } from './credentials.js'
import { type Credentials, read } from './read.js'
import type { BodyOf, QueryOf, Route } from './routes.js'
import { kept, keyOf, type Options } from './use-read.js'

/** A route whose answers have pages of rows, under its own name. */
export type PagedRoute = {
  [R in Route]: BodyOf<R> extends { page: { next: string | null } } & Record<R, readonly unknown[]>
    ? R
    : never
}[Route]

/** What an answer of any such route has in common. */
interface Pages {
  readonly page: { readonly limit: number; readonly next: string | null }
}

/** Rows of a page; the most that the API gives. */
const MOST_ROWS = 1000

/** The answer with the rows of all its pages; for what is added up or drawn, where a part would be wrong. */
export function useReadAll<R extends PagedRoute>(
  route: R,
  query: QueryOf<R>,
  { enabled = true, keep = false }: Options<R> = {},
): UseQueryResult<BodyOf<R>> {
  const credentials = useCredentials()
  return useQuery({
    queryKey: [...keyOf(credentials, route, query), 'all'] as const,
    queryFn: ({ signal }) => readAll(credentials, route, query, signal),
    enabled,
    placeholderData: kept<R>(keep),
  })
}

/** Reads page after page. All are of one version of the data: the API refuses the cursor of another. */
export async function readAll<R extends PagedRoute>(
  credentials: Credentials,
  route: R,
  query: QueryOf<R>,
  signal?: AbortSignal,
): Promise<BodyOf<R>> {
  const rows: unknown[] = []
  let cursor: string | null = null
  for (;;) {
    const page = cursor === null ? {} : { cursor }
    const body: BodyOf<R> = await read(credentials, route, { ...query, ...page, limit: MOST_ROWS }, signal)
    const { page: told, [route]: here } = body as unknown as Pages & Record<R, readonly unknown[]>
    rows.push(...here)
    if (told.next === null) return { ...body, [route]: rows }
    cursor = told.next
  }
}
