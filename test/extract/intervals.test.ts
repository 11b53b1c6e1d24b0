import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FactName, Series } from '../../src/domain/samples.js'
import type { Window } from '../../src/domain/window.js'
import { extractBatch } from '../../src/extract/extract-batch.js'
import { findIntervals, sampleInterval } from '../../src/extract/intervals.js'
import {
  ACCOUNT,
  CLUSTER,
  changed,
  FIRST,
  HOUR,
  type MatrixBody,
  openSource,
  type SampleSource,
  smallEstate,
} from '../support/sample-world.js'

const times = (interval: number, count = 3600 / interval) =>
  Array.from({ length: count }, (_, n) => FIRST + n * interval)

describe('the distance between samples', () => {
  test.each([15, 30, 60, 300])('of %i s is found from an hour of them', interval => {
    expect(sampleInterval(times(interval))).toBe(interval)
  })

  test('is not changed by missed scrapes, nor by a hole', () => {
    const missed = times(60).filter((_, n) => n % 4 !== 3)
    expect(sampleInterval(missed)).toBe(60)
    const hole = times(30).filter(time => time < FIRST + 600 || time >= FIRST + 3000)
    expect(sampleInterval(hole)).toBe(30)
  })

  test('is not changed by some milliseconds this way or that', () => {
    const jittered = times(15).map((time, n) => time + ([0, 0.004, -0.003, 0.012, -0.4][n % 5] ?? 0))
    expect(sampleInterval(jittered)).toBe(15)
  })

  test('is unknown where there are too few of them', () => {
    expect(sampleInterval([])).toBeUndefined()
    expect(sampleInterval([FIRST])).toBeUndefined()
    expect(sampleInterval(times(60, 3))).toBeUndefined()
    expect(sampleInterval(times(60, 4))).toBe(60)
  })

  test('is no hole: distances beyond ten minutes are not believed', () => {
    expect(sampleInterval(times(1200, 20))).toBeUndefined()
    expect(sampleInterval(times(600, 6))).toBe(600)
  })

  test('is the shorter one where two are equally common: the longer is the shorter with a miss', () => {
    const at = [0, 60, 120, 240, 360].map(offset => FIRST + offset)
    expect(sampleInterval(at)).toBe(60)
    expect(sampleInterval(at.toReversed().map(time => 2 * FIRST - time))).toBe(60)
  })
})

describe('the paces of the jobs of a cluster', () => {
  const hours = 4
  const windows = Array.from({ length: hours }, (_, n) => (FIRST + n * HOUR) as Window)
  let whole: SampleSource
  beforeAll(async () => {
    whole = await openSource(smallEstate({ hours }))
  })
  afterAll(() => whole.close())

  test('are 60 s for the cost exporter and cAdvisor and 30 s for kube-state-metrics', async () => {
    const { intervals } = await extractBatch(whole.source, windows)
    expect([...intervals.keys()]).toEqual(windows)
    for (const byJob of intervals.values()) {
      const found = Object.fromEntries(byJob)
      expect(found.kubecost).toBe(60)
      expect(new Set(Object.values(found))).toEqual(new Set([30, 60]))
    }
  })

  test('are found hour by hour: when every second scrape is switched off, the pace is another from then on', async () => {
    const source = await openSource(smallEstate({ hours }))
    const change = FIRST + 2 * HOUR
    source.alter('/api/v1/query', reply => {
      const body = JSON.parse(String(reply.body)) as MatrixBody
      for (const series of body.data.result)
        series.values = series.values.filter(([time]) => time < change || time % 120 === 0)
      return { ...reply, body: JSON.stringify(body) }
    })
    const { intervals } = await extractBatch(source.source, windows)
    await source.close()
    expect(windows.map(window => intervals.get(window)?.get('kubecost'))).toEqual([60, 60, 120, 120])
  })

  test('are taken from the neighbouring hour where an hour has too few samples', async () => {
    // Two samples at the end of the first hour, and two at the beginning of the third.
    const estate = changed(smallEstate({ hours }), one => ({
      ...one,
      segments: one.segments
        .map(segment => ({
          ...segment,
          from: Math.max(segment.from, FIRST + HOUR - 120),
          to: Math.min(segment.to, FIRST + 2 * HOUR + 120),
        }))
        .filter(segment => segment.from < segment.to),
    }))
    const brief = await openSource(estate)
    const { intervals } = await extractBatch(brief.source, windows)
    await brief.close()
    expect(windows.map(window => intervals.get(window)?.get('kubecost'))).toEqual([60, 60, 60, undefined])
  })

  test('stay unknown, and are not guessed, for a job that was seen for moments only', async () => {
    const series: Series = {
      labels: new Map([
        ['tenant_id', ACCOUNT],
        ['cluster_id', CLUSTER],
        ['job', 'ghost'],
      ]),
      times: [FIRST + HOUR],
      values: [1],
    }
    const facts = new Map<FactName, Series[]>([['heartbeat', [series]]])
    const found = await findIntervals(whole.source, windows.slice(0, 1), facts)
    expect(found).toEqual(new Map([[FIRST, new Map()]]))
  })
})
