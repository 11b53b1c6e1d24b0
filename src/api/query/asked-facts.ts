import type { Static } from 'typebox'
import type { CostAllocationQuery } from '../schemas/cost-allocation.js'
import type { EfficiencyQuery } from '../schemas/efficiency.js'
import type { ArgumentReader } from './arguments.js'
import { askedDates, askedFilters } from './asked.js'

/** The arguments of an answer over facts as the answer needs them. */
export function askedFacts(
  values: Static<typeof CostAllocationQuery> | Static<typeof EfficiencyQuery>,
  reader: ArgumentReader,
) {
  return {
    ...askedDates(values.start_date, values.end_date, reader),
    breakdownBy: [...new Set(values.breakdown_by)],
    step: values.step,
    filters: askedFilters(values),
    idle: values.idle,
    idleBy: values.idle_by,
    shareNamespaces: [...new Set(values.share_namespaces)].sort(),
    shareSplit: values.share_split,
    sort: values.sort,
    order: values.order,
    limit: values.limit,
    cursor: values.cursor,
    format: values.format,
  }
}
