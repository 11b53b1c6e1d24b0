import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readState } from '../../../../src/dashboard/state/fields.js'
import { daysUntil, FIELDS, SHOWN_DAYS } from '../../../../src/dashboard/views/pipeline/fields.js'

const DAY = 86_400
const now = Date.UTC(2026, 10, 12, 14, 30) / 1000
const today = Date.UTC(2026, 10, 12) / 1000

describe('the days of the pipeline', () => {
  it('end with today unless told otherwise, with today still to come to its end', () => {
    expect(daysUntil('', now)).toEqual({ start: today - 30 * DAY, end: today + DAY, isLatest: true })
  })

  it('end with the day that is asked for, which is never later than today', () => {
    expect(daysUntil('2026-10-31', now)).toEqual({
      start: Date.UTC(2026, 9, 1) / 1000,
      end: Date.UTC(2026, 10, 1) / 1000,
      isLatest: false,
    })
    expect(daysUntil('2027-01-01', now)).toEqual(daysUntil('', now))
  })

  it('are whole, and as many as the API tells single hours of', () => {
    const dates = fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(dates, date => {
        const { start, end } = daysUntil(date.toISOString().slice(0, 10), now)
        expect(start % DAY).toBe(0)
        expect(end - start).toBe(SHOWN_DAYS * DAY)
      }),
    )
  })

  it.each(['2026-02-30', 'yesterday', '2026-1-1', ''])('%s is no day', text => {
    const { state, refused } = readState(FIELDS, new URLSearchParams({ until: text }))
    expect({ until: state.until, refused }).toEqual({ until: '', refused: ['until'] })
  })
})
