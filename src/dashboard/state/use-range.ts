import { useMemo } from 'react'
import { text } from './fields.js'
import { useNow } from './now.js'
import { type Hours, hoursOf, type Range, rangeField } from './range.js'
import { useUrlState } from './use-state.js'

// A page of rows belongs to its range.
const FIELDS = { range: rangeField, cursor: text, skipped: text }

/** The range that the URL asks for, its hours now, and how to ask for another. */
export function useRange(): { range: Range; hours: Hours; setRange: (range: Range) => void } {
  const [{ range }, change] = useUrlState(FIELDS)
  const { start, end, isSoFar } = hoursOf(range, useNow())
  const hours = useMemo(() => ({ start, end, isSoFar }), [start, end, isSoFar])
  return { range, hours, setRange: chosen => change({ range: chosen, cursor: '', skipped: '' }) }
}
