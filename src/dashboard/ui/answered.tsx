import type { ReactNode } from 'react'
import { Skeleton } from './skeleton.js'
import { Trouble } from './trouble.js'

/** An answer, or what several of them make together. */
export interface Answer<Body> {
  readonly data: Body | undefined
  readonly error: Error | null
  refetch(): unknown
}

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
