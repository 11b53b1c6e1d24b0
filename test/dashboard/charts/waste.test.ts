import { describe, expect, it } from 'vitest'
import type { ChartStep } from '../../../src/dashboard/charts/series.js'
import { wasteSeries } from '../../../src/dashboard/charts/waste.js'

const steps = [0, 10, 20].map(
  (start): ChartStep => ({
    start,
    end: start + 10,
    label: String(start),
    gap: null,
    isSoFar: false,
  }),
)
const row = (start_date: number, used: number, workload: number, infra: number) => ({
  start_date,
  used_cost: used,
  workload_idle_cost: workload,
  infra_idle_cost: infra,
})

describe('what cost is made of by step', () => {
  it('adds the rows of a step up, and is 0 where there are none', () => {
    const series = wasteSeries([row(0, 1, 2, 3), row(20, 10, 20, 30), row(0, 4, 5, -6)], steps)
    expect(series.map(({ id, values }) => [id, values])).toEqual([
      ['used_cost', [5, 0, 10]],
      ['workload_idle_cost', [7, 0, 20]],
      ['infra_idle_cost', [-3, 0, 30]],
    ])
  })

  it('has a look of its own for each part', () => {
    expect(new Set(wasteSeries([], steps).map(({ paint }) => paint)).size).toBe(3)
  })
})
