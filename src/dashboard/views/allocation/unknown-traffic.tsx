import { useRead } from '../../api/use-read.js'
import { moneyIn } from '../../format/money.js'
import { HAS_NONE } from '../../state/dimensions.js'
import type { Place } from '../../state/filters.js'
import { Notice } from '../../ui/notice.js'
import type { Scope } from './fields.js'

/**
 * Within a row of what has none: traffic of pods that nobody knows has none either, and costs something, but there is no
 * container that it could be shown of.
 */
export function UnknownTraffic({ scope, path }: { scope: Scope; path: readonly Place[] }) {
  const isOfNone = path.some(({ dimension, value }) => dimension !== 'cluster' && value === HAS_NONE)
  const { data } = useRead(
    'cost_allocation',
    { ...scope, k8s_container: [HAS_NONE], breakdown_by: ['cluster'], limit: 1000 },
    { enabled: isOfNone },
  )
  const rows = (data?.cost_allocation ?? []).filter(({ kind }) => kind === 'unallocated')
  const cost = rows.reduce((sum, row) => sum + row.total_cost, 0)
  if (data === undefined || cost === 0) return null
  return (
    <Notice kind="info">
      {moneyIn(data.meta.currency).exact(cost)} more is traffic of pods that nobody knows. No container
      carries it, so it is in no row here.
    </Notice>
  )
}
