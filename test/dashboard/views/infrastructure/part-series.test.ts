import { describe, expect, it } from 'vitest'
import { chartSteps } from '../../../../src/dashboard/charts/chart-steps.js'
import { partSeries } from '../../../../src/dashboard/views/infrastructure/part-series.js'

const DAY = 86_400
const start = Date.UTC(2026, 10, 12) / 1000
const steps = chartSteps({ start, end: start + 2 * DAY, isSoFar: false }, 'day', [], start + 9 * DAY)

const row = (day: number, changes: { network_cost?: number | null; cpu_cost?: number } = {}) => ({
  cluster: 'one',
  start_date: start + day * DAY,
  end_date: start + (day + 1) * DAY,
  cpu_cost: 1,
  ram_cost: 2,
  gpu_cost: null,
  pv_cost: 3,
  load_balancer_cost: 4,
  network_cost: 5,
  management_cost: 6,
  total_cost: 21,
  allocated_cost: 10,
  idle_cost: 11,
  unmounted_cost: 0,
  ...changes,
})
const valuesOf = (rows: Parameters<typeof partSeries>[0], id: string) =>
  partSeries(rows, steps).series.find(series => series.id === id)?.values

describe('cost by part', () => {
  it('adds clusters up, step by step', () => {
    expect(valuesOf([row(0), row(0, { cpu_cost: 10 }), row(1)], 'cpu_cost')).toEqual([11, 1])
  })

  it('names what was not measured anywhere, and has no series of it', () => {
    const { series, unknown } = partSeries([row(0), row(1)], steps)
    expect(unknown).toEqual(['GPUs of nodes'])
    expect(series.map(({ id }) => id)).not.toContain('gpu_cost')
  })

  it('adds up what was measured of a part that was not measured everywhere', () => {
    expect(valuesOf([row(0, { network_cost: null }), row(0), row(1)], 'network_cost')).toEqual([5, 5])
  })

  it('adds up to what all rows cost where all is measured', () => {
    const { series } = partSeries([row(0), row(1)], steps)
    expect(series.flatMap(({ values }) => values).reduce((sum, value) => sum + value, 0)).toBe(42)
  })
})
