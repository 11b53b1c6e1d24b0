import { expect } from 'vitest'
import type { MetricReading } from '../../src/domain/samples.js'
import type { Window } from '../../src/domain/window.js'
import { readMetrics } from '../../src/extract/metrics.js'
import type { Estate } from '../../src/sample/estate.js'
import { eachSample, type SeriesModel } from '../../src/sample/series.js'
import { ACCOUNT, asks, CLUSTER, FIRST, HOUR, type SampleSource, smallEstate } from './sample-world.js'
import type { StubRequest } from './thanos-stub.js'

const HOURS = 3
export const WINDOWS = Array.from({ length: HOURS }, (_, n) => (FIRST + n * HOUR) as Window)
export const [W0, W1, W2] = WINDOWS as [Window, Window, Window]
/** A metric of several namespaces. */
export const BUSY = 'kubecost_container_memory_working_set_bytes'

/** A series that has a sample at every minute of `[from, to)`, all of the estate by default. */
export function invented(
  name: string,
  labels: Record<string, string>,
  value: number | ((t: number) => number),
  from: number = FIRST,
  to: number = FIRST + HOURS * HOUR,
): SeriesModel {
  const all = { ...labels, __name__: name, tenant_id: ACCOUNT, cluster_id: CLUSTER }
  const pairs = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    labels: new Map(pairs),
    interval: 60,
    offset: 0,
    segments: [{ from, to, value, endsUnmarked: true }],
  }
}

/** A recording rule about pods of three namespaces, of which some come and go. */
const RULES = Array.from({ length: 12 }, (_, n) =>
  invented(
    BUSY,
    { namespace: ['web', 'db', 'batch'][n % 3] ?? '', pod: `pod-${n}`, container: 'app' },
    t => 1e8 + n * 1e6 + (t % 700) * 1234.5,
    FIRST + (n % 4) * 1500,
    FIRST + HOURS * HOUR - (n % 5) * 900,
  ),
)
const BARE = smallEstate({ hours: HOURS })
export const holding = (...series: readonly SeriesModel[]): Estate => ({ ...BARE, series: () => series })
/** All series of a small cluster. */
export const SMALL = holding(...BARE.series(ACCOUNT), ...RULES)
export const withMore = (...series: readonly SeriesModel[]) => holding(...SMALL.series(ACCOUNT), ...series)

/** What is read of a source, and what was reported. */
export async function readFrom(
  { source }: Pick<SampleSource, 'source'>,
  windows: readonly Window[] = WINDOWS,
) {
  const mended = new Map<string, number>()
  const notLanded: [string, Window][] = []
  const readings = await readMetrics(source, windows.at(0) ?? W0, windows.at(-1) ?? W0, windows, {
    notLanded: (metric, window) => notLanded.push([metric, window]),
    mended,
  })
  const of = (window: Window, metric: string) =>
    (readings.get(window) ?? []).filter(reading => reading.metric === metric)
  return { readings, of, notLanded, mended: Object.fromEntries(mended) }
}

export const namesIn = (list: readonly MetricReading[] = []) => [...new Set(list.map(({ metric }) => metric))]
export const labelsOf = (list: readonly MetricReading[]) =>
  list.map(({ labels }) => Object.fromEntries(labels))

type Figures = Pick<MetricReading, 'samples' | 'avg' | 'min' | 'max' | 'last'>

/** The figures of a window from the samples themselves, by metric and labels. */
function truth(estate: Estate, window: Window): Map<string, Figures> {
  const figures = new Map<string, Figures>()
  for (const series of estate.series(ACCOUNT)) {
    const { __name__: name = '', tenant_id: _, cluster_id: __, ...labels } = Object.fromEntries(series.labels)
    const values: number[] = []
    if (name.startsWith('kubecost_'))
      eachSample(series, window, window + HOUR, (_t, value) => values.push(value))
    if (values.length === 0) continue
    figures.set(`${name} ${JSON.stringify(Object.entries(labels).sort())}`, {
      samples: values.length,
      avg: values.reduce((sum, value) => sum + value, 0) / values.length,
      min: Math.min(...values),
      max: Math.max(...values),
      last: values.at(-1) ?? Number.NaN,
    })
  }
  return figures
}

/** Holds every figure of the readings to the samples that the estate has. */
export function expectTruth(
  estate: Estate,
  windows: readonly Window[],
  found: ReadonlyMap<Window, readonly MetricReading[]>,
) {
  for (const window of windows) {
    const expected = truth(estate, window)
    const readings = found.get(window) ?? []
    const keyOf = ({ metric, labels }: MetricReading) => `${metric} ${JSON.stringify([...labels].sort())}`
    expect(readings.map(keyOf).sort()).toEqual([...expected.keys()].sort())
    for (const reading of readings) {
      const { samples = 0, ...figures } = expected.get(keyOf(reading)) ?? {}
      expect(reading.samples).toBe(samples)
      for (const [figure, value] of Object.entries(figures))
        expect(Math.abs(reading[figure as keyof Figures] - value)).toBeLessThanOrEqual(1e-9 * Math.abs(value))
    }
  }
}

/** A counter that begins anew at half past each hour. */
export const restarting = (t: number) => (t - FIRST) % 1800

export const queryOf = ({ form }: StubRequest) => form.get('query') ?? ''
/** Range queries about series of a metric, except those that weigh its namespaces. */
export const about = (metric: string) => (request: StubRequest) =>
  asks(`"${metric}"`)(request) && !queryOf(request).startsWith('count by')
