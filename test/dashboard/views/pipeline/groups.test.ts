import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { groupGaps } from '../../../../src/dashboard/views/pipeline/gap-groups.js'
import { groupMissing } from '../../../../src/dashboard/views/pipeline/missing-groups.js'

const HOUR = 3600
const gaps = fc.array(
  fc.record({
    cluster: fc.constantFrom('one', 'two'),
    reason: fc.constantFrom('not_loaded' as const, 'suspect' as const, 'expired' as const),
    start_date: fc.integer({ min: 0, max: 500 }).map(hour => hour * HOUR),
    hours: fc.integer({ min: 1, max: 48 }),
  }),
)

describe('gaps by cluster and reason', () => {
  it('have as many hours and stretches as the gaps, and reach from the first to the last of them', () => {
    fc.assert(
      fc.property(gaps, drawn => {
        const given = drawn.map(({ hours, ...gap }) => ({ ...gap, end_date: gap.start_date + hours * HOUR }))
        const groups = groupGaps(given)
        for (const group of groups) {
          const own = given.filter(one => one.cluster === group.cluster && one.reason === group.reason)
          expect(group).toMatchObject({
            stretches: own.length,
            hours: own.reduce((sum, one) => sum + (one.end_date - one.start_date) / HOUR, 0),
            start: Math.min(...own.map(one => one.start_date)),
            end: Math.max(...own.map(one => one.end_date)),
          })
        }
        expect(groups.reduce((sum, { stretches }) => sum + stretches, 0)).toBe(given.length)
      }),
    )
  })

  it('begin with most hours, and end with what has merely expired', () => {
    const of = (reason: 'not_loaded' | 'suspect' | 'expired', hours: number) => ({
      cluster: 'one',
      reason,
      start_date: 0,
      end_date: hours * HOUR,
    })
    const groups = groupGaps([of('expired', 900), of('suspect', 1), of('not_loaded', 5)])
    expect(groups.map(({ reason }) => reason)).toEqual(['not_loaded', 'suspect', 'expired'])
  })
})

describe('missing series', () => {
  const lacking = (metric: string | null, part: string | null, since: number, windows: number) => ({
    metric,
    part,
    hint: `hint of ${metric}`,
    since,
    windows,
  })

  it('are told once for all clusters that lack them', () => {
    const groups = groupMissing(
      Array.from({ length: 300 }, (_, index) => ({
        cluster: `cluster-${index}`,
        missing_metrics: [lacking('bytes_total', 'network', 7200 - index, 2)],
      })),
    )
    expect(groups).toHaveLength(1)
    expect(groups[0]).toMatchObject({ metric: 'bytes_total', part: 'network', since: 7200 - 299, hours: 600 })
    expect(groups[0]?.clusters).toHaveLength(300)
  })

  it('are told apart by what is not known without them, and keep what is not named apart by its hint', () => {
    const groups = groupMissing([
      {
        cluster: 'one',
        missing_metrics: [
          lacking('requests', 'requests', 0, 1),
          lacking('requests', null, 0, 1),
          { ...lacking(null, 'gpu', 0, 1), hint: 'first' },
          { ...lacking(null, 'gpu', 0, 1), hint: 'second' },
        ],
      },
    ])
    expect(groups).toHaveLength(4)
    expect(groups[0]).toMatchObject({ metric: 'requests', part: null })
  })

  it('count a cluster once that lacks one twice', () => {
    const twice = [lacking('requests', 'requests', 3600, 1), lacking('requests', 'requests', 0, 4)]
    expect(groupMissing([{ cluster: 'one', missing_metrics: twice }])).toMatchObject([
      { clusters: ['one'], since: 0, hours: 5 },
    ])
  })
})
