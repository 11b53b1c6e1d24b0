import { count } from '../format/quantity.js'
import { FIRST_PAGE, type PagePlace } from '../state/page.js'
import { Button } from './button.js'
import { Notice } from './notice.js'
import styles from './pager.module.css'

interface Props {
  /** What the rows are, as in "workloads". */
  readonly what: string
  readonly place: PagePlace
  /** Rows of this page, and of all pages. */
  readonly shown: number
  readonly total: number
  /** Cursor of the page after it; null for the last. */
  readonly next: string | null
  /** Whether the page asked for is gone, and this is the first one instead. */
  readonly isGone: boolean
  /** Whether what is shown is still that of another question, so that its next page is not that of this one. */
  readonly isBusy: boolean
  readonly onPage: (place: PagePlace) => void
}

/** Which rows of how many, and the way to others. */
export function Pager({ what, place, shown, total, next, isGone, isBusy, onPage }: Props) {
  const skipped = isGone ? 0 : place.skipped
  const isFirst = place.cursor === '' || isGone
  return (
    <>
      {isGone ? (
        <Notice kind="info">
          The rows have changed since that page was shown: these are the first ones.
        </Notice>
      ) : null}
      <nav aria-label={`Pages of ${what}`} className={styles.pager}>
        <p role="status" className={styles.rows}>
          {count(skipped + 1)} to {count(skipped + shown)} of {count(total)} {what}
        </p>
        {isFirst ? null : <Button onClick={() => onPage(FIRST_PAGE)}>First page</Button>}
        {next === null ? null : (
          <Button isBusy={isBusy} onClick={() => onPage({ cursor: next, skipped: skipped + shown })}>
            Next page
          </Button>
        )}
      </nav>
    </>
  )
}
