import type { QueryOf } from '../../api/routes.js'
import { moneyIn } from '../../format/money.js'
import { isoDay } from '../../format/time.js'
import { useUrlState } from '../../state/use-state.js'
import { CsvButton } from '../../ui/csv-button.js'
import { DataTable, type Sort } from '../../ui/data-table.js'
import { FIRST_PAGE, Pager } from '../../ui/pager.js'
import { Panel } from '../../ui/panel.js'
import { AdviceDetail } from './advice-detail.js'
import { columnsOf } from './columns.js'
import { type Body, FIELDS, keyOf, SORTS } from './fields.js'

interface Props {
  readonly body: Body
  /** The question that `body` answers. */
  readonly query: QueryOf<'rightsizing'>
  readonly isBusy: boolean
  readonly isGone: boolean
}

/** Every container with what to do about its requests; each opens to all that is known of it. */
export function AdviceTable({ body, query, isBusy, isGone }: Props) {
  const [{ sort, order, cursor, skipped, open }, change] = useUrlState(FIELDS)
  const money = moneyIn(body.meta.currency)
  const opening = {
    isOpen: (key: string) => open.includes(key),
    toggle: (key: string) =>
      change({ open: open.includes(key) ? open.filter(one => one !== key) : [...open, key] }),
  }
  function onSort(next: Sort): void {
    const key = SORTS.find(one => one === next.by)
    if (key !== undefined) change({ sort: key, order: next.order, ...FIRST_PAGE })
  }
  return (
    <Panel
      title="Advice for each container"
      hint="Open a row for its use, the reasons, and what to type."
      actions={
        <CsvButton route="rightsizing" query={query} file={`rightsizing-${isoDay(body.history_end)}`} />
      }
    >
      <DataTable
        name="Advice for each container"
        columns={columnsOf(money, opening)}
        rows={body.rightsizing}
        keyOf={keyOf}
        sort={{ by: sort, order }}
        onSort={onSort}
        isBusy={isBusy}
        detailOf={row => (opening.isOpen(keyOf(row)) ? <AdviceDetail row={row} money={money} /> : null)}
      />
      <Pager
        what="containers"
        place={{ cursor, skipped }}
        shown={body.rightsizing.length}
        total={body.total_count}
        next={body.page.next}
        isGone={isGone}
        isBusy={isBusy}
        onPage={change}
      />
    </Panel>
  )
}
