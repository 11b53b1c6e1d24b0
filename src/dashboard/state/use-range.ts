import { useMemo } from 'react'
import { useSearchParams } from 'react-router'
import { writeState } from './fields.js'
import { useNow } from './now.js'
import { atFirstPages } from './page.js'
import { type Hours, hoursOf, type Range, rangeField } from './range.js'
import { useUrlState } from './use-state.js'

const FIELDS = { range: rangeField }

/** The range that the URL asks for, its hours now, and how to ask for another. */
export function useRange(): { range: Range; hours: Hours; setRange: (range: Range) => void } {
  const [{ range }] = useUrlState(FIELDS)
  const [, setParams] = useSearchParams()
  const { start, end, isSoFar } = hoursOf(range, useNow())
  const hours = useMemo(() => ({ start, end, isSoFar }), [start, end, isSoFar])
  const setRange = (chosen: Range) =>
    setParams(current => atFirstPages(writeState(FIELDS, current, { range: chosen })))
  return { range, hours, setRange }
}
