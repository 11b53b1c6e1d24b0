import { hashKey, type UseQueryResult } from '@tanstack/react-query'
import { Failure } from './failure.js'
import type { BodyOf, QueryOf } from './routes.js'
import { useRead } from './use-read.js'
import type { PagedRoute } from './use-read-all.js'

/** The API's code for a cursor of another question, or of data that has changed since. */
const BAD_ARGUMENT = 'OE0217'

interface PageOf<R extends PagedRoute> {
  readonly answer: UseQueryResult<BodyOf<R>>
  /** Whether the page asked for is gone, so that the answer is the first one. */
  readonly isGone: boolean
}

/**
 * A page of rows; the first one where `cursor` is empty, or not good any more. Until it is here the one before is shown,
 * where that is of the same rows in another order.
 */
export function usePage<R extends PagedRoute>(route: R, query: QueryOf<R>, cursor: string): PageOf<R> {
  const keep = (before: QueryOf<R>) => hashKey([rowsOf(before)]) === hashKey([rowsOf(query)])
  const asked = useRead(route, cursor === '' ? query : { ...query, cursor }, { keep })
  const { error } = asked
  const isGone = cursor !== '' && error instanceof Failure && error.code === BAD_ARGUMENT
  const first = useRead(route, query, { enabled: isGone, keep })
  return { answer: isGone ? first : asked, isGone }
}

/** What decides which rows there are. */
function rowsOf(query: object): object {
  const { sort: _sort, order: _order, limit: _limit, cursor: _cursor, ...rows } = query as Paging
  return rows
}

type Paging = Readonly<Record<'sort' | 'order' | 'limit' | 'cursor', unknown>>
