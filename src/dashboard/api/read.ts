import { Failure, failureOf, unheard } from './failure.js'
import { type BodyOf, type QueryOf, type Route, urlOf } from './routes.js'

export interface Credentials {
  readonly account: string
  /** In memory only: never in a URL, never stored. */
  readonly token: string
}

/** Asks a route of the public API. Throws a `Failure`, or the signal's reason. */
export async function read<R extends Route>(
  { account, token }: Credentials,
  route: R,
  query: QueryOf<R>,
  signal?: AbortSignal,
): Promise<BodyOf<R>> {
  const response = await ask(urlOf(account, route, query), token, 'application/json', signal)
  return (await response.json()) as BodyOf<R>
}

/** The same question as CSV: all rows, not a page. */
export async function readCsv<R extends Route>(
  { account, token }: Credentials,
  route: R,
  query: QueryOf<R>,
): Promise<Blob> {
  const response = await ask(urlOf(account, route, query), token, 'text/csv')
  // One that broke off is no export.
  return response.blob().catch(() => {
    throw unheard()
  })
}

async function ask(url: string, token: string, accept: string, signal?: AbortSignal): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, accept }
  const response = await fetch(url, { headers, credentials: 'omit', signal: signal ?? null }).catch(error => {
    throw signal?.aborted ? error : unheard()
  })
  if (response.ok) return response
  throw await failureOf(response)
}

/** Whether asking again may help, and after how many milliseconds; false where it may not. */
export function retryDelay(failures: number, error: Error): number | false {
  if (!(error instanceof Failure) || failures > 0) return false
  if (error.status !== 503 || error.retryAfter === null || error.retryAfter > 3) return false
  return error.retryAfter * 1000
}
