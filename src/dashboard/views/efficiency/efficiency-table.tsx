import { useMemo } from 'react'
import { useSearchParams } from 'react-router'
import type { BodyOf } from '../../api/routes.js'
import { usePage } from '../../api/use-page.js'
import { isoDay } from '../../format/time.js'
import type { Dimension } from '../../state/dimensions.js'
import { sharedBy } from '../../state/shared.js'
import { useUrlState } from '../../state/use-state.js'
import { Answered } from '../../ui/answered.js'
import { CsvButton } from '../../ui/csv-button.js'
import { DataTable, type Sort } from '../../ui/data-table.js'
import { FIRST_PAGE, Pager } from '../../ui/pager.js'
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
  function onSort(next: Sort): void {
    const key = SORTS.find(one => one === next.by)
    if (key !== undefined) change({ sort: key, order: next.order, ...FIRST_PAGE })
  }
  const file = `efficiency-${isoDay(scope.start_date)}-${isoDay(scope.end_date - 1)}`
  return (
    <Panel
      title="Requested and used"
      hint="Core-hours and GiB-hours over all hours of the range. The name of a row leads to its cost."
      actions={<CsvButton route="efficiency" query={query} file={file} />}
    >
      <Answered what="Requested and used" answer={answer} height={420}>
        {body => (
          <>
            <DataTable
              name="Requested and used"
              columns={columnsOf(body, by, linkOf)}
              rows={body.efficiency}
              keyOf={row => `${row.id} ${row.name}`}
              sort={{ by: sort, order }}
              onSort={onSort}
              isBusy={answer.isPlaceholderData}
            />
            <Pager
              what="rows"
              place={{ cursor, skipped }}
              shown={body.efficiency.length}
              total={body.total_count}
              next={body.page.next}
              isGone={isGone}
              isBusy={answer.isPlaceholderData}
              onPage={change}
            />
          </>
        )}
      </Answered>
    </Panel>
  )
}

/** From a row to what it costs, one level deeper. */
function useLinkOf(by: Dimension): LinkOf {
  const [params] = useSearchParams()
  return useMemo(() => {
    const shared = sharedBy(params)
    return (row: BodyOf<'efficiency'>['efficiency'][number]) => {
      if (row.kind !== 'workload') return null
      const search = new URLSearchParams(shared)
      search.append('path', `${by}:${row.name}`)
      search.set('by', DEEPER[by] ?? 'controller')
      return { pathname: '/allocation', search: search.toString() }
    }
  }, [by, params])
}

/** By what a row is looked into. */
const DEEPER: Readonly<Record<string, Dimension>> = {
  cluster: 'namespace',
  controller: 'pod',
  pod: 'container',
  container: 'pod',
}
