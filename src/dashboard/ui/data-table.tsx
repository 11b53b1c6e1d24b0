import type { ReactNode } from 'react'
import styles from './data-table.module.css'

export interface Column<Row> {
  readonly id: string
  readonly header: string
  /** A sentence on what it is; read out and shown on hovering over the header. */
  readonly hint?: string
  /** Numbers stand at the end of their cells. */
  readonly isNumber?: boolean
  /** The one that names the row. */
  readonly isRowHeader?: boolean
  cell(row: Row): ReactNode
  /** What to sort by; absent: can't be sorted by. */
  readonly sortKey?: string
  /** Of all rows, not just of those in sight. */
  readonly total?: ReactNode
}

export interface Sort {
  readonly by: string
  readonly order: 'asc' | 'desc'
}

interface Props<Row> {
  /** The table's accessible name. */
  readonly name: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly sort?: Sort
  readonly onSort?: (sort: Sort) => void
  /** Whether newer rows are on their way. */
  readonly isBusy?: boolean
  /** More of a row, shown below it over the table's whole width in sight; null: nothing. The table is then as high as it is. */
  readonly detailOf?: (row: Row) => ReactNode
}

/** Rows under sortable headers, with totals at the foot where columns have them. Wide ones scroll by themselves. */
export function DataTable<Row>(props: Props<Row>) {
  const { name, columns, rows, keyOf, sort, onSort, isBusy = false } = props
  const className = props.detailOf === undefined ? styles.scroller : `${styles.scroller} ${styles.opening}`
  return (
    // Scrolled by keyboard too.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached without a mouse
    <section className={className} tabIndex={0} aria-label={`${name}, scrollable`}>
      <table className={styles.table} aria-label={name} aria-busy={isBusy || undefined}>
        <thead>
          <tr>
            {columns.map(column => (
              <Header key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <BodyRow key={keyOf(row)} columns={columns} row={row} detail={props.detailOf?.(row) ?? null} />
          ))}
        </tbody>
        {columns.some(column => column.total !== undefined) ? (
          <tfoot>
            <tr>
              {columns.map(column => (
                <Cell key={column.id} column={column}>
                  {column.total}
                </Cell>
              ))}
            </tr>
          </tfoot>
        ) : null}
      </table>
    </section>
  )
}

interface BodyRowProps<Row> {
  readonly columns: readonly Column<Row>[]
  readonly row: Row
  readonly detail: ReactNode
}

function BodyRow<Row>({ columns, row, detail }: BodyRowProps<Row>) {
  return (
    <>
      <tr>
        {columns.map(column => (
          <Cell key={column.id} column={column}>
            {column.cell(row)}
          </Cell>
        ))}
      </tr>
      {detail === null ? null : (
        <tr className={styles.detailRow}>
          <td colSpan={columns.length}>
            <div className={styles.detail}>{detail}</div>
          </td>
        </tr>
      )}
    </>
  )
}

function Cell<Row>({ column, children }: { column: Column<Row>; children: ReactNode }) {
  const className = column.isNumber ? styles.number : styles.text
  return column.isRowHeader ? (
    <th scope="row" className={`${styles.rowHeader} ${className}`}>
      <div className={styles.rowName}>{children}</div>
    </th>
  ) : (
    <td className={className}>{children}</td>
  )
}

interface HeaderProps<Row> {
  readonly column: Column<Row>
  readonly sort: Sort | undefined
  readonly onSort: ((sort: Sort) => void) | undefined
}

function Header<Row>({ column, sort, onSort }: HeaderProps<Row>) {
  const { sortKey, header, hint } = column
  const isSorted = sort !== undefined && sort.by === sortKey
  const className = `${column.isNumber ? styles.number : styles.text} ${column.isRowHeader ? styles.rowHeader : ''}`
  if (sortKey === undefined || onSort === undefined) {
    return (
      <th scope="col" className={className} title={hint}>
        {header}
      </th>
    )
  }
  // The first click shows the largest numbers, or names from A.
  const first = column.isNumber ? 'desc' : 'asc'
  const other = first === 'desc' ? 'asc' : 'desc'
  const next = isSorted && sort.order === first ? other : first
  const arrow = isSorted ? (sort.order === 'asc' ? '↑' : '↓') : '↕'
  return (
    <th
      scope="col"
      className={className}
      title={hint}
      aria-sort={isSorted ? (sort.order === 'asc' ? 'ascending' : 'descending') : undefined}
    >
      <button type="button" className={styles.sorter} onClick={() => onSort({ by: sortKey, order: next })}>
        {header}
        <span aria-hidden className={isSorted ? styles.arrow : styles.faintArrow}>
          {arrow}
        </span>
      </button>
    </th>
  )
}
