import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useCredentials } from './credentials.js'
import { type Credentials, read } from './read.js'
import type { BodyOf, QueryOf, Route } from './routes.js'

export interface Options {
  /** False: not asked yet. */
  readonly enabled?: boolean
  /** Whether the last answer to a question of this kind is shown until the new one is here; for pages and sorting. */
  readonly keep?: boolean
}

/** The answer to a question, asked anew when it changes. */
export function useRead<R extends Route>(
  route: R,
  query: QueryOf<R>,
  { enabled = true, keep = false }: Options = {},
): UseQueryResult<BodyOf<R>> {
  const credentials = useCredentials()
  return useQuery({
    ...question(credentials, route, query),
    enabled,
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  })
}

/** Under which an answer is kept. */
export const keyOf = <R extends Route>({ account }: Credentials, route: R, query: QueryOf<R>) =>
  [account, route, query] as const

function question<R extends Route>(credentials: Credentials, route: R, query: QueryOf<R>) {
  return {
    queryKey: keyOf(credentials, route, query),
    queryFn: ({ signal }: { signal: AbortSignal }) => read(credentials, route, query, signal),
  }
}
