import type { ReactNode } from 'react'
import type { PagePlace } from '../state/page.js'
import { type Column, DataTable } from './data-table.js'
import { Pager } from './pager.js'
import styles from './pager.module.css'

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
  readonly sort: Key
  readonly order: 'asc' | 'desc'
  readonly onSort: (sort: Key, order: 'asc' | 'desc') => void
  /** The answer's own words on rows and pages. */
  readonly body: { readonly total_count: number; readonly page: { readonly next: string | null } }
  readonly place: PagePlace
  readonly onPage: (place: PagePlace) => void
  /** Whether the page asked for is gone, and this is the first one instead. */
  readonly isGone: boolean
  /** Whether what is shown is still that of another question. */
  readonly isBusy: boolean
  /** Stands before the way to other pages. */
  readonly beside?: ReactNode
}

/** A page of rows that the API has sorted, and the way to other orders and pages. */
export function PagedTable<Row, Key extends string>(props: Props<Row, Key>) {
  const { name, what, columns, rows, keyOf, detailOf, sorts, sort, order, onSort } = props
  const { body, place, onPage, isGone, isBusy, beside } = props
  return (
    <>
      <DataTable
        {...{ name, columns, rows, keyOf, isBusy }}
        {...(detailOf === undefined ? {} : { detailOf })}
        sort={{ by: sort, order }}
        onSort={next => {
          const key = sorts.find(one => one === next.by)
          if (key !== undefined) onSort(key, next.order)
        }}
      />
      <div className={styles.foot}>
        {beside}
        <div className={styles.pages}>
          <Pager
            {...{ what, place, isGone, isBusy, onPage }}
            shown={rows.length}
            total={body.total_count}
            next={body.page.next}
          />
        </div>
      </div>
    </>
  )
}
