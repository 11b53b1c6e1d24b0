import type { UseQueryResult } from '@tanstack/react-query'
import type { BodyOf } from '../../api/routes.js'
import { useComparison } from '../../api/use-comparison.js'
import { useRead } from '../../api/use-read.js'
import { useReadAll } from '../../api/use-read-all.js'
import type { Hours } from '../../state/range.js'
import { useRange } from '../../state/use-range.js'
import { Answered } from '../../ui/answered.js'
import { NoCosts } from '../../ui/no-costs.js'
import { Partial } from '../../ui/partial.js'
import { RangeHead } from '../../ui/range-head.js'
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
      <RangeHead title="Overview" />
      {isEmpty(clusters.data) ? <NoCosts isFiltered={false} /> : <Panels clusters={clusters} hours={hours} />}
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
  const dates = { start_date: hours.start, end_date: hours.end }
  const efficiency = useReadAll('efficiency', { ...dates, breakdown_by: ['cluster'] })
  const query = { ...dates, limit: 1000 }
  const comparison = useComparison('clusters', { query, body: clusters.data, clusters })
  // What takes the API longer is asked after that, so that it holds up nothing that is read first.
  const isNext = !clusters.isPending && !efficiency.isPending
  return (
    <>
      <Answered what="The costs" answer={clusters} height={150}>
        {body => (
          <>
            <Partial meta={body.meta} />
            <Answered what="Waste and efficiency" answer={efficiency} height={96}>
              {waste => <OverviewTiles costs={body} comparison={comparison} waste={waste} />}
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
        {body => <ClustersPanel body={body} comparison={comparison} efficiency={efficiency} />}
      </Answered>
    </>
  )
}
