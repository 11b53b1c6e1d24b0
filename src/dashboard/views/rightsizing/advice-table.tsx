import type { QueryOf } from '../../api/routes.js'
import { moneyIn } from '../../format/money.js'
import { isoDay } from '../../format/time.js'
import { useUrlState } from '../../state/use-state.js'
import { CsvButton } from '../../ui/csv-button.js'
import { PagedTable } from '../../ui/paged-table.js'
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
  return (
    <Panel
      title="Advice for each container"
      hint="Open a row for its use, the reasons, and what to type."
      actions={
        <CsvButton route="rightsizing" query={query} file={`rightsizing-${isoDay(body.history_end)}`} />
      }
    >
      <PagedTable
        name="Advice for each container"
        what="containers"
        columns={columnsOf(money, opening)}
        rows={body.rightsizing}
        keyOf={keyOf}
        detailOf={row => (opening.isOpen(keyOf(row)) ? <AdviceDetail row={row} money={money} /> : null)}
        sorts={SORTS}
        {...{ body, isGone, isBusy }}
        place={{ sort, order, cursor, skipped }}
        onPlace={change}
      />
    </Panel>
  )
}
