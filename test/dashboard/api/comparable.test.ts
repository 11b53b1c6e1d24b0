import { describe, expect, it } from 'vitest'
import { comparable, comparedEnd } from '../../../src/dashboard/api/comparable.js'

describe('the range before', () => {
  const before = { previous_total: 7, previous_range_start: 100 }

  it('is compared with where every cluster had data from its beginning on', () => {
    expect(comparable({ ...before, clusters: [{ first_seen: 100 }, { first_seen: 50 }] })).toBe(7)
    expect(comparable({ ...before, clusters: [{ first_seen: 101 }, { first_seen: 50 }] })).toBeNull()
  })

  it.each([
    [150, 150],
    [200, null],
    [250, null],
    [100, null],
    [null, null],
    [undefined, null],
  ])('is as long as what is loaded of 100 to 200: data to %s makes it end at %s', (dataTo, end) => {
    expect(comparedEnd({ start: 100, end: 200 }, dataTo)).toBe(end)
  })
})
