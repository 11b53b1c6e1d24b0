import { FilterBar } from '../../ui/filter-bar.js'
import { RangePicker } from '../../ui/range-picker.js'
import { ViewHead } from '../../ui/view-head.js'

export function Allocation() {
  return (
    <>
      <ViewHead title="Allocation">
        <RangePicker />
      </ViewHead>
      <FilterBar />
    </>
  )
}
