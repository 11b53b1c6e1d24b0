import type { ReactNode } from 'react'
import { range } from '../format/time.js'
import { useRange } from '../state/use-range.js'
import { RangePicker } from './range-picker.js'
import { ViewHead } from './view-head.js'

/** The heading of a view of some days: which these are, the choice of others, and what else steers the view. */
export function RangeHead({ title, children }: { title: string; children?: ReactNode }) {
  const { hours } = useRange()
  const days = range(hours.start, hours.end)
  return (
    <ViewHead title={title} subtitle={hours.isSoFar ? `${days}, today so far` : days}>
      <RangePicker />
      {children}
    </ViewHead>
  )
}
