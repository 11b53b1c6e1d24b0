import type { BodyOf } from '../../api/routes.js'
import { usePage } from '../../api/use-page.js'
import { moneyIn } from '../../format/money.js'
import { count } from '../../format/quantity.js'
import { FIRST_PAGE } from '../../state/page.js'
import { useUrlState } from '../../state/use-state.js'
import { Answered } from '../../ui/answered.js'
import { CsvButton } from '../../ui/csv-button.js'
import { DataTable } from '../../ui/data-table.js'
import { Empty } from '../../ui/empty.js'
import { PagedTable } from '../../ui/paged-table.js'
import { Panel } from '../../ui/panel.js'
import { Select } from '../../ui/select.js'
import { FINDING_FIELDS, FINDING_SORTS, type FindingsState, findingsQuery, type Scope } from './fields.js'
import { findingColumns, KINDS, kindColumns } from './finding-columns.js'
import styles from './infrastructure.module.css'

const FIRST_FINDINGS = { findings_cursor: FIRST_PAGE.cursor, findings_skipped: FIRST_PAGE.skipped }

const OPTIONS = { all: 'All kinds', ...KINDS }

/** What could be given up or made smaller, what shows it, and what it would save. */
export function FindingsPanel({ scope }: { scope: Scope }) {
  const [state, change] = useUrlState(FINDING_FIELDS)
  const query = findingsQuery(scope, state)
  const { answer, isGone } = usePage('findings', query, state.findings_cursor)
  return (
    <Panel
      title="What could be given up"
      hint="From the last 14 days, as it is now, whatever days are chosen above. A month is 730 hours; no money is told twice."
      actions={
        <>
          <Select
            label="Kind"
            value={state.finding}
            options={OPTIONS}
            onChange={finding => change({ finding, ...FIRST_FINDINGS })}
          />
          <CsvButton route="findings" query={query} file="findings" />
        </>
      }
    >
      <Answered what="What could be given up" answer={answer} height={320}>
        {body => <Found body={body} isGone={isGone} isBusy={answer.isPlaceholderData} />}
      </Answered>
    </Panel>
  )
}

interface FoundProps {
  readonly body: BodyOf<'findings'>
  readonly isGone: boolean
  readonly isBusy: boolean
}

function Found({ body, isGone, isBusy }: FoundProps) {
  const [state, change] = useUrlState(FINDING_FIELDS)
  const money = moneyIn(body.meta.currency)
  return (
    <>
      {body.total_count === 0 ? (
        <Empty
          title={
            state.finding === 'all'
              ? 'Nothing was found that could be given up.'
              : 'Nothing of this kind was found.'
          }
        />
      ) : (
        <>
          <p className={styles.sentence}>
            <strong>{money.exact(body.saving_month)} a month</strong> by {count(body.total_count)} things
            {confidences(body).map(
              ([level, amount]) => `, ${money.exact(amount)} of it with ${level} confidence`,
            )}
            .
          </p>
          <PagedTable
            name="What could be given up"
            what="findings"
            columns={findingColumns(money, body.saving_month)}
            rows={body.findings}
            keyOf={({ id }) => id}
            sorts={FINDING_SORTS}
            place={placeOf(state)}
            onPlace={place => change(stateOf(place))}
            {...{ body, isGone, isBusy }}
          />
        </>
      )}
      {body.meta.warnings
        .filter(({ code }) => code.startsWith('findings_') || code === 'cluster_gone')
        .map(({ code, detail }) => (
          <p key={code} className={styles.sentence}>
            {detail}
          </p>
        ))}
      <DataTable
        name="Findings by kind"
        columns={kindColumns(money)}
        rows={body.by_finding}
        keyOf={({ finding }) => finding}
      />
    </>
  )
}

/** Levels of confidence that something was found with, and what that saves. */
function confidences({ by_confidence }: BodyOf<'findings'>): [string, number][] {
  return by_confidence
    .filter(level => level.count > 0)
    .map(({ confidence_level, saving_month }) => [confidence_level, saving_month])
}

const placeOf = (state: FindingsState) => ({
  sort: state.findings_sort,
  order: state.findings_order,
  cursor: state.findings_cursor,
  skipped: state.findings_skipped,
})

const stateOf = (place: ReturnType<typeof placeOf>) => ({
  findings_sort: place.sort,
  findings_order: place.order,
  findings_cursor: place.cursor,
  findings_skipped: place.skipped,
})
