import { useMemo } from 'react'
import { useRead } from '../../api/use-read.js'
import { titleOf } from '../../state/dimensions.js'
import { FIRST_PAGE } from '../../state/page.js'
import type { Hours } from '../../state/range.js'
import { useRange } from '../../state/use-range.js'
import { useFilters, useUrlState } from '../../state/use-state.js'
import { FilterBar } from '../../ui/filter-bar.js'
import { NoCosts } from '../../ui/no-costs.js'
import { Partial } from '../../ui/partial.js'
import { RangeHead } from '../../ui/range-head.js'
import { Select } from '../../ui/select.js'
import { useDimensions } from '../../ui/use-dimensions.js'
import { EfficiencyTable } from './efficiency-table.js'
import { EfficiencyTiles } from './efficiency-tiles.js'
import { FIELDS, type Scope, scopeOf, tableQuery } from './fields.js'
import { Trend } from './trend.js'
import { WastedChart } from './wasted-chart.js'

const IDLE = { separate: 'In rows of its own', share: 'Shared out over workloads' } as const

/** What is requested against what is used, and what the difference costs. */
export function Efficiency() {
  const { hours } = useRange()
  const [filters] = useFilters()
  const [{ idle }] = useUrlState(FIELDS)
  const scope = useMemo(() => scopeOf(hours, filters, idle), [hours, filters, idle])
  return (
    <>
      <RangeHead title="Efficiency">
        <Choices hours={hours} />
      </RangeHead>
      <FilterBar />
      <Shown scope={scope} hours={hours} isFiltered={filters.length > 0} />
    </>
  )
}

function Choices({ hours }: { hours: Hours }) {
  const [{ by, idle }, change] = useUrlState(FIELDS)
  const dimensions = useDimensions(hours, [by])
  return (
    <>
      <Select
        label="By"
        value={by}
        options={dimensions.map(dimension => [dimension, titleOf(dimension)] as const)}
        onChange={chosen => change({ by: chosen, ...FIRST_PAGE })}
      />
      <Select
        label="Infrastructure idle"
        value={idle}
        options={IDLE}
        onChange={chosen => change({ idle: chosen, ...FIRST_PAGE })}
      />
    </>
  )
}

interface ShownProps {
  readonly scope: Scope
  readonly hours: Hours
  readonly isFiltered: boolean
}

function Shown({ scope, hours, isFiltered }: ShownProps) {
  const [state] = useUrlState(FIELDS)
  // The table's own question, which tells whether there is anything at all; the others don't wait for it.
  const { data } = useRead('efficiency', tableQuery(scope, state), { keep: true })
  if (data?.total_count === 0) return <NoCosts isFiltered={isFiltered} />
  return (
    <>
      {data === undefined ? null : <Partial meta={data.meta} />}
      <EfficiencyTiles scope={scope} />
      <WastedChart scope={scope} by={state.by} />
      <Trend hours={hours} scope={scope} />
      <EfficiencyTable scope={scope} />
    </>
  )
}
