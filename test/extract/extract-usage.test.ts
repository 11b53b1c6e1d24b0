import { afterEach, describe, expect, test } from 'vitest'
import type { Series } from '../../src/domain/samples.js'
import { windowEnd, windowOf } from '../../src/domain/window.js'
import { paceFor } from '../../src/extract/cpu-pace.js'
import { extractUsage } from '../../src/extract/extract-usage.js'
import type { Estate } from '../../src/sample/estate.js'
import type { SeriesModel } from '../../src/sample/series.js'
import {
  asks,
  changed,
  FIRST,
  HOUR,
  openSource,
  type SampleSource,
  silenced,
  smallEstate,
} from '../support/sample-world.js'
import { refusal, type StubRequest } from '../support/thanos-stub.js'

const HOURS = 3
const ESTATE = smallEstate({ hours: HOURS })
const WINDOWS = Array.from({ length: HOURS }, (_, n) => windowOf(FIRST + n * HOUR))
const COUNTER = 'container_cpu_usage_seconds_total'
const RAM = 'container_memory_working_set_bytes'
const LIMIT = refusal(
  422,
  'execution',
  'query processing would load too many samples into memory in query execution',
)

let thanos: SampleSource | undefined
afterEach(async () => {
  await thanos?.close()
  thanos = undefined
})

async function usageOf(estate: Estate, windows = WINDOWS) {
  thanos = await openSource(estate)
  return extractUsage(thanos.source, windows)
}

/** Samples so far apart, seconds, of the series of some names. */
const paced = (estate: Estate, interval: number, names: readonly string[]) =>
  changed(estate, (series, name) => (names.includes(name) ? { ...series, interval } : series))
const without = (estate: Estate, ...names: string[]) =>
  changed(estate, (series, name) => (names.includes(name) ? undefined : series))

function points(series: readonly Series[] | undefined): string[] {
  return (series ?? [])
    .flatMap(({ labels, times, values }) =>
      times.map((time, i) => JSON.stringify([[...labels].sort(), time, values[i]])),
    )
    .sort()
}

const timesOf = (series: readonly Series[] | undefined) =>
  [...new Set((series ?? []).flatMap(({ times }) => times))].sort((a, b) => a - b)
const hoursOf = ({ form }: StubRequest) =>
  Math.ceil((Number(form.get('end')) - Number(form.get('start'))) / HOUR)

describe('usage of some windows', () => {
  test('is twelve CPU points an hour of each container, and a memory peak an hour', async () => {
    const { facts, pace } = await usageOf(ESTATE)
    expect(timesOf(facts.get('cpuPoints'))).toEqual(
      Array.from({ length: 36 }, (_, n) => FIRST + (n + 1) * 300),
    )
    expect(timesOf(facts.get('ramPeak'))).toEqual(WINDOWS.map(windowEnd))
    expect([...pace]).toEqual(WINDOWS.map(window => [window, { source: 'counter', stepSeconds: 300 }]))
    for (const { labels } of [...(facts.get('cpuPoints') ?? []), ...(facts.get('ramPeak') ?? [])]) {
      expect([...labels.keys()].sort()).toEqual(['cluster_id', 'container', 'namespace', 'pod', 'tenant_id'])
      expect(['', 'POD']).not.toContain(labels.get('container'))
    }
  })

  test('is asked one question at a time', async () => {
    thanos = await openSource(ESTATE)
    let under = 0
    let most = 0
    thanos.alter(asks('tenant_id'), async reply => {
      most = Math.max(most, ++under)
      await new Promise(resolve => setImmediate(resolve))
      under--
      return reply
    })
    await extractUsage(thanos.source, WINDOWS)
    expect(most).toBe(1)
    expect(thanos.stub.requests.length).toBeLessThan(20)
  })

  test('is the same read together and hour by hour', async () => {
    const together = await usageOf(ESTATE)
    const apart = []
    for (const window of WINDOWS) apart.push(await usageOf(ESTATE, [window]))
    expect([...together.facts.keys()].sort()).toEqual([...(apart[0]?.facts.keys() ?? [])].sort())
    for (const [fact, series] of together.facts)
      expect(points(series)).toEqual(apart.flatMap(({ facts }) => points(facts.get(fact))).sort())
  })

  test('is halved where it is too much, down to namespaces of an hour, and gives the same', async () => {
    const whole = await usageOf(ESTATE)
    const namespaces = ({ form }: StubRequest) => (form.get('query') ?? '').includes('namespace')
    thanos = await openSource(ESTATE)
    const isBig = (request: StubRequest) =>
      (asks('deriv(')(request) || asks('max_over_time(container_memory')(request)) &&
      (hoursOf(request) > 1 || !/namespace[=!]~/.test(request.form.get('query') ?? ''))
    thanos.stub.on(request => isBig(request) && namespaces(request), LIMIT)
    const parts = await extractUsage(thanos.source, WINDOWS)
    for (const fact of ['cpuPoints', 'ramPeak'] as const)
      expect(points(parts.facts.get(fact))).toEqual(points(whole.facts.get(fact)))
  })

  test('speaks of containers by the names that costs have, wherever a scrape put them', async () => {
    const moved = changed(ESTATE, (series, name) => {
      if (name !== COUNTER && name !== RAM) return series
      const labels = new Map(series.labels)
      for (const one of ['namespace', 'pod', 'container']) {
        labels.set(`exported_${one}`, labels.get(one) ?? '')
        labels.set(one, 'exporter')
      }
      return { ...series, labels }
    })
    const [plain, mended] = [await usageOf(ESTATE), await usageOf(moved)]
    for (const fact of ['cpuPoints', 'ramPeak'] as const)
      expect(points(mended.facts.get(fact))).toEqual(points(plain.facts.get(fact)))
  })
})

describe('a counter that is read seldom', () => {
  test.each([
    [120, 300, 12],
    [150, 300, 12],
    [180, 600, 6],
    [300, 600, 6],
    [420, 900, 4],
    [900, 1800, 2],
  ])('every %i s gives a point every %i s', async (interval, stepSeconds, count) => {
    const { facts, pace } = await usageOf(paced(ESTATE, interval, [COUNTER]))
    expect([...pace.values()]).toEqual(WINDOWS.map(() => ({ source: 'counter', stepSeconds })))
    const inSecond = timesOf(facts.get('cpuPoints')).filter(
      time => time > FIRST + HOUR && time <= FIRST + 2 * HOUR,
    )
    expect(inSecond).toHaveLength(count)
  })

  test('once an hour gives a point an hour, from this hour and the one before', async () => {
    const { facts, pace } = await usageOf(paced(ESTATE, HOUR, [COUNTER]))
    expect(pace.get(windowOf(FIRST + HOUR))).toEqual({ source: 'counter', stepSeconds: HOUR })
    expect(timesOf(facts.get('cpuPoints'))).toEqual([FIRST + 2 * HOUR, FIRST + 3 * HOUR])
  })

  test('is not taken for one where the cluster was silent for most of the hour', async () => {
    const { pace } = await usageOf(silenced(ESTATE, FIRST + HOUR + 600, FIRST + 2 * HOUR))
    expect([...pace.values()]).toEqual(WINDOWS.map(() => ({ source: 'counter', stepSeconds: 300 })))
  })

  test('makes the step no longer than needed for two samples, and the range as long as they are apart', () => {
    expect(paceFor(60)).toEqual({ stepSeconds: 300, rangeSeconds: 300 })
    expect(paceFor(151)).toEqual({ stepSeconds: 600, rangeSeconds: 600 })
    expect(paceFor(1800)).toEqual({ stepSeconds: 3600, rangeSeconds: 3600 })
    expect(paceFor(3600)).toEqual({ stepSeconds: 3600, rangeSeconds: 7200 })
  })
})

describe('where counters are absent', () => {
  const CPU_RULE = 'kubecost_container_cpu_usage_irate'
  const RAM_RULE = 'kubecost_container_memory_working_set_bytes'
  /** With recording rules beside them, which are spikier. */
  const RULED = {
    ...ESTATE,
    series: (id: string) => [
      ...ESTATE.series(id),
      ...renamed(ESTATE.series(id), 'container_cpu_allocation', CPU_RULE),
      ...renamed(ESTATE.series(id), 'container_memory_allocation_bytes', RAM_RULE),
    ],
  }
  const isSecond = (time: number) => time > FIRST + HOUR && time <= FIRST + 2 * HOUR
  const inWindows = (series: readonly Series[] | undefined, isWanted: (time: number) => boolean) =>
    points(series).filter(point => isWanted(JSON.parse(point)[1]))

  test('in one window only, its points are those of the recording rule', async () => {
    const { facts, pace } = await usageOf(
      changed(RULED, (series, name) =>
        name === COUNTER || name === RAM ? cut(series, FIRST + HOUR, FIRST + 2 * HOUR) : series,
      ),
    )
    expect([...pace.values()].map(({ source }) => source)).toEqual(['counter', 'rule', 'counter'])
    const counted = await usageOf(ESTATE)
    const ruled = await usageOf(without(RULED, COUNTER, RAM))
    for (const fact of ['cpuPoints', 'ramPeak', 'ramMean'] as const) {
      const found = facts.get(fact)
      expect(inWindows(found, isSecond)).toEqual(inWindows(ruled.facts.get(fact), isSecond))
      const isFirst = (time: number) => time <= FIRST + HOUR
      expect(inWindows(found, isFirst)).toEqual(inWindows(counted.facts.get(fact), isFirst))
    }
    expect(timesOf(facts.get('cpuPoints')).filter(isSecond)).toHaveLength(12)
    expect(timesOf(facts.get('ramPeak'))).toEqual(WINDOWS.map(windowEnd))
  })

  test('and the rules too, nothing was measured', async () => {
    const { facts, pace } = await usageOf(without(ESTATE, COUNTER, RAM))
    expect(pace.size).toBe(0)
    expect(facts.get('cpuPoints')).toEqual([])
    expect(facts.get('ramPeak')).toEqual([])
    expect(facts.get('ramMean')).toEqual([])
  })
})

function renamed(series: readonly SeriesModel[], from: string, to: string): SeriesModel[] {
  return series
    .filter(({ labels }) => labels.get('__name__') === from)
    .map(one => {
      const kept = ['namespace', 'pod', 'container', 'cluster_id', 'tenant_id']
      const labels = new Map([...one.labels].filter(([name]) => kept.includes(name)))
      return { ...one, labels: labels.set('__name__', to) }
    })
}

/** Without the samples in `[from, to)`. */
function cut(series: SeriesModel, from: number, to: number): SeriesModel {
  const segments = series.segments.flatMap(segment => [
    { ...segment, to: Math.min(segment.to, from) },
    { ...segment, from: Math.max(segment.from, to) },
  ])
  return { ...series, segments: segments.filter(segment => segment.from < segment.to) }
}
