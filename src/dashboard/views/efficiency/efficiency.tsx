import { useMemo } from 'react'
import { useRead } from '../../api/use-read.js'
import { range as printRange } from '../../format/time.js'
import { DIMENSIONS, type Dimension, titleOf } from '../../state/dimensions.js'
import type { Hours } from '../../state/range.js'
import { useRange } from '../../state/use-range.js'
import { useFilters, useUrlState } from '../../state/use-state.js'
import { Empty } from '../../ui/empty.js'
import { FilterBar } from '../../ui/filter-bar.js'
import { FIRST_PAGE } from '../../ui/pager.js'
import { Partial } from '../../ui/partial.js'
import { RangePicker } from '../../ui/range-picker.js'
import { Select } from '../../ui/select.js'
import { ViewHead } from '../../ui/view-head.js'
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
      <ViewHead
        title="Efficiency"
        subtitle={`${printRange(hours.start, hours.end)}${hours.isSoFar ? ', today so far' : ''}`}
      >
        <RangePicker />
        <Choices hours={hours} />
      </ViewHead>
      <FilterBar />
      <Shown scope={scope} hours={hours} isFiltered={filters.length > 0} />
    </>
  )
}

function Choices({ hours }: { hours: Hours }) {
  const [{ by, idle }, change] = useUrlState(FIELDS)
  const dates = { start_date: hours.start, end_date: hours.end }
  const labels = useRead('filters', { ...dates, dimension: 'label', limit: 50 })
  const named: Dimension[] = (labels.data?.filters ?? []).map(({ value }) => `label:${value}` as const)
  const dimensions = new Set<Dimension>([...(Object.keys(DIMENSIONS) as Dimension[]), ...named, by])
  return (
    <>
      <Select
        label="By"
        value={by}
        options={[...dimensions].map(dimension => [dimension, titleOf(dimension)] as const)}
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
  if (data?.total_count === 0) return <Nothing isFiltered={isFiltered} />
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

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <Empty title="The filters leave nothing.">
      There are no costs in these days that all of them let through.
    </Empty>
  ) : (
    <Empty title="There are no costs in these days.">
      Nothing was loaded for them: choose other days, or look at the pipeline for what is missing and why.
    </Empty>
  )
}
