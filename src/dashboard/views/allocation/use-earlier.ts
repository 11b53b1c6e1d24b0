import { useMemo } from 'react'
import type { BodyOf } from '../../api/routes.js'
import { useRead } from '../../api/use-read.js'
import type { Dimension } from '../../state/dimensions.js'
import { seriesKey } from './chart-series.js'
import type { Earlier } from './columns.js'
import type { Row } from './drill.js'
import type { Scope } from './fields.js'
import { useBefore } from './use-before.js'

const PENDING_ROWS: Earlier = { total: undefined, now: 0, costOf: () => undefined }

/** The most rows that the API gives at once. */
const MOST_ROWS = 1000

/** What the rows cost in the equally long range before; null where that can't be compared with. */
export function useEarlier(
  scope: Scope,
  by: readonly Dimension[],
  body: BodyOf<'cost_allocation'> | undefined,
  isWanted: boolean,
): Earlier | null {
  const comparison = useBefore(scope, body)
  const total = comparison.data?.before ?? null
  const { total_cost: now = 0, previous_range_start } = comparison.data?.part ?? {}
  const rows = useRead(
    'cost_allocation',
    {
      ...scope,
      start_date: previous_range_start ?? scope.start_date,
      end_date: scope.start_date,
      breakdown_by: [...by],
      sort: 'total_cost',
      order: 'desc',
      limit: MOST_ROWS,
    },
    { enabled: isWanted && total !== null },
  )
  const isAsked = comparison.data === undefined && comparison.error === null
  return useMemo(() => {
    if (isAsked) return PENDING_ROWS
    if (total === null) return null
    if (rows.data === undefined) return { total, now, costOf: () => (rows.error === null ? undefined : null) }
    const { cost_allocation, page } = rows.data
    const costs = new Map(cost_allocation.map(row => [keyOf(row, by), row.total_cost]))
    // What isn't among the dearest of very many may have cost something all the same.
    const isWhole = page.next === null
    return { total, now, costOf: row => costs.get(keyOf(row, by)) ?? (isWhole ? 0 : null) }
  }, [isAsked, total, now, rows.data, rows.error, by])
}

const keyOf = (row: Row, by: readonly Dimension[]): string => `${row.kind} ${seriesKey(row, by)}`
