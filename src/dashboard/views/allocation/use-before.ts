import type { BodyOf } from '../../api/routes.js'
import { useComparison } from '../../api/use-comparison.js'
import { useRead } from '../../api/use-read.js'
import type { Scope } from './fields.js'

/** Compares the total of what is shown with that of the equally long range before. */
export function useBefore(scope: Scope, body: BodyOf<'cost_allocation'> | undefined) {
  const { start_date, end_date, k8s_cluster } = scope
  const clusters = useRead('clusters', {
    start_date,
    end_date,
    ...(k8s_cluster === undefined ? {} : { k8s_cluster }),
    limit: 1000,
  })
  const query = { ...scope, breakdown_by: ['cluster' as const], limit: 1 }
  return useComparison('cost_allocation', { query, body, clusters })
}
