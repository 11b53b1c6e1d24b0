import { useMemo } from 'react'
import type { BodyOf } from '../../api/routes.js'
import { useRead } from '../../api/use-read.js'
import type { Dimension } from '../../state/dimensions.js'
import { seriesKey } from './chart-series.js'
import type { Earlier } from './columns.js'
import type { Row } from './drill.js'
import type { Scope } from './fields.js'
import { useBefore } from './use-before.js'

/** The most rows that the API gives at once. */
const MOST_ROWS = 1000

/** What the rows cost in the equally long range before; null where that can't be compared with. */
export function useEarlier(
  scope: Scope,
  by: readonly Dimension[],
  body: BodyOf<'cost_allocation'> | undefined,
  isWanted: boolean,
): Earlier | null {
  const before = useBefore(scope, body)
  const isComparable = before !== null && before.total !== null
  const { data } = useRead(
    'cost_allocation',
    {
      ...scope,
      start_date: before?.start ?? scope.start_date,
      end_date: scope.start_date,
      breakdown_by: [...by],
      sort: 'total_cost',
      order: 'desc',
      limit: MOST_ROWS,
    },
    { enabled: isWanted && isComparable },
  )
  const total = before?.total ?? null
  const now = before?.now ?? 0
  return useMemo(() => {
    if (total === null) return null
    const costs = new Map((data?.cost_allocation ?? []).map(row => [keyOf(row, by), row.total_cost]))
    // What isn't among the dearest of very many may have cost something all the same.
    const isWhole = data?.page.next === null
    return { total, now, costOf: row => costs.get(keyOf(row, by)) ?? (isWhole ? 0 : null) }
  }, [total, now, data, by])
}

const keyOf = (row: Row, by: readonly Dimension[]): string => `${row.kind} ${seriesKey(row, by)}`
