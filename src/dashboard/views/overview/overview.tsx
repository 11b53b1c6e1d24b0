import type { UseQueryResult } from '@tanstack/react-query'
import { comparedEnd } from '../../api/comparable.js'
import type { BodyOf } from '../../api/routes.js'
import { useRead } from '../../api/use-read.js'
import { useReadAll } from '../../api/use-read-all.js'
import { range as printRange } from '../../format/time.js'
import type { Hours } from '../../state/range.js'
import { useRange } from '../../state/use-range.js'
import { Answered } from '../../ui/answered.js'
import { Empty } from '../../ui/empty.js'
import { Partial } from '../../ui/partial.js'
import { RangePicker } from '../../ui/range-picker.js'
import { ViewHead } from '../../ui/view-head.js'
import { ClustersPanel } from './clusters.js'
import { CostOverTime } from './cost-over-time.js'
import { Drivers } from './drivers.js'
import styles from './overview.module.css'
import { OverviewTiles } from './overview-tiles.js'
import { Savings } from './savings.js'

/** All clusters of the account: what they cost, what of it is wasted, who costs most, what could be saved. */
export function Overview() {
  const { hours } = useRange()
  const clusters = useRead('clusters', { start_date: hours.start, end_date: hours.end, limit: 1000 })
  return (
    <>
      <ViewHead
        title="Overview"
        subtitle={`${printRange(hours.start, hours.end)}${hours.isSoFar ? ', today so far' : ''}`}
      >
        <RangePicker />
      </ViewHead>
      {isEmpty(clusters.data) ? <NothingYet /> : <Panels clusters={clusters} hours={hours} />}
    </>
  )
}

/** Whether there is nothing that could have cost anything: no hour of any cluster was due by now. */
const isEmpty = (body: BodyOf<'clusters'> | undefined): boolean =>
  body !== undefined && (body.total_count === 0 || body.meta.coverage === null)

interface PanelsProps {
  readonly clusters: UseQueryResult<BodyOf<'clusters'>>
  readonly hours: Hours
}

function Panels({ clusters, hours }: PanelsProps) {
  const efficiency = useReadAll('efficiency', {
    start_date: hours.start,
    end_date: hours.end,
    breakdown_by: ['cluster'],
  })
  const compared = useCompared(clusters.data, hours)
  // What takes the API longer is asked after that, so that it holds up nothing that is read first.
  const isNext = !clusters.isPending && !efficiency.isPending
  return (
    <>
      <Answered what="The costs" answer={clusters} height={150}>
        {body => (
          <>
            <Partial meta={body.meta} />
            <Answered what="Waste and efficiency" answer={efficiency} height={96}>
              {waste => <OverviewTiles costs={body} compared={compared} waste={waste} />}
            </Answered>
          </>
        )}
      </Answered>
      <CostOverTime hours={hours} />
      <div className={styles.pair}>
        <Drivers hours={hours} isNext={isNext} />
        <Savings isNext={isNext} />
      </div>
      <Answered what="The clusters" answer={clusters} height={180}>
        {body => (
          <ClustersPanel body={body} compared={compared} efficiency={efficiency.data?.efficiency ?? []} />
        )}
      </Answered>
    </>
  )
}

/** The costs up to where all clusters are loaded, and what is before them; undefined as long as they aren't known. */
function useCompared(costs: BodyOf<'clusters'> | undefined, hours: Hours): BodyOf<'clusters'> | undefined {
  const end = comparedEnd(hours, costs?.meta.data_to)
  const dates = { start_date: hours.start, end_date: end ?? hours.end }
  const loaded = useRead('clusters', { ...dates, limit: 1000 }, { enabled: end !== null })
  return end === null ? costs : loaded.data
}

function NothingYet() {
  return (
    <Empty title="There are no costs in these days.">
      Nothing was loaded for them: choose other days, or look at the pipeline for what is missing and why.
    </Empty>
  )
}
