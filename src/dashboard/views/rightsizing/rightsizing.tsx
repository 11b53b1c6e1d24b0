import { useMemo } from 'react'
import { usePage } from '../../api/use-page.js'
import { moment } from '../../format/time.js'
import { isAdvised, titleOf } from '../../state/dimensions.js'
import type { Filter } from '../../state/filters.js'
import { useNow } from '../../state/now.js'
import { useFilters, useUrlState } from '../../state/use-state.js'
import { Answered } from '../../ui/answered.js'
import { Empty } from '../../ui/empty.js'
import { FilterBar } from '../../ui/filter-bar.js'
import { Notice } from '../../ui/notice.js'
import { Partial } from '../../ui/partial.js'
import { ViewHead } from '../../ui/view-head.js'
import { AdviceTable } from './advice-table.js'
import { Choices, HeadChoices } from './choices.js'
import { type Body, FIELDS, isNarrowed, rightsizingQuery, splitFilters } from './fields.js'
import styles from './rightsizing.module.css'
import { AdviceTiles, ConfidencePanel, leftOut } from './totals.js'

const HOUR = 3600

/** What containers should request, from how they were used, and what that saves. */
export function Rightsizing() {
  const now = useNow()
  const [state] = useUrlState(FIELDS)
  const [filters] = useFilters()
  const hour = now - (now % HOUR)
  const { used, left } = useMemo(() => splitFilters(filters), [filters])
  const query = useMemo(() => rightsizingQuery(state, used, hour), [state, used, hour])
  const { answer, isGone } = usePage('rightsizing', query, state.cursor)
  return (
    <>
      <ViewHead
        title="Rightsizing"
        subtitle={answer.data === undefined ? 'What containers should request' : basisOf(answer.data)}
      >
        <HeadChoices />
      </ViewHead>
      <Choices />
      <FilterBar offers={isAdvised} />
      <NotAsked filters={left} />
      <Answered what="Advice on requests" answer={answer} height={640}>
        {body => (
          <div className={styles.shown} aria-busy={answer.isPlaceholderData || undefined}>
            <Partial meta={body.meta} />
            {body.total_count === 0 ? (
              <Nothing body={body} isNarrowed={isNarrowed(state, used)} />
            ) : (
              <>
                <AdviceTiles body={body} />
                <AdviceTable {...{ body, query, isGone }} isBusy={answer.isPlaceholderData} />
                <ConfidencePanel body={body} />
              </>
            )}
          </div>
        )}
      </Answered>
    </>
  )
}

/** From which hours of use, and since when it holds. */
function basisOf({ history_start, history_end, computed_at, source }: Body): string {
  const hours = `From the use of ${moment(history_start)} to ${moment(history_end)} UTC`
  if (computed_at === null) return hours
  return source === 'live' ? `${hours}, computed now` : `${hours}, computed ${moment(computed_at)}`
}

/** Filters of other views that requests are not told apart by. */
function NotAsked({ filters }: { filters: readonly Filter[] }) {
  if (filters.length === 0) return null
  const names = [...new Set(filters.map(({ dimension }) => titleOf(dimension).toLowerCase()))].join(', ')
  return <Notice kind="info">Advice is not told apart by {names}: that filter does nothing here.</Notice>
}

function Nothing({ body, isNarrowed }: { body: Body; isNarrowed: boolean }) {
  if (
    body.computed_at === null ||
    body.meta.warnings.some(({ code }) => code === 'rightsizing_not_computed')
  ) {
    return (
      <Empty title="There is no advice yet.">
        How containers use CPU and memory is collected after their costs: the first advice comes within
        minutes of the first hours, and gets surer for a week.
      </Empty>
    )
  }
  return isNarrowed ? (
    <Empty title="Your choices leave nothing.">
      No container has all that is chosen above: {leftOut(body)}.
    </Empty>
  ) : (
    <Empty title="No container was found in these days.">Of what ran, {leftOut(body)}.</Empty>
  )
}
