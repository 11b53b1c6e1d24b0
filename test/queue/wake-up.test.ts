import { describe, expect, it } from 'vitest'
import { jobIdOf, priorityOf, readWakeUp, type WakeUp } from '../../src/queue/wake-up.js'

const good: WakeUp = {
  version: 1,
  cloudAccountId: '0b9c8f3e-1111-4a5b-9c3d-2f0e8a7b6c5d',
  clusterId: 'cluster-one',
  day: Date.UTC(2026, 9, 31) / 1000,
}

describe('a queued payload', () => {
  it('is accepted as it was queued, whatever a cluster is called', () => {
    for (const clusterId of ['cluster-one', '', '生产', "x'; drop table", '..', 'a\nb']) {
      expect(readWakeUp({ ...good, clusterId })).toEqual({ ...good, clusterId })
    }
  })

  it.each<[string, unknown, string]>([
    ['nothing', null, 'not an object'],
    ['a text', 'canary', 'not an object'],
    ['a list', [good], 'not an object'],
    ['nothing in it', {}, 'its version is not 1'],
    ['another version', { ...good, version: 2 }, 'its version is not 1'],
    ['more fields', { ...good, query: 'canary' }, 'fields that version 1 does not know'],
    ['no UUID', { ...good, cloudAccountId: 'canary' }, 'not a UUID'],
    ['a UUID in capitals', { ...good, cloudAccountId: good.cloudAccountId.toUpperCase() }, 'in lower case'],
    ['a number as cluster', { ...good, clusterId: 7 }, 'its clusterId'],
    ['an endless cluster', { ...good, clusterId: 'x'.repeat(1_025) }, 'its clusterId'],
    ['a NUL in the cluster', { ...good, clusterId: 'a\0b' }, 'NUL'],
    ['no day', { ...good, day: undefined }, 'its day is not'],
    ['a text as day', { ...good, day: String(good.day) }, 'its day is not'],
    ['no midnight', { ...good, day: good.day + 3_600 }, 'its day is not'],
    ['no whole number', { ...good, day: good.day + 0.5 }, 'its day is not'],
    ['infinity', { ...good, day: Number.POSITIVE_INFINITY }, 'its day is not'],
    ['milliseconds', { ...good, day: good.day * 1_000 }, 'outside 2015 to 2099'],
    ['the year 9999', { ...good, day: 253_402_214_400 }, 'outside 2015 to 2099'],
    ['the year 1969', { ...good, day: -86_400 }, 'outside 2015 to 2099'],
  ])('with %s is refused without being repeated', (_what, data, text) => {
    expect(() => readWakeUp(data)).toThrow(text)
    expect(() => readWakeUp(data)).not.toThrow('canary')
  })
})

describe('the id of a job', () => {
  it('is the same for the same key only, has no colon and is no number', () => {
    const id = jobIdOf(good)
    expect(id).toMatch(/^day-[0-9a-f]{40}$/)
    expect(jobIdOf({ ...good })).toBe(id)
    expect(jobIdOf({ ...good, day: good.day + 86_400 })).not.toBe(id)
    expect(jobIdOf({ ...good, clusterId: 'cluster-two' })).not.toBe(id)
  })
})

describe('the priority of a job', () => {
  it('is a whole number in the range of the queue, smaller for a newer day', () => {
    const years = [2015, 2026, 2027, 2099].map(year =>
      priorityOf({ ...good, day: Date.UTC(year, 0, 1) / 1000 }),
    )
    expect(years).toEqual([...years].sort((a, b) => b - a))
    expect(
      years.every(priority => Number.isInteger(priority) && priority >= 1 && priority <= 2_097_152),
    ).toBe(true)
  })
})
