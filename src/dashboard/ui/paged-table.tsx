import type { ReactNode } from 'react'
import { FIRST_PAGE, type PagePlace } from '../state/page.js'
import { type Column, DataTable } from './data-table.js'
import { Pager } from './pager.js'
import styles from './pager.module.css'

/** Which page is shown of the rows in which order. */
interface TablePlace<Key> extends PagePlace {
  readonly sort: Key
  readonly order: 'asc' | 'desc'
}

interface Props<Row, Key extends string> {
  /** The table's accessible name. */
  readonly name: string
  /** What the rows are, as in "workloads". */
  readonly what: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly detailOf?: (row: Row) => ReactNode
  /** Everything that the API sorts them by. */
  readonly sorts: readonly Key[]
  readonly place: TablePlace<Key>
  readonly onPlace: (place: TablePlace<Key>) => void
  /** The answer's own words on rows and pages. */
  readonly body: { readonly total_count: number; readonly page: { readonly next: string | null } }
  /** Whether the page asked for is gone, and this is the first one instead. */
  readonly isGone: boolean
  /** Whether what is shown is still that of another question. */
  readonly isBusy: boolean
  /** Stands before the way to other pages. */
  readonly beside?: ReactNode
}

/** A page of rows that the API has sorted, and the way to other orders and pages. */
export function PagedTable<Row, Key extends string>(props: Props<Row, Key>) {
  const { name, what, columns, rows, keyOf, detailOf, sorts } = props
  const { place, onPlace, body, isGone, isBusy, beside } = props
  const { sort, order } = place
  return (
    <>
      <DataTable
        {...{ name, columns, rows, keyOf, isBusy }}
        {...(detailOf === undefined ? {} : { detailOf })}
        sort={{ by: sort, order }}
        onSort={next => {
          const key = sorts.find(one => one === next.by)
          if (key !== undefined) onPlace({ sort: key, order: next.order, ...FIRST_PAGE })
        }}
      />
      <div className={styles.foot}>
        {beside}
        <div className={styles.pages}>
          <Pager
            {...{ what, place, isGone, isBusy }}
            shown={rows.length}
            total={body.total_count}
            next={body.page.next}
            onPage={page => onPlace({ sort, order, ...page })}
          />
        </div>
      </div>
    </>
  )
}
