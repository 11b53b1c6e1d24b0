import { useMemo } from 'react'
import { useSearchParams } from 'react-router'
import { usePage } from '../../api/use-page.js'
import type { Hours } from '../../state/range.js'
import { useRange } from '../../state/use-range.js'
import { useFilters, useUrlState } from '../../state/use-state.js'
import { Answered } from '../../ui/answered.js'
import { FilterBar } from '../../ui/filter-bar.js'
import { NoCosts } from '../../ui/no-costs.js'
import { Partial } from '../../ui/partial.js'
import { RangeHead } from '../../ui/range-head.js'
import { AllocationTable } from './allocation-table.js'
import { AllocationTiles } from './allocation-tiles.js'
import { Breadcrumb } from './breadcrumb.js'
import { Controls } from './controls.js'
import { CostChart } from './cost-chart.js'
import { crumbsOf } from './drill.js'
import { FIELDS, type Scope, scopeOf, tableQuery } from './fields.js'
import { UnknownTraffic } from './unknown-traffic.js'

/** What any part of the clusters costs, down to a container: as time goes by, and row by row. */
export function Allocation() {
  const { hours } = useRange()
  const [filters] = useFilters()
  const [params] = useSearchParams()
  const [state] = useUrlState(FIELDS)
  const scope = useMemo(() => scopeOf(hours, filters, state), [hours, filters, state])
  return (
    <>
      <RangeHead title="Allocation" />
      <Breadcrumb crumbs={crumbsOf(params, state.path)} />
      <FilterBar path={state.path} />
      <Controls hours={hours} />
      <Shown scope={scope} hours={hours} isNarrowed={filters.length > 0 || state.path.length > 0} />
    </>
  )
}

interface ShownProps {
  readonly scope: Scope
  readonly hours: Hours
  readonly isNarrowed: boolean
}

function Shown({ scope, hours, isNarrowed }: ShownProps) {
  const [state] = useUrlState(FIELDS)
  const page = usePage('cost_allocation', tableQuery(scope, state), state.cursor)
  return (
    <>
      <Answered what="The cost" answer={page.answer} height={96}>
        {body =>
          body.total_count === 0 ? (
            <NoCosts isFiltered={isNarrowed} />
          ) : (
            <>
              <Partial meta={body.meta} />
              <UnknownTraffic scope={scope} path={state.path} />
              <AllocationTiles body={body} scope={scope} />
            </>
          )
        }
      </Answered>
      {page.answer.data?.total_count === 0 ? null : (
        <>
          <CostChart scope={scope} hours={hours} />
          <AllocationTable scope={scope} page={page} />
        </>
      )}
    </>
  )
}
