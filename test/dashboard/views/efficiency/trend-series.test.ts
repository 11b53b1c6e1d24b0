import { expect, it } from 'vitest'
import type { ChartStep } from '../../../../src/dashboard/charts/series.js'
import { resourceSeries } from '../../../../src/dashboard/views/efficiency/trend-series.js'
import { row } from './rows.js'

const steps = [0, 3600].map(
  (start): ChartStep => ({
    start,
    end: start + 3600,
    label: String(start),
    gap: null,
    isSoFar: false,
  }),
)

it('a resource is what was used and what was reserved beyond that, which add up to what was allocated', () => {
  const rows = [
    row({ cpu_core_used_hours: 2, cpu_core_hours: 5, cpu_core_request_hours: 4 }),
    row({ cpu_core_used_hours: 3, cpu_core_hours: 3, cpu_core_request_hours: 1 }),
    row({ name: '__idle__', kind: 'idle' }),
    row({ start_date: 3600, ram_gib_used_hours: 1, ram_gib_hours: 2 }),
  ]
  expect(resourceSeries(rows, steps, 'cpu').map(({ values }) => values)).toEqual([
    [5, 0],
    [3, 0],
  ])
  expect(resourceSeries(rows, steps, 'ram').map(({ values }) => values)).toEqual([
    [0, 1],
    [0, 1],
  ])
})
