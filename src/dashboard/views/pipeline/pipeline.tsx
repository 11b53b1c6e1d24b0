import { useReadAll } from '../../api/use-read-all.js'
import { range as printRange } from '../../format/time.js'
import { filterQuery } from '../../state/filters.js'
import { useNow } from '../../state/now.js'
import { useFilters, useUrlState } from '../../state/use-state.js'
import { Answered } from '../../ui/answered.js'
import { Empty } from '../../ui/empty.js'
import { ViewHead } from '../../ui/view-head.js'
import { ClusterSelect } from './cluster-select.js'
import { DayTurner } from './day-turner.js'
import { daysUntil, FIELDS } from './fields.js'
import { FreshnessPanel } from './freshness-panel.js'
import { GapsPanel } from './gaps-panel.js'
import { HoursPanel } from './hours-panel.js'
import { MissingPanel } from './missing-panel.js'
import { NothingLoaded } from './nothing-loaded.js'
import { PipelineTiles } from './pipeline-tiles.js'

/** How far each cluster is loaded, what failed, which hours are missing and why, and what the source doesn't send. */
export function Pipeline() {
  const [{ until, sort, order }] = useUrlState(FIELDS)
  const [filters] = useFilters()
  const days = daysUntil(until, useNow())
  const clusters = filters.filter(({ dimension }) => dimension === 'cluster')
  const scope = { start_date: days.start, end_date: days.end, ...filterQuery(clusters) }
  const answer = useReadAll('status', { ...scope, sort, order }, { keep: true })
  return (
    <>
      <ViewHead title="Pipeline" subtitle={printRange(days.start, days.end)}>
        <ClusterSelect />
        <DayTurner days={days} />
      </ViewHead>
      <Answered what="How far the loading is" answer={answer} height={420}>
        {({ status, meta }) => {
          if (status.length > 0)
            return (
              <>
                <PipelineTiles clusters={status} />
                <FreshnessPanel clusters={status} isBusy={answer.isPlaceholderData} />
                <HoursPanel clusters={status.map(({ cluster }) => cluster)} days={days} />
                <GapsPanel gaps={meta.gaps} />
                <MissingPanel clusters={status} />
              </>
            )
          return clusters.length > 0 ? (
            <Empty title="There is no such cluster.">Choose another one, or all clusters.</Empty>
          ) : (
            <NothingLoaded />
          )
        }}
      </Answered>
    </>
  )
}
