import { useCallback, useId, useMemo } from 'react'
import { useSearchParams } from 'react-router'
import { type Fields, readState, type StateOf, writeState } from './fields.js'
import { type Filter, readFilters, writeFilters } from './filters.js'
import { atFirstPages } from './page.js'
import { useReportRefused } from './refused.js'

/** Changes some values; a new entry in the history, so that the back button takes them back. */
type Change<F extends Fields> = (changes: Partial<StateOf<F>>) => void

/** The state of a view as the URL has it. `fields` is a constant of the view. */
export function useUrlState<F extends Fields>(fields: F): [StateOf<F>, Change<F>] {
  const [params, setParams] = useSearchParams()
  const { state, refused } = useMemo(() => readState(fields, params), [fields, params])
  useReportRefused(useId(), refused)
  const change = useCallback<Change<F>>(
    changes => setParams(current => writeState(fields, current, changes)),
    [fields, setParams],
  )
  return [state, change]
}

/** The filters as the URL has them, and how to put others in their place; what they leave is seen from its first page on. */
export function useFilters(): [readonly Filter[], (filters: readonly Filter[]) => void] {
  const [params, setParams] = useSearchParams()
  const filters = useMemo(() => readFilters(params), [params])
  const change = useCallback(
    (changed: readonly Filter[]) => setParams(current => atFirstPages(writeFilters(current, changed))),
    [setParams],
  )
  return [filters, change]
}
