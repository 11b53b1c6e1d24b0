import type { BodyOf } from '../../api/routes.js'
import type { ChartStep, Series } from '../../charts/series.js'
import { sumsAt } from '../../charts/waste.js'

type Row = BodyOf<'efficiency'>['efficiency'][number]

/** Fields of a resource: core-hours, or GiB-hours. */
const RESOURCES = {
  cpu: { used: 'cpu_core_used_hours', allocated: 'cpu_core_hours' },
  ram: { used: 'ram_gib_used_hours', allocated: 'ram_gib_hours' },
} as const

/**
 * What was used of a resource at each step, and what was reserved beyond that. The latter is what is allocated, the larger
 * of request and use at each moment, less the use: it is never negative, as request less use is where a workload bursts.
 */
export function resourceSeries(
  rows: readonly Row[],
  steps: readonly ChartStep[],
  resource: keyof typeof RESOURCES,
): Series[] {
  const { used, allocated } = RESOURCES[resource]
  const usedSums = sumsAt(rows, steps, row => row[used] ?? 0)
  const allocatedSums = sumsAt(rows, steps, row => row[allocated] ?? row[used] ?? 0)
  return [
    { id: 'used', name: 'Used', paint: 0, values: usedSums },
    {
      id: 'reserved',
      name: 'Reserved, not used',
      paint: 'reserved',
      values: allocatedSums.map((sum, index) => Math.max(0, sum - (usedSums[index] ?? 0))),
    },
  ]
}
