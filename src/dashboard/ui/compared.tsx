import type { ReactNode } from 'react'
import type { Answer } from '../api/answer.js'
import { Failure } from '../api/failure.js'
import type { ComparedRoute, Comparison } from '../api/use-comparison.js'
import { fullDay } from '../format/time.js'
import { Button } from './button.js'
import { Pending } from './pending.js'

interface Props<R extends ComparedRoute> {
  readonly answer: Answer<Comparison<R>>
  /** What is said where there is something to compare with. */
  readonly children: (part: Comparison<R>['part'], before: number) => ReactNode
}

/** How a range compares with the one before, in a line; why it doesn't where it can't be compared. */
export function Compared<R extends ComparedRoute>({ answer: { data, error, refetch }, children }: Props<R>) {
  if (data === undefined) {
    return error === null ? (
      <Pending what="what it is compared with" />
    ) : (
      <span role="alert">
        not comparable: the range before could not be read{requestOf(error)}{' '}
        <Button kind="link" onClick={() => refetch()}>
          Try again
        </Button>
      </span>
    )
  }
  const { part, before, firstSeen } = data
  if (before !== null) return children(part, before)
  return firstSeen === null
    ? 'not comparable'
    : `not comparable: not every cluster was measured before ${fullDay(firstSeen)}`
}

const requestOf = (error: Error): string =>
  error instanceof Failure && error.requestId ? ` (request ${error.requestId})` : ''
