import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useCredentials } from './credentials.js'
import { type Credentials, read } from './read.js'
import type { BodyOf, QueryOf, Route } from './routes.js'

export interface Options<R extends Route> {
  /** False: not asked yet. */
  readonly enabled?: boolean
  /** Whether the last answer is shown until the new one is here: always, or where the question before was like this one. */
  readonly keep?: boolean | ((before: QueryOf<R>) => boolean)
}

/** The answer to a question, asked anew when it changes. */
export function useRead<R extends Route>(
  route: R,
  query: QueryOf<R>,
  { enabled = true, keep = false }: Options<R> = {},
): UseQueryResult<BodyOf<R>> {
  const credentials = useCredentials()
  return useQuery({
    ...question(credentials, route, query),
    enabled,
    placeholderData: kept<R>(keep),
  })
}

/** The last answer where it is to be shown until there is another. */
export function kept<R extends Route>(keep: NonNullable<Options<R>['keep']>) {
  return <T>(
    last: T | undefined,
    asked?: { readonly queryKey: readonly [string, R, QueryOf<R>, ...unknown[]] },
  ) =>
    asked !== undefined && (typeof keep === 'function' ? keep(asked.queryKey[2]) : keep) ? last : undefined
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
