import { useSearchParams } from 'react-router'
import { useRefused } from '../state/refused.js'
import { Notice } from '../ui/notice.js'

const MOST_SHOWN = 60

/** Says which parts of the address nothing can be made of, and that the usual is shown instead. */
export function Refused() {
  const names = useRefused()
  const [params] = useSearchParams()
  if (names.length === 0) return null
  return (
    <div role="status">
      <Notice kind="warning">
        The address has something that can’t be shown, so the usual is:{' '}
        {names.map(name => (
          <code key={name}>
            {name}={shorten(params.getAll(name).join(', '))}{' '}
          </code>
        ))}
      </Notice>
    </div>
  )
}

const shorten = (text: string): string => (text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text)
