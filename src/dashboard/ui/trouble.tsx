import { Failure } from '../api/failure.js'
import { Button } from './button.js'
import { Notice } from './notice.js'

interface Props {
  /** What could not be shown, as in "The costs". */
  readonly what: string
  readonly error: Error
  readonly onRetry: () => void
}

/** A question that was not answered: why, under which id, and a way to ask again. */
export function Trouble({ what, error, onRetry }: Props) {
  const failure = error instanceof Failure ? error : null
  return (
    <div role="alert">
      <Notice kind="error" actions={<Button onClick={onRetry}>Try again</Button>}>
        <p>
          <strong>{what} can’t be shown.</strong> {failure?.message ?? 'The page could not read the answer.'}
        </p>
        {failure?.requestId ? (
          <p>
            Request <code>{failure.requestId}</code>
            {failure.code === null ? null : (
              <>
                , code <code>{failure.code}</code>
              </>
            )}
          </p>
        ) : null}
      </Notice>
    </div>
  )
}
