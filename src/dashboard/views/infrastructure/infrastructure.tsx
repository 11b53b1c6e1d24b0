import { useMemo } from 'react'
import { useRead } from '../../api/use-read.js'
import type { Hours } from '../../state/range.js'
import { useRange } from '../../state/use-range.js'
import { useFilters } from '../../state/use-state.js'
import { Answered } from '../../ui/answered.js'
import { Empty } from '../../ui/empty.js'
import { FilterBar } from '../../ui/filter-bar.js'
import { Notice } from '../../ui/notice.js'
import { Partial } from '../../ui/partial.js'
import { RangeHead } from '../../ui/range-head.js'
import { AssetsPanel } from './assets-panel.js'
import { isAskedBy, type Scope, scopeOf } from './fields.js'
import { FindingsPanel } from './findings-panel.js'
import { InfrastructureTiles } from './infrastructure-tiles.js'
import { PartCost } from './part-cost.js'

/** What is paid for: machines, disks, load balancers and fees, how much of them is idle, and what could be given up. */
export function Infrastructure() {
  const { hours } = useRange()
  const [filters] = useFilters()
  const scope = useMemo(() => scopeOf(hours, filters), [hours, filters])
  const isFiltered = scope.k8s_cluster !== undefined || scope.k8s_node !== undefined
  const isLeftOut = filters.some(({ dimension }) => !isAskedBy(dimension))
  return (
    <>
      <RangeHead title="Infrastructure" />
      <FilterBar offers={isAskedBy} />
      {isLeftOut ? (
        <Notice kind="info">
          Filters by workload, namespace or label do nothing here: machines, disks and load balancers are told
          by cluster and node. They hold again in the other views.
        </Notice>
      ) : null}
      <Shown {...{ hours, scope, isFiltered }} />
    </>
  )
}

interface ShownProps {
  readonly hours: Hours
  readonly scope: Scope
  readonly isFiltered: boolean
}

function Shown({ hours, scope, isFiltered }: ShownProps) {
  const answer = useRead('assets', { ...scope, limit: 1 }, { keep: true })
  return (
    <>
      {answer.data?.total_count === 0 ? (
        <Nothing isFiltered={isFiltered} />
      ) : (
        <>
          <Answered what="What is paid for" answer={answer} height={120}>
            {body => (
              <>
                <Partial meta={body.meta} />
                <InfrastructureTiles body={body} scope={scope} />
              </>
            )}
          </Answered>
          <PartCost hours={hours} scope={scope} />
          <AssetsPanel scope={scope} />
        </>
      )}
      <FindingsPanel scope={scope} />
    </>
  )
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <Empty title="The filters leave nothing.">
      No machine, disk, load balancer or fee of these days is let through by all of them.
    </Empty>
  ) : (
    <Empty title="Nothing was paid for in these days.">
      No hour of them is loaded: choose other days, or look at the pipeline for what is missing and why.
    </Empty>
  )
}
