import { describe, expect, it } from 'vitest'
import { stayOf } from '../../../../src/dashboard/views/infrastructure/stay.js'

const HOUR = 3600
const start = Date.UTC(2026, 10, 12) / 1000
const end = start + 48 * HOUR
const from = (first: number, last: number, minutes = (last - first) * 60) => ({
  first_seen: start + first * HOUR,
  last_seen: start + last * HOUR,
  minutes,
})

describe('when an asset was there', () => {
  it.each([
    [null, from(0, 48)],
    ['with breaks', from(0, 48, 600)],
    ['until 12 Nov, 06:00', from(0, 6)],
    ['since 13 Nov, 06:00', from(30, 48)],
    ['12 Nov, 01:00 to 12 Nov, 06:00', from(1, 6)],
    ['12 Nov, 01:00 to 12 Nov, 06:00, with breaks', from(1, 6, 100)],
  ])('is told as %o', (told, asset) => {
    expect(stayOf(asset, start, end)).toBe(told)
  })

  it('is all the time where the range begins within its first hour', () => {
    expect(stayOf(from(0, 48), start + 1800, end)).toBeNull()
  })

  it('is all the time where it lacks less than an hour, as a first or last hour may be a part of one', () => {
    expect(stayOf(from(0, 48, 48 * 60 - 59), start, end)).toBeNull()
  })
})
