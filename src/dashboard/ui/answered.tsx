import type { ReactNode } from 'react'
import type { Answer } from '../api/answer.js'
import { Skeleton } from './skeleton.js'
import { Trouble } from './trouble.js'

interface Props<Body> {
  /** What is shown, as in "The costs". */
  readonly what: string
  readonly answer: Answer<Body>
  /** Height of the room that is kept while it loads, pixels. */
  readonly height?: number
  readonly children: (body: Body) => ReactNode
}

/** What an answer is shown as: room for it while it is awaited, the trouble where there is none. */
export function Answered<Body>({ what, answer, height = 160, children }: Props<Body>) {
  if (answer.data !== undefined) return children(answer.data)
  if (answer.error !== null) {
    return <Trouble what={what} error={answer.error} onRetry={() => answer.refetch()} />
  }
  return <Skeleton label={what.toLowerCase()} height={height} />
}
