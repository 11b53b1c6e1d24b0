import { describe, expect, it } from 'vitest'
import type { BodyOf } from '../../../../src/dashboard/api/routes.js'
import { countStates, hoursByDay } from '../../../../src/dashboard/views/pipeline/hour-states.js'

type Cluster = BodyOf<'status'>['status'][number]
type Window = NonNullable<Cluster['windows']>[number]

const HOUR = 3600
const DAY = 24 * HOUR
const start = Date.UTC(2026, 10, 12) / 1000
const days = { start, end: start + DAY }

const window = (hour: number, changes: Partial<Window> = {}): Window => ({
  start_date: start + hour * HOUR,
  state: 'loaded',
  reason: null,
  coverage: 1,
  revision: 1,
  ...changes,
})
const gap = (hour: number, reason: Cluster['gaps'][number]['reason'], hours = 1) => ({
  start_date: start + hour * HOUR,
  end_date: start + (hour + hours) * HOUR,
  reason,
})

function hourOf(told: { windows: Window[]; gaps?: Cluster['gaps'] }) {
  const [day] = hoursByDay({ gaps: [], ...told }, days)
  return day?.hours[5]
}

describe('the state of an hour', () => {
  it.each([
    ['loaded', 'whole', {}, null],
    ['loaded', 'measured but for what rounds to all of it', { coverage: 0.9999 }, null],
    ['partial', 'measured in part', { coverage: 0.5 }, null],
    ['partial', 'in doubt', { reason: 'suspect' }, 'suspect'],
    ['partial', 'silent for a part of it', { reason: 'source_silent', coverage: 0.2 }, 'source_silent'],
    ['missing', 'silent', { reason: 'source_silent', coverage: 0 }, 'source_silent'],
    ['missing', 'due', { state: 'due', coverage: null, revision: 0 }, 'not_loaded'],
    [
      'failed',
      'refused',
      { state: 'incomplete', reason: 'source_incomplete', coverage: null, revision: 0 },
      'source_incomplete',
    ],
    [
      'failed',
      'refused for want of a series',
      { state: 'incomplete', coverage: null, revision: 0 },
      'missing_series',
    ],
    ['failed', 'set aside', { state: 'quarantined', coverage: null, revision: 0 }, 'quarantined'],
  ] as const)('is %s where it is %s', (state, _, changes, reason) => {
    const gaps = reason === null ? [] : [gap(5, reason)]
    expect(hourOf({ windows: [window(4), window(5, changes)], gaps })?.state).toBe(state)
  })

  it('is missing where it was never planned but should be there, and not due where nothing is known of it', () => {
    expect(hourOf({ windows: [window(4)], gaps: [gap(5, 'not_loaded')] })?.state).toBe('missing')
    expect(hourOf({ windows: [window(4)] })?.state).toBe('none')
    expect(hourOf({ windows: [window(4)], gaps: [gap(5, 'expired')] })?.state).toBe('none')
  })

  it('comes with what there is to know of it', () => {
    expect(hourOf({ windows: [window(5, { coverage: 0.5, revision: 3 })] })?.facts).toBe(
      '12 Nov 2026, 05:00 to 06:00 UTC. Loaded in part. Measured: 50.0%. Published 3 times.',
    )
    expect(hourOf({ windows: [window(4)], gaps: [gap(5, 'not_loaded')] })?.facts).toBe(
      '12 Nov 2026, 05:00 to 06:00 UTC. Missing: not loaded yet.',
    )
  })
})

describe('the hours of a cluster by day', () => {
  it('are 24 of each day, newest day first, and every window is in its place', () => {
    const windows = Array.from({ length: 72 }, (_, hour) => window(hour))
    const told = hoursByDay({ windows, gaps: [] }, { start, end: start + 3 * DAY })
    expect(told.map(day => day.start)).toEqual([start + 2 * DAY, start + DAY, start])
    for (const day of told)
      expect(day.hours.map(hour => hour.start)).toEqual(
        Array.from({ length: 24 }, (_, hour) => day.start + hour * HOUR),
      )
    expect(countStates(told.flatMap(({ hours }) => hours)).loaded).toBe(72)
  })

  it('leave out days of which no hour was due', () => {
    const told = hoursByDay(
      { windows: [window(30)], gaps: [gap(50, 'not_loaded', 2)] },
      {
        start,
        end: start + 4 * DAY,
      },
    )
    expect(told.map(day => day.start)).toEqual([start + 2 * DAY, start + DAY])
  })

  it('are counted by state, each once', () => {
    const told = hoursByDay(
      { windows: [window(0), window(1, { coverage: 0.4 })], gaps: [gap(2, 'not_loaded', 3)] },
      days,
    )
    expect(countStates(told[0]?.hours ?? [])).toEqual({
      loaded: 1,
      partial: 1,
      missing: 3,
      failed: 0,
      none: 19,
    })
  })

  it('are none where windows were not asked for and nothing is missing', () => {
    expect(hoursByDay({ windows: null, gaps: [] }, days)).toEqual([])
  })
})
