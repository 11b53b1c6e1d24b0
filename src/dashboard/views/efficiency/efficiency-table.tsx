import { useMemo } from 'react'
import { useSearchParams } from 'react-router'
import { usePage } from '../../api/use-page.js'
import { isoDay } from '../../format/time.js'
import type { Dimension } from '../../state/dimensions.js'
import { costsWithin } from '../../state/levels.js'
import { sharedBy } from '../../state/shared.js'
import { useUrlState } from '../../state/use-state.js'
import { Answered } from '../../ui/answered.js'
import { CsvButton } from '../../ui/csv-button.js'
import { PagedTable } from '../../ui/paged-table.js'
import { Panel } from '../../ui/panel.js'
import { columnsOf, type LinkOf } from './columns.js'
import { FIELDS, type Scope, SORTS, tableQuery } from './fields.js'

/** Every row, sorted by the API: by waste unless asked otherwise. */
export function EfficiencyTable({ scope }: { scope: Scope }) {
  const [state, change] = useUrlState(FIELDS)
  const { by, sort, order, cursor, skipped } = state
  const query = tableQuery(scope, state)
  const { answer, isGone } = usePage('efficiency', query, cursor)
  const linkOf = useLinkOf(by)
  const file = `efficiency-${isoDay(scope.start_date)}-${isoDay(scope.end_date - 1)}`
  return (
    <Panel
      title="Requested and used"
      hint="Core-hours and GiB-hours over all hours of the range. The name of a row leads to its cost."
      actions={<CsvButton route="efficiency" query={query} file={file} />}
    >
      <Answered what="Requested and used" answer={answer} height={420}>
        {body => (
          <PagedTable
            name="Requested and used"
            what="rows"
            columns={columnsOf(body, by, linkOf)}
            rows={body.efficiency}
            keyOf={row => `${row.id} ${row.name}`}
            sorts={SORTS}
            {...{ body, isGone }}
            place={{ sort, order, cursor, skipped }}
            onPlace={change}
            isBusy={answer.isPlaceholderData}
          />
        )}
      </Answered>
    </Panel>
  )
}

/** From a row to what it costs, one level deeper. */
function useLinkOf(by: Dimension): LinkOf {
  const [params] = useSearchParams()
  return useMemo((): LinkOf => {
    const shared = sharedBy(params)
    return row => (row.kind === 'workload' ? costsWithin({ dimension: by, value: row.name }, shared) : null)
  }, [by, params])
}
