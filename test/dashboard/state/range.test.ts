import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  hoursOf,
  PRESETS,
  type Preset,
  problemOfDays,
  rangeField,
  usualStep,
} from '../../../src/dashboard/state/range.js'
import { stepsOf } from '../../../src/dashboard/state/steps.js'

const utc = (text: string): number => Date.parse(`${text}Z`) / 1000
const NOW = utc('2026-03-11T14:25:10')

const ALL = Object.keys(PRESETS) as Preset[]

describe('a ready-made range', () => {
  it.each([
    ['today', '2026-03-11T00:00', '2026-03-11T15:00', true],
    ['yesterday', '2026-03-10T00:00', '2026-03-11T00:00', false],
    ['7d', '2026-03-05T00:00', '2026-03-11T15:00', true],
    ['14d', '2026-02-26T00:00', '2026-03-11T15:00', true],
    ['month', '2026-03-01T00:00', '2026-03-11T15:00', true],
    ['last_month', '2026-02-01T00:00', '2026-03-01T00:00', false],
    ['365d', '2025-03-12T00:00', '2026-03-11T15:00', true],
  ] as const)('%s is of whole days, up to the hour that is running', (preset, start, end, isSoFar) => {
    expect(hoursOf({ preset }, NOW)).toEqual({ start: utc(start), end: utc(end), isSoFar })
  })

  it('of last month in January is of December', () => {
    const { start, end } = hoursOf({ preset: 'last_month' }, utc('2026-01-01T00:00'))
    expect([start, end]).toEqual([utc('2025-12-01T00:00'), utc('2026-01-01T00:00')])
  })

  it('is never longer than what the API answers, nor empty, at any time', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ALL),
        fc.integer({ min: 1_600_000_000, max: 4_000_000_000 }),
        (preset, now) => {
          const { start, end } = hoursOf({ preset }, now)
          expect(end).toBeGreaterThan(start)
          expect(end - start).toBeLessThanOrEqual(400 * 86_400)
          expect(start % 3600).toBe(0)
          expect(end % 3600).toBe(0)
          expect(end).toBeLessThanOrEqual(now + 3600)
        },
      ),
    )
  })
})

describe('days of one’s own', () => {
  it('are both part of the range', () => {
    const range = { from: '2026-02-27', to: '2026-03-01' }
    expect(hoursOf(range, NOW)).toEqual({
      start: utc('2026-02-27T00:00'),
      end: utc('2026-03-02T00:00'),
      isSoFar: false,
    })
  })

  it('that are to come stay as they are, not so far', () => {
    expect(hoursOf({ from: '2027-01-01', to: '2027-01-31' }, NOW)).toEqual({
      start: utc('2027-01-01T00:00'),
      end: utc('2027-02-01T00:00'),
      isSoFar: false,
    })
  })

  it.each([
    ['2026-03-01', '2026-03-01', null],
    ['2025-01-01', '2026-02-04', null],
    ['2025-01-01', '2026-02-05', '401 days are too many: 400 are the most.'],
    ['2026-03-02', '2026-03-01', 'The first day has to be before the last one.'],
    ['2026-02-31', '2026-03-01', 'Enter both days as year, month and day.'],
    ['', '2026-03-01', 'Enter both days as year, month and day.'],
    ['1 March', '2026-03-01', 'Enter both days as year, month and day.'],
  ])('from %s to %s: %s', (from, to, problem) => {
    expect(problemOfDays(from, to)).toBe(problem)
    expect(rangeField.parse([`${from}..${to}`])).toEqual(problem === null ? { from, to } : undefined)
  })

  it.each(['nonsense', '', '7d..8d', 'toString', '2026-03-01', '2026-03-01..2026-03-02..2026-03-03'])(
    'are not read from %j',
    text => {
      expect(rangeField.parse([text])).toBeUndefined()
    },
  )
})

describe('steps', () => {
  it('cover the range without a hole or an overlap, on the boundaries of UTC', () => {
    const kinds = fc.constantFrom('hour' as const, 'day' as const, 'week' as const, 'month' as const)
    fc.assert(
      fc.property(
        fc.integer({ min: 400_000, max: 500_000 }),
        fc.integer({ min: 1, max: 2000 }),
        kinds,
        (at, hours, step) => {
          const range = { start: at * 3600, end: (at + hours) * 3600, isSoFar: false }
          const steps = stepsOf(range, step)
          expect(steps[0]?.start).toBeLessThanOrEqual(range.start)
          expect(steps[0]?.end).toBeGreaterThan(range.start)
          expect(steps.at(-1)?.end).toBeGreaterThanOrEqual(range.end)
          expect(steps.at(-1)?.start).toBeLessThan(range.end)
          for (const [index, { end }] of steps.slice(0, -1).entries())
            expect(steps[index + 1]?.start).toBe(end)
          for (const { start } of steps) {
            const date = new Date(start * 1000)
            if (step !== 'hour') expect(date.getUTCHours()).toBe(0)
            if (step === 'week') expect(date.getUTCDay()).toBe(1)
            if (step === 'month') expect(date.getUTCDate()).toBe(1)
          }
        },
      ),
    )
  })

  it('are as many as can be told apart', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 * 24 }), hours => {
        const range = {
          start: utc('2025-01-01T00:00'),
          end: utc('2025-01-01T00:00') + hours * 3600,
          isSoFar: false,
        }
        expect(stepsOf(range, usualStep(range)).length).toBeLessThanOrEqual(93)
      }),
    )
  })
})
