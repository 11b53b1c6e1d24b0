import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ChartStep, sumAt } from '../../../../src/dashboard/charts/series.js'
import { type Dimension, HAS_NONE } from '../../../../src/dashboard/state/dimensions.js'
import {
  allocationSeries,
  IDLE_ID,
  narrowed,
  OTHER_ID,
  topOf,
} from '../../../../src/dashboard/views/allocation/chart-series.js'
import type { Row } from '../../../../src/dashboard/views/allocation/drill.js'
import { rowOf } from './rows.js'

const DAY = 86_400
const steps: ChartStep[] = [0, DAY, 2 * DAY].map(start => ({
  start,
  end: start + DAY,
  label: String(start),
  gap: null,
  isSoFar: false,
}))

describe('the dearest rows', () => {
  it('are ten, of those that are somebody’s and cost something', () => {
    const rows = [
      rowOf({ kind: 'idle', total_cost: 90 }),
      ...Array.from({ length: 12 }, (_, index) => rowOf({ namespace: `n${index}`, total_cost: 50 - index })),
      rowOf({ kind: 'unallocated', total_cost: 1 }),
    ]
    expect(topOf(rows).map(({ namespace }) => namespace)).toEqual(
      Array.from({ length: 10 }, (_, index) => `n${index}`),
    )
    expect(topOf([rowOf({ total_cost: 0 }), rowOf({ kind: 'unallocated', total_cost: 1 })])).toHaveLength(1)
  })

  it('are asked for by their values, in place of filters of their dimensions alone', () => {
    const rows = [
      rowOf({ cluster: 'one', labels: { team: 'a' } }),
      rowOf({ cluster: 'one' }),
      rowOf({ cluster: 'two', labels: { team: 'a' } }),
    ]
    const scope = {
      start_date: 0,
      end_date: DAY,
      k8s_cluster: ['!three'],
      k8s_node: ['n'],
      label: { 'label.team': ['!b'], 'label.app': ['web'] },
    }
    expect(narrowed(scope, ['cluster', 'label:team'], rows)).toEqual({
      start_date: 0,
      end_date: DAY,
      k8s_cluster: ['one', 'two'],
      k8s_node: ['n'],
      label: { 'label.team': ['a', HAS_NONE], 'label.app': ['web'] },
    })
    expect(narrowed({ start_date: 0, end_date: DAY }, ['pod'], [rowOf({ pod: 'p' })])).not.toHaveProperty(
      'label',
    )
  })
})

describe('the series of a chart', () => {
  const by: Dimension[] = ['namespace', 'cluster']
  const pair = (namespace: string | null, cluster: string, day: number, cost: number): Row =>
    rowOf({
      namespace,
      cluster,
      start_date: day * DAY,
      total_cost: cost,
      kind: namespace === null ? 'unallocated' : 'workload',
    })

  it('have a value for each step, pairs told apart, and the rest under "Other" and "Idle"', () => {
    const top = [pair('shop', 'one', 0, 9), pair(null, 'two', 0, 5)]
    const series = allocationSeries(
      {
        top,
        bySteps: [
          pair('shop', 'one', 0, 4),
          pair('shop', 'one', 2, 5),
          pair('shop', 'two', 0, 100),
          pair(null, 'two', 1, 5),
          rowOf({ kind: 'idle', cluster: 'two', start_date: DAY, total_cost: 70 }),
        ],
        all: [
          rowOf({ cluster: 'one', start_date: 0, total_cost: 10 }),
          rowOf({ cluster: 'two', start_date: DAY, total_cost: 5 }),
          rowOf({ cluster: 'one', start_date: 2 * DAY, total_cost: 5 }),
          rowOf({ kind: 'cluster_management', start_date: 2 * DAY, total_cost: 2 }),
          rowOf({ kind: 'idle', cluster: 'one', start_date: DAY, total_cost: -1 }),
        ],
      },
      by,
      steps,
    )
    expect(series.map(({ name, paint, values }) => [name, paint, values])).toEqual([
      ['shop / one', 0, [4, 0, 5]],
      ['Without any / two', 1, [0, 5, 0]],
      ['Other', 'other', [6, 0, 2]],
      ['Idle', 'idle', [0, -1, 0]],
    ])
  })

  it('leave out what there is nothing of', () => {
    const day = rowOf({ namespace: 'shop', cluster: 'one', total_cost: 0.1 + 0.2 })
    const top = [pair('shop', 'one', 0, 0.3)]
    const series = allocationSeries({ top, bySteps: top, all: [day] }, by, steps)
    expect(series.map(({ id }) => id)).not.toContain(OTHER_ID)
    expect(series.map(({ id }) => id)).not.toContain(IDLE_ID)
  })

  it('add up to all cost at each step', () => {
    const cost = fc.integer({ min: 1, max: 1e6 }).map(cents => cents / 100)
    const rows = fc.array(
      fc.record({ name: fc.constantFrom('a', 'b', 'c'), day: fc.nat(2), cost, isIdle: fc.boolean() }),
    )
    fc.assert(
      fc.property(rows, given => {
        const bySteps = given
          .filter(({ isIdle }) => !isIdle)
          .map(({ name, day, cost: total_cost }) =>
            rowOf({ namespace: name, start_date: day * DAY, total_cost }),
          )
        const idle = given
          .filter(({ isIdle }) => isIdle)
          .map(({ day, cost: total_cost }) =>
            rowOf({ kind: 'idle', start_date: day * DAY, total_cost: -total_cost }),
          )
        const all = [...bySteps.map(row => ({ ...row, namespace: null, cluster: 'one' })), ...idle]
        const top = ['a', 'b'].map(namespace => rowOf({ namespace }))
        const series = allocationSeries({ top, bySteps, all }, ['namespace'], steps)
        for (const [index, { start }] of steps.entries()) {
          const sum = all
            .filter(row => row.start_date === start)
            .reduce((before, row) => before + row.total_cost, 0)
          expect(sumAt(series, index)).toBeCloseTo(sum, 6)
        }
      }),
    )
  })
})
