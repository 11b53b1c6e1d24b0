import { useSearchParams } from 'react-router'
import type { usePage } from '../../api/use-page.js'
import { isoDay } from '../../format/time.js'
import { FIRST_PAGE } from '../../state/page.js'
import { useUrlState } from '../../state/use-state.js'
import { Answered } from '../../ui/answered.js'
import { CsvButton } from '../../ui/csv-button.js'
import { PagedTable } from '../../ui/paged-table.js'
import { Panel } from '../../ui/panel.js'
import { Select } from '../../ui/select.js'
import { useColumnChooser } from './column-chooser.js'
import { columnsOf } from './columns.js'
import { searchInto } from './drill.js'
import { type AllocationState, FIELDS, type Scope, SORTS, shownColumns, tableQuery } from './fields.js'
import { useEarlier } from './use-earlier.js'

const LIMITS = { '25': '25', '100': '100', '500': '500' } as const

interface Props {
  readonly scope: Scope
  readonly page: ReturnType<typeof usePage<'cost_allocation'>>
}

/** Every row, sorted by the API; a name leads to what its row is made of. */
export function AllocationTable({ scope, page: { answer, isGone } }: Props) {
  const [params] = useSearchParams()
  const [state, change] = useUrlState(FIELDS)
  const { by, sort, order, cursor, skipped, limit } = state
  const shown = shownColumns(state)
  const earlier = useEarlier(scope, by, answer.data, shown.includes('change'))
  const chooser = useColumnChooser()
  return (
    <Panel
      title="Costs"
      hint={hintOf(state)}
      actions={
        <>
          {chooser.button}
          <CsvButton
            route="cost_allocation"
            query={tableQuery(scope, state)}
            file={fileOf(params.get('account') ?? '', scope)}
          />
        </>
      }
    >
      {chooser.choice}
      <Answered what="The costs" answer={answer} height={420}>
        {body => (
          <PagedTable
            name="Costs"
            what="rows"
            columns={columnsOf({ body, by, earlier, into: row => searchInto(params, row, state) }, shown)}
            rows={body.cost_allocation}
            keyOf={row => `${row.id} ${row.name}`}
            sorts={SORTS}
            {...{ body, isGone }}
            place={{ sort, order, cursor, skipped }}
            onPlace={change}
            isBusy={answer.isPlaceholderData}
            beside={
              <Select
                label="Rows of a page"
                value={limit}
                options={LIMITS}
                onChange={chosen => change({ limit: chosen, ...FIRST_PAGE })}
              />
            }
          />
        )}
      </Answered>
    </Panel>
  )
}

/** What has to be known to compare levels. */
function hintOf({ path, share, split }: AllocationState): string | undefined {
  if (path.length === 0) return undefined
  const within = 'What no container carries, such as idle cost, is in rows of its own under All.'
  return share.length > 0 && split === 'even'
    ? `${within} Namespaces are shared evenly over the rows that are shown, so each level shares them in another way.`
    : within
}

const fileOf = (account: string, { start_date, end_date }: Scope): string =>
  `costs-${account}-${isoDay(start_date)}-${isoDay(end_date - 1)}`
