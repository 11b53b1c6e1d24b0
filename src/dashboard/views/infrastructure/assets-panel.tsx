import { useMemo } from 'react'
import { useSearchParams } from 'react-router'
import { usePage } from '../../api/use-page.js'
import { useRead } from '../../api/use-read.js'
import { isoDay } from '../../format/time.js'
import { FIRST_PAGE } from '../../state/page.js'
import { sharedBy } from '../../state/shared.js'
import { useUrlState } from '../../state/use-state.js'
import { Answered } from '../../ui/answered.js'
import { CsvButton } from '../../ui/csv-button.js'
import { Empty } from '../../ui/empty.js'
import { PagedTable } from '../../ui/paged-table.js'
import { Panel } from '../../ui/panel.js'
import { Segments } from '../../ui/segments.js'
import { columnsOf } from './columns.js'
import { assetsQuery, FIELDS, type Scope, SORTS, TYPES } from './fields.js'

const HOUR = 3600

/** Every asset of a type, sorted by the API. */
export function AssetsPanel({ scope }: { scope: Scope }) {
  const [state, change] = useUrlState(FIELDS)
  const [params] = useSearchParams()
  const { type, sort, order, cursor, skipped } = state
  const query = assetsQuery(scope, state)
  const { answer, isGone } = usePage('assets', query, cursor)
  const loadedTo = useLoadedTo()
  const name = TYPES[type]
  const { sort: usual, order: usually } = FIELDS
  const file = `${name.toLowerCase().replace(' ', '-')}-${isoDay(scope.start_date)}-${isoDay(scope.end_date - 1)}`
  return (
    <Panel
      title={name}
      hint="A month is 730 hours: what it would cost if it stayed. A dash is what was not measured."
      actions={
        <>
          <Segments
            label="Show"
            value={type}
            options={TYPES}
            onChange={chosen =>
              change({ type: chosen, sort: usual.fallback, order: usually.fallback, ...FIRST_PAGE })
            }
          />
          <CsvButton route="assets" query={query} file={file} />
        </>
      }
    >
      <Answered what={name} answer={answer} height={420}>
        {body =>
          body.total_count === 0 ? (
            <Empty title={`There are no ${name.toLowerCase()} in these days.`} />
          ) : (
            <PagedTable
              name={name}
              what={name.toLowerCase()}
              columns={columnsOf(type, body, { shared: sharedBy(params), loadedTo })}
              rows={body.assets}
              keyOf={({ id }) => id}
              sorts={SORTS}
              {...{ body, isGone }}
              place={{ sort, order, cursor, skipped }}
              onPlace={change}
              isBusy={answer.isPlaceholderData}
            />
          )
        }
      </Answered>
    </Panel>
  )
}

function useLoadedTo(): ReadonlyMap<string, number> {
  const { data } = useRead('status', {})
  return useMemo(() => {
    const loaded = (data?.status ?? []).flatMap(({ cluster, newest_loaded }): [string, number][] =>
      newest_loaded === null ? [] : [[cluster, newest_loaded + HOUR]],
    )
    return new Map(loaded)
  }, [data])
}
