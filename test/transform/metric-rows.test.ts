import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MetricReading } from '../../src/domain/samples.js'
import { metricRows, warnNotLanded } from '../../src/transform/metric-rows.js'
import { Tally } from '../../src/transform/tally.js'

function reading(metric: string, labels: Record<string, string> = {}, said: Partial<MetricReading> = {}) {
  return {
    metric,
    labels: new Map(Object.entries(labels)),
    samples: 60,
    avg: 2,
    min: 1,
    max: 3,
    last: 2.5,
    increase: undefined,
    ...said,
  } satisfies MetricReading
}

const rowsOf = (readings: readonly MetricReading[], tally = new Tally()) => metricRows(readings, tally)

describe('a reading', () => {
  test('is a row with its figures; what is no counter has no increase', () => {
    expect(rowsOf([reading('kubecost_node_is_spot', { node: 'n1' })])).toEqual([
      {
        metric: 'kubecost_node_is_spot',
        labels: new Map([['node', 'n1']]),
        samples: 60,
        avg: 2,
        min: 1,
        max: 3,
        last: 2.5,
        increase: null,
      },
    ])
    expect(rowsOf([reading('kubecost_http_requests_total', {}, { increase: 0 })])[0]?.increase).toBe(0)
  })

  test('of what is no number has nulls, and still the number of its samples', () => {
    const said = {
      samples: 7,
      avg: Number.NaN,
      min: Number.NEGATIVE_INFINITY,
      max: Number.POSITIVE_INFINITY,
      increase: Number.NaN,
    }
    expect(rowsOf([reading('kubecost_x_total', {}, said)])[0]).toMatchObject({
      samples: 7,
      avg: null,
      min: null,
      max: null,
      last: 2.5,
      increase: null,
    })
  })
})

describe('rows', () => {
  test('are in the order of names and labels, and labels in the order of theirs, however they came', () => {
    const readings = [
      reading('kubecost_b', { pod: 'p', container: 'c' }),
      reading('kubecost_a', { node: 'n2' }),
      reading('kubecost_a', { node: 'n1' }),
      reading('kubecost_a'),
      reading('kubecost_a_b'),
    ]
    const names = (list: readonly MetricReading[]) =>
      rowsOf(list).map(row => [row.metric, ...[...row.labels].flat()].join(' '))
    const expected = [
      'kubecost_a',
      'kubecost_a node n1',
      'kubecost_a node n2',
      'kubecost_a_b',
      'kubecost_b container c pod p',
    ]
    expect(names(readings)).toEqual(expected)
    expect(names(readings.toReversed())).toEqual(expected)
  })

  test('are not confused by where one label ends and the next begins', () => {
    const rows = rowsOf([reading('kubecost_a', { a: 'b', c: '' }), reading('kubecost_a', { a: 'bc' })])
    expect(rows).toHaveLength(2)
  })
})

describe('readings of equal labels', () => {
  test('become one row, whole from the one with the most samples, and the others are counted', () => {
    const tally = new Tally()
    const replicas = [
      reading('kubecost_a', { node: 'n1' }, { samples: 40, max: 9 }),
      reading('kubecost_a', { node: 'n1' }, { samples: 60, max: 3 }),
      reading('kubecost_a', { node: 'n1' }, { samples: 50, max: 8 }),
      reading('kubecost_b', { node: 'n1' }),
    ]
    expect(rowsOf(replicas, tally).map(row => [row.metric, row.samples, row.max])).toEqual([
      ['kubecost_a', 60, 3],
      ['kubecost_b', 60, 3],
    ])
    expect(tally.rejects()).toEqual([
      { reason: 'duplicate_series', metric: 'kubecost_a', count: 2, example: 'node=n1' },
    ])
  })

  test('give the same row in whatever order they come, not-a-numbers among them', () => {
    const figure = fc.oneof(fc.constant(Number.NaN), fc.integer({ min: 0, max: 2 }))
    const one = fc.record({ samples: fc.integer({ min: 1, max: 2 }), avg: figure, last: figure })
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), all => {
        const readings = all.map(said => reading('kubecost_a', {}, said))
        const rows = rowsOf(readings)
        expect(rows).toHaveLength(1)
        expect(rowsOf(readings.toReversed())).toEqual(rows)
        expect(rows[0]?.samples).toBe(Math.max(...all.map(said => said.samples)))
      }),
    )
  })
})

describe('metrics that did not land', () => {
  test('are named in one warning', () => {
    const tally = new Tally()
    warnNotLanded(['kubecost_b', 'kubecost_a', 'kubecost_b'], tally)
    expect(tally.warnings()).toEqual([
      {
        code: 'metric_not_landed',
        detail:
          'more than Thanos or the size limit allows, even of one namespace in one hour: kubecost_a, kubecost_b',
      },
    ])
  })

  test('are no warning where there are none', () => {
    const tally = new Tally()
    warnNotLanded([], tally)
    expect(tally.warnings()).toEqual([])
  })
})
